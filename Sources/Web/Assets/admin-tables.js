/** Tables of records, page by page, and their columns: a title, and what a record has there. */

import { fileOf, get } from "./admin-client.js";
import { button } from "./admin-dialogs.js";
import { make } from "./dom.js";
import { t } from "./language.js";

/** Records of a page. */
const pageSize = 50;

/** A word for a state; those that refuse something stand out. */
export function badge(word) {
  const isBad = ["suspended", "revoked", "expired", "refunded", "not ready", "gone"].includes(word);
  return make("span", { class: isBad ? "state bad" : "state" }, t(word));
}

/** A kind of columns, by how they show a member of a record. */
export const column =
  (show, kind = "text") =>
  (title, name) => ({ title, kind, value: (record) => show(record[name]) });

export const text = column((value) => value);
export const word = column((value) => t(value));
export const number = column((value) => value?.toString(), "number");
export const seconds = column((value) => value?.toFixed(3), "number");
/** A time to the second, in UTC as everything is counted. */
export const at = column((value) => value?.slice(0, 19).replace("T", " "));
export const state = column(badge);
/** A record of its own, as JSON. */
export const json = column((value) => value && JSON.stringify(value));

/** Buttons, at the end of each line and always in sight. */
export const actions = (make) => ({ title: "", kind: "actions", value: make });

function cell({ value, kind }, record, renew) {
  const content = value(record, renew) ?? "–";
  return make("td", { class: kind, title: kind === "text" && content.length > 40 && content }, content);
}

/** A table with a line of titles. */
export function table(caption, columns, body) {
  const titles = columns.map(({ title, kind }) =>
    title ? make("th", { scope: "col", class: kind }, t(title)) : make("td", { class: kind }),
  );
  const content = make("table", { "aria-label": caption }, make("thead", {}, make("tr", {}, ...titles)), body);
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, content);
}

function focus(line) {
  line.tabIndex = -1;
  line.focus();
}

/** Makes the line of a record; its columns may renew it, which keeps the focus in it. */
function lineOf(columns, record) {
  const controls = (line) => [...line.querySelectorAll("button, input")];
  const renew = (changed) => {
    const held = controls(line).indexOf(document.activeElement);
    const next = lineOf(columns, changed);
    line.replaceWith(next);
    if (held < 0) return;
    const control = controls(next)[held];
    if (control) control.focus();
    else focus(next);
  };
  const line = make("tr", {}, ...columns.map((column) => cell(column, record, renew)));
  return line;
}

/** Makes the lines of records. */
export const lines = (columns, records) => records.map((record) => lineOf(columns, record));

/**
 * A list of the API, whose next pages come when they are asked for; the service has all of it as a file. Returns its
 * element, and what adds a record that was made just now: in sight, at the top.
 */
export async function list(caption, path, query, columns, onProblem) {
  const body = make("tbody");
  const save = make("a", { class: "button last", download: "", href: fileOf(path, query) }, "CSV");
  const none = make("p", { class: "none" }, t("Nothing here."));
  const added = new Set();
  let after;
  const show = () => {
    none.hidden = body.childElementCount > 0;
    save.hidden = !none.hidden;
  };
  const load = async () => {
    const page = await get(path, { ...query, after, limit: pageSize });
    const next = lines(columns, page.data.filter(({ id }) => !added.has(id)));
    body.append(...next);
    after = page.next;
    if (!page.has_more && document.activeElement === more) focus(next[0] ?? body.lastChild);
    more.hidden = !page.has_more;
    show();
  };
  const more = button("More", load, onProblem);
  await load();
  const foot = make("div", { class: "row foot" }, more, save);
  const element = make("div", { class: "card" }, table(caption, columns, body), none, foot);
  const add = (record) => {
    added.add(record.id);
    body.prepend(lineOf(columns, record));
    show();
  };
  return { element, add };
}
