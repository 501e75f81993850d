/** Bars of figures by day, as an SVG. */

import { shape } from "./dom.js";

/** Milliseconds of a day. */
const day = 86_400_000;

/** Rounds up to 1, 2 or 5 times a power of ten, for the top of the scale. */
function ceiling(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * unit).find((top) => top >= value);
}

/** The days up to one of them, which come as `2026-11-29`, the earliest first. */
export function daysUpTo(last, count) {
  const first = Date.parse(last) - (count - 1) * day;
  return Array.from({ length: count }, (_, index) => new Date(first + index * day).toISOString().slice(0, 10));
}

/** Draws `{ day, value, text }` into an element, with a description for those who do not see it. */
export function drawBars(element, bars, description) {
  const [width, height, left, bottom] = [Math.max(element.clientWidth, 240), element.clientHeight, 56, 22];
  const most = Math.max(...bars.map((bar) => bar.value));
  const top = most > 0 ? ceiling(most) : 1;
  const drawing = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": description });
  const room = height - bottom - 10;
  const at = (value) => height - bottom - (value / top) * room;
  for (const value of most > 0 ? [0, top / 2, top] : [0]) {
    drawing.append(shape("line", { x1: left, x2: width, y1: at(value), y2: at(value) }));
    const label = { x: left - 8, y: at(value) + 4, "text-anchor": "end" };
    drawing.append(shape("text", label, String(+value.toPrecision(4))));
  }
  const step = (width - left) / bars.length;
  for (const [index, bar] of bars.entries()) {
    const size = bar.value > 0 ? Math.max(height - bottom - at(bar.value), 2) : 2;
    const x = left + (index + 0.15) * step;
    const box = { x, width: step * 0.7, y: height - bottom - size, height: size, rx: 2 };
    const rectangle = shape("rect", bar.value > 0 ? box : { ...box, class: "none" });
    rectangle.append(shape("title", {}, `${bar.day}: ${bar.text}`));
    drawing.append(rectangle);
    if ((bars.length - index) % 7 === 4) {
      const label = { x: left + (index + 0.5) * step, y: height - 6, "text-anchor": "middle" };
      drawing.append(shape("text", label, bar.day.slice(5)));
    }
  }
  element.replaceChildren(drawing);
}
