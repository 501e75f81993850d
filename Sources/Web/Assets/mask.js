/** The dialog for the mask of a reference image: it is painted here, or chosen as a file. */

import { icon, make } from "./dom.js";
import { Easel } from "./easel.js";
import { t } from "./language.js";
import { maskOf, setMask } from "./masks.js";

/** How far the shape of a mask may be from the image's; the sizes are made equal. */
const shapeTolerance = 0.02;

function button(label, click, symbol) {
  const shown = symbol ? [icon(symbol)] : [];
  return make("button", { type: "button", class: "button", click }, ...shown, make("span", {}, label));
}

function brush(value, isChosen) {
  const input = make("input", { type: "radio", name: "brush", value });
  input.checked = isChosen;
  return make("label", {}, input, make("span", {}, t(value)));
}

/** Shows a mask in place of what is there. Returns what is wrong with it. */
async function load(drawing, file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return t("error_invalid_image");
  const [width, height] = drawing.size;
  const shape = (bitmap.width * height) / (bitmap.height * width);
  if (Math.abs(shape - 1) > shapeTolerance) return t("maskShape", { width, height });
  drawing.load(bitmap);
  return "";
}

async function save(drawing) {
  const mask = await drawing.mask();
  if (!mask) return t("maskEmpty");
  const link = make("a", { download: mask.name, href: URL.createObjectURL(mask) });
  link.click();
  URL.revokeObjectURL(link.href);
  return "";
}

/** The dialog, with the easel and what acts on it. */
function dialog(bitmap, url, finish) {
  const complaint = make("p", { class: "note error", role: "alert" });
  const complain = (text) => {
    complaint.textContent = text;
    complaint.hidden = !text;
  };
  const [paint, erase] = [brush("paint", true), brush("erase", false)];
  const size = make("input", { type: "range", min: 1, max: 40, value: 10 });
  const changed = () => (undo.disabled = drawing.isEmpty);
  const { element: easel, drawing } = new Easel(bitmap, url, { size, erase: erase.firstChild, changed });
  const change = async (action) => {
    complain((await action()) || "");
    changed();
  };
  const undo = button(t("undo"), () => change(() => drawing.undo()), "undo");
  const take = (file) => change(() => file && load(drawing, file));
  const files = make("input", { type: "file", hidden: true, accept: "image/*", change: () => take(files.files[0]) });
  const rows = [
    [
      make("div", { class: "segments", role: "radiogroup", "aria-label": t("brush") }, paint, erase),
      undo,
      button(t("maskClear"), () => change(() => drawing.clear())),
      make("label", { class: "small sizer" }, t("brushSize"), size),
    ],
    [
      button(t("maskChoose"), () => files.click(), "image"),
      button(t("maskSave"), () => change(() => save(drawing)), "download"),
      files,
      make("button", { type: "submit", class: "button last", value: "cancel" }, t("cancel")),
      make("button", { type: "submit", class: "button main" }, t("maskDone")),
    ],
  ].map((content) => make("div", { class: "row" }, ...content));
  const title = make("h2", { id: "mask-title" }, t("maskTitle"));
  const why = make("p", { class: "muted small" }, t("maskWhy"));
  const form = make("form", { method: "dialog" }, title, why, easel, rows[0], complaint, rows[1]);
  form.addEventListener("submit", async (event) => {
    if (event.submitter.value === "cancel") return;
    event.preventDefault();
    finish(await drawing.mask());
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    undo.click();
  });
  return { element: make("dialog", { class: "mask", "aria-labelledby": title.id }, form), take };
}

/** Asks what of an image is to be repainted, and calls back when that was said. Throws if the image cannot be shown. */
export async function askForMask(image, done) {
  const bitmap = await createImageBitmap(image);
  const url = URL.createObjectURL(image);
  const { element, take } = dialog(bitmap, url, (mask) => {
    setMask(image, mask);
    element.close();
    done();
  });
  element.addEventListener("close", () => {
    element.remove();
    URL.revokeObjectURL(url);
  });
  document.body.append(element);
  element.showModal();
  await take(maskOf(image));
}
