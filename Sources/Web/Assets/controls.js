/** The settings of a request, beside its prompt and images. */

import { byID, make } from "./dom.js";
import { onLanguage, t } from "./language.js";
import { joinNumber, number, setEnabled, setNumber, setRange } from "./numbers.js";
import { beginSizes, setEdits, setSize, setSizeLimits, size } from "./sizes.js";
import { beginStyles, offerStyles, setStyles, styles } from "./styles.js";

const numbers = ["steps", "guidance", "count", "strength", "quality"];
/** The quality of a file that says none. */
const bestQuality = 100;

let models = [];
let model = null;
let [references, hasMask] = [0, false];
let [tell, tellModel] = [() => {}, () => {}];

const mode = () => document.querySelector("[name=edit-mode]:checked").value;
const format = () => byID("format").value || "png";
const isLossy = () => format() !== "png";
const negative = () => (byID("negative-field").hidden ? "" : byID("negative").value.trim());
/** True if there is an image at which the picture can begin. */
const hasSource = () => references === 1 || (references > 1 && hasMask);

function setMode(value) {
  for (const input of document.getElementsByName("edit-mode")) input.checked = input.value === value;
}

function optional(name, value, usual) {
  return value === usual ? {} : { [name]: value };
}

function editParameters() {
  if (!hasSource()) return {};
  return mode() === "strength" ? { strength: number("strength") } : { edit_mode: "reference" };
}

/** The parameters as the API names them. */
export function parameters(prompt) {
  const seed = byID("seed").value;
  return {
    ...optional("model", model?.id),
    prompt,
    ...optional("size", size()),
    num_steps: number("steps"),
    ...optional("guidance_scale", number("guidance"), Number(byID("guidance").defaultValue)),
    ...optional("negative_prompt", negative(), ""),
    ...(seed ? { seed: Number(seed) } : {}),
    ...optional("n", number("count"), 1),
    ...styles(),
    ...editParameters(),
    ...optional("output_format", format(), "png"),
    ...(isLossy() ? optional("output_compression", number("quality"), bestQuality) : {}),
  };
}

/** Shows parameters, of the model that made them where it is still there. */
export function setParameters(given) {
  chooseModel(given.model);
  setSize(given.size);
  setNumber("steps", given.num_steps ?? byID("steps").defaultValue);
  setNumber("guidance", given.guidance_scale ?? byID("guidance").defaultValue);
  setNumber("count", Math.min(given.n ?? 1, model.limits.max_n));
  byID("negative").value = given.negative_prompt ?? "";
  byID("seed").value = given.seed ?? "";
  if (given.strength !== undefined) setNumber("strength", given.strength);
  if (given.strength !== undefined || given.edit_mode) setMode(given.edit_mode ?? "strength");
  byID("format").value = given.output_format ?? "png";
  if (byID("format").selectedIndex < 0) byID("format").value = "png";
  setNumber("quality", given.output_compression ?? bestQuality);
  setStyles(given);
  show();
}

/** Shows what has an effect as things are. */
function show() {
  byID("mode").disabled = !hasSource();
  setEnabled("strength", hasSource() && mode() === "strength");
  const isAlone = references < 2 || hasMask;
  const isReference = isAlone && mode() === "reference";
  byID("strength-note").textContent = t(isReference ? "modeNote" : isAlone ? "strengthNote" : "warning_strength_unused");
  byID("quality-field").hidden = !isLossy();
  byID("negative-note").toggleAttribute("data-unused", negative() !== "" && number("guidance") <= 1);
  summarise();
  tell();
}

function summarise() {
  const { size, num_steps, seed, n } = parameters("");
  const parts = [size ? size.replace("x", " × ") : t("likeFirst"), t("stepsCount", { count: num_steps })];
  if (models.length > 1) parts.unshift(model.id);
  if (n) parts.push(t("picturesCount", { count: n }));
  if (seed !== undefined) parts.push(t("seedValue", { seed }));
  byID("settings-summary").textContent = parts.join(" · ");
}

/** Offers what is possible with so many reference images. */
export function setReferences(count, isMasked) {
  [references, hasMask] = [count, isMasked];
  setEdits(count > 0);
  show();
}

/** Replaces the options of a choice, and keeps what is chosen where it is among them. */
function setOptions(id, all) {
  const { value } = byID(id);
  byID(id).replaceChildren(...all.map(([value, text]) => make("option", { value }, text)));
  if (all.some(([each]) => each === value)) byID(id).value = value;
}

/** Offers what a model has and allows; without an id the first. */
function chooseModel(id) {
  const found = models.find((each) => each.id === id) ?? model ?? models[0];
  if (found === model) return;
  model = found;
  byID("model").value = model.id;
  const { limits, defaults, loras, capabilities, output_formats: formats } = model;
  setRange("steps", [1, limits.max_steps]);
  for (const [id, value] of [["steps", defaults.num_steps], ["guidance", defaults.guidance_scale]]) {
    byID(id).defaultValue = value;
    setNumber(id, value);
  }
  byID("negative-field").hidden = !capabilities.includes("negative_prompt");
  byID("count-field").hidden = limits.max_n < 2;
  setRange("count", [1, limits.max_n]);
  setNumber("count", number("count"));
  byID("format-field").hidden = formats.length < 2;
  setOptions("format", formats.map((name) => [name, name.toUpperCase()]));
  setMode(defaults.edit_mode);
  setSizeLimits(limits);
  offerStyles(loras, limits.max_loras, limits.lora_strengths);
  tellModel(model);
}

/** Offers the models. */
export function setModels(all) {
  models = all;
  setOptions("model", models.map(({ id }) => [id, id]));
  byID("model-field").hidden = models.length < 2;
  chooseModel();
  show();
}

/** Prepares the settings; `onModel` is called with another model, `onChange` whenever one of the settings changes. */
export function beginControls(onModel, onChange) {
  [tell, tellModel] = [onChange, onModel];
  for (const id of numbers) joinNumber(id, show);
  beginSizes(show);
  beginStyles(show);
  byID("model").addEventListener("change", () => {
    chooseModel(byID("model").value);
    show();
  });
  byID("format").addEventListener("change", show);
  byID("mode").addEventListener("change", show);
  byID("negative").addEventListener("input", show);
  byID("seed").addEventListener("input", () => {
    const digits = byID("seed").value.replace(/\D/g, "");
    byID("seed").value = digits && Number(digits) > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : digits;
    show();
  });
  byID("seed-new").addEventListener("click", () => {
    byID("seed").value = "";
    show();
  });
  onLanguage(show);
}
