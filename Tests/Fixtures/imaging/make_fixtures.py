"""Makes the image fixtures beside this file: `python make_fixtures.py` with NumPy and Pillow 13.

<group>/<file>      images
<group>.txt         one line per image: file, width, height, tolerance, offset into <group>.rgb
<group>.rgb         what each image must decode to, RGB, one after the other
corrupt/, bombs/    files that must be refused
textbombs/          good images whose texts must be refused
foreign/            images in formats that are not read, one made by each of `heif-enc`, `cjxl`,
                    `convert`, `ffmpeg` and Pillow; not made here
"""

import io
import pathlib
import shutil

import numpy as np
from PIL import Image, ImageOps

import hostile_files
import image_files
import png_files

HERE = pathlib.Path(__file__).parent


def pillow_on_white(data):
    """Decodes a file with Pillow: upright, alpha on white."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.mode in ("P", "LA", "PA", "RGBA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return np.array(
            Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
        )
    return np.array(image.convert("RGB"))


class Group:
    """A directory of images and what they must decode to."""

    def __init__(self, name):
        self.name, self.lines, self.pixels = name, [], b""
        shutil.rmtree(HERE / name, ignore_errors=True)
        (HERE / name).mkdir()

    def add(self, file, data, wanted, tolerance=0):
        (HERE / self.name / file).write_bytes(data)
        height, width, _ = wanted.shape
        self.lines.append(f"{file} {width} {height} {tolerance} {len(self.pixels)}\n")
        self.pixels += wanted.astype(np.uint8).tobytes()

    def write(self):
        (HERE / f"{self.name}.txt").write_text("".join(self.lines))
        (HERE / f"{self.name}.rgb").write_bytes(self.pixels)


def make_png():
    group = Group("png")
    for name, data, wanted, allowed in png_files.suite(np.random.default_rng(1)):
        if allowed is not None:
            difference = np.abs(pillow_on_white(data).astype(int) - wanted).max()
            assert difference <= allowed, f"{name}: Pillow differs by {difference}"
        group.add(name + ".png", data, wanted)
    group.write()


def make_images():
    for name, files in {
        "jpeg": image_files.jpegs(),
        "webp": image_files.webps(),
        "gif": image_files.gifs(),
        "turned": image_files.turned(),
    }.items():
        group = Group(name)
        for file, data in files:
            group.add(file, data, pillow_on_white(data))
        group.write()


def make_hostile():
    photo = image_files.photo
    jpeg = image_files.saved(photo(48, 40), "JPEG", quality=90)
    progressive = image_files.saved(photo(48, 40), "JPEG", progressive=True)
    restarts = image_files.saved(photo(48, 40), "JPEG", restart_marker_blocks=1)
    lossy = image_files.saved(photo(24, 20), "WEBP")
    lossless = image_files.saved(photo(24, 20), "WEBP", lossless=True)
    out = io.BytesIO()
    Image.fromarray(photo(24, 20)).quantize(4).save(out, "GIF", interlace=0)
    gif = out.getvalue()
    groups = {
        "corrupt": [
            (f"{ending}-{name}.{ending}", data)
            for ending, files in {
                "png": hostile_files.corrupt_png(),
                "jpg": hostile_files.corrupt_jpeg(jpeg, progressive, restarts),
                "webp": hostile_files.corrupt_webp(lossy, lossless),
                "gif": hostile_files.corrupt_gif(gif),
            }.items()
            for name, data in files
        ],
        "bombs": hostile_files.bombs(jpeg, gif, lossy),
        "textbombs": hostile_files.text_bombs(photo(16, 16)),
    }
    for folder, files in groups.items():
        shutil.rmtree(HERE / folder, ignore_errors=True)
        (HERE / folder).mkdir()
        for file, data in files:
            (HERE / folder / file).write_bytes(data)


def noise(width, height, seed, extreme):
    """SplitMix64's high bytes; `extreme` keeps black and white only: sums overshoot most."""
    with np.errstate(over="ignore"):
        z = (
            np.arange(1, width * height * 3 + 1, dtype=np.uint64) + np.uint64(seed << 32)
        ) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        values = ((z ^ (z >> np.uint64(31))) >> np.uint64(56)).astype(np.uint8)
    return (
        (np.where(values < 128, 0, 255) if extreme else values)
        .astype(np.uint8)
        .reshape(height, width, 3)
    )


def digest(pixels):
    """A sum of the values, each times its odd place number, modulo 2^64."""
    flat = pixels.reshape(-1).astype(np.uint64)
    return int(
        (flat * (np.arange(flat.size, dtype=np.uint64) * np.uint64(2) + np.uint64(1))).sum(
            dtype=np.uint64
        )
    )


def make_resampling():
    """<seed> <extreme> <from> <to> <digest> <offset, or -1 where only the digest is kept>"""
    random = np.random.default_rng(2)
    small = [(int(w), int(h), int(x), int(y)) for w, h, x, y in random.integers(1, 48, (40, 4))]
    small += [
        (1, 1, 7, 5),
        (5, 7, 1, 1),
        (64, 1, 9, 1),
        (31, 17, 31, 17),
        (31, 17, 31, 40),
        (31, 17, 8, 17),
    ]
    medium = [(int(w), int(h), int(x), int(y)) for w, h, x, y in random.integers(1, 600, (160, 4))]
    large = [
        (1537, 1025, 1255, 836),
        (3000, 2000, 1254, 836),
        (16384, 3, 5, 2),
        (3, 16384, 2, 5),
        (700, 933, 64, 85),
    ]
    lines, kept = [], b""
    for seed, (w, h, x, y) in enumerate(small + medium + large):
        extreme = seed % 2
        resized = Image.fromarray(noise(w, h, seed, extreme)).resize(
            (x, y), Image.Resampling.LANCZOS
        )
        pixels = np.array(resized)
        offset = len(kept) if seed < len(small) else -1
        lines.append(f"{seed} {extreme} {w} {h} {x} {y} {digest(pixels)} {offset}\n")
        kept += pixels.tobytes() if seed < len(small) else b""
    (HERE / "resampling.txt").write_text("".join(lines))
    (HERE / "resampling.rgb").write_bytes(kept)


if __name__ == "__main__":
    make_png()
    make_images()
    make_hostile()
    make_resampling()
