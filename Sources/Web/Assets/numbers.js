/** Numbers that a slider shows, too: an input with an id, and a slider with the same id and `-range`. */

import { byID } from "./dom.js";

const pair = (id) => [byID(id), byID(`${id}-range`)];

/** The number of an input, within its range; its default while nothing is in it. */
export function clamped(input) {
  const value = Number(input.value === "" ? input.defaultValue : input.value);
  const rounded = input.inputMode === "decimal" ? value : Math.round(value);
  return Math.min(Math.max(rounded, Number(input.min)), Number(input.max));
}

export const number = (id) => clamped(byID(id));

/** Sets a number and its slider. */
export function setNumber(id, value) {
  for (const input of pair(id)) input.value = value;
}

/** Sets the range of a number. */
export function setRange(id, [least, most]) {
  for (const input of pair(id)) [input.min, input.max] = [least, most];
}

export function setEnabled(id, isEnabled) {
  for (const input of pair(id)) input.disabled = !isEnabled;
}

/** Has a slider and a number show the same value, and calls back whenever it changes. */
export function joinNumber(id, tell) {
  const [input, range] = pair(id);
  range.addEventListener("input", () => {
    input.value = range.value;
    tell();
  });
  input.addEventListener("input", () => {
    range.value = clamped(input);
    tell();
  });
  input.addEventListener("change", () => {
    setNumber(id, clamped(input));
    tell();
  });
}
