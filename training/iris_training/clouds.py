"""Clouds, which captions leave to chance: where they can be, and how clear they are."""

from __future__ import annotations

import functools

import numpy as np
import torch
from PIL import Image, ImageFilter

from .batches import Batch, shows_object, token_labels
from .edits import Edit
from .latents import TOKEN_PIXELS
from .photographs import PHOTOGRAPH
from .scene import Scene, render
from .vocabulary import OBJECTS

SKIES_COMPARED = 24  # whose differences tell where clouds can be
SKY_RANGE = 12  # of 255: a row of plain sky varies less within a token
CONTRAST = 40  # distance of a cloud's colour from the sky's from which they can be told apart
HAZY = (0.25, 0.75)  # opacities that are neither sky nor cloud
CLOUD_FROM = 0.36  # opacity from which haze becomes cloud: what four steps draw is thin
SHARPENING = 1 / 40  # times the longer side in pixels: how much steeper edges become


@functools.lru_cache(64)
def skies(background: str, time: str, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """A background as many clouds leave it, each channel at its darkest and at its lightest.

    Clouds are lighter than the sky, so the darkest of many skies has hardly any.
    """
    scenes = (Scene(background, time, "red", (), clouds) for clouds in range(SKIES_COMPARED))
    renders = np.stack([np.asarray(render(scene, width, height)) for scene in scenes])
    return renders.min(0), renders.max(0)


@functools.lru_cache(None)
def cloud_tokens(background: str, time: str, width: int, height: int) -> torch.Tensor:
    """The tokens of a background that show plain sky which some clouds reach, `[N]`."""
    darkest, lightest = skies(background, time, width, height)
    rows, columns = height // TOKEN_PIXELS, width // TOKEN_PIXELS
    differ = (darkest != lightest).any(2).reshape(rows, TOKEN_PIXELS, columns, TOKEN_PIXELS)
    bare = darkest.astype(int).reshape(rows, TOKEN_PIXELS, columns, TOKEN_PIXELS, 3)
    plain = np.ptp(bare, 3).max((1, 3)) < SKY_RANGE
    return torch.from_numpy(differ.any((1, 3)) & plain).flatten()


def scene_clouds(scene: Scene, width: int, height: int) -> torch.Tensor:
    """The tokens where chance puts the scene's clouds, `[N]`: none under other weather, where they
    never vary, or on a photograph."""
    if scene.weather != "clear" or scene.background == PHOTOGRAPH:
        return torch.zeros(width * height // TOKEN_PIXELS ** 2, dtype=torch.bool)
    return cloud_tokens(scene.background, scene.time, width, height)


def held_tokens(batch: Batch) -> torch.Tensor:
    """The tokens that chance decides, `[B, N]`: bare clouds, and all without a caption."""
    clouds = torch.stack([scene_clouds(scene, *batch.size) for scene in batch.scenes])
    cleared = torch.tensor([isinstance(item, Edit) and item.references[0].weather != "clear"
                            for item in batch.items])  # such clouds have not been drawn before
    clouds &= ~cleared[:, None]
    silent = torch.tensor([not prompt for prompt in batch.prompts])
    objects = shows_object(batch.labels)
    bare = batch.grids[0].of(clouds).to(objects.device) & ~objects
    return bare | silent.to(objects.device)[:, None]


def cloud_pixels(scene: Scene, width: int, height: int) -> np.ndarray:
    """Pixels with nothing before the sky, and clouds unlike it, `[height, width]`."""
    darkest, lightest = skies(scene.background, scene.time, width, height)
    tokens = scene_clouds(scene, width, height)
    free = tokens & (token_labels(scene, width, height)[0] >= len(OBJECTS))
    shape = (height // TOKEN_PIXELS, width // TOKEN_PIXELS)
    pixels = np.kron(free.numpy().reshape(shape), np.ones((TOKEN_PIXELS, TOKEN_PIXELS), bool))
    return pixels & (np.linalg.norm(lightest.astype(float) - darkest, axis=2) > CONTRAST)


def opacity(image: np.ndarray, scene: Scene) -> np.ndarray:
    """Opacity of each pixel from sky, 0, to cloud, 1; `[height, width]`, 0 elsewhere."""
    height, width = image.shape[:2]
    darkest, lightest = (sky.astype(float) for sky in
                         skies(scene.background, scene.time, width, height))
    way = lightest - darkest
    share = ((image - darkest) * way).sum(2) / np.maximum((way * way).sum(2), 1)
    return np.where(cloud_pixels(scene, width, height), share, 0).clip(0, 1)


def haze(image: np.ndarray, scene: Scene) -> float | None:
    """The share of what is not sky that is no clear cloud either; `None` where all is sky."""
    drawn = opacity(image, scene)
    low, high = HAZY
    clouds = np.count_nonzero(drawn > low)
    return np.count_nonzero((drawn > low) & (drawn < high)) / clouds if clouds else None


def without_haze(image: np.ndarray, scene: Scene) -> np.ndarray:
    """The image where every pixel that may be cloud is sky or cloud, with smooth edges."""
    height, width = image.shape[:2]
    darkest, lightest = skies(scene.background, scene.time, width, height)
    drawn = Image.fromarray((255 * opacity(image, scene)).astype(np.uint8))
    smooth = np.asarray(drawn.filter(ImageFilter.GaussianBlur(max(width, height) / 256))) / 255
    decided = ((smooth - CLOUD_FROM) * SHARPENING * max(width, height) + 0.5).clip(0, 1)[..., None]
    sky = darkest * (1 - decided) + lightest * decided
    return np.where(cloud_pixels(scene, width, height)[..., None], sky, image)
