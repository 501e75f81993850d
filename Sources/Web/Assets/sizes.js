/** The size of a picture: by its shape, or by width and height. */

import { byID, make } from "./dom.js";
import { onLanguage, t } from "./language.js";
import { clamped, number } from "./numbers.js";

const shapes = [
  { name: "1:1", width: 1, height: 1, longest: 768 },
  { name: "3:2", width: 3, height: 2, longest: 768 },
  { name: "2:3", width: 2, height: 3, longest: 768 },
  { name: "16:9", width: 16, height: 9, longest: 960 },
  { name: "9:16", width: 9, height: 16, longest: 960 },
];
const likeFirst = "auto";
const custom = "custom";
/** Widths and heights are multiples of this. */
const unit = 16;

let limits = { generation: 960, edit: 704 };
let hasReferences = false;
let shape = shapes[0].name;
let tell = () => {};

const limit = () => (hasReferences ? limits.edit : limits.generation);

function dimensions({ width, height, longest }) {
  const side = Math.floor(Math.min(longest, limit()) / unit) * unit;
  const other = Math.round((side * Math.min(width, height)) / Math.max(width, height) / unit) * unit;
  return width >= height ? [side, other] : [other, side];
}

function chip(name, label, ratio) {
  const glyph = make("span", { class: "glyph", "aria-hidden": "true" });
  const scale = 18 / Math.max(ratio[0], ratio[1]);
  glyph.style.width = `${ratio[0] * scale}px`;
  glyph.style.height = `${ratio[1] * scale}px`;
  if (name === custom) glyph.style.borderStyle = "dashed";
  const input = make("input", { type: "radio", name: "shape", value: name, change: () => choose(name) });
  input.checked = name === shape;
  return make("label", { class: "chip" }, input, glyph, label);
}

function drawChips() {
  const first = hasReferences ? [chip(likeFirst, t("likeFirst"), [4, 3])] : [];
  const presets = shapes.map((each) => chip(each.name, each.name, [each.width, each.height]));
  byID("shape-chips").replaceChildren(...first, ...presets, chip(custom, t("custom"), [1, 1]));
}

function check(name) {
  shape = name;
  for (const input of document.getElementsByName("shape")) input.checked = input.value === name;
}

function choose(name) {
  check(name);
  const sides = [byID("width"), byID("height")];
  for (const side of sides) {
    side.max = limit();
    side.disabled = name === likeFirst;
    side.value = clamped(side);
  }
  const found = shapes.find((each) => each.name === name);
  if (found) [sides[0].value, sides[1].value] = dimensions(found);
  tell();
}

/** The size as the API has it; nil where the first reference decides. */
export const size = () => (shape === likeFirst ? undefined : `${number("width")}x${number("height")}`);

/** The width of the picture over its height; nil where the first reference decides. */
export const ratio = () => (shape === likeFirst ? null : number("width") / number("height"));

/** Shows a size, as one of the shapes where it is one. */
export function setSize(size) {
  const [width, height] = (size ?? "").split("x").map(Number);
  const found = shapes.find((each) => dimensions(each).join() === [width, height].join());
  if (width && height && !found) [byID("width").value, byID("height").value] = [width, height];
  choose(width && height ? (found?.name ?? custom) : hasReferences ? likeFirst : shapes[0].name);
}

/** Takes over the largest sizes of a model. */
export function setSizeLimits({ max_size, max_edit_size }) {
  limits = { generation: parseInt(max_size), edit: parseInt(max_edit_size) };
  choose(shape);
}

/** Offers the sizes that there are with or without reference images. */
export function setEdits(isEdit) {
  if (hasReferences === isEdit) return;
  hasReferences = isEdit;
  if (isEdit) shape = likeFirst;
  else if (shape === likeFirst) shape = shapes[0].name;
  drawChips();
  choose(shape);
}

/** Prepares the sizes; `onChange` is called whenever another is chosen. */
export function beginSizes(onChange) {
  tell = onChange;
  for (const side of [byID("width"), byID("height")]) {
    side.addEventListener("input", () => {
      check(custom);
      tell();
    });
    side.addEventListener("change", () => choose(custom));
  }
  onLanguage(drawChips);
  choose(shape);
}
