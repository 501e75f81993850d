"""How well the autoencoder gives pictures back: fresh scenes, and one that looks like a photograph.

    python -m iris_training.fidelity --folder RUN --output photograph.png

Prints mean PSNR in decibels; the sheet shows the photograph-like picture before and after.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLFlux2
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from .latents import (decode_tokens, encode_patches, finished_autoencoder, image_of,
                      tokens_of)
from .scene import render, sample_scene
from .scoring import psnr

SCENE_SIZES = (256, 512, 768)
SCENES = 24


def photograph(side: int, seed: int = 1) -> Image.Image:
    """What illustrations lack: fractal texture, soft shading, grain and lettering."""
    rng = np.random.default_rng(seed)
    ys, xs = np.mgrid[0:side, 0:side] / side
    texture = sum(_noise(rng, side, cell) / octave
                  for octave, cell in enumerate((32, 16, 8, 4), 1))
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
    return np.asarray(Image.fromarray(coarse).resize((side, side), Image.BICUBIC))


def returned(model: AutoencoderKLFlux2, image: Image.Image) -> Image.Image:
    """The picture after encoding and decoding."""
    pixels = torch.from_numpy(np.asarray(image).transpose(2, 0, 1).copy()).float()[None]
    tokens = tokens_of(model, encode_patches(model, pixels / 127.5 - 1, False))
    return image_of(decode_tokens(model, tokens, *image.size)[0])


def main() -> None:
    """Prints the figures and writes the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model, rng = finished_autoencoder(arguments.folder), random.Random(20_261_125)
    for size in SCENE_SIZES:
        scenes = [render(sample_scene(rng), size) for _ in range(SCENES)]
        figures = [psnr(np.asarray(scene), np.asarray(returned(model, scene))) for scene in scenes]
        print(f"scenes of {size}: mean {sum(figures) / SCENES:.1f} dB, least {min(figures):.1f}")
    before = photograph(768)
    after = returned(model, before)
    print(f"photograph of 768: {psnr(np.asarray(before), np.asarray(after)):.1f} dB")
    sheet = Image.new("RGB", (2 * before.width, before.height))
    sheet.paste(before, (0, 0))
    sheet.paste(after, (before.width, 0))
    sheet.save(arguments.output)


if __name__ == "__main__":
    main()
