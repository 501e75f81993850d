/** The styles of a picture: LoRAs, each with its strength. */

import { byID, icon, make } from "./dom.js";
import { onLanguage, t } from "./language.js";
import { joinNumber, number, setEnabled } from "./numbers.js";

const none = { name: "none", strength: 0.6 };

let names = [];
let most = 1;
let range = [0, 1.5];
let chosen = [{ ...none }];
let tell = () => {};

const suffix = (index) => (index ? `-${index + 1}` : "");
const isFree = (name) => chosen.every((style) => style.name !== name);

function line(words, id, ...controls) {
  const label = make("label", { class: "label", for: id, id: `${id}-label` }, words);
  return make("div", { class: "line" }, label, ...controls);
}

function strengthLine(id, style) {
  const attributes = { min: range[0], max: range[1], step: 0.05, value: style.strength };
  return line(
    t("styleStrength"),
    id,
    make("input", { type: "range", id: `${id}-range`, "aria-labelledby": `${id}-label`, ...attributes }),
    make("input", { type: "number", id, inputmode: "decimal", ...attributes }),
  );
}

function row(style, index) {
  const id = `lora${suffix(index)}`;
  const options = [[none.name, t("none")], ...names.map((name) => [name, name])];
  const select = make("select", { id }, ...options.map(([value, text]) => make("option", { value }, text)));
  select.value = style.name;
  select.addEventListener("change", () => {
    style.name = select.value;
    refresh();
  });
  const title = t("removeStyle", { number: index + 1 });
  const remove = make(
    "button",
    { type: "button", class: "plain square danger", "aria-label": title, title, click: () => removeStyle(index) },
    icon("close"),
  );
  const controls = chosen.length > 1 ? [select, remove] : [select];
  const place = index ? ` ${index + 1}` : "";
  const first = line(t("style") + place, id, ...controls);
  first.classList.add(controls.length > 1 ? "style" : "wide");
  return make("li", {}, first, strengthLine(`lora-strength${suffix(index)}`, style));
}

function removeStyle(index) {
  chosen.splice(index, 1);
  draw(`lora${suffix(Math.min(index, chosen.length - 1))}`);
}

/** Lets each row have what no other has. */
function refresh() {
  for (const [index, style] of chosen.entries()) {
    const isTaken = ({ value }) => value !== none.name && value !== style.name && !isFree(value);
    for (const option of byID(`lora${suffix(index)}`).options) option.disabled = isTaken(option);
    setEnabled(`lora-strength${suffix(index)}`, style.name !== none.name);
  }
  const hasRoom = chosen.length < Math.min(most, names.length);
  byID("add-style").hidden = names.length < 2;
  byID("add-style").disabled = !hasRoom || chosen.at(-1).name === none.name;
  tell();
}

/** Shows the rows anew, and gives one of their controls the focus. */
function draw(focused) {
  byID("styles").replaceChildren(...chosen.map(row));
  for (const [index, style] of chosen.entries()) {
    const id = `lora-strength${suffix(index)}`;
    joinNumber(id, () => {
      style.strength = number(id);
      tell();
    });
  }
  refresh();
  if (focused) byID(focused).focus();
}

/** The styles as the API names them: one by itself, several as a list. */
export function styles() {
  const list = chosen.filter((style) => style.name !== none.name);
  if (list.length > 1) return { loras: list.map((style) => ({ ...style })) };
  return list.length ? { lora: list[0].name, lora_strength: list[0].strength } : {};
}

/** Shows styles as the API names them; those that there are not are left out. */
export function setStyles({ lora, lora_strength: strength = none.strength, loras }) {
  const given = loras ?? [{ name: lora, strength }];
  const known = given.filter((style) => names.includes(style.name)).map((style) => ({ ...style }));
  chosen = known.length ? known : [{ ...none }];
  draw();
}

/** Offers the styles of a model, and keeps those that it has, too. */
export function offerStyles(all, limit, strengths) {
  [names, most, range] = [all.filter((name) => name !== none.name), limit, strengths];
  setStyles({ loras: chosen });
}

/** Prepares the rows; `onChange` is called whenever something changes. */
export function beginStyles(onChange) {
  byID("add-style").addEventListener("click", () => {
    chosen.push({ ...none });
    draw(`lora${suffix(chosen.length - 1)}`);
  });
  onLanguage(() => draw());
  tell = onChange;
}
