/** The language of the page: the browser's, or the one that was chosen here. */

import { byID, setting } from "./dom.js";

/** English and Indonesian by their keys, or Indonesian alone for what a document or the key says in English. */
let words = {};
/** What the document says in English, before another language replaces it. */
const originals = new Map();
const attributes = { t: "textContent", tLabel: "ariaLabel", tPlaceholder: "placeholder", tTitle: "title" };
const listeners = [];

export let language = "en";

/** Returns a text with its values filled in: `{count}`. */
export function t(key, values = {}) {
  const entry = words[key];
  const [english, indonesian] = Array.isArray(entry) ? entry : [originals.get(key) ?? key, entry];
  const text = (language === "id" && indonesian) || english;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** Returns a text if there is one for the key. */
export const optional = (key) => (key in words ? t(key) : "");

/** Calls back at once, and whenever the language changes. */
export function onLanguage(listener) {
  listeners.push(listener);
  listener();
}

function apply() {
  document.documentElement.lang = language;
  for (const [name, property] of Object.entries(attributes)) {
    const attribute = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    for (const element of document.querySelectorAll(`[data-${attribute}]`)) {
      const key = element.dataset[name];
      if (!originals.has(key)) originals.set(key, element[property]);
      element[property] = t(key);
    }
  }
  for (const listener of listeners) listener();
}

/** Chooses the language and fills the document. */
export function beginLanguage(all) {
  words = all;
  const choice = byID("language");
  // Older systems call Indonesian `in`.
  const own = navigator.languages.find((name) => /^(en|id|in)\b/i.test(name)) ?? "en";
  const chosen = setting("language") ?? own;
  language = /^i[dn]/i.test(chosen) ? "id" : "en";
  choice.value = language;
  choice.addEventListener("change", () => {
    language = choice.value;
    setting("language", language);
    apply();
  });
  apply();
}
