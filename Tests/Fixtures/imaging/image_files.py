"""Images in every kind of JPEG, WebP and GIF file, and in every orientation."""

import base64
import io
import struct
import zlib

import numpy as np
from PIL import Image

import png_files
from hostile_files import riff, webp_canvas, webp_frame


def photo(width, height, seed=0):
    """Smooth colours with some texture and two hard edges."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / (5 + c) + c) * 60 + np.cos(y / (7 - c)) * 60 + 128 for c in range(3)]
    pixels = np.stack(waves, axis=2) + random.normal(0, 6, (height, width, 3))
    pixels[height // 3 : height // 2, width // 4 : width // 2] = (250, 20, 40)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def with_alpha(pixels):
    height, width, _ = pixels.shape
    y, x = np.mgrid[0:height, 0:width]
    alpha = np.clip((x * 9 + y * 5) % 330 - 20, 0, 255).astype(np.uint8)
    return np.dstack([pixels, alpha])


def saved(pixels, kind, mode=None, **options):
    image = Image.fromarray(pixels)
    out = io.BytesIO()
    (image.convert(mode) if mode else image).save(out, kind, **options)
    return out.getvalue()


def exif(orientation, order=">"):
    head = b"MM\0*" if order == ">" else b"II*\0"
    entries = [
        (0x010F, 2, 4, b"us\0\0"),
        (0x0112, 3, 1, struct.pack(order + "H", orientation) + b"\0\0"),
    ]
    directory = b"".join(
        struct.pack(order + "HHI", tag, kind, count) + value for tag, kind, count, value in entries
    )
    return head + struct.pack(order + "IH", 8, len(entries)) + directory + bytes(4)


# `photo(24, 16)` by `cjpeg -arithmetic -quality 60`, without and with `-progressive`; Pillow only
# reads this coding.
ARITHMETIC = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZG"
    "NywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09P"
    "T09PT09PT09PT09PT09PT09PT09PT09PT0//yQARCAAQABgDASIAAhEBAxEB/8wACgAQEAUBEBEF/9oADAMBAAIR"
    "AxEAPwDSkUCI2YILFDvtbkBXHoN0aXthEDtCZfffW1jq/Y9a1f5tMLg758cJcShVC9/0t45xokE3yws0VXFxz7Sk"
    "acW8xTQ7yVu3s5dhVmgdO8EJVOgVsNzqByAq4P/Z"
)
ARITHMETIC_PROGRESSIVE = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZG"
    "NywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09P"
    "T09PT09PT09PT09PT09PT09PT09PT09PT0//ygARCAAQABgDASIAAhEBAxEB/8wABgAQARD/2gAMAwEAAhADEAAA"
    "AdIqwuWcDPcK7yZ2/8wABBAF/9oACAEBAAEFAkrxmTxi8B7Xc4jMoPD/zAAEEQX/2gAIAQMBAT8BGhrjkP/MAAQR"
    "Bf/aAAgBAgEBPwFKY/T/zAAEEAX/2gAIAQEABj8Cjsg8ZoD/zAAEEAX/2gAIAQEAAT8h23EwJw9X4iDY+KD/2gAM"
    "AwEAAgADAAAAENto/8wABBEF/9oACAEDAQE/EMO+z47L7klg/8wABBEF/9oACAECAQE/EMC4/8wABBAF/9oACAEB"
    "AAE/EJjlND0gDDvjloXriWzKBhXGJnOuqNSi4sP/2Q=="
)


def replaced(data, offset, new):
    return data[:offset] + new + data[offset + len(new) :]


def sloppy_jpegs():
    """Files that libjpeg warns of, all of whose pixels are certain."""
    plain = saved(photo(40, 30), "JPEG")
    grey = saved(photo(40, 30), "JPEG", "L")
    restarts = saved(photo(64, 48), "JPEG", restart_marker_blocks=2)
    # Start, end and precisions of a scan mean nothing unless it is progressive.
    for name, data in {"": plain, "-grey": grey, "-restarts": restarts, "-arithmetic": ARITHMETIC}.items():
        scan = data.index(b"\xff\xda")
        spectrum = scan + 2 + data[scan + 3] - 3
        yield f"scan-of-zeros{name}.jpg", replaced(data, spectrum, bytes(3))
    scan = plain.index(b"\xff\xda")
    yield "scan-of-other-values.jpg", replaced(plain, scan + 11, b"\1\x1f\x21")
    jfif = plain.index(b"JFIF\0")
    for major in (0, 2, 255):
        yield f"jfif-{major}.jpg", replaced(plain, jfif + 5, bytes([major]))
    adobe = struct.pack(">2sH5sHHHB", b"\xff\xee", 14, b"Adobe", 100, 0, 0, 3)
    yield "adobe-transform.jpg", plain[:2] + adobe + plain[20:]
    cmyk = saved(photo(40, 30), "JPEG", "CMYK", quality=92)
    yield "adobe-transform-cmyk.jpg", replaced(cmyk, cmyk.index(b"Adobe") + 11, b"\3")
    icc = b"\xff\xe2\0\x12ICC_PROFILE\0\7\3ab"
    yield "profile-in-pieces.jpg", plain[:20] + icc + plain[20:]
    yield "fill-bytes.jpg", plain.replace(b"\xff\xda", b"\xff\xff\xff\xda").replace(
        b"\xff\xc4", b"\0\0\xff\xff\xc4", 1
    )


def jpegs():
    for name, size in {
        "baseline": (48, 40),
        "odd": (37, 29),
        "single": (1, 1),
        "narrow": (3, 50),
        "wide": (129, 5),
    }.items():
        for sampling in ("4:4:4", "4:2:2", "4:2:0"):
            yield f"{name}-{sampling.replace(':', '')}.jpg", saved(
                photo(*size), "JPEG", subsampling=sampling, quality=90
            )
            yield f"{name}-{sampling.replace(':', '')}-progressive.jpg", saved(
                photo(*size), "JPEG", subsampling=sampling, quality=75, progressive=True
            )
    yield "quality-5.jpg", saved(photo(64, 64), "JPEG", quality=5)
    yield "quality-100.jpg", saved(photo(64, 64), "JPEG", quality=100)
    yield "rgb.jpg", saved(photo(40, 30), "JPEG", keep_rgb=True)
    yield "restarts.jpg", saved(photo(64, 48), "JPEG", restart_marker_blocks=2)
    yield "optimised.jpg", saved(photo(64, 48), "JPEG", optimize=True)
    yield "profile.jpg", saved(photo(24, 24), "JPEG", icc_profile=bytes(3000), comment=b"a comment")
    for progressive in (False, True):
        ending = "-progressive.jpg" if progressive else ".jpg"
        yield "grey" + ending, saved(photo(45, 31), "JPEG", "L", progressive=progressive)
        cmyk = saved(photo(40, 30), "JPEG", "CMYK", quality=92, progressive=progressive)
        adobe = cmyk.index(b"Adobe")
        yield "cmyk" + ending, cmyk
        yield "ycck" + ending, cmyk[: adobe + 11] + b"\2" + cmyk[adobe + 12 :]
    unmarked = cmyk.index(b"\xff\xee")
    yield "cmyk-unmarked.jpg", cmyk[:unmarked] + cmyk[unmarked + 16 :]
    plain = saved(photo(40, 30), "JPEG")
    yield "stray-bytes.jpg", plain[:-2] + b"stray" + plain[-2:]
    yield "bytes-after-end.jpg", plain + b"more"
    yield "arithmetic.jpg", ARITHMETIC
    yield "arithmetic-progressive.jpg", ARITHMETIC_PROGRESSIVE
    out = io.BytesIO()
    images = [Image.fromarray(photo(40, 30, seed)) for seed in range(2)]
    images[0].save(out, "MPO", save_all=True, append_images=images[1:])
    yield "second-picture-after-end.jpg", out.getvalue()
    yield from sloppy_jpegs()


def webps():
    for name, size in {"": (48, 40), "-odd": (37, 29), "-single": (1, 1)}.items():
        pixels = photo(*size)
        yield f"lossy{name}.webp", saved(pixels, "WEBP", quality=80)
        yield f"lossless{name}.webp", saved(pixels, "WEBP", lossless=True)
        yield f"lossy-alpha{name}.webp", saved(with_alpha(pixels), "WEBP", quality=80)
        yield f"lossless-alpha{name}.webp", saved(with_alpha(pixels), "WEBP", lossless=True)
    yield "profile.webp", saved(photo(24, 24), "WEBP", icc_profile=bytes(3000))
    yield "palette.webp", saved(photo(24, 24) // 128 * 128, "WEBP", lossless=True)
    frames = [Image.fromarray(with_alpha(photo(32, 24, seed))) for seed in range(3)]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    yield "animated.webp", out.getvalue()
    for kind, data in {
        b"VP8 ": saved(photo(24, 20), "WEBP"),
        b"VP8L": saved(photo(24, 20), "WEBP", lossless=True),
    }.items():
        frame = webp_frame(6, 4, 24, 20, kind, data[20:])
        name = f"offset-frame-{kind.decode().strip().lower()}.webp"
        yield name, riff(webp_canvas(0x12, 40, 30), (b"ANIM", bytes(6)), frame)


def gif_codes(indices, size, clears=True):
    """Compresses indices; `clears` empties a full table, where otherwise it is kept."""
    clear = 1 << size
    bits = count = 0
    packed = bytearray()

    def put(code, width):
        nonlocal bits, count
        bits |= code << count
        count += width
        while count >= 8:
            packed.append(bits & 255)
            bits >>= 8
            count -= 8

    def fresh():
        return {bytes([index]): index for index in range(clear)}, clear + 2, size + 1

    table, following, width = fresh()
    put(clear, width)
    word = b""
    for index in indices:
        longer = word + bytes([index])
        if longer in table:
            word = longer
            continue
        put(table[word], width)
        word = bytes([index])
        if following < 4096:
            table[longer] = following
            following += 1
            # The reader defines a code one later, and so reads the next one still in the old width.
            if following > 1 << width and width < 12:
                width += 1
        elif clears:
            put(clear, width)
            table, following, width = fresh()
    put(table[word], width)
    # Behind the last index the reader defines one code more.
    put(clear + 1, min(width + (following == 1 << width), 12))
    put(0, 7)
    blocks = [bytes(packed[at : at + 255]) for at in range(0, len(packed), 255)]
    return bytes([size]) + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def gif(pixels, size, clears=True, stray=b""):
    """A GIF of indices `[H, W]` of `size` bits, with `stray` between its blocks."""
    height, width = pixels.shape
    depth = max(size, 1)
    colours = np.random.default_rng(size).integers(0, 256, (1 << depth, 3)).astype(np.uint8)
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80 | (depth - 1), 0, 0)
    control = b"!\xf9\4\0\0\0\0\0"
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0)
    data = gif_codes(pixels.reshape(-1).tolist(), size, clears)
    return head + colours.tobytes() + stray + control + stray + frame + data + stray + b";"


def packed_gifs():
    random = np.random.default_rng(5)
    for size in range(2, 9):
        yield f"bits-{size}.gif", gif(random.integers(0, 1 << size, (13, 17)), size)
    noise = random.integers(0, 256, (90, 110))
    yield "full-table-cleared.gif", gif(noise, 8)
    yield "full-table-kept.gif", gif(noise, 8, clears=False)
    yield "one-colour.gif", gif(np.full((60, 70), 3), 2)
    yield "stray-zeros.gif", gif(random.integers(0, 4, (9, 11)), 2, stray=bytes(3))


def gifs():
    yield from packed_gifs()
    for colours in (2, 4, 16, 256):
        image = Image.fromarray(photo(40, 33)).quantize(colours)
        for interlace in (0, 1):
            out = io.BytesIO()
            image.save(out, "GIF", interlace=interlace)
            yield f"colours-{colours}{'-interlaced' if interlace else ''}.gif", out.getvalue()
    image = Image.fromarray(photo(24, 20)).quantize(4)
    out = io.BytesIO()
    image.save(out, "GIF", interlace=0, transparency=1)
    clear = out.getvalue()
    yield "transparent.gif", clear
    yield "offset-frame.gif", clear[:6] + struct.pack("<HH", 31, 29) + moved(clear, 5, 7)[10:]
    out = io.BytesIO()
    image.save(out, "GIF", interlace=0)
    yield "old.gif", b"GIF87a" + out.getvalue()[6:]
    yield "bytes-after-end.gif", out.getvalue() + b"more"
    frames = [Image.fromarray(photo(32, 24, seed)) for seed in range(3)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], comment=b"a comment")
    yield "animated.gif", out.getvalue()
    single = Image.fromarray(np.full((1, 1, 3), 77, np.uint8)).quantize(2)
    out = io.BytesIO()
    single.save(out, "GIF")
    yield "single.gif", out.getvalue()


def moved(gif, x, y):
    """Moves the only frame of a GIF with a global palette of 4 colours."""
    image = gif.index(b",", 13 + 12 + 8)
    return gif[: image + 1] + struct.pack("<HH", x, y) + gif[image + 5 :]


def turned():
    """One image in each orientation and each format that can say so."""
    pixels = photo(26, 17)
    for orientation in range(1, 9):
        order = "<" if orientation % 2 else ">"
        block = exif(orientation, order)
        yield f"orientation-{orientation}.jpg", saved(pixels, "JPEG", exif=b"Exif\0\0" + block)
        yield f"orientation-{orientation}.webp", saved(pixels, "WEBP", exif=block)
        chunk = png_files.chunk(b"eXIf", block)
        late = orientation % 2 == 0
        yield f"orientation-{orientation}.png", png_files.file(
            pixels, 8, png_files.RGB, before=[] if late else [chunk], after=[chunk] if late else []
        )
    yield from turned_by_texts(pixels)
    yield "orientation-6-prefixed.webp", saved(pixels, "WEBP", exif=b"Exif\0\0" + exif(6))
    yield "orientation-9.jpg", saved(pixels, "JPEG", exif=b"Exif\0\0" + exif(9))
    yield "orientation-unreadable.jpg", saved(pixels, "JPEG", exif=b"Exif\0\0" + exif(6)[:12])


def raw_profile(block, kind=b"exif", prefix=b"Exif\0\0"):
    """A profile as ImageMagick writes it: its name, its length, and lines of 72 hex digits."""
    digits = (prefix + block).hex().encode()
    lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return b"\n%s\n%8d\n%s\n" % (kind, len(prefix + block), lines)


def turned_by_texts(pixels):
    """The orientation in a text, as there was no chunk for Exif before 2017."""

    def built(*chunks, after=()):
        return png_files.file(pixels, 8, png_files.RGB, before=list(chunks), after=list(after))

    def text(block, keyword=b"Raw profile type exif", **options):
        return png_files.chunk(b"tEXt", keyword + b"\0" + raw_profile(block, **options))

    packed = b"Raw profile type exif\0\0" + zlib.compress(raw_profile(exif(8, "<")))
    yield "profile-tEXt.png", built(text(exif(6)))
    yield "profile-zTXt.png", built(png_files.chunk(b"zTXt", packed))
    international = b"Raw profile type exif\0\1\0\0\0" + zlib.compress(raw_profile(exif(5)))
    yield "profile-iTXt.png", built(png_files.chunk(b"iTXt", international))
    plain = b"Raw profile type exif\0\0\0\0\0" + raw_profile(exif(2))
    yield "profile-iTXt-plain.png", built(after=[png_files.chunk(b"iTXt", plain)])
    yield "profile-without-prefix.png", built(text(exif(7), prefix=b""))
    yield "profile-and-chunk.png", built(
        text(exif(6)), png_files.chunk(b"eXIf", exif(3))
    )
    yield "profile-not-hex.png", built(
        png_files.chunk(b"tEXt", b"Raw profile type iptc\0\niptc\n 4\n414141\n"), text(exif(6))
    )
