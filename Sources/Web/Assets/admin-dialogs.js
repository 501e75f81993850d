/** Headings, buttons and dialogs of the dashboard: forms, confirmations, and the token that is shown once. */

import { make } from "./dom.js";
import { t } from "./language.js";

/** The head of a view. */
export const heading = (title, ...more) => make("div", { class: "row head" }, make("h1", {}, t(title)), ...more);

/** Options of a choice: words, or values with their names. */
export const optionsOf = (all) =>
  all.map((each) => {
    const [value, name] = Array.isArray(each) ? each : [each, t(each)];
    return make("option", { value }, name);
  });

/** A button whose action may fail. */
export function button(label, action, onProblem) {
  const act = async () => action();
  return make("button", { type: "button", class: "button", click: () => act().catch(onProblem) }, t(label));
}

function open(title, content, ...buttons) {
  const row = make("div", { class: "row" }, ...buttons);
  const body = make("form", { method: "dialog" }, make("h2", {}, title), ...content, row);
  const element = make("dialog", { "aria-label": title, close: () => element.remove() }, body);
  document.body.append(element);
  element.showModal();
  return element;
}

function field({ label, options, ...attributes }, index) {
  const id = `field-${index}`;
  const control = options
    ? make("select", { id, ...attributes }, ...optionsOf(options))
    : make("input", { id, autocomplete: "off", ...attributes });
  return make("div", {}, make("label", { class: "label", for: id }, t(label)), control);
}

function ask(title, content, action, act) {
  const complaint = make("p", { class: "note error", role: "alert" });
  const cancel = make("button", { type: "submit", class: "button last", formnovalidate: true }, t("Cancel"));
  const go = make("button", { type: "submit", class: "button main" }, t(action));
  complaint.hidden = true;
  const element = open(title, [...content, complaint], cancel, go);
  element.firstChild.addEventListener("submit", async (event) => {
    if (event.submitter === cancel) return;
    event.preventDefault();
    const given = [...new FormData(event.target)].filter(([, value]) => value !== "");
    try {
      await act(Object.fromEntries(given));
      element.close();
    } catch (error) {
      complaint.textContent = error.message || error.code;
      complaint.hidden = false;
    }
  });
}

/** Asks for fields, and acts on what was given; a failure stays in the dialog. */
export const form = (title, fields, action, act) => ask(title, fields.map(field), action, act);

/** Asks whether something is meant. */
export const confirm = (title, text, action, act) => ask(title, [make("p", { class: "muted" }, t(text))], action, act);

/** Shows a key's token, this once. */
export function showToken({ name, token }) {
  const secret = make("p", { class: "secret", tabindex: "0" }, token);
  const copy = make("button", { type: "button", class: "button last" }, t("Copy"));
  copy.addEventListener("click", async () => {
    getSelection().selectAllChildren(secret);
    await navigator.clipboard?.writeText(token);
    copy.textContent = t(navigator.clipboard ? "Copied" : "Selected");
  });
  const why = make("p", { class: "muted" }, t("It is shown this once, and kept nowhere."));
  const done = make("button", { type: "submit", class: "button main" }, t("Done"));
  open(t("The token of {name}", { name }), [why, secret], copy, done);
}
