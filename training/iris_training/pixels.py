"""Images as tensors in [-1, 1], and how alike two images are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

Size = tuple[int, int]
"""Width and height in pixels."""


def parsed_size(text: str) -> Size:
    """`"256"` or `"768x512"`."""
    sides = [int(side) for side in text.split("x")]
    return sides[0], sides[-1]


def pixels_of(images: Sequence[Image.Image | np.ndarray]) -> torch.Tensor:
    """RGB images of one size as `[B, 3, H, W]` in [-1, 1]."""
    stacked = np.stack([np.asarray(image) for image in images]).transpose(0, 3, 1, 2)
    return torch.from_numpy(np.ascontiguousarray(stacked)).float() / 127.5 - 1


def image_of(pixels: torch.Tensor) -> Image.Image:
    """One of `[3, H, W]` in [-1, 1] as an image."""
    values = ((pixels.float().clamp(-1, 1) + 1) * 127.5).round().byte()
    return Image.fromarray(values.permute(1, 2, 0).cpu().numpy())


def sheet_of(rows: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """Rows of images of one size, side by side; the last row may be shorter."""
    width, height = rows[0][0].size
    sheet = Image.new("RGB", (width * len(rows[0]), height * len(rows)))
    for y, row in enumerate(rows):
        for x, image in enumerate(row):
            sheet.paste(image, (x * width, y * height))
    return sheet


def save_sheet(path: Path, images: Sequence[Image.Image], columns: int) -> None:
    """Writes images in rows of so many."""
    rows = [images[k:k + columns] for k in range(0, len(images), columns)]
    sheet_of(rows).save(path)


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    """Peak signal-to-noise ratio of two arrays of 8-bit values, in decibels; at most 78."""
    error = np.square(first.astype(np.float64) - second).mean()
    return float(10 * np.log10(255 ** 2 / max(error, 1e-3)))
