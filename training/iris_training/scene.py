"""A scene as a value, how to sample one, and how to render it at any size."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw

from .backgrounds import paint_background, paint_studio
from .glyphs import glyph
from .photographs import PHOTOGRAPH, photograph
from .vocabulary import BACKGROUNDS, FAR_SIDES, OBJECTS, SIDES, STUDIO_NAMES, TIMES, TINTS
from .weather import FOG_ON_OBJECTS, ambient, fog_colour

CELL_TOKENS = {"small": 2, "normal": 4}
"""Tokens along a side of the square an object fills; twice as many in large images.

Two sizes of squares, twice: each glyph then has few token contents to learn. Between the steps
images show more ground, not larger objects.
"""
LARGE_FROM = 512  # shortest side of a large image
TOKEN = 32  # squares begin on multiples of this
FLOOR = 7 / 8  # the lower edge of a standing object's square
FLYING_LOW = 0.4  # squares up to this share of the height fly an eighth below the upper edge
GLYPH_SHARE = 0.96  # of its square, so that smooth edges stay inside
SIDE_OFFSETS = {"far left": -1.5, "left": -1, "centre": 0, "right": 1, "far right": 1.5}
"""From the middle, in quarters of the shorter side."""
OBJECT_LIGHT = 0.55  # objects take on this share of the ambient light
SUPERSAMPLED_BELOW = 384
BARE_ALONE = 0.8  # of what captions without a place and a time mean is one thing in the middle
WEATHERED = 0.26  # of varied scenes that have a sky show rain, fog or winter
COMPANIONS = 0.3  # of varied scenes with one thing in the middle have something small beside it
WITHOUT_WEATHER = ("bedroom", "studio", PHOTOGRAPH)
OF_A_KIND = 0.3  # of the images that would have shown no object or two show several of one kind


@dataclass(frozen=True)
class PlacedObject:
    """An object in a scene: which, how large, on which side, in which colour, flying or not."""

    index: int
    size: str
    side: str
    tint: int | None = None
    flying: bool = False


@dataclass(frozen=True)
class Scene:
    """Everything a render depends on; `clouds` is the seed of the clouds, or of a photograph."""

    background: str
    time: str
    studio_colour: str
    objects: tuple[PlacedObject, ...]
    clouds: int
    weather: str = "clear"

    @property
    def of_a_kind(self) -> bool:
        """True if it shows several objects, all of one kind."""
        return len(self.objects) > 1 and len({placed.index for placed in self.objects}) == 1


def new_clouds(rng: random.Random) -> int:
    """A seed for other clouds."""
    return rng.randrange(1 << 30)


def _fits(index: int, background: str, rng: random.Random) -> bool:
    """Keeps most objects where they belong, but lets some elephants go to sea."""
    places = OBJECTS[index].places
    if background == "sea" and places[0] == "g" and "w" not in places:
        return rng.random() < 0.25
    if places == "w" and background not in ("sea", "beach", "studio"):
        return rng.random() < 0.25
    return True


def sample_object(rng: random.Random, background: str, size: str, side: str,
                  taken: tuple[int, ...] = ()) -> PlacedObject:
    """Draws an object that is not already `taken` and, usually, belongs to the background."""
    choices = [i for i in range(len(OBJECTS)) if i not in taken]
    index = rng.choice(choices)
    while not _fits(index, background, rng):
        index = rng.choice(choices)
    kind = OBJECTS[index]
    indoors = background in ("bedroom", "studio")
    flying = kind.places[0] == "s" and not indoors
    tint = rng.randrange(len(TINTS)) if kind.tintable and rng.random() < 0.7 else None
    return PlacedObject(index, size, side, tint, flying)


def _several(rng: random.Random, background: str) -> tuple[PlacedObject, ...]:
    """Two or three of a kind, side by side."""
    size, sides = rng.choice((("normal", ("left", "right")), ("small", SIDES)))
    placed = sample_object(rng, background, size, "left")
    return tuple(replace(placed, side=side) for side in sides)


def sample_scene(rng: random.Random, object_count: int | None = None,
                 background: str | None = None) -> Scene:
    """Draws a scene with none, one or two objects, or two or three of a kind."""
    background = background or rng.choice(BACKGROUNDS)
    time = "day" if background == "studio" else rng.choice(("day", "day", *TIMES))
    count = rng.choices((0, 1, 2), (2, 9, 4))[0] if object_count is None else object_count
    if background == "studio":
        count = max(1, count)
    objects: tuple[PlacedObject, ...] = ()
    if count == 1:
        size = rng.choices(("normal", "small"), (5, 1))[0]
        side = rng.choice(("centre", "centre", "left", "right"))
        objects = (sample_object(rng, background, size, side),)
    elif object_count is None and rng.random() < OF_A_KIND:
        objects = _several(rng, background)
    elif count == 2:
        first = sample_object(rng, background, "normal", "left")
        second = sample_object(rng, background, "normal", "right", (first.index,))
        objects = (first, second)
    return Scene(background, time, rng.choice(STUDIO_NAMES), objects, new_clouds(rng))


def with_weather(scene: Scene, rng: random.Random, weather: str | None = None) -> Scene:
    """The scene in rain, fog or winter, rather by day; the scene itself where that is not drawn."""
    weather = weather or rng.choice(("rain", "fog", "winter"))
    if scene.background in WITHOUT_WEATHER or (weather == "winter" and scene.background == "snow"):
        return scene
    time = rng.choices(("day", "sunset", "night"), (12, 3, 5))[0]
    return replace(scene, time=time, weather=weather)


def with_companion(scene: Scene, rng: random.Random) -> Scene:
    """The scene with something small beside the one thing that fills the middle."""
    placed = scene.objects[0]
    other = sample_object(rng, scene.background, "small", rng.choice(FAR_SIDES), (placed.index,))
    return replace(scene, objects=(placed, other))


def sample_varied(rng: random.Random, object_count: int | None = None,
                  background: str | None = None) -> Scene:
    """Draws a scene as `sample_scene` does, with any weather and with things beside others."""
    scene = sample_scene(rng, object_count, background)
    if rng.random() < WEATHERED:
        scene = with_weather(scene, rng)
    single = len(scene.objects) == 1 and scene.objects[0]
    if (object_count is None and single and single.side == "centre" and single.size == "normal"
            and rng.random() < COMPANIONS):
        scene = with_companion(scene, rng)
    return scene


def sample_bare(rng: random.Random) -> Scene:
    """Draws what a caption without a place and a time means: objects in a meadow by day, most often one in the
    middle, as most people ask for."""
    if rng.random() < BARE_ALONE:
        scene = sample_scene(rng, 1, "meadow")
        alone = replace(scene.objects[0], side="centre", size="normal")
        return replace(scene, time="day", objects=(alone,))
    scene = sample_varied(rng, background="meadow")
    while not scene.objects:
        scene = sample_varied(rng, background="meadow")
    return replace(scene, time="day", weather="clear")


def is_bare(scene: Scene) -> bool:
    """Returns whether a caption of the objects alone says the scene."""
    return (bool(scene.objects) and scene.background == "meadow" and scene.time == "day"
            and scene.weather == "clear")


def object_box(placed: PlacedObject, width: int, height: int) -> tuple[int, int, int]:
    """The object's square as `(x, y, side)` in pixels."""
    unit = min(width, height)
    side = CELL_TOKENS[placed.size] * TOKEN * (2 if unit >= LARGE_FROM else 1)
    x = width / 2 - side / 2 + SIDE_OFFSETS[placed.side] * unit / 4
    if placed.flying:
        y = height / 8 if side <= FLYING_LOW * height else 0
    else:
        y = FLOOR * height - side
    return math.floor(x / TOKEN + 0.5) * TOKEN, math.floor(y / TOKEN + 0.5) * TOKEN, side


def _shaded(figure: Image.Image, time: str, weather: str) -> Image.Image:
    """The glyph under part of the ambient light, behind a little fog where there is some."""
    pixels = np.asarray(figure).astype(np.float32).copy()
    pixels[..., :3] *= [1 - OBJECT_LIGHT + OBJECT_LIGHT * value for value in ambient(time, weather)]
    if weather == "fog":
        pixels[..., :3] += FOG_ON_OBJECTS * (fog_colour(time) - pixels[..., :3])
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8), "RGBA")


def _paint_shadow(image: Image.Image, x: int, bottom: int, size: tuple[int, int]) -> None:
    """An elliptical shadow under a standing glyph."""
    width, height = size
    box = [x + width * 0.08, bottom - height * 0.06, x + width * 0.92, bottom + height * 0.045]
    ImageDraw.Draw(image, "RGBA").ellipse(box, fill=(0, 0, 0, 80))


def paint_object(image: Image.Image, placed: PlacedObject, scene: Scene) -> None:
    """Draws one object and its shadow onto a rendered background."""
    left, top, side = object_box(placed, image.width, image.height)
    figure = glyph(placed.index, max(4, round(side * GLYPH_SHARE)), placed.tint)
    x = round(left + (side - figure.width) / 2)
    bottom = round(top + side * (1 + GLYPH_SHARE) / 2)
    y = round(top + (side - figure.height) / 2) if placed.flying else bottom - figure.height
    if not placed.flying:
        _paint_shadow(image, x, bottom, figure.size)
    if scene.background != "studio" and (scene.time, scene.weather) != ("day", "clear"):
        figure = _shaded(figure, scene.time, scene.weather)
    image.paste(figure, (x, y), figure)


def _background(scene: Scene, width: int, height: int) -> Image.Image:
    """The scene without its objects."""
    if scene.background == PHOTOGRAPH:
        return photograph(scene.clouds, scene.time, scene.weather, width, height)
    factor = 2 if max(width, height) < SUPERSAMPLED_BELOW else 1
    image = Image.new("RGB", (width * factor, height * factor))
    if scene.background == "studio":
        paint_studio(image, scene.studio_colour)
    else:
        paint_background(image, scene.background, (scene.time, scene.weather), scene.clouds,
                         TOKEN * factor)
    return image.resize((width, height), Image.Resampling.BOX) if factor != 1 else image


def render(scene: Scene, width: int, height: int | None = None) -> Image.Image:
    """Renders the scene as an RGB image; small ones are drawn at twice their size."""
    height = height or width
    image = _background(scene, width, height)
    for placed in scene.objects:
        paint_object(image, placed, scene)
    return image


def with_object(scene: Scene, position: int, placed: PlacedObject) -> Scene:
    """The scene with one of its objects exchanged."""
    objects = list(scene.objects)
    objects[position] = placed
    return replace(scene, objects=tuple(objects))
