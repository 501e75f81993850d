/** Headings, buttons and dialogs of the dashboard: forms, confirmations, and the token that is shown once. */

import { make } from "./dom.js";

/** The head of a view. */
export const heading = (title, ...more) => make("div", { class: "row head" }, make("h1", {}, title), ...more);

/** A button whose action may fail. */
export function button(label, action, onProblem) {
  const act = async () => action();
  return make("button", { type: "button", class: "button", click: () => act().catch(onProblem) }, label);
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
  const choices = options?.map((option) => make("option", { value: option }, option));
  const control = options
    ? make("select", { id, ...attributes }, ...choices)
    : make("input", { id, autocomplete: "off", ...attributes });
  return make("div", {}, make("label", { class: "label", for: id }, label), control);
}

function ask(title, content, action, act) {
  const complaint = make("p", { class: "note error", role: "alert" });
  const cancel = make("button", { type: "submit", class: "button last", formnovalidate: true }, "Cancel");
  const go = make("button", { type: "submit", class: "button main" }, action);
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
export const confirm = (title, text, action, act) => ask(title, [make("p", { class: "muted" }, text)], action, act);

/** Shows a key's token, this once. */
export function showToken({ name, token }) {
  const secret = make("p", { class: "secret", tabindex: "0" }, token);
  const copy = make("button", { type: "button", class: "button last" }, "Copy");
  copy.addEventListener("click", async () => {
    getSelection().selectAllChildren(secret);
    await navigator.clipboard?.writeText(token);
    copy.textContent = navigator.clipboard ? "Copied" : "Selected";
  });
  const why = make("p", { class: "muted" }, "It is shown this once, and kept nowhere.");
  open(`The token of ${name}`, [why, secret], copy, make("button", { type: "submit", class: "button main" }, "Done"));
}
