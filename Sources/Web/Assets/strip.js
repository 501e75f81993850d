/** The strip of pictures: the newest first, each with what made it. */

import { byID, icon, make } from "./dom.js";
import { t } from "./language.js";
import { forgetPicture, forgetPictures, keepPicture, keptPictures, smallPicture } from "./pictures.js";

const tiles = new Map();
let select = () => {};

function setEmpty() {
  const isEmpty = byID("pictures").childElementCount === 0;
  byID("strip-empty").hidden = !isEmpty;
  byID("clear").disabled = tiles.size === 0;
}

function fill(item, record) {
  const { prompt } = record.parameters;
  const image = make("img", { src: URL.createObjectURL(record.small ?? record.picture), alt: prompt });
  const button = make("button", { type: "button", class: "tile", title: prompt, click: () => select(record) }, image);
  item.replaceChildren(button);
  tiles.set(record, item);
}

/** Removes a tile, and lets go of its picture. */
function drop(item) {
  URL.revokeObjectURL(item.querySelector("img").src);
  item.remove();
}

/** Marks the tile of the record that is shown. */
export function mark(record) {
  for (const [each, item] of tiles) item.firstChild.setAttribute("aria-current", String(each === record));
}

function place() {
  const item = make("li", {}, make("div", { class: "tile busy" }, icon("mark")));
  byID("pictures").prepend(item);
  return {
    /** Shows and keeps the picture. Throws if the browser cannot keep it. */
    async settle(record) {
      record.small = await smallPicture(record.picture).catch(() => null);
      fill(item, record);
      setEmpty();
      await keepPicture(record);
    },
    /** Leaves the place, so that nothing moves; the next picture takes it. */
    fail() {
      item.className = "failed";
      item.firstChild.classList.remove("busy");
      item.firstChild.replaceChildren(icon("error"));
    },
    remove() {
      item.remove();
      setEmpty();
    },
  };
}

/** Makes places for pictures to come, the first of them foremost; each becomes its picture, or is removed. */
export function places(count) {
  byID("pictures").querySelectorAll(".failed").forEach((item) => item.remove());
  const all = Array.from({ length: count }, place).reverse();
  byID("pictures").scrollLeft = 0;
  setEmpty();
  return all;
}

/** Removes a record. Returns the one beside it. */
export async function removeRecord(record) {
  const item = tiles.get(record);
  const all = [...tiles.keys()].sort((a, b) => b.at - a.at);
  const index = all.indexOf(record);
  tiles.delete(record);
  if (item) drop(item);
  setEmpty();
  await forgetPicture(record);
  return all[index + 1] ?? all[index - 1];
}

/** Fills the strip with what is kept. */
export async function beginStrip(onSelect, onClear) {
  select = onSelect;
  byID("clear").addEventListener("click", async () => {
    if (!confirm(t("clearSure", { count: tiles.size }))) return;
    await forgetPictures().catch(() => {});
    for (const item of tiles.values()) drop(item);
    tiles.clear();
    setEmpty();
    onClear();
  });
  setEmpty();
  const kept = await keptPictures().catch(() => []);
  for (const record of kept.sort((a, b) => a.at - b.at)) {
    const item = make("li");
    byID("pictures").prepend(item);
    fill(item, record);
  }
  setEmpty();
}
