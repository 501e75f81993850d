/** Tables of records, page by page. */

import { fileOf, get } from "./admin-client.js";
import { make } from "./dom.js";
import { t } from "./language.js";

/** Records of a page. */
const pageSize = 50;

function cell({ value, kind }, record) {
  const content = value(record) ?? "–";
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

/** Makes the lines of records. */
export const lines = (columns, records) =>
  records.map((record) => make("tr", {}, ...columns.map((column) => cell(column, record))));

/** A list of the API, whose next pages come when they are asked for; the service has all of it as a file. */
export async function list(caption, path, query, columns, onProblem) {
  const body = make("tbody");
  const more = make("button", { type: "button", class: "button" }, t("More"));
  const save = make("a", { class: "button last", download: "", href: fileOf(path, query) }, "CSV");
  const none = make("p", { class: "none" }, t("Nothing here."));
  let after;
  const load = async () => {
    const page = await get(path, { ...query, after, limit: pageSize });
    body.append(...lines(columns, page.data));
    after = page.next;
    more.hidden = !page.has_more;
    none.hidden = body.childElementCount > 0;
    save.hidden = !none.hidden;
  };
  more.addEventListener("click", () => load().catch(onProblem));
  await load();
  const foot = make("div", { class: "row foot" }, more, save);
  return make("div", { class: "card" }, table(caption, columns, body), none, foot);
}
