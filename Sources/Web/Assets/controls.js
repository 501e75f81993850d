/** The settings of a request: sizes by shape, and numbers that a slider shows too. */

import { byID, make } from "./dom.js";
import { onLanguage, t } from "./language.js";

const shapes = [
  { name: "1:1", width: 1, height: 1, longest: 768 },
  { name: "3:2", width: 3, height: 2, longest: 768 },
  { name: "2:3", width: 2, height: 3, longest: 768 },
  { name: "16:9", width: 16, height: 9, longest: 960 },
  { name: "9:16", width: 9, height: 16, longest: 960 },
];
const likeFirst = "auto";
const custom = "custom";
const numbers = ["steps", "guidance", "lora-strength", "strength"];
/** Widths and heights are multiples of this. */
const unit = 16;

let limits = { generation: 960, edit: 704 };
let hasReferences = false;
let shape = shapes[0].name;
let tell = () => {};

const limit = () => (hasReferences ? limits.edit : limits.generation);

function clamped(input) {
  const given = input.value === "" ? input.defaultValue : input.value;
  const value = Number(given);
  const rounded = input.step === "" || input.step === String(unit) ? Math.round(value) : value;
  return Math.min(Math.max(rounded, Number(input.min)), Number(input.max));
}

/** Has a slider and a number show the same value. */
function join(id) {
  const [number, range] = [byID(id), byID(`${id}-range`)];
  range.addEventListener("input", () => {
    number.value = range.value;
    tell();
  });
  number.addEventListener("input", () => {
    range.value = clamped(number);
    tell();
  });
  number.addEventListener("change", () => set(id, clamped(number)));
}

/** Sets a number and its slider. */
export function set(id, value) {
  byID(id).value = value;
  byID(`${id}-range`).value = value;
  tell();
}

const number = (id) => clamped(byID(id));

function setEnabled(id, isEnabled) {
  byID(id).disabled = byID(`${id}-range`).disabled = !isEnabled;
}

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

function choose(name) {
  shape = name;
  for (const input of document.getElementsByName("shape")) input.checked = input.value === name;
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

/** Shows a size, as one of the shapes where it is one. */
export function setSize(size) {
  const [width, height] = (size ?? "").split("x").map(Number);
  const found = shapes.find((each) => dimensions(each).join() === [width, height].join());
  if (width && height && !found) [byID("width").value, byID("height").value] = [width, height];
  choose(width && height ? (found?.name ?? custom) : hasReferences ? likeFirst : shapes[0].name);
}

/** Offers what is possible with so many reference images. */
export function setReferences(count) {
  const before = hasReferences;
  hasReferences = count > 0;
  setEnabled("strength", count === 1);
  byID("strength-note").textContent = count > 1 ? t("strengthSeveral") : t("strengthNote");
  if (before === hasReferences) return;
  if (hasReferences) shape = likeFirst;
  else if (shape === likeFirst) shape = shapes[0].name;
  drawChips();
  choose(shape);
}

/** Takes over what the model can do. */
export function setModel(model) {
  const side = (size) => Number(size.split("x")[0]);
  limits = { generation: side(model.limits.max_size), edit: side(model.limits.max_edit_size) };
  for (const id of ["steps", "steps-range"]) byID(id).max = model.limits.max_steps;
  for (const [id, value] of [["steps", model.defaults.num_steps], ["guidance", model.defaults.guidance_scale]]) {
    byID(id).defaultValue = value;
    set(id, value);
  }
  const styles = model.loras.filter((name) => name !== "none").map((name) => make("option", { value: name }, name));
  byID("lora").replaceChildren(byID("lora").options[0], ...styles);
  choose(shape);
}

/** The width of the picture over its height; nil where the first reference decides. */
export const ratio = () => (shape === likeFirst ? null : number("width") / number("height"));

/** The parameters as the API names them. */
export function parameters() {
  const seed = byID("seed").value;
  const lora = byID("lora").value;
  return {
    ...(shape === likeFirst ? {} : { size: `${number("width")}x${number("height")}` }),
    num_steps: number("steps"),
    ...(byID("guidance").defaultValue === String(number("guidance")) ? {} : { guidance_scale: number("guidance") }),
    ...(seed ? { seed: Number(seed) } : {}),
    ...(lora === "none" ? {} : { lora, lora_strength: number("lora-strength") }),
    ...(byID("strength").disabled ? {} : { strength: number("strength") }),
  };
}

/** Shows parameters. */
export function setParameters({ size, num_steps, guidance_scale, seed, lora = "none", lora_strength, strength }) {
  setSize(size);
  set("steps", num_steps ?? byID("steps").defaultValue);
  set("guidance", guidance_scale ?? byID("guidance").defaultValue);
  byID("seed").value = seed ?? "";
  byID("lora").value = lora;
  if (byID("lora").selectedIndex < 0) byID("lora").value = "none";
  if (lora_strength !== undefined) set("lora-strength", lora_strength);
  if (strength !== undefined) set("strength", strength);
  showStyle();
}

function showStyle() {
  setEnabled("lora-strength", byID("lora").value !== "none");
  tell();
}

function summarise() {
  const { size, num_steps, seed } = parameters();
  const parts = [size ? size.replace("x", " × ") : t("likeFirst"), t("stepsCount", { count: num_steps })];
  if (seed !== undefined) parts.push(t("seedValue", { seed }));
  byID("settings-summary").textContent = parts.join(" · ");
}

/** Prepares the settings; `onChange` is called whenever one of them changes. */
export function beginControls(onChange) {
  tell = () => {
    summarise();
    onChange();
  };
  numbers.forEach(join);
  for (const side of [byID("width"), byID("height")]) {
    side.addEventListener("input", () => {
      shape = custom;
      for (const input of document.getElementsByName("shape")) input.checked = input.value === custom;
      tell();
    });
    side.addEventListener("change", () => choose(custom));
  }
  byID("lora").addEventListener("change", showStyle);
  byID("seed").addEventListener("input", () => {
    const digits = byID("seed").value.replace(/\D/g, "");
    byID("seed").value = digits && Number(digits) > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : digits;
    tell();
  });
  byID("seed-new").addEventListener("click", () => {
    byID("seed").value = "";
    tell();
  });
  onLanguage(() => {
    drawChips();
    summarise();
  });
  choose(shape);
}
