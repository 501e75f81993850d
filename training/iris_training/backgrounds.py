"""The twelve backgrounds.

Everything but the clouds is always in the same place: what captions do not say, a four-step model
can only blur. It also makes renders that differ in one thing agree pixel for pixel elsewhere.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from .canvas import Canvas, Colour, TokenGrid
from .sky import paint_sky
from .vocabulary import STUDIO_COLOURS
from .weather import coloured, paint_flakes, paint_fog, paint_rain

HORIZONS: dict[str, float] = {
    "beach": 0.5, "sea": 0.42, "mountains": 0.62, "city": 0.66, "forest": 0.6, "desert": 0.56,
    "meadow": 0.55, "snow": 0.55, "stall": 0.62, "rice fields": 0.5,
}
FLOORS = (4, 6, 3, 5, 7, 4, 6, 5)  # of the city's houses
WINDOWS, FLOWERS = 11, 12  # seeds of small things
DARK_TIMES = ("sunset", "night", "storm")
DARK_WEATHERS = ("rain",)


@dataclass
class Setting:
    """The surface, the light and the source of the clouds that a background is painted with."""

    canvas: Canvas
    tokens: TokenGrid
    time: str
    weather: str
    clouds: random.Random

    def lit(self, *colour: int) -> Colour:
        """The colour under this setting's light, and under snow in winter."""
        return coloured(colour, self.time, self.weather)

    @property
    def dark(self) -> bool:
        """True where lamps are lit."""
        return self.time in DARK_TIMES or self.weather in DARK_WEATHERS


def paint_background(image: Image.Image, name: str, light: tuple[str, str], clouds: int,
                     token: int) -> None:
    """Paints a background, not a studio, over the whole image.

    `light` is the time and the weather, `clouds` the seed of the clouds, `token` the side of a
    token in the image's pixels.
    """
    canvas = Canvas(image)
    setting = Setting(canvas, TokenGrid(canvas, token), *light, random.Random(clouds))
    if name in HORIZONS:
        paint_sky(canvas, HORIZONS[name], *light, setting.clouds)
    _PAINTERS[name](setting)
    if setting.weather == "fog":
        paint_fog(image, HORIZONS[name], setting.time)
    if setting.weather == "rain":
        paint_rain(setting.tokens)
    if setting.weather == "winter":
        paint_flakes(canvas)


def paint_studio(image: Image.Image, colour: str) -> None:
    """Paints an even wall and floor of a studio colour."""
    ys, xs = np.mgrid[0:image.height, 0:image.width]
    ys, xs = ys / image.height, xs / image.width
    light = 1.06 - 0.45 * ((xs - 0.5) ** 2 + (ys - 0.45) ** 2)
    pixels = np.array(STUDIO_COLOURS[colour], np.float32) * light[..., None]
    pixels[ys > 0.75] *= 0.9
    image.paste(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))


def _wave(s: Setting, y: float, amplitude: float, colour: Colour) -> None:
    """Fills everything below a sine-shaped edge; its phase follows from its height."""
    edge = [(x, y + amplitude * math.sin(6 * x + 40 * y)) for x in np.linspace(0, 1, 32)]
    s.canvas.polygon([*edge, (1, 1), (0, 1)], colour)


def _peak(s: Setting, column: int, base: int, height: int, snow: Colour | None) -> None:
    """A mountain of 45 degrees, its peak on a corner of the token grid and its sides in the light
    and in the shade; the tokens of a slope are then all alike."""
    top, foot = base - height, (column, base)
    s.tokens.polygon([(column, top), foot, (column - height, base)], s.lit(138, 156, 190))
    s.tokens.polygon([(column, top), foot, (column + height, base)], s.lit(98, 116, 152))
    if snow:
        depth = max(1, height // 4)
        edge = [(column + step / 2, top + depth + 0.35 * (step % 2))
                for step in range(-2 * depth, 2 * depth + 1)]
        s.tokens.polygon([(column, top), *edge], snow)


def _pine(s: Setting, x: float, y: float, height: float, colour: Colour) -> None:
    trunk = height * 0.05
    s.canvas.rectangle(x - trunk, y - height * 0.2, x + trunk, y, s.lit(90, 60, 40))
    for tier in range(3):
        bottom = y - height * (0.15 + 0.26 * tier)
        half = height * (0.32 - 0.07 * tier)
        s.canvas.polygon([(x - half, bottom), (x + half, bottom), (x, bottom - height * 0.42)],
                         colour)


PALM_LEAVES = ((-2.7, 0.9), (-2.6, -0.6), (-0.9, -1.6), (0.9, -1.6), (2.6, -0.6), (2.7, 0.9))


def _palm(s: Setting, column: float, foot: int, height: int) -> None:
    """A palm whose trunk stands upright in a column of tokens."""
    top, size, trunk = foot - height, height / 9, height / 31
    s.tokens.rectangle(column - trunk, top, column + trunk, foot, s.lit(128, 90, 54))
    for x, y in PALM_LEAVES:
        tip = (column + x * size, top + y * size)
        middle = (column + 0.55 * x * size, top + (0.5 * y - 0.75) * size)
        under = (column + 0.5 * x * size, top + (0.5 * y + 0.15) * size)
        s.tokens.polygon([(column, top - 0.2 * size), middle, tip, under,
                          (column, top + 0.35 * size)], s.lit(46, 132, 62))


def _water(s: Setting, top: float, bottom: float, streaks: int) -> None:
    sunset = s.time == "sunset"
    water = (150, 90, 110) if sunset and s.weather == "clear" else s.lit(35, 125, 185)
    s.canvas.rectangle(0, top, 1, 1, water)
    foam = (255, 210, 140, 120) if sunset else (255, 255, 255, 80)
    for streak in range(streaks):
        y = top + 0.03 + (bottom - top - 0.03) * (streak + 0.5) / streaks
        x = streak * 0.37 % 0.9
        s.canvas.line([(x, y), (x + 0.14, y)], 0.012, foam)


def _beach(s: Setting) -> None:
    _water(s, HORIZONS["beach"], 0.66, 5)
    _wave(s, 0.69, 0.012, s.lit(235, 245, 250))
    _wave(s, 0.715, 0.012, s.lit(238, 212, 150))
    _palm(s, s.tokens.column(0.14) + 0.5, s.tokens.row(0.84), round(0.46 * s.tokens.short))


def _sea(s: Setting) -> None:
    _water(s, HORIZONS["sea"], 0.97, 12)


def _mountains(s: Setting) -> None:
    t = s.tokens
    base, tall, low = math.ceil(0.7 * t.rows), math.ceil(0.34 * t.short), round(0.22 * t.short)
    for number, column in enumerate(range(t.column(0.5) - 2 * tall, t.columns + tall, tall)):
        _peak(s, column, base, low if number % 2 else tall, s.lit(240, 245, 252))
    _wave(s, 0.68, 0.02, s.lit(95, 150, 80))


def _city(s: Setting) -> None:
    walls = ((120, 130, 150), (150, 140, 135), (95, 105, 130), (165, 150, 140))
    share_lit, windows = (0.65 if s.dark else 0.12), random.Random(WINDOWS)
    for block, floors in enumerate(FLOORS):
        x, width = block / 8, 0.115
        height = floors * 0.065 + 0.04
        s.canvas.rectangle(x, 0.72 - height, x + width, 0.72, s.lit(*walls[block % 4]))
        for floor in range(floors):
            for column in range(3):
                glows = windows.random() < share_lit
                left, top = x + 0.014 + column * 0.034, 0.72 - height + 0.03 + floor * 0.065
                s.canvas.rectangle(left, top, left + 0.02, top + 0.032,
                                   (255, 225, 130) if glows else s.lit(70, 85, 110))
    s.canvas.rectangle(0, 0.72, 1, 1, s.lit(85, 87, 92))
    s.canvas.rectangle(0, 0.72, 1, 0.75, s.lit(150, 150, 150))
    for dash in range(5):
        x = dash * 0.22 + 0.03
        s.canvas.rectangle(x, 0.865, x + 0.11, 0.885, s.lit(235, 225, 180))


def _forest(s: Setting) -> None:
    s.canvas.rectangle(0, HORIZONS["forest"], 1, 1, s.lit(70, 120, 60))
    layers = (((70, 120, 90), 0.66, 0.4), ((45, 100, 65), 0.7, 0.5), ((30, 85, 50), 0.75, 0.6))
    for row, (colour, y, height) in enumerate(layers):
        count = 6 - row
        for tree in range(count):
            _pine(s, (tree + 0.5) / count, y, height * (1.0, 0.86)[tree % 2], s.lit(*colour))
    _wave(s, 0.76, 0.012, s.lit(85, 140, 65))


def _desert(s: Setting) -> None:
    _wave(s, 0.56, 0.05, s.lit(225, 180, 110))
    _wave(s, 0.66, 0.04, s.lit(235, 195, 125))
    _wave(s, 0.8, 0.03, s.lit(245, 208, 140))


def _meadow(s: Setting) -> None:
    _wave(s, 0.55, 0.03, s.lit(125, 185, 95))
    _wave(s, 0.68, 0.03, s.lit(100, 170, 75))
    flowers = random.Random(FLOWERS)
    for flower in range(14):
        x, y = (flower + flowers.uniform(0.2, 0.8)) / 14, flowers.uniform(0.74, 0.97)
        colour = ((255, 230, 90), (255, 255, 255), (240, 120, 150))[flower % 3]
        s.canvas.disc(x, y, 0.015, s.lit(*colour))


def _snow(s: Setting) -> None:
    _wave(s, 0.55, 0.04, s.lit(205, 220, 240))
    for tree in range(4):
        _pine(s, (tree + 0.5) / 4, 0.66, (0.28, 0.22)[tree % 2], s.lit(60, 105, 95))
    _wave(s, 0.66, 0.03, s.lit(240, 246, 255))
    paint_flakes(s.canvas)


ROOM_LIGHT = {"day": (1, 1, 1), "sunset": (1, 0.86, 0.74), "night": (0.48, 0.46, 0.58),
              "storm": (0.75, 0.77, 0.82)}


def _bedroom(s: Setting) -> None:
    light = ROOM_LIGHT[s.time]
    shade = lambda colour: tuple(int(colour[c] * light[c]) for c in range(3))
    c = s.canvas
    c.rectangle(0, 0, 1, 1, shade((232, 214, 190)))
    c.rectangle(0, 0.68, 1, 1, shade((160, 115, 75)))
    _window(s, 0.58, shade((250, 245, 240)))
    c.rounded(0.1, 0.62, 0.9, 0.9, 0.04, shade((245, 240, 232)))
    c.rounded(0.1, 0.72, 0.9, 0.93, 0.03, shade((90, 130, 190)))
    pillow = 0.14
    c.rounded(pillow, 0.58, pillow + 0.25, 0.69, 0.04, shade((255, 252, 245)))
    c.rectangle(0.08, 0.5, 0.115, 0.97, shade((110, 75, 50)))
    c.rectangle(0.885, 0.5, 0.92, 0.97, shade((110, 75, 50)))


def _window(s: Setting, left: float, frame: Colour) -> None:
    c = s.canvas
    view = Image.new("RGB", (max(8, int(0.34 * c.width)), max(8, int(0.3 * c.height))))
    paint_sky(Canvas(view), 1.0, s.time, s.weather, s.clouds)
    c.rectangle(left - 0.02, 0.1, left + 0.36, 0.44, frame)
    c.image.paste(view, (int(left * c.width), int(0.12 * c.height)))
    c.rectangle(left + 0.16, 0.12, left + 0.18, 0.43, frame)


def _stall(s: Setting) -> None:
    """A stall, a lamp and a pavement, all along the lines of the token grid."""
    c, t, glowing = s.canvas, s.tokens, s.dark
    c.rectangle(0, 0.66, 1, 1, s.lit(110, 108, 110))
    c.rectangle(0, 0.66, 1, 0.7, s.lit(165, 160, 155))
    stripe, half = max(1, round(t.short / 12)), max(3, 4 * round(t.short / 12))
    middle, roof, eaves, counter = t.column(0.5), t.row(0.25), t.row(0.38), t.row(0.54)
    left, right, shelf, foot = middle - half + 1, middle + half - 1, t.row(0.6), t.row(0.69)
    t.rectangle(left, eaves, right, foot, s.lit(190, 140, 90))
    t.rectangle(left + 1, eaves, right - 1, counter,
                (255, 214, 120) if glowing else s.lit(120, 90, 65))
    t.rectangle(left, counter, right, shelf, s.lit(130, 85, 50))
    for number, x in enumerate(range(middle - half, middle + half, stripe)):
        colour = s.lit(245, 240, 230) if number % 2 else s.lit(210, 60, 55)
        t.rectangle(x, roof, x + stripe, eaves, colour)
    lamp, light = t.column(0.05) + 0.5, t.row(0.25)
    t.rectangle(lamp - 0.2, light, lamp + 0.2, t.row(0.67), s.lit(70, 70, 75))
    if glowing:
        t.disc(lamp, light, 0.9 * stripe, (255, 220, 130, 90))
    t.disc(lamp, light, 0.5 * stripe, (255, 235, 170))


def _rice_fields(s: Setting) -> None:
    t = s.tokens
    base, height = math.ceil(0.52 * t.rows), round(0.2 * t.short)
    for column in range(t.column(0.3) - 4 * height, t.columns + height, 2 * height):
        _peak(s, column, base, height, None)
    greens = ((120, 185, 80), (150, 200, 90), (95, 165, 75))
    for terrace in range(6):
        _wave(s, 0.5 + 0.085 * terrace, 0.015, s.lit(*greens[terrace % 3]))


_PAINTERS: dict[str, Callable[[Setting], None]] = {
    "beach": _beach, "sea": _sea, "mountains": _mountains, "city": _city, "forest": _forest,
    "desert": _desert, "meadow": _meadow, "snow": _snow, "bedroom": _bedroom, "stall": _stall,
    "rice fields": _rice_fields,
}
