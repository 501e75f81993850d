/** The picture, what it came from, how far it is, and what went wrong. */

import { announce, byID, icon, make } from "./dom.js";
import { code, detail, explain } from "./errors.js";
import { optional, t } from "./language.js";

/** The part of the progress bar that shows that a render has begun. */
const begun = 0.03;

let url = "";

function draw(picture, alt, isPreview) {
  const image = byID("picture");
  const old = url;
  url = URL.createObjectURL(picture);
  image.src = url;
  image.alt = alt;
  image.hidden = false;
  image.toggleAttribute("data-preview", isPreview);
  if (old) URL.revokeObjectURL(old);
}

function setEmpty(isEmpty) {
  byID("empty").hidden = !isEmpty;
  byID("paper").hidden = isEmpty;
  byID("picture").hidden = byID("picture").hidden || isEmpty;
}

const setStatus = (text) => (byID("status").textContent = text);

function setRunning(isRunning) {
  byID("frame").toggleAttribute("data-running", isRunning);
  byID("progress").toggleAttribute("data-running", isRunning);
  byID("frame").setAttribute("aria-busy", String(isRunning));
  if (!isRunning) byID("progress").value = 0;
}

/** Gives the picture's place a shape: its width over its height. */
export function setRatio(ratio) {
  byID("paper").style.setProperty("--ratio", ratio);
}

/** Makes room for a picture. */
export function begin() {
  byID("notes").replaceChildren();
  byID("picture").hidden = true;
  byID("facts").textContent = "";
  setEmpty(false);
  setRunning(true);
  setStatus(t("sending"));
}

/** Shows an event of a render. */
export function show(event) {
  const bar = byID("progress");
  switch (event.kind) {
    case "queued":
      setStatus(event.place > 1 || event.seconds > 0 ? t("queued", event) : t("starting"));
      if (event.place > 1) announce(t("queued", event));
      break;
    case "started":
      setStatus(t("starting"));
      bar.value = begun;
      announce(t("starting"));
      break;
    case "step":
      bar.value = (event.picture - 1 + event.number / (event.count + 1)) / event.pictures;
      setStatus((event.pictures > 1 ? t("pictureOf", event) : "") + t("step", event));
      break;
    case "preview":
      draw(event.picture, t("preview"), true);
      break;
  }
}

function facts({ parameters, answer, mask }) {
  const { num_steps: count, guidance_scale: guidance, lora, lora_strength, strength, edit_mode: mode } = parameters;
  const { loras = lora ? [{ name: lora, strength: lora_strength }] : [] } = parameters;
  return [
    answer.size.replace("x", " × "),
    t("stepsCount", { count }),
    t("seedValue", { seed: answer.seed }),
    guidance && t("guidanceValue", { value: guidance }),
    ...loras.map((style) => `${style.name} ${style.strength}`),
    strength !== undefined && t("strengthValue", { value: strength }),
    mode && t("modeReference"),
    mask && t("mask"),
    answer.output_format !== "png" && answer.output_format.toUpperCase(),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** Shows a picture with what made it. */
export function present(record, isNew) {
  setRunning(false);
  setEmpty(false);
  const [width, height] = record.answer.size.split("x");
  setRatio(width / height);
  draw(record.picture, record.parameters.prompt, false);
  const done = t("done", { seconds: record.seconds.toFixed(1) });
  setStatus(isNew ? done : new Date(record.at).toLocaleString(document.documentElement.lang));
  byID("facts").textContent = facts(record);
  byID("notes").replaceChildren(...warnings(record.answer.warnings));
  if (isNew) announce([done, ...record.answer.warnings.map(words)].join(" "));
}

/** Shows nothing. */
export function clear(status = "") {
  setRunning(false);
  setEmpty(true);
  setStatus(status);
  byID("facts").textContent = "";
  byID("notes").replaceChildren();
}

const words = ({ code, message }) => optional(`warning_${code}`) || message;

function note(kind, symbol, content, ...actions) {
  const attributes = { type: "button", class: "plain", "aria-label": t("close"), title: t("close") };
  const close = make("button", attributes, icon("close"));
  const element = make("div", { class: `note ${kind}` }, icon(symbol), content, ...actions, close);
  close.addEventListener("click", () => element.remove());
  return element;
}

/** Returns a note with all warnings, if there are any: what each means, what the service says, and its code. */
function warnings(found) {
  const lines = found.map((each) => {
    const own = words(each) === each.message ? [] : [make("span", { lang: "en" }, each.message), " "];
    return make("li", { class: "small" }, make("strong", {}, words(each)), " ", ...own, make("code", {}, each.code));
  });
  return lines.length ? [note("warning", "warning", make("ul", {}, ...lines))] : [];
}

/** Shows a failure, with a way to try again where that may help. */
export function fail(error, retry) {
  byID("notes").replaceChildren();
  const actions = [];
  if (retry) actions.push(make("button", { type: "button", class: "plain", click: retry }, t("tryAgain")));
  const said = detail(error);
  const own = said ? [make("div", { class: "small", lang: "en" }, said)] : [];
  const lines = make("div", {}, make("div", {}, explain(error)), ...own, make("code", {}, code(error)));
  const element = note("error", "error", lines, ...actions);
  element.setAttribute("role", "alert");
  byID("notes").append(element);
}

/** Says something that went wrong beside the picture. */
export function remark(text) {
  byID("notes").querySelectorAll(".remark").forEach((earlier) => earlier.remove());
  const element = note("warning remark", "warning", make("div", {}, text));
  element.setAttribute("role", "alert");
  byID("notes").append(element);
}
