"""Writes PNG files of every colour type, depth and layout, and says what they must decode to.

Pillow writes only some of them, so the packing is done here; what Pillow reads back is compared.
"""

import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
ADAM7 = [
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
]


def chunk(name, payload=b""):
    body = name + payload
    return struct.pack(">I", len(payload)) + body + struct.pack(">I", zlib.crc32(body))


def header(width, height, depth, colour_type, interlaced=False):
    return chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlaced)
    )


def packed_rows(samples, depth):
    """The bytes of each row of [H, W, C] samples."""
    height, width, channels = samples.shape
    flat = samples.reshape(height, width * channels).astype(np.uint32)
    if depth == 16:
        return flat.astype(">u2").view(np.uint8).reshape(height, -1)
    if depth == 8:
        return flat.astype(np.uint8)
    bits = (flat[:, :, None] >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)


def filtered(samples, depth, row_filter):
    """Filters rows: `row_filter` 0 to 4, or None for all in turn."""
    stride = max(1, samples.shape[2] * depth // 8)
    rows = packed_rows(samples, depth).astype(np.int32)
    previous = np.zeros(rows.shape[1], np.int32)
    out = b""
    for index, row in enumerate(rows):
        left = np.concatenate([np.zeros(stride, np.int32), row])[: len(row)]
        corner = np.concatenate([np.zeros(stride, np.int32), previous])[: len(row)]
        kind = index % 5 if row_filter is None else row_filter
        estimate = left + previous - corner
        distances = np.stack(
            [abs(estimate - left), abs(estimate - previous), abs(estimate - corner)]
        )
        paeth = np.choose(np.argmin(distances, axis=0), [left, previous, corner])
        predicted = [0 * row, left, previous, (left + previous) // 2, paeth][kind]
        out += bytes([kind]) + ((row - predicted) & 255).astype(np.uint8).tobytes()
        previous = row
    return out


def image_data(samples, depth, interlaced=False, row_filter=None):
    if not interlaced:
        return filtered(samples, depth, row_filter)
    passes = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7]
    return b"".join(filtered(p, depth, row_filter) for p in passes if p.size)


def file(
    samples,
    depth,
    colour_type,
    interlaced=False,
    before=(),
    between=(),
    after=(),
    palette=None,
    transparency=None,
    row_filter=None,
    idat_size=None,
):
    """A whole file; `before`, `between` and `after` are chunks around PLTE/tRNS and IDAT."""
    height, width = samples.shape[:2]
    data = zlib.compress(image_data(samples, depth, interlaced, row_filter), 9)
    size = idat_size or max(1, len(data))
    parts = [SIGNATURE, header(width, height, depth, colour_type, interlaced), *before]
    if palette is not None:
        parts.append(chunk(b"PLTE", palette.astype(np.uint8).tobytes()))
    if transparency is not None:
        parts.append(chunk(b"tRNS", transparency))
    parts += between
    parts += [chunk(b"IDAT", data[i : i + size]) for i in range(0, len(data), size)]
    return b"".join([*parts, *after, chunk(b"IEND")])


def on_white(rgb, alpha):
    rgb, alpha = rgb.astype(np.int64), alpha.astype(np.int64)[..., None]
    return ((rgb * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def eight_bits(samples, depth):
    """Scales to 8 bits, rounding to nearest."""
    top = (1 << depth) - 1
    return ((samples.astype(np.int64) * 255 * 2 + top) // (2 * top)).astype(np.uint8)


def expected(samples, depth, colour_type, palette=None, transparency=None):
    """The pixels that the file must decode to, [H, W, 3]."""
    if colour_type == PALETTE:
        alpha = np.full(256, 255, np.uint8)
        alpha[: len(transparency or b"")] = list(transparency or b"")
        index = samples[:, :, 0]
        return on_white(palette[index], alpha[index])
    scaled = eight_bits(samples, depth)
    opaque = np.full(samples.shape[:2], 255, np.uint8)
    rgb = (
        np.repeat(scaled[:, :, :1], 3, axis=2)
        if colour_type in (GREY, GREY_ALPHA)
        else scaled[:, :, :3]
    )
    if colour_type in (GREY_ALPHA, RGBA):
        return on_white(rgb, scaled[:, :, -1])
    if transparency is not None:
        key = np.frombuffer(transparency, ">u2")
        opaque[np.all(samples == key, axis=2)] = 0
    return on_white(rgb, opaque)


def suite(random):
    """Yields (name, file, expected, Pillow's allowed difference or None where Pillow is wrong)."""
    depths = {
        GREY: [1, 2, 4, 8, 16],
        RGB: [8, 16],
        PALETTE: [1, 2, 4, 8],
        GREY_ALPHA: [8, 16],
        RGBA: [8, 16],
    }
    names = {GREY: "grey", RGB: "rgb", PALETTE: "palette", GREY_ALPHA: "greyalpha", RGBA: "rgba"}
    for colour_type in depths:
        for depth in depths[colour_type]:
            for interlaced in (False, True):
                for keyed in ((False, True) if colour_type <= PALETTE else (False,)):
                    yield case(random, names, colour_type, depth, interlaced, keyed)
    for row_filter in range(5):
        samples = random.integers(0, 256, (11, 13, 3))
        yield (
            f"filter-{row_filter}",
            file(samples, 8, RGB, row_filter=row_filter),
            expected(samples, 8, RGB),
            0,
        )
    for width in list(range(1, 10)) + [33]:
        samples = random.integers(0, 2, (width, 10 - width if width < 10 else 7, 1))
        for interlaced in (False, True):
            name = f"size-{samples.shape[1]}x{width}" + ("-interlaced" if interlaced else "")
            yield name, file(samples, 1, GREY, interlaced), expected(samples, 1, GREY), 0
    samples = random.integers(0, 256, (16, 16, 3))
    wanted = expected(samples, 8, RGB)
    for gamma in (35000, 100000, 250000):
        gama = chunk(b"gAMA", struct.pack(">I", gamma))
        yield f"gamma-{gamma}", file(samples, 8, RGB, before=[gama]), wanted, 0
    yield "idat-of-one-byte", file(samples, 8, RGB, idat_size=1), wanted, 0
    ancillary = [
        chunk(b"sBIT", b"\5\5\5"),
        chunk(b"pHYs", struct.pack(">IIB", 1, 4, 0)),
        chunk(b"tIME", bytes(7)),
        chunk(b"tEXt", b"Title\0nothing"),
        chunk(b"prVt", b"private"),
    ]
    yield "ancillary", file(samples, 8, RGB, before=ancillary, after=ancillary[2:]), wanted, 0
    control = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 16, 16, 0, 0, 1, 10, 0, 0))
    frame = struct.pack(">I", 2) + zlib.compress(image_data(255 - samples, 8))
    animation = [chunk(b"acTL", struct.pack(">II", 2, 0)), control]
    second = [chunk(b"fcTL", struct.pack(">I", 1) + control[12:-4]), chunk(b"fdAT", frame)]
    yield "animated", file(samples, 8, RGB, before=animation, after=second), wanted, 0
    yield "bytes-after-end", file(samples, 8, RGB) + b"more", wanted, 0


def case(random, names, colour_type, depth, interlaced, keyed):
    height, width = 19, 21
    top = 1 << depth
    samples = random.integers(0, top, (height, width, CHANNELS[colour_type]))
    palette = transparency = None
    if colour_type == PALETTE:
        palette = random.integers(0, 256, (top, 3))
        transparency = (
            bytes(random.integers(0, 256, max(1, top // 2)).astype(np.uint8)) if keyed else None
        )
    elif keyed:
        samples[::3, ::2] = samples[0, 0]
        transparency = samples[0, 0].astype(">u2").tobytes()
    name = (
        f"{names[colour_type]}-{depth}"
        + ("-keyed" if keyed else "")
        + ("-interlaced" if interlaced else "")
    )
    data = file(samples, depth, colour_type, interlaced, palette=palette, transparency=transparency)
    # Pillow cuts 16 bits where we round: 1 for the colour, 1 more for the alpha it is mixed with.
    allowed = 0 if depth < 16 else 2 if colour_type in (GREY_ALPHA, RGBA) else 1
    # Pillow keeps 16-bit grey as a mode of its own, and compares keys with samples that it has
    # already scaled to 8 bits.
    if (colour_type == GREY and (keyed or depth == 16)) or (keyed and depth == 16):
        allowed = None
    return name, data, expected(samples, depth, colour_type, palette, transparency), allowed
