"""Skies: a gradient per time of day, then sun, moon, stars, clouds or lightning."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .canvas import Canvas, Colour, Stop, vertical_gradient
from .weather import OVERCAST, OVERCAST_CLOUDS

STOPS: dict[str, list[Stop]] = {
    "day": [(0, (70, 140, 225)), (1, (190, 225, 250))],
    "sunset": [(0, (70, 50, 120)), (0.45, (225, 95, 90)), (0.8, (252, 170, 80)),
               (1, (255, 215, 140))],
    "night": [(0, (8, 10, 35)), (1, (35, 45, 95))],
    "storm": [(0, (50, 54, 64)), (1, (120, 125, 132))],
}
LIGHT = (0.85, 0.15)
"""The place of sun and moon. Captions do not say, so it is always here: left or right by chance, a
four-step model draws both. Clouds only sway about their places for the same reason."""
SETTING_SUN = 0.75
LIGHTNING = (0.55, 0.14)
BOLT = ((0.9, 0), (2.2, 0), (1.5, 1.5), (2.3, 1.5), (0, 4.4), (0.7, 2.2), (-0.2, 2.2))
CLOUDS = (0.22, 0.58)
STARS = 7  # seed of the one night sky
STORM_CLOUDS = ((70, 74, 84, 255), (88, 92, 102, 255), (60, 64, 74, 255))


def paint_sky(canvas: Canvas, horizon: float, time: str, weather: str,
              rng: random.Random) -> None:
    """Fills the canvas with sky; the gradient ends at the horizon."""
    height = max(1, int(horizon * canvas.height))
    stops = STOPS[time] if weather == "clear" else OVERCAST[time]
    canvas.image.paste(stops[-1][1], (0, 0, canvas.width, canvas.height))
    canvas.image.paste(vertical_gradient(stops, canvas.width, height), (0, 0))
    if weather == "clear":
        _PAINTERS[time](canvas, horizon, rng)
    else:
        _overcast(canvas, stops)


def _cloud(canvas: Canvas, x: float, y: float, width: float, colour: tuple[int, ...]) -> None:
    for lobe in range(5):
        radius = width * (0.55 - 0.12 * abs(lobe - 2))
        offset = (lobe - 2) * width * 0.5 * canvas.unit / canvas.width
        canvas.ellipse(x + offset, y, radius * 1.2, radius * 0.8, colour)


def _clouds(canvas: Canvas, horizon: float, colour: tuple[int, ...],
            rng: random.Random) -> None:
    for x in CLOUDS:
        _cloud(canvas, x + rng.uniform(-0.08, 0.08), rng.uniform(0.12, 0.4) * horizon,
               rng.uniform(0.09, 0.13), colour)


def _day(canvas: Canvas, horizon: float, rng: random.Random) -> None:
    x, y = LIGHT
    canvas.disc(x, y, 0.085, (255, 240, 170, 90))
    canvas.disc(x, y, 0.06, (255, 225, 90, 255))
    _clouds(canvas, horizon, (255, 255, 255, 235), rng)


def _sunset(canvas: Canvas, horizon: float, rng: random.Random) -> None:
    x, y = SETTING_SUN, horizon - 0.07
    canvas.disc(x, y, 0.15, (255, 220, 130, 60))
    canvas.disc(x, y, 0.11, (255, 225, 140, 90))
    canvas.disc(x, y, 0.075, (255, 236, 170, 255))
    _clouds(canvas, horizon, (255, 190, 160, 150), rng)


def _night(canvas: Canvas, horizon: float, rng: random.Random) -> None:
    stars = random.Random(STARS)
    for _ in range(24):
        x, y = stars.random(), stars.random() * horizon
        canvas.disc(x, y, stars.uniform(0.006, 0.009), (255, 255, 230, 255))
    x, y = LIGHT
    row = min(canvas.height - 1, int(y * canvas.height))
    behind = canvas.image.getpixel((0, row))
    canvas.disc(x, y, 0.07, (250, 245, 215, 255))
    canvas.disc(x + 0.033 * canvas.unit / canvas.width, y - 0.018, 0.06, (*behind, 255))  # type: ignore[misc]


def _cloud_bank(canvas: Canvas, colours: Sequence[Colour]) -> None:
    """A row of clouds along the upper edge, always the same."""
    for column in range(6):
        _cloud(canvas, (column + 0.5) / 6, (0.08, 0.12)[column % 2], 0.13, colours[column % 3])


def _overcast(canvas: Canvas, stops: list[Stop]) -> None:
    _cloud_bank(canvas, [tuple(round(value * share) for value, share in zip(stops[0][1], shares))
                         for shares in OVERCAST_CLOUDS])


def _storm(canvas: Canvas, horizon: float, rng: random.Random) -> None:
    _cloud_bank(canvas, STORM_CLOUDS)
    x, y = LIGHTNING
    across, down = 0.065 * canvas.unit / canvas.width, (horizon - y) / 4.6
    canvas.polygon([(x + across * right, y + down * below) for right, below in BOLT],
                   (255, 240, 130, 255))


_PAINTERS = {"day": _day, "sunset": _sunset, "night": _night, "storm": _storm}
