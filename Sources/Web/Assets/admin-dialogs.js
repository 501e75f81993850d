/** Headings, buttons and dialogs of the dashboard: forms, confirmations, and the token that is shown once. */

import { make, once } from "./dom.js";
import { t } from "./language.js";

/** The head of a view. */
export const heading = (title, ...more) => make("div", { class: "row head" }, make("h1", {}, t(title)), ...more);

/** Options of a choice: words, or values with their names. */
export const optionsOf = (all) =>
  all.map((each) => {
    const [value, name] = Array.isArray(each) ? each : [each, t(each)];
    return make("option", { value }, name);
  });

/** Why something failed, in words. */
export const reason = ({ code, message }) =>
  code === "unreachable" ? t("The service cannot be reached.") : message || code;

/** A button whose action may fail. The second half of a double click is none of its own. */
export function button(label, action, onProblem) {
  const act = once(async () => action());
  const click = ({ detail }) => detail > 1 || act().catch(onProblem);
  return make("button", { type: "button", class: "button", click }, t(label));
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

/** Acts on what is given, and tells what was made of it once the focus is back. */
async function ask(title, content, action, act, done) {
  const complaint = make("p", { class: "note error", role: "alert" });
  const cancel = make("button", { type: "button", class: "button last", click: () => element.close() }, t("Cancel"));
  const go = make("button", { type: "submit", class: "button main" }, t(action));
  complaint.hidden = true;
  const element = open(title, [...content, complaint], cancel, go);
  const made = await new Promise((resolve, reject) => {
    let isSending = false;
    const send = once(async (given) => {
      isSending = true;
      try {
        resolve(await act(Object.fromEntries(given)));
        element.close();
      } catch (error) {
        if (error.code === "authentication_error") element.close();
        if (!element.open) reject(error);
        complaint.textContent = reason(error);
        complaint.hidden = isSending = false;
      }
    });
    element.addEventListener("close", () => isSending || resolve());
    element.firstChild.addEventListener("submit", (event) => {
      event.preventDefault();
      send([...new FormData(event.target)].filter(([, value]) => value !== ""));
    });
  });
  if (made) done(made);
}

/** Asks for fields, and acts on what was given; a failure stays in the dialog. */
export const form = (title, fields, ...rest) => ask(title, fields.map(field), ...rest);

/** Asks whether something is meant. */
export const confirm = (title, text, ...rest) => ask(title, [make("p", { class: "muted" }, t(text))], ...rest);

/** Shows a key's token, this once. */
export function showToken({ name, token }) {
  const secret = make("p", { class: "secret", tabindex: "0" }, token);
  const click = async () => {
    getSelection().selectAllChildren(secret);
    await navigator.clipboard?.writeText(token);
    copy.textContent = t(navigator.clipboard ? "Copied" : "Selected");
  };
  const copy = make("button", { type: "button", class: "button last", click }, t("Copy"));
  const why = make("p", { class: "muted" }, t("It is shown this once, and kept nowhere."));
  const done = make("button", { type: "submit", class: "button main" }, t("Done"));
  open(t("The token of {name}", { name }), [why, secret], copy, done);
}
