"""Measures what the autoencoder gives back: fresh scenes, and one that looks like a photograph.

    python -m iris_training.fidelity --folder RUN --output photograph.png

Prints mean PSNR in decibels; the sheet shows the photograph-like image before and after.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from diffusers import AutoencoderKLFlux2
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from .latents import decoded_images, finished_autoencoder, tokens_of
from .pixels import psnr, save_sheet
from .run import Run, run_arguments
from .scene import render, sample_scene

SCENE_SIZES = (256, 512, 768)
SCENES = 24


def photograph(side: int, seed: int = 1) -> Image.Image:
    """An image with what illustrations lack: fractal texture, soft shading, grain and lettering."""
    rng = np.random.default_rng(seed)
    ys, xs = np.mgrid[0:side, 0:side] / side
    texture = np.zeros((side, side), np.float32)
    for octave, cell in enumerate((32, 16, 8, 4), 1):
        texture += _noise(rng, side, cell) / octave
    texture -= texture.mean()
    sky = np.stack([120 + 90 * ys, 150 + 70 * ys, 210 + 20 * ys], -1)
    sky += np.clip(texture * 120, 0, 90)[..., None]
    ground = np.stack([95 + 60 * texture, 110 + 70 * texture, 60 + 50 * texture], -1)
    below = (ys > 0.55 + 0.06 * np.sin(5 * xs + 1))[..., None]
    pixels = np.where(below, ground, sky)
    shade = 1.25 - 0.9 * np.hypot((xs - 0.64) / 0.3, (ys - 0.55) / 0.37)
    ball = (np.hypot((xs - 0.7) / 0.15, (ys - 0.635) / 0.185) < 1)[..., None]
    pixels = np.where(ball, shade[..., None] * [190, 60, 50], pixels)
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    image = image.filter(ImageFilter.GaussianBlur(0.6))
    draw = ImageDraw.Draw(image)
    draw.rectangle([side * 0.05, side * 0.62, side * 0.48, side * 0.82], fill=(240, 235, 220))
    draw.text((side * 0.08, side * 0.66), "WARUNG 24", fill=(30, 40, 90),
              font=ImageFont.load_default(side // 14))
    return image


def _noise(rng: np.random.Generator, side: int, cell: int) -> np.ndarray:
    """Smooth noise that changes over `cell` pixels."""
    coarse = rng.random((side // cell + 1, side // cell + 1)).astype(np.float32)
    return np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC))


def returned(run: Run, model: AutoencoderKLFlux2, image: Image.Image) -> Image.Image:
    """The image after encoding and decoding."""
    return decoded_images(model, tokens_of(run, model, [image]), image.size)[0]


def main(options: Sequence[str] | None = None) -> None:
    """Prints the figures and writes the sheet."""
    parser = run_arguments(__doc__)
    parser.set_defaults(bfloat16=False)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args(options)
    run, rng = Run.of(arguments), random.Random(20_261_125)
    model = finished_autoencoder(run)
    for size in SCENE_SIZES:
        scenes = [render(sample_scene(rng), size) for _ in range(SCENES)]
        figures = [psnr(np.asarray(scene), np.asarray(returned(run, model, scene)))
                   for scene in scenes]
        print(f"scenes of {size}: mean {sum(figures) / SCENES:.1f} dB, least {min(figures):.1f}")
    before = photograph(768)
    after = returned(run, model, before)
    print(f"photograph of 768: {psnr(np.asarray(before), np.asarray(after)):.1f} dB")
    save_sheet(arguments.output, [before, after], 2)


if __name__ == "__main__":
    main()
