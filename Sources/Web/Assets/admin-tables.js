/** Tables of records, page by page, and the same as CSV. */

import { get } from "./admin-client.js";
import { make } from "./dom.js";

/** Records of a page, on the screen and of a file. */
const [pageSize, filePageSize] = [50, 1000];

function cell({ value, kind }, record) {
  const content = value(record) ?? "–";
  return make("td", { class: kind, title: kind === "text" && content.length > 40 && content }, content);
}

/** Quotes a cell, and keeps a spreadsheet from computing it. */
function quoted(content) {
  const text = content instanceof Node ? content.textContent : (content ?? "");
  const isComputed = /^[=+\-@\t\r]/.test(text) && !/^-?[\d.]+$/.test(text);
  const safe = isComputed ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

async function saveCSV(path, query, columns) {
  const told = columns.filter((column) => column.title);
  const lines = [told.map((column) => quoted(column.title))];
  let after;
  do {
    const page = await get(path, { ...query, after, limit: filePageSize });
    for (const record of page.data) lines.push(told.map(({ plain, value }) => quoted((plain ?? value)(record))));
    after = page.next;
  } while (after);
  const text = lines.map((line) => `${line.join(",")}\r\n`).join("");
  const link = make("a", { download: `iris${path.replaceAll("/", "-")}.csv` });
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.click();
  URL.revokeObjectURL(link.href);
}

/** A table with a line of titles. */
export function table(caption, columns, body) {
  const titles = columns.map(({ title, kind }) =>
    title ? make("th", { scope: "col", class: kind }, title) : make("td", { class: kind }),
  );
  const content = make("table", { "aria-label": caption }, make("thead", {}, make("tr", {}, ...titles)), body);
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, content);
}

/** Makes the lines of records. */
export const lines = (columns, records) =>
  records.map((record) => make("tr", {}, ...columns.map((column) => cell(column, record))));

/** A list of the API, whose next pages come when they are asked for. */
export async function list(caption, path, query, columns, onProblem) {
  const body = make("tbody");
  const more = make("button", { type: "button", class: "button" }, "More");
  const save = make("button", { type: "button", class: "button last" }, "CSV");
  const none = make("p", { class: "none" }, "Nothing here.");
  let after;
  const load = async () => {
    const page = await get(path, { ...query, after, limit: pageSize });
    body.append(...lines(columns, page.data));
    after = page.next;
    more.hidden = !page.has_more;
    none.hidden = body.childElementCount > 0;
    save.disabled = !none.hidden;
  };
  more.addEventListener("click", () => load().catch(onProblem));
  save.addEventListener("click", () => saveCSV(path, query, columns).catch(onProblem));
  await load();
  const foot = make("div", { class: "row foot" }, more, save);
  return make("div", { class: "card" }, table(caption, columns, body), none, foot);
}
