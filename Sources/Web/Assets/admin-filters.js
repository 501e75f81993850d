/** Filters above a list, which narrow what it asks for; the page's address keeps them. */

import { each } from "./admin-client.js";
import { optionsOf } from "./admin-dialogs.js";
import { make } from "./dom.js";
import { t } from "./language.js";

/** Milliseconds of a day. */
const day = 86_400_000;

/** The names of accounts and keys by their ids. */
const names = new Map();

/** The name of an account or a key that is known; else its id. */
export const nameOf = (id) => names.get(id) ?? id;

/** Returns the ids and names of all accounts or keys. */
export async function named(path) {
  const all = [];
  await each(path, {}, ({ id, name }) => all.push([id, name]));
  for (const [id, name] of all) names.set(id, name);
  return all;
}

export const byAccount = { name: "account", label: "Account", options: () => named("/accounts") };
export const byKey = { name: "key", label: "Key", options: () => named("/keys") };
export const byDay = { name: "day", label: "Day, UTC", type: "date" };
export const byState = { name: "state", label: "State", options: () => ["reserved", "settled", "refunded"] };
export const byStatus = { name: "status", label: "Status", type: "number", min: 100, max: 599, placeholder: "200" };

/** Returns the query for what was given: a day is the time from its beginning to that of the next. */
function queryOf(given) {
  const { day: date, ...query } = Object.fromEntries(given);
  if (!date) return query;
  return { ...query, since: date, until: new Date(Date.parse(date) + day).toISOString().slice(0, 10) };
}

async function control({ label, options, first = "all", ...attributes }, value) {
  const id = `filter-${attributes.name}`;
  const all = [["", t(first)]];
  const input = options
    ? make("select", { id, ...attributes }, ...optionsOf([...all, ...(await options())]))
    : make("input", { id, ...attributes });
  input.value = value;
  return make("div", {}, make("label", { class: "label", for: id }, t(label)), input);
}

/** Makes the filters, and calls back with the query at once and whenever it changes. */
export async function filters(fields, { given, keep }, apply) {
  const controls = await Promise.all(fields.map((field) => control(field, given.get(field.name) ?? "")));
  const reset = make("button", { type: "reset", class: "plain" }, t("Clear filters"));
  const form = make("form", { class: "row filters", "aria-label": t("Filters") }, ...controls, reset);
  const change = () => {
    if (!form.checkValidity()) return form.reportValidity();
    const chosen = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    reset.disabled = chosen.size === 0;
    keep(chosen);
    return apply(queryOf(chosen));
  };
  form.addEventListener("change", change);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    for (const { lastChild: input } of controls) input.value = "";
    // The button goes out.
    controls[0].lastChild.focus();
    change();
  });
  await change();
  return form;
}
