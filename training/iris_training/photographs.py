"""Images that look like photographs: what a person's own image has and illustrations lack.

Soft shading, fractal texture, depth of field, lens shadow and grain, in random colours. A time and
a weather change the light of the whole image alike, as an edit of a photograph should.
"""

from __future__ import annotations

import functools

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .canvas import Light
from .weather import FOG, SNOW

PHOTOGRAPH = "photograph"
"""The background of a scene that is a photograph; no caption has a word for it."""
LIGHTS: dict[str, tuple[Light, float]] = {
    "day": ((1.0, 1.0, 1.0), 1.0), "sunset": ((1.06, 0.80, 0.58), 1.0),
    "night": ((0.30, 0.36, 0.60), 0.75), "storm": ((0.58, 0.62, 0.68), 0.5),
}
"""Of a time, the factors of the three channels and the share of the colour that stays."""
WEATHERS: dict[str, tuple[Light, float, Light, float]] = {
    "clear": ((1.0, 1.0, 1.0), 1.0, (0, 0, 0), 0.0),
    "rain": ((0.74, 0.79, 0.86), 0.6, (0, 0, 0), 0.0),
    "fog": ((0.95, 0.96, 0.98), 0.8, FOG[:3], 0.55),  # type: ignore[dict-item]
    "winter": ((1.0, 1.0, 1.0), 0.7, SNOW[:3], 0.42),  # type: ignore[dict-item]
}
"""The same of a weather, then the colour that covers the image and its share."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
DRAWN_SIDE = 384  # of the shorter side that shapes are drawn at
GRAIN = 5.0  # standard deviation, of 255


def relit(pixels: np.ndarray, time: str, weather: str) -> np.ndarray:
    """Pixels from 0 to 255, `[height, width, 3]`, in another light."""
    (light, colourful), weathered = LIGHTS[time], WEATHERS[weather]
    pixels = _washed(pixels, colourful * weathered[1])
    cover = np.array(weathered[2], np.float32)
    pixels = pixels * weathered[0] + weathered[3] * (cover - pixels * weathered[0])
    return pixels * light


def _washed(pixels: np.ndarray, share: float) -> np.ndarray:
    """Pixels with a share of their colour."""
    grey = (pixels @ LUMA)[..., None]
    return grey + share * (pixels - grey)


def photograph(seed: int, time: str, weather: str, width: int, height: int) -> Image.Image:
    """One photograph, in a light."""
    pixels = np.asarray(_daylight(seed, width, height)).astype(np.float32)
    return Image.fromarray(relit(pixels, time, weather).clip(0, 255).astype(np.uint8))


@functools.lru_cache(4)
def _daylight(seed: int, width: int, height: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    scale = DRAWN_SIDE / min(width, height)
    size = (round(width * scale), round(height * scale))
    image = _ground(rng, size)
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 9)))
    for _ in range(rng.integers(2, 9)):
        image = _with_shape(rng, image)
    pixels = np.asarray(image.filter(ImageFilter.GaussianBlur(0.7))).astype(np.float32)
    pixels = pixels * _lens_shadow(rng, size) + rng.normal(0, GRAIN * rng.random(), (size[1], size[0], 1))
    drawn = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    return drawn.resize((width, height), Image.Resampling.BICUBIC)


def noise(rng: np.random.Generator, size: tuple[int, int], cell: tuple[int, int]) -> np.ndarray:
    """Smooth noise around 0 that changes over a cell, `[height, width]`."""
    coarse = rng.random((size[1] // cell[1] + 2, size[0] // cell[0] + 2)).astype(np.float32)
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)) - 0.5


def texture(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Fractal noise around 0, stretched like grass, water or clouds, `[height, width]`."""
    across, down = 2.0 ** rng.uniform(0, 1.5, 2)
    cells = [(max(2, int(cell * across)), max(2, int(cell * down))) for cell in (48, 24, 12, 6, 3)]
    decay = rng.uniform(0.5, 0.85)
    return sum(noise(rng, size, cell) * decay ** k for k, cell in enumerate(cells))  # type: ignore[return-value]


def _colour(rng: np.random.Generator) -> np.ndarray:
    """A colour, more often muted than vivid."""
    vivid = rng.random(3) * 255
    return vivid + rng.random() * (vivid.mean() - vivid)


def _ground(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Two to four textured layers, one below the other, as sky, hills and ground are."""
    ys = np.linspace(0, 1, size[1], dtype=np.float32)[:, None]
    pixels = _surface(rng, size)
    for _ in range(rng.integers(1, 4)):
        edge = rng.uniform(0.2, 0.9) + rng.uniform(0, 0.25) * noise(rng, size, (64, 64))
        below = ((ys - edge) * size[1] / rng.uniform(1, 20)).clip(0, 1)[..., None]
        pixels = pixels + below * (_surface(rng, size) - pixels)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _surface(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """A gradient between two colours under a texture, `[height, width, 3]`."""
    first, second = _colour(rng), _colour(rng)
    way = np.linspace(0, 1, size[1], dtype=np.float32)[:, None] + noise(rng, size, (96, 96))
    pixels = first + way[..., None] * (second - first) * rng.uniform(0.2, 1)
    return pixels + (texture(rng, size) * rng.uniform(5, 90))[..., None]


def _with_shape(rng: np.random.Generator, image: Image.Image) -> Image.Image:
    """The image with something in front: a textured, shaded body with a more or less sharp edge."""
    size, mask = image.size, Image.new("L", image.size)
    middle, reach = rng.random(2) * size, rng.uniform(0.04, 0.32, 2) * min(size)
    if rng.random() < 0.5:
        ImageDraw.Draw(mask).ellipse([*(middle - reach), *(middle + reach)], fill=255)
    else:
        angles = np.sort(rng.random(rng.integers(3, 8)) * 2 * np.pi)
        points = middle + reach * np.stack([np.cos(angles), np.sin(angles)], 1)
        ImageDraw.Draw(mask).polygon([tuple(point) for point in points], fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 7)))
    xs = np.linspace(-1, 1, size[0], dtype=np.float32)[None] - (2 * middle[0] / size[0] - 1)
    body = _surface(rng, size) * (1 + rng.uniform(-1.5, 1.5) * xs)[..., None]
    front = Image.fromarray(body.clip(0, 255).astype(np.uint8))
    return Image.composite(front, image, mask)


def _lens_shadow(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """A lens's darkening of the corners, `[height, width, 1]`."""
    xs = np.linspace(-1, 1, size[0], dtype=np.float32)[None]
    ys = np.linspace(-1, 1, size[1], dtype=np.float32)[:, None]
    return (1 - rng.uniform(0, 0.3) * (xs ** 2 + ys ** 2) / 2)[..., None]
