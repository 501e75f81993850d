"""Files that must be refused: corrupt ones, and bombs that ask for far more than they bring."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

import png_files
from png_files import GREY, PALETTE, RGB, chunk, header


def corrupt_png():
    samples = np.random.default_rng(3).integers(0, 256, (8, 8, 3))
    good = png_files.file(samples, 8, RGB)
    raw = png_files.image_data(samples, 8)
    data, end = zlib.compress(raw), chunk(b"IEND")

    def built(head, *parts):
        return b"".join([png_files.SIGNATURE, head, *parts, end])

    def flipped(offset):
        return good[:offset] + bytes([good[offset] ^ 1]) + good[offset + 1 :]

    head = header(8, 8, 8, RGB)
    text = chunk(b"tEXt", b"Title\0nothing")
    yield "header-checksum", flipped(29)
    yield "data-checksum", flipped(len(good) - 13)
    yield "data-byte", flipped(60)
    yield "text-checksum", built(head, text[:-1] + bytes([text[-1] ^ 1]), chunk(b"IDAT", data))
    yield "unfinished-data", built(head, chunk(b"IDAT", zlib.compress(raw[:-1])))
    yield "unfinished-stream", built(head, chunk(b"IDAT", data[: len(data) // 2]))
    yield "stream-checksum", built(head, chunk(b"IDAT", data[:-1] + bytes([data[-1] ^ 1])))
    yield "no-stream-checksum", built(head, chunk(b"IDAT", data[:-4]))
    yield "unknown-filter", built(head, chunk(b"IDAT", zlib.compress(b"\5" + raw[1:])))
    yield "not-deflated", built(head, chunk(b"IDAT", b"not a zlib stream at all"))
    yield "no-data", built(head)
    yield "no-header", built(b"", chunk(b"IDAT", data))
    yield "no-palette", built(header(8, 8, 8, PALETTE), chunk(b"IDAT", zlib.compress(bytes(72))))
    yield "critical-chunk", built(head, chunk(b"HaRd"), chunk(b"IDAT", data))
    yield "chunk-name", built(head, chunk(b"a\0b1"), chunk(b"IDAT", data))
    yield "chunk-length", good[:33] + b"\xff\xff\xff\xf0" + good[37:]
    yield "no-columns", built(header(0, 8, 8, RGB), chunk(b"IDAT", data))
    yield "no-rows", built(header(8, 0, 8, RGB), chunk(b"IDAT", data))
    for depth, colour_type in [
        (3, GREY),
        (1, RGB),
        (16, PALETTE),
        (8, 1),
        (8, 5),
        (8, 7),
        (0, GREY),
        (99, GREY),
    ]:
        yield f"depth-{depth}-type-{colour_type}", built(
            header(8, 8, depth, colour_type), chunk(b"IDAT", data)
        )
    for place, name in [(26, "compression"), (27, "filter"), (28, "interlace")]:
        ihdr = bytearray(head[8:-4])
        ihdr[place - 16] = 9
        yield name, built(chunk(b"IHDR", bytes(ihdr)), chunk(b"IDAT", data))
    yield "line-endings", good.replace(b"\r\n", b"\n")


def corrupt_jpeg(good, progressive, restarts):
    scan = good.index(b"\xff\xda")
    frame = good.index(b"\xff\xc0")
    body = scan + 14
    yield "bad-codes", good[: body + 40] + b"\xff\0" * 30 + good[body + 100 :]
    yield "missing-data", good[: body + 60] + b"\xff\xd9"
    yield "stray-restart", good[: body + 60] + b"\xff\xd3" + good[body + 60 :]
    yield "no-scan", good[:scan] + b"\xff\xd9"
    yield "no-frame", good[:frame] + good[frame + 19 :]
    yield "two-frames", good[:frame] + good[frame : frame + 19] + good[frame:]
    yield "no-columns", good[: frame + 7] + b"\0\0" + good[frame + 9 :]
    yield "no-rows", good[: frame + 5] + b"\0\0" + good[frame + 7 :]
    yield "no-quantisation", good[: good.index(b"\xff\xdb")] + good[frame:]
    yield "five-components", good[: frame + 9] + b"\5" + good[frame + 10 :]
    yield "twelve-bits", good[: frame + 4] + b"\x0c" + good[frame + 5 :]
    yield "sampling", good[: frame + 11] + b"\xf1" + good[frame + 12 :]
    yield "segment-length", good[: frame + 2] + b"\0\1" + good[frame + 4 :]
    last = progressive.rindex(b"\xff\xda")
    yield "restart-out-of-turn", restarts.replace(b"\xff\xd1", b"\xff\xd4", 1)
    yield "restart-missing", restarts.replace(b"\xff\xd1", b"", 1)
    scans = [at for at in range(len(progressive)) if progressive[at : at + 2] == b"\xff\xda"]
    yield "scan-missing", progressive[: scans[0]] + progressive[scans[1] :]
    yield "scan-twice", progressive[:-2] + progressive[last:]
    yield "refinement-missing", progressive[: scans[5]] + progressive[scans[6] :]
    for name, marker in {"lossless": b"\xc3", "hierarchical": b"\xc5", "jpeg-ls": b"\xf7"}.items():
        yield name, good[: frame + 1] + marker + good[frame + 2 :]
    yield "progressive-zeroed", progressive[: last - 40] + bytes(20) + progressive[last - 20 :]


def riff(*chunks):
    body = b"WEBP" + b"".join(
        n + struct.pack("<I", len(p)) + p + b"\0" * (len(p) & 1) for n, p in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def u24(value):
    return struct.pack("<I", value)[:3]


def webp_canvas(flags, width, height):
    return b"VP8X", bytes([flags, 0, 0, 0]) + u24(width - 1) + u24(height - 1)


def webp_frame(x, y, width, height, kind, payload):
    size = u24(x // 2) + u24(y // 2) + u24(width - 1) + u24(height - 1) + u24(100) + b"\0"
    return b"ANMF", size + kind + struct.pack("<I", len(payload)) + payload + b"\0" * (
        len(payload) & 1
    )


def corrupt_webp(lossy, lossless):
    vp8, vp8l = lossy[20:], lossless[20:]
    yield "short-lossy", riff((b"VP8 ", vp8[: len(vp8) // 2]))
    yield "short-lossless", riff((b"VP8L", vp8l[: len(vp8l) // 2]))
    yield "lossless-signature", riff((b"VP8L", b"\x30" + vp8l[1:]))
    yield "no-picture", riff((b"EXIF", bytes(8)))
    yield "chunk-size", lossy[:16] + struct.pack("<I", len(lossy)) + lossy[20:]
    yield "no-frame", riff(webp_canvas(2, 24, 20), (b"ANIM", bytes(6)))
    yield "frame-off-canvas", riff(
        webp_canvas(2, 24, 20), (b"ANIM", bytes(6)), webp_frame(2, 0, 24, 20, b"VP8L", vp8l)
    )
    yield "frame-of-two-sizes", riff(
        webp_canvas(2, 40, 40), (b"ANIM", bytes(6)), webp_frame(0, 0, 23, 20, b"VP8L", vp8l)
    )
    yield "canvas-of-another-size", riff(webp_canvas(0, 25, 20), (b"VP8 ", vp8))


def corrupt_gif(good):
    """`good` has a global palette of 4 colours and one frame that fills its 24x20 screen."""
    image = good.index(b",", 13 + 12)
    data = image + 11

    def frame(x, y, width, height):
        return good[: image + 1] + struct.pack("<HHHH", x, y, width, height) + good[image + 9 :]

    yield "frame-off-screen-right", frame(1, 0, 24, 20)
    yield "frame-off-screen-below", frame(0, 1, 24, 20)
    yield "frame-larger-than-data", good[:6] + struct.pack("<HH", 24, 40) + frame(0, 0, 24, 40)[10:]
    yield "empty-frame", frame(0, 0, 0, 20)
    yield "no-palette", good[:10] + bytes([good[10] & 0x7F]) + good[11:13] + good[25:]
    yield "short-palette", good[:10] + bytes([good[10] & 0xF8]) + good[11:19] + good[25:]
    yield "unknown-block", good[:image] + b"\x7f" + good[image:]
    yield "code-size", good[: image + 10] + b"\x0d" + good[data:]
    yield "short-data", good[:data] + b"\x03" + good[data + 1 : data + 4] + b"\0;"
    yield "no-image", good[:image] + b";"
    yield "code-ahead", bytes.fromhex(
        "47494638396102000100810000000a141e28323c46505a646e2c0000000002000100000202c40b003b"
    )
    # Codes of 3 bits, the lowest first: clear, then what no clear can be followed by.
    for name, codes in {"first-code": (4, 6), "first-code-ahead": (4, 7), "end": (4, 1, 5)}.items():
        bits = sum(code << 3 * place for place, code in enumerate(codes))
        yield name, good[: image + 10] + b"\2\2" + struct.pack("<H", bits) + b"\0;"
    yield "code-size-0", good[: image + 10] + b"\0" + good[data:]
    yield "code-size-9", good[: image + 10] + b"\x09" + good[data:]
    yield "no-trailer", good[:-1]


def bombs(jpeg, gif, lossy):
    def png(width, height):
        return (
            png_files.SIGNATURE
            + header(width, height, 8, RGB)
            + chunk(b"IDAT", zlib.compress(bytes(9)))
            + chunk(b"IEND")
        )

    yield "side.png", png(16385, 1)
    yield "pixels.png", png(5001, 5000)
    yield "largest.png", png(0x7FFFFFFF, 0x7FFFFFFF)
    yield "over-31-bits.png", png(0xFFFFFFFF, 0xFFFFFFFF)
    frame = jpeg.index(b"\xff\xc0")
    yield "largest.jpg", jpeg[: frame + 5] + b"\xff\xff\xff\xff" + jpeg[frame + 9 :]
    yield "pixels-without-data.jpg", jpeg[: frame + 5] + struct.pack(">HH", 5000, 5000) + jpeg[
        frame + 9 :
    ]
    image = Image.fromarray(np.zeros((4000, 4000), np.uint8))
    out = io.BytesIO()
    image.save(out, "JPEG", progressive=True, quality=10)
    progressive = out.getvalue()
    last = progressive.rindex(b"\xff\xda")
    scan = progressive[last:-2]
    yield "scans.jpg", progressive[:last] + scan[:14] * 400 + b"\xff\xd9"
    yield "scanned-pixels.jpg", progressive[:last] + (scan[:14]) * 26 + b"\xff\xd9"
    yield "largest.gif", gif[:6] + b"\xff\xff\xff\xff" + gif[10:]
    yield "largest.webp", riff(
        webp_canvas(2, 1 << 24, 1 << 24),
        (b"ANIM", bytes(6)),
        webp_frame(0, 0, 24, 20, b"VP8 ", lossy[20:]),
    )
    yield "bitstream.webp", riff((b"VP8 ", lossy[20:26] + b"\xff\x3f\xff\x3f" + lossy[30:]))


def text_bombs(image):
    """A small image with chunks that inflate to 64 MB; the image itself is fine."""
    zeros = zlib.compress(bytes(64 << 20), 9)
    rows = png_files.image_data(image, 8) + bytes(64 << 20)
    head = header(image.shape[1], image.shape[0], 8, RGB)
    yield "rows.png", png_files.SIGNATURE + head + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(
        b"IEND"
    )
    for name, parts in {
        "profile": [chunk(b"iCCP", b"bomb\0\0" + zeros)],
        "rawprofile-zTXt": [chunk(b"zTXt", b"Raw profile type exif\0\0" + zeros)] * 40,
        "zTXt": [chunk(b"zTXt", b"bomb\0\0" + zeros)],
        "iTXt": [chunk(b"iTXt", b"bomb\0\1\0\0\0" + zeros)],
        "many": [chunk(b"zTXt", b"bomb\0\0" + zlib.compress(bytes(1 << 20), 9))] * 40,
    }.items():
        yield name + ".png", png_files.file(image, 8, RGB, before=parts)
