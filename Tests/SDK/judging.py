"""Shared by the scripts that judge a running service: checks, expectations, an image."""

import base64
import struct
import sys
import time
import zlib

MODEL = "epithre-iris"
SIZE = "64x64"
CHECKS = {}
SPECIAL = {}


def check(function):
    """Runs unless others are named."""
    CHECKS[function.__name__] = function
    return function


def special(function):
    """Runs only when it is named: it wants a service in a special state."""
    SPECIAL[function.__name__] = function
    return function


def expect(condition, told):
    if not condition:
        raise AssertionError(told)


def caught(error_class, code, param, call):
    """Expects a call to raise exactly this class, and returns what it raised."""
    try:
        call()
    except error_class as error:
        expect(type(error) is error_class, f"raised {type(error).__name__}")
        expect(error.code == code, f"code {error.code}, not {code}")
        expect(error.param == param, f"param {error.param}, not {param}")
        expect(error.request_id, "no request id")
        return error
    raise AssertionError(f"no {error_class.__name__} was raised")


def png(width=64, height=64):
    """An image to edit: a PNG of one colour."""
    return encoded(width, height, 2, b"\xc0\x40\x20" * width)


def mask(width=64, height=64):
    """A PNG that is transparent in its left half."""
    return encoded(width, height, 6, b"\0\0\0\0" * (width // 2) + b"\0\0\0\xff" * (width - width // 2))


def encoded(width, height, color, row):
    """A PNG whose rows are all alike, of one of the PNG colour types."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress((b"\0" + row) * height))
        + chunk(b"IEND", b"")
    )


def image_of(answer):
    """The image of an answer."""
    data = base64.b64decode(answer.data[0].b64_json, validate=True)
    expect(data.startswith(b"\x89PNG\r\n\x1a\n"), "the image is no PNG")
    return data


def judge(client, names):
    """Runs checks, the usual ones unless some are named, and returns the exit status."""
    chosen = {name: (CHECKS | SPECIAL)[name] for name in names} or CHECKS
    failures = 0
    for name, function in chosen.items():
        start = time.monotonic()
        try:
            function(client)
            result = "ok"
        except Exception as error:
            failures += 1
            result = f"FAILED: {type(error).__name__}: {error}"
        print(f"{name:40} {time.monotonic() - start:6.2f} s  {result}", flush=True)
    print(f"{len(chosen) - failures} of {len(chosen)} checks passed")
    return 1 if failures else 0


def main(usage, connect):
    """Judges the service that the command line names."""
    if len(sys.argv) < 3:
        print(usage, file=sys.stderr)
        return 2
    base, key, *names = sys.argv[1:]
    return judge(connect(base.rstrip("/"), key), names)
