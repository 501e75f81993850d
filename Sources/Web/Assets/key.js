/** The API key: pasted once, kept for the session or, where that was asked for, longer. Never in a URL. */

import { read } from "./client.js";
import { byID, make } from "./dom.js";
import { explain } from "./errors.js";
import { onLanguage, t } from "./language.js";

const name = "iris.key";

/** Calls a function with a storage, which may be switched off. */
function attempt(action, otherwise) {
  try {
    return action();
  } catch {
    return otherwise;
  }
}

const stored = () => attempt(() => sessionStorage.getItem(name) ?? localStorage.getItem(name) ?? "", "");
const isKept = () => attempt(() => localStorage.getItem(name) !== null, false);

function store(value, isKept) {
  attempt(() => {
    for (const place of [sessionStorage, localStorage]) place.removeItem(name);
    if (value) (isKept ? localStorage : sessionStorage).setItem(name, value);
  });
}

/** The key in use; empty without one. */
export let key = "";
const listeners = [];

/** Calls back whenever another key is in use. */
export const onKey = (listener) => listeners.push(listener);

function use(value, isKept) {
  key = value;
  store(value, isKept);
  show();
  for (const listener of listeners) listener();
}

function show() {
  byID("key-state").textContent = key ? `${key.slice(0, 12)}…` : t("keyMissing");
}

/** Throws the service's reason if it does not take the key. */
async function check(value) {
  if (/[^\x21-\x7e]/.test(value)) throw new TypeError(t("keyOdd"));
  await read("/v1/models", value);
}

/** The dialog, made anew each time in the language of the page. */
function dialog(problem) {
  const input = make("input", {
    id: "key",
    type: "password",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    placeholder: "esk_live_…",
  });
  const keep = make("input", { type: "checkbox" });
  const complaint = make("p", { class: "note error", role: "alert" });
  const button = (text, kind, click) => make("button", { type: "button", class: kind, click }, text);
  const complain = (text) => {
    complaint.textContent = text;
    complaint.hidden = !text;
  };
  const submit = async (event) => {
    event.preventDefault();
    const value = input.value.trim();
    if (!value) return input.focus();
    try {
      await check(value);
    } catch (error) {
      complain(error instanceof TypeError ? error.message : explain(error));
      return input.select();
    }
    use(value, keep.checked);
    element.close();
  };
  const forget = button(t("keyForget"), "plain danger", () => {
    use("", false);
    element.close();
  });
  forget.hidden = !key;
  keep.checked = isKept();
  complain(problem);
  const element = make(
    "dialog",
    { "aria-labelledby": "key-title" },
    make(
      "form",
      { submit },
      make("h2", { id: "key-title" }, t("keyTitle")),
      make("p", { class: "muted" }, t("keyWhy")),
      make("div", {}, make("label", { class: "label", for: "key" }, t("keyLabel")), input),
      make("label", { class: "check" }, keep, t("keyKeep")),
      complaint,
      make(
        "div",
        { class: "row" },
        forget,
        button(t("cancel"), "button last", () => element.close()),
        make("button", { type: "submit", class: "button main" }, t("keySave")),
      ),
    ),
  );
  return element;
}

/** Asks for a key. Returns whether there is one now. */
export function askForKey(problem = "") {
  const element = dialog(problem);
  document.body.append(element);
  element.showModal();
  return new Promise((resolve) => {
    element.addEventListener("close", () => {
      element.remove();
      resolve(Boolean(key));
    });
  });
}

/** Shows the key's button, and takes up the key of before. */
export function beginKey() {
  key = stored();
  byID("key-button").classList.remove("absent");
  byID("key-button").addEventListener("click", () => askForKey());
  onLanguage(show);
}
