"""Pictures in every kind of JPEG, WebP and GIF file, and in every orientation."""

import io
import struct

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


def gifs():
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
    """One picture in each orientation and each format that can say so."""
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
    yield "orientation-9.jpg", saved(pixels, "JPEG", exif=b"Exif\0\0" + exif(9))
    yield "orientation-unreadable.jpg", saved(pixels, "JPEG", exif=b"Exif\0\0" + exif(6)[:12])
