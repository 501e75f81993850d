"""A drawing surface in relative coordinates, so that a scene looks the same at every size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, ...]
Point = tuple[float, float]
Stop = tuple[float, tuple[int, int, int]]
Light = tuple[float, float, float]

AMBIENT: dict[str, Light] = {
    "day": (1.0, 1.0, 1.0), "sunset": (1.0, 0.80, 0.66),
    "night": (0.36, 0.40, 0.62), "storm": (0.62, 0.65, 0.70),
}


def vertical_gradient(stops: Sequence[Stop], width: int, height: int) -> Image.Image:
    """An image whose rows run through the colour stops, top to bottom."""
    rows = np.linspace(0, 1, height)
    positions = [stop[0] for stop in stops]
    columns = [np.interp(rows, positions, [stop[1][c] for stop in stops]) for c in range(3)]
    column = np.stack(columns, 1)[:, None]
    return Image.fromarray(np.repeat(column, width, 1).astype(np.uint8))


class Canvas:
    """Draws on an RGB image with x and y from 0 to 1 and lengths in units of the short side."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image
        self.width, self.height = image.size
        self.unit = min(image.size)
        self._draw = ImageDraw.Draw(image, "RGBA")

    def _points(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self.width, y * self.height) for x, y in points]

    def _stroke(self, width: float) -> int:
        return max(1, round(width * self.unit))

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Fills a polygon."""
        self._draw.polygon(self._points(points), fill=colour)

    def rectangle(self, x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        """Fills an axis-aligned rectangle."""
        self._draw.rectangle(self._points([(x0, y0), (x1, y1)]), fill=colour)

    def rounded(self, x0: float, y0: float, x1: float, y1: float, radius: float,
                colour: Colour) -> None:
        """Fills a rectangle with rounded corners."""
        self._draw.rounded_rectangle(self._points([(x0, y0), (x1, y1)]),
                                     radius=radius * self.unit, fill=colour)

    def ellipse(self, x: float, y: float, radius_x: float, radius_y: float,
                colour: Colour) -> None:
        """Fills an ellipse around a centre; the radii are in units."""
        cx, cy = x * self.width, y * self.height
        rx, ry = radius_x * self.unit, radius_y * self.unit
        self._draw.ellipse([cx - rx, cy - ry, cx + rx, cy + ry], fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Fills a circle."""
        self.ellipse(x, y, radius, radius, colour)

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """Strokes a polyline."""
        self._draw.line(self._points(points), fill=colour, width=self._stroke(width),
                        joint="curve")


class TokenGrid:
    """Draws on a canvas in tokens: what lies on their lines has few token contents to learn."""

    def __init__(self, canvas: Canvas, token: int) -> None:
        self._canvas = canvas
        self.columns, self.rows = canvas.width // token, canvas.height // token
        self.short = min(self.columns, self.rows)

    def column(self, x: float) -> int:
        """The line between columns nearest to a share of the width."""
        return int(x * self.columns + 0.5)

    def row(self, y: float) -> int:
        """The line between rows nearest to a share of the height."""
        return int(y * self.rows + 0.5)

    def _relative(self, x: float, y: float) -> Point:
        return x / self.columns, y / self.rows

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Fills a polygon."""
        self._canvas.polygon([self._relative(*point) for point in points], colour)

    def rectangle(self, x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        """Fills an axis-aligned rectangle."""
        self._canvas.rectangle(*self._relative(x0, y0), *self._relative(x1, y1), colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Fills a circle."""
        self._canvas.disc(*self._relative(x, y), radius / self.short, colour)

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """Strokes a polyline."""
        self._canvas.line([self._relative(*point) for point in points], width / self.short, colour)
