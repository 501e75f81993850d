"""Objects as RGBA images: Noto colour emoji, resized and optionally tinted."""

from __future__ import annotations

import functools

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .vocabulary import OBJECTS, TINT_HUES, TINTS

FONT = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
STRIKE = 109  # the font's only bitmap size; other sizes are refused by FreeType
TINTED_ABOVE_SATURATION = 0.35  # leaves tyres, windows and outlines alone


@functools.lru_cache(None)
def _strike(emoji: str) -> Image.Image:
    """The glyph at the font's native size, cropped to its ink."""
    font = ImageFont.truetype(FONT, STRIKE)
    image = Image.new("RGBA", (180, 180), (0, 0, 0, 0))
    ImageDraw.Draw(image).text((20, 20), emoji, font=font, embedded_color=True)
    return image.crop(image.getbbox())


def _tinted(glyph: Image.Image, tint: int) -> Image.Image:
    """Moves every saturated pixel to the tint's hue, lightened for pink and yellow."""
    alpha = np.asarray(glyph)[..., 3]
    hsv = np.asarray(glyph.convert("RGB").convert("HSV")).astype(np.float32)
    coloured = hsv[..., 1] / 255 > TINTED_ABOVE_SATURATION
    name = TINTS[tint]
    hsv[..., 0] = np.where(coloured, TINT_HUES[tint] * 255, hsv[..., 0])
    if name == "pink":
        hsv[..., 1] = np.where(coloured, hsv[..., 1] * 0.55, hsv[..., 1])
    if name in ("pink", "yellow", "orange"):
        hsv[..., 2] = np.where(coloured, 255 - (255 - hsv[..., 2]) * 0.45, hsv[..., 2])
    rgb = Image.fromarray(hsv.astype(np.uint8), "HSV").convert("RGB")
    return Image.fromarray(np.dstack([np.asarray(rgb), alpha]), "RGBA")


@functools.lru_cache(2000)
def glyph(index: int, longest: int, tint: int | None) -> Image.Image:
    """The object's glyph whose longer side is `longest` pixels."""
    source = _strike(OBJECTS[index].emoji)
    if tint is not None:
        source = _tinted(source, tint)
    scale = longest / max(source.size)
    size = (max(1, round(source.width * scale)), max(1, round(source.height * scale)))
    return source.resize(size, Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC)
