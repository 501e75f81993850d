"""Draws the references of the goldens, one or more for each format and trait that Iris reads.

Scenes are drawn with `training/iris_training`, as it was when they were recorded. They stay as they are
when that or the model changes: drawn anew, every edit would have to be recorded again. Needs what
`training/README.md` lists.

    python goldens/make_inputs.py
"""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "training"))

from iris_training.glyphs import glyph  # noqa: E402
from iris_training.scene import PlacedObject, Scene, render  # noqa: E402
from iris_training.vocabulary import OBJECTS  # noqa: E402

FOLDER = HERE / "inputs"


def scene(background: str, time: str, name: str, tint: int | None = None) -> Scene:
    """One object in the middle of a place."""
    index = next(i for i, kind in enumerate(OBJECTS) if kind.names["en"][0] == name)
    placed = PlacedObject(index, "normal", "centre", tint)
    return Scene(background, time, "pink", (placed,), 11)


def save_deep_png(path: Path, pixels: np.ndarray) -> None:
    """Writes 16-bit RGBA, which pillow cannot: `[height, width, 4]` from 0 to 1."""
    height, width, _ = pixels.shape
    rows = (pixels * 65535).round().astype(">u2")
    raw = b"".join(b"\0" + row.tobytes() for row in rows)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    header = struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
                     + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def cut_out(name: str, side: int) -> np.ndarray:
    """An object on a transparent ground that fades out towards the left."""
    index = next(i for i, kind in enumerate(OBJECTS) if kind.names["en"][0] == name)
    image = Image.new("RGBA", (side, side))
    picture = glyph(index, side * 7 // 8, None)
    image.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    pixels = np.asarray(image).astype(np.float64) / 255
    pixels[..., 3] *= np.linspace(0.4, 1, side)[None, :]
    return pixels


def main() -> None:
    """Draws all of them."""
    FOLDER.mkdir(exist_ok=True)
    render(scene("beach", "day", "fox"), 256).save(FOLDER / "fox.png", optimize=True)

    # Stored lying on its side; the orientation says how to stand it up.
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = render(scene("city", "day", "car", tint=0), 256, 320)
    upright.transpose(Image.Transpose.ROTATE_90).save(
        FOLDER / "turned.jpg", quality=88, exif=exif)

    render(scene("meadow", "sunset", "house"), 352, 288).save(FOLDER / "house.webp", quality=85)

    # The first frame counts; the second is another place at another time.
    frames = [render(scene(place, time, "mosque"), 256).quantize(64)
              for place, time in (("desert", "day"), ("snow", "night"))]
    frames[0].save(FOLDER / "frames.gif", save_all=True, append_images=frames[1:], duration=500)

    save_deep_png(FOLDER / "deep-alpha.png", cut_out("robot", 192))

    # Under 64 pixels a side, and wider than the 704 that an edit's own size goes up to.
    render(scene("snow", "day", "snowman"), 96, 144).resize((40, 60), Image.Resampling.LANCZOS).save(
        FOLDER / "small.png", optimize=True)
    render(scene("mountains", "storm", "dog"), 1200, 800).save(FOLDER / "wide.jpg", quality=80)


if __name__ == "__main__":
    main()
