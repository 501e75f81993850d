/** The reference images of a request: added by file, drop or paste, and put into order. */

import { announce, byID, icon, make } from "./dom.js";
import { onLanguage, t } from "./language.js";
import { maskOf, maskURL } from "./masks.js";

/** As many as the API takes. */
const most = 5;

let files = [];
let urls = new Map();
let dragged = null;
let hasMasks = false;
let [tell, complain] = [() => {}, () => {}];

/** The images in order. */
export const references = () => [...files];

/** The mask of the first image; null without one. */
export const mask = () => (hasMasks && files.length ? maskOf(files[0]) : null);

/** Lets the first image have a mask. */
export function offerMasks(isOffered) {
  hasMasks = isOffered;
  draw();
}

/** Replaces all images. */
export function setReferenceFiles(all) {
  files = all.slice(0, most);
  draw();
}

/** Adds images at the end, as many as there is room for. Returns false if some had none. */
export function addReferences(more) {
  const room = most - files.length;
  setReferenceFiles([...files, ...more]);
  announce(t("referencesCount", { count: files.length }));
  return more.length <= room;
}

function move(from, to, focused) {
  if (to < 0 || to >= files.length) return;
  files.splice(to, 0, ...files.splice(from, 1));
  draw();
  announce(t("moved", { name: files[to].name, place: to + 1 }));
  if (!focused) return;
  const tile = byID("references").children[to];
  const button = tile.querySelector(`[data-action="${focused}"]`);
  (button.disabled ? tile.querySelector("button:enabled") : button).focus();
}

function remove(index) {
  files.splice(index, 1);
  draw();
  announce(t("referencesCount", { count: files.length }));
  const next = byID("references").children[Math.min(index, files.length - 1)];
  (next?.querySelector('[data-action="remove"]') ?? byID("add-image")).focus();
}

function action(name, symbol, label, isEnabled, act) {
  const attributes = { type: "button", "data-action": name, "aria-label": label, title: label, click: act };
  const button = make("button", attributes, icon(symbol));
  button.disabled = !isEnabled;
  return button;
}

/** What is painted over the first image, and the button that asks for it. */
function maskParts(file) {
  const url = maskURL(file);
  const veil = make("div", { class: "veil" });
  veil.style.maskImage = url && `url(${url})`;
  const label = t(url ? "maskChange" : "maskAdd", { name: file.name });
  const done = () => {
    draw();
    byID("mask").focus();
  };
  const edit = async () => {
    const { askForMask } = await import("./mask.js");
    await askForMask(file, done).catch(() => complain(t("error_invalid_image")));
  };
  const attributes = { type: "button", id: "mask", "aria-label": label, title: label, click: edit };
  return [...(url ? [veil] : []), make("button", attributes, icon("brush"), t("mask"))];
}

function tile(file, index) {
  const name = file.name;
  const last = files.length - 1;
  const image = make("img", { src: urls.get(file), alt: name, title: name, draggable: "false" });
  image.addEventListener("error", () => image.removeAttribute("src"));
  const element = make(
    "li",
    { class: "reference", draggable: "true", dragstart: () => (dragged = index), dragend: () => (dragged = null) },
    image,
    ...(hasMasks && index === 0 ? maskParts(file) : []),
    make("span", { class: "number", "aria-hidden": "true" }, String(index + 1)),
    make(
      "div",
      {},
      action("left", "left", t("moveLeft", { name }), index > 0, () => move(index, index - 1, "left")),
      action("remove", "close", t("remove", { name }), true, () => remove(index)),
      action("right", "right", t("moveRight", { name }), index < last, () => move(index, index + 1, "right")),
    ),
  );
  element.addEventListener("dragover", (event) => {
    if (dragged === null) return;
    event.preventDefault();
    element.classList.add("over");
  });
  element.addEventListener("dragleave", () => element.classList.remove("over"));
  element.addEventListener("drop", (event) => {
    if (dragged === null) return;
    event.preventDefault();
    move(dragged, index);
  });
  return element;
}

function draw() {
  const known = urls;
  urls = new Map(files.map((file) => [file, known.get(file) ?? URL.createObjectURL(file)]));
  for (const [file, url] of known) if (!urls.has(file)) URL.revokeObjectURL(url);
  byID("references").replaceChildren(...files.map(tile));
  byID("add-image").disabled = files.length === most;
  tell();
}

function beginDrop(take) {
  let depth = 0;
  const isFile = (event) => event.dataTransfer?.types.includes("Files") && dragged === null;
  const show = (change) => {
    depth = Math.max(0, depth + change);
    byID("drop").hidden = depth === 0;
  };
  document.addEventListener("dragenter", (event) => isFile(event) && show(1));
  document.addEventListener("dragleave", (event) => isFile(event) && show(-1));
  document.addEventListener("dragover", (event) => isFile(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    show(-depth);
    take(event.dataTransfer.files);
  });
}

/** Prepares the list; `onChange` is called whenever it changes, `onTrouble` with what went wrong. */
export function beginReferences(onChange, onTrouble) {
  [tell, complain] = [onChange, onTrouble];
  const take = (list) => addReferences([...list]) || complain(t("referencesFull"));
  byID("add-image").addEventListener("click", () => byID("files").click());
  byID("files").addEventListener("change", () => {
    take(byID("files").files);
    byID("files").value = "";
  });
  document.addEventListener("paste", (event) => {
    const pasted = event.clipboardData?.files ?? [];
    if (!pasted.length || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    take(pasted);
  });
  beginDrop(take);
  onLanguage(draw);
}
