/** The settings of a request, beside its prompt and images. */

import { byID, make } from "./dom.js";
import { onLanguage, t } from "./language.js";
import { joinNumber, number, setEnabled, setNumber, setRange } from "./numbers.js";
import { beginSizes, setEdits, setSize, setSizeLimits, size } from "./sizes.js";
import { beginStyles, offerStyles, setStyles, styles } from "./styles.js";

const numbers = ["steps", "guidance", "count", "strength", "quality"];
/** The quality of a file that says none. */
const bestQuality = 100;

let service = { models: [] };
let model = null;
let [references, hasMask] = [0, false];
let tell = () => {};

const mode = () => document.querySelector("[name=edit-mode]:checked").value;
const format = () => byID("format").value || "png";
const isLossy = () => format() !== "png";
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
    ...optional("negative_prompt", byID("negative").value.trim(), ""),
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
  setNumber("count", Math.min(given.n ?? 1, service.images));
  byID("negative").value = service.hasNegativePrompts ? (given.negative_prompt ?? "") : "";
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
  byID("strength-note").textContent = t(isReference ? "modeNote" : isAlone ? "strengthNote" : "strengthSeveral");
  byID("quality-field").hidden = !isLossy();
  byID("negative-note").toggleAttribute("data-unused", byID("negative").value !== "" && number("guidance") <= 1);
  summarise();
  tell();
}

function summarise() {
  const { size, num_steps, seed, n } = parameters("");
  const parts = [size ? size.replace("x", " × ") : t("likeFirst"), t("stepsCount", { count: num_steps })];
  if (service.models.length > 1) parts.unshift(model.id);
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

function chooseModel(id) {
  const found = service.models.find((each) => each.id === id) ?? model ?? service.models[0];
  if (found === model) return;
  model = found;
  byID("model").value = model.id;
  const { limits, defaults, loras } = model;
  setRange("steps", [1, limits.max_steps]);
  for (const [id, value] of [["steps", defaults.num_steps], ["guidance", defaults.guidance_scale]]) {
    byID(id).defaultValue = value;
    setNumber(id, value);
  }
  setSizeLimits(limits);
  offerStyles(loras, service.styles, service.strengths);
}

/** Takes over what the service has and allows. */
export function setService(found) {
  service = found;
  byID("model").replaceChildren(...service.models.map(({ id }) => make("option", { value: id }, id)));
  byID("model-field").hidden = service.models.length < 2;
  byID("negative-field").hidden = !service.hasNegativePrompts;
  byID("count-field").hidden = service.images < 2;
  setRange("count", [1, service.images]);
  byID("format").replaceChildren(...service.formats.map((name) => make("option", { value: name }, name.toUpperCase())));
  byID("format-field").hidden = service.formats.length < 2;
  setMode(service.editMode);
  chooseModel();
  show();
}

/** Prepares the settings; `onChange` is called whenever one of them changes. */
export function beginControls(onChange) {
  tell = onChange;
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
