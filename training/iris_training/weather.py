"""Weather over a scene: rain, fog and winter, at any time of day.

Like everything else that captions do not say, it is always in the same place: strokes of rain are
the same in every token, fog is thickest above, flakes of snow fall where they fell before.
"""

from __future__ import annotations

import random

import numpy as np
from PIL import Image

from .canvas import AMBIENT, Canvas, Colour, Light, Stop, TokenGrid

WEATHER_LIGHT: dict[str, Light] = {
    "clear": (1.0, 1.0, 1.0), "rain": (0.70, 0.75, 0.82), "fog": (0.92, 0.94, 0.96),
    "winter": (0.96, 0.98, 1.0),
}
OVERCAST: dict[str, list[Stop]] = {
    "day": [(0, (138, 148, 162)), (1, (200, 206, 212))],
    "sunset": [(0, (112, 92, 116)), (1, (226, 172, 138))],
    "night": [(0, (14, 17, 30)), (1, (42, 48, 64))],
}
"""Skies without sun, moon and stars, under rain and in winter."""
OVERCAST_CLOUDS = ((0.86, 0.86, 0.88), (0.94, 0.94, 0.95), (0.80, 0.81, 0.84))
"""The brightness of the three kinds of clouds relative to the sky above them."""
SNOW: Colour = (240, 246, 255)
SNOW_SHARE = 0.66  # of everything painted, in winter
FOG: Colour = (216, 221, 226)
FOG_SHARES = (0.86, 0.42)  # at the horizon and above, and at the lower edge
FOG_ON_OBJECTS = 0.34
FLAKES = 13  # seed of the one fall of snow
STROKES = (((0.66, 0.08), (0.50, 0.42)), ((0.22, 0.56), (0.06, 0.90)))
"""Of rain in a token, from point to point in tokens."""
STROKE_COLOUR: Colour = (225, 234, 245, 130)
STROKE_WIDTH = 0.055  # in tokens


def ambient(time: str, weather: str) -> Light:
    """The factors of red, green and blue under a time's and a weather's light."""
    red, green, blue = (a * b for a, b in zip(AMBIENT[time], WEATHER_LIGHT[weather]))
    return red, green, blue


def coloured(colour: Colour, time: str, weather: str) -> Colour:
    """The colour of something painted: snow lies on it in winter, then it takes the light.

    An alpha component is kept.
    """
    share = SNOW_SHARE if weather == "winter" else 0.0
    light = ambient(time, weather)
    shaded = tuple(int(min(255.0, (colour[c] + share * (SNOW[c] - colour[c])) * light[c]))
                   for c in range(3))
    return shaded + tuple(colour[3:])


def fog_colour(time: str) -> np.ndarray:
    """The colour of fog, `[3]`."""
    return np.array(FOG, np.float32) * AMBIENT[time]


def paint_fog(image: Image.Image, horizon: float, time: str) -> None:
    """Lays fog over a background: even above the horizon, thinner towards the lower edge."""
    pixels = np.asarray(image).astype(np.float32)
    rows = np.linspace(0, 1, image.height, dtype=np.float32)
    shares = np.interp(rows, (horizon, 1), FOG_SHARES).astype(np.float32)[:, None, None]
    image.paste(Image.fromarray((pixels + shares * (fog_colour(time) - pixels)).astype(np.uint8)))


def paint_rain(tokens: TokenGrid) -> None:
    """Draws the same strokes in every token."""
    for row in range(tokens.rows):
        for column in range(tokens.columns):
            for stroke in STROKES:
                tokens.line([(column + x, row + y) for x, y in stroke], STROKE_WIDTH,
                            STROKE_COLOUR)


def paint_flakes(canvas: Canvas) -> None:
    """Draws flakes of snow, large enough to be seen at every size."""
    flakes = random.Random(FLAKES)
    for _ in range(18):
        canvas.disc(flakes.random(), flakes.random(), 0.011, (255, 255, 255, 230))
