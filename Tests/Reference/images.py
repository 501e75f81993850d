"""Synthetic images: references to edit, and the table of how references are prepared."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
import torch

AREA_LIMIT = 1024 * 1024


@dataclass(frozen=True)
class SyntheticImage:
    """An image to generate: width, height, seed and Pillow mode."""

    width: int
    height: int
    seed: int
    mode: str = "RGB"

    @property
    def name(self):
        return f"{self.width}x{self.height}-{self.mode}-{self.seed}.png"

    def image(self):
        """Waves, a checkerboard and a little noise: every frequency, and no symmetry."""
        draw = np.random.default_rng(self.seed)
        y, x = np.mgrid[0 : self.height, 0 : self.width].astype(np.float64)
        bands = []
        for _ in PIL.Image.new("RGB" if self.mode == "P" else self.mode, (1, 1)).getbands():
            wave = np.zeros((self.height, self.width))
            for _ in range(4):
                fx, fy, phase = draw.uniform(0.5, 9, 3)
                wave += np.sin(2 * np.pi * (fx * x / self.width + fy * y / self.height) + phase)
            wave += 1.5 * (((x // 9 + y // 13) % 2) - 0.5) + 0.2 * draw.standard_normal(wave.shape)
            bands.append(np.clip(128 + 45 * wave, 0, 255).astype(np.uint8))
        image = PIL.Image.fromarray(bands[0] if len(bands) == 1 else np.stack(bands, -1))
        return image.quantize(32) if self.mode == "P" else image


def poster(width, height):
    """A large image of flat colours and slanted edges, which compresses to a few kilobytes."""
    y, x = np.mgrid[0:height, 0:width]
    cell = (x * 5 + y * 2) // 173 + 7 * ((y * 4 - x) // 211)
    shades = np.stack([cell * 67 % 256, cell * 131 % 256, cell * 29 % 256], -1)
    return PIL.Image.fromarray(shades.astype(np.uint8))


def prepared(pipeline, image):
    """The pixels the autoencoder is given for a reference, `[H, W, 3]` unsigned bytes."""
    processor = pipeline.image_processor
    processor.check_image_input(image)
    if image.width * image.height > AREA_LIMIT:
        image = processor._resize_to_target_area(image, AREA_LIMIT)
    step = pipeline.vae_scale_factor * 2
    pixels = processor.preprocess(
        image,
        height=image.height // step * step,
        width=image.width // step * step,
        resize_mode="crop",
    )
    levels = ((pixels + 1) / 2 * 255).round().to(torch.uint8)
    assert torch.equal(2.0 * (levels.float() / 255.0) - 1.0, pixels)
    return levels[0].permute(1, 2, 0).contiguous().numpy()


def write_reference_table(pipeline, folder):
    """References of odd sizes and modes, with the digest and the middle of what is encoded."""
    folder = Path(folder)
    folder.mkdir(parents=True)
    small = [
        SyntheticImage(100, 75, 1),
        SyntheticImage(64, 64, 2),
        SyntheticImage(131, 97, 3, "L"),
        SyntheticImage(80, 93, 4, "P"),
    ]
    images = [(p.name, p.image()) for p in small]
    images += [
        ("poster-1301x1003.png", poster(1301, 1003)),
        ("poster-480x2400.png", poster(480, 2400)),
    ]
    rows = []
    for name, image in images:
        image.save(folder / name, optimize=True)
        pixels = prepared(pipeline, image)
        height, width, _ = pixels.shape
        top, left = height // 2 - 8, width // 2 - 8
        middle = pixels[top : top + 16, left : left + 16]
        rows.append(
            dict(
                file=name,
                size=[image.width, image.height],
                prepared_size=[width, height],
                sha256=hashlib.sha256(pixels.tobytes()).hexdigest(),
                middle_origin=[left, top],
                middle_rgb=middle.reshape(-1).tolist(),
            )
        )
    text = "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"
    (folder / "references.json").write_text(text)
