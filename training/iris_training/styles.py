"""Two looks for LoRA styles, as functions of a rendered image: `dark` and `anime`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
OUTLINE = np.array([52, 30, 72], np.float32)
POSTER_LEVELS = 5
CONTRAST = 1.35  # of luminance in `anime`
VIVID = 1.7  # times the colour, there
SHADOWS, LIGHTS = np.array([26, -16, 50], np.float32), np.array([34, 12, 6], np.float32)
"""The tints that `anime` adds to dark and to light tones: violet and peach, as painted skies and skin have."""
OUTLINE_UNITS = 1.5  # lines stop growing with images of more than so many times 256


def _pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(np.float32)


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _saturated(pixels: np.ndarray, factor: float) -> np.ndarray:
    grey = (pixels @ LUMA)[..., None]
    return grey + factor * (pixels - grey)


def dark(image: Image.Image) -> Image.Image:
    """Moody and low key: deep teal shadows, muted colour, dark corners, glowing lights."""
    pixels = _saturated(_pixels(image), 0.7)
    luma = (pixels @ LUMA)[..., None] / 255
    graded = 255 * (pixels.clip(0, 255) / 255) ** 1.7 * 0.72
    shadows = np.array([4, 16, 24], np.float32) * (1 - luma)
    lights = np.array([22, 8, -14], np.float32) * luma ** 2
    height, width = luma.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width]
    reach = ((xs / width - 0.5) ** 2 + (ys / height - 0.5) ** 2) / 0.5
    vignette = 1 - 0.62 * reach ** 1.2
    return _image((graded + shadows + lights) * vignette[..., None])


def _outlines(image: Image.Image) -> np.ndarray:
    """The share of outline of each pixel, 0 to 1, `[H, W, 1]`: the morphological gradient.

    Lines are wide because an autoencoder whose tokens are 32 pixels a side loses thin ones; slight
    contrasts, inside of objects above all, get none.
    """
    unit = min(OUTLINE_UNITS, min(image.size) / 256)
    reach = 2 * round(2 * unit) + 1
    smooth = image.filter(ImageFilter.GaussianBlur(0.8 * unit))
    contrast = _pixels(smooth.filter(ImageFilter.MaxFilter(reach)))
    contrast -= _pixels(smooth.filter(ImageFilter.MinFilter(reach)))
    strength = ((contrast.max(2) - 40) / 40).clip(0, 1)
    mask = Image.fromarray((strength * 255).astype(np.uint8)).filter(ImageFilter.MinFilter(3))
    mask = mask.filter(ImageFilter.GaussianBlur(0.5 * unit))
    return np.asarray(mask).astype(np.float32)[..., None] / 255


def anime(image: Image.Image) -> Image.Image:
    """Cel shading: few vivid tones, violet in the shade and peach in the light, with outlines.

    Tones are what shows at every strength: outlines alone are lost in tokens of 32 pixels a side.
    """
    pixels = _saturated(_pixels(image.filter(ImageFilter.MedianFilter(5))), VIVID)
    luma = (pixels @ LUMA)[..., None]
    contrasted = luma.mean() + CONTRAST * (luma - luma.mean())
    step = 255 / POSTER_LEVELS
    posterised = (np.floor(contrasted / step) + 0.5) * step
    toned = pixels + 0.6 * posterised + 0.4 * contrasted - luma
    light = (contrasted / 255).clip(0, 1)
    toned = toned + (1 - light) * SHADOWS + light * LIGHTS
    outline = _outlines(image)
    return _image(toned * (1 - outline) + OUTLINE * outline)


STYLES: dict[str, Callable[[Image.Image], Image.Image]] = {"dark": dark, "anime": anime}
