/** Reports: use by day, the log of requests, the ledger, the audit log. */

import { each } from "./admin-client.js";
import { heading } from "./admin-dialogs.js";
import { byAccount, byDay, byKey, byState, byStatus, filters, nameOf } from "./admin-filters.js";
import { at, column, json, list, number, seconds, state, text, word } from "./admin-tables.js";
import { daysUpTo, drawBars } from "./chart.js";
import { make } from "./dom.js";
import { t } from "./language.js";

const dayCount = 31;

const owner = column(nameOf);

const measures = { spent: "Spent", images: "Pictures", requests: "Requests" };
const byMeasure = {
  name: "measure",
  label: "Chart",
  first: measures.spent,
  options: () => ["images", "requests"].map((name) => [name, t(measures[name])]),
};

/** Sums what was used by day. */
async function daily(measure, query) {
  const sums = new Map(daysUpTo(new Date().toISOString().slice(0, 10), dayCount).map((day) => [day, 0]));
  for (const month of new Set([...sums.keys()].map((day) => day.slice(0, 7)))) {
    await each("/usage", { ...query, month }, ({ period, [measure]: value }) => {
      if (sums.has(period)) sums.set(period, sums.get(period) + Number(value));
    });
  }
  return [...sums].map(([day, value]) => ({ day, value, text: String(+value.toFixed(6)) }));
}

/** Shows what was used by day as a chart, and each key's part of it. */
export async function usage(element, { problem, ...address }) {
  const columns = [
    text("Day, UTC", "period"),
    owner("Account", "account"),
    text("Key", "name"),
    text("Id", "key"),
    word("Mode", "mode"),
    number("Requests", "requests"),
    number("Pictures", "images"),
    number("Spent", "spent"),
  ];
  const title = make("h2");
  const chart = make("div", { id: "chart" });
  const content = make("div");
  let bars = [];
  let turn = 0;
  const draw = () => drawBars(chart, bars, title.textContent);
  const load = async ({ measure = "spent", ...given }) => {
    const own = ++turn;
    const query = { ...given, by: "day" };
    const both = [list(t("Usage by day"), "/usage", query, columns, problem), daily(measure, query)];
    const found = await Promise.all(both).catch(problem);
    if (!found || own !== turn) return;
    content.replaceChildren(found[0].element);
    bars = found[1];
    const total = +bars.reduce((sum, { value }) => sum + value, 0).toFixed(6);
    const values = { name: t(measures[measure]), total, count: dayCount };
    title.textContent = t("{name} by day, {total} together in {count} days", values);
    draw();
  };
  const chosen = await filters([byAccount, byKey, byMeasure], address, load);
  element.replaceChildren(heading("Usage"), chosen, make("section", { class: "card" }, title, chart), content);
  new ResizeObserver(draw).observe(chart);
}

const report = (title, path, fields, columns) => async (element, { problem, ...address }) => {
  const content = make("div");
  let turn = 0;
  const load = async (query) => {
    const own = ++turn;
    const found = await list(t(title), path, query, columns, problem).catch(problem);
    if (found && own === turn) content.replaceChildren(found.element);
  };
  element.replaceChildren(heading(title), await filters(fields, address, load), content);
};

export const requests = report("Requests", "/requests", [byAccount, byKey, byState, byStatus, byDay], [
  at("Admitted, UTC", "admitted"),
  owner("Key", "key"),
  text("Route", "route"),
  state("State", "state"),
  number("Status", "status"),
  text("Outcome", "outcome"),
  seconds("Waited, s", "queue_seconds"),
  seconds("Rendered, s", "render_seconds"),
  seconds("In all, s", "seconds"),
  number("Charged", "charged"),
  owner("Account", "account"),
  text("Id", "id"),
  text("Node", "node"),
]);

export const ledger = report("Ledger", "/ledger", [byAccount, byKey, byDay], [
  number("No.", "sequence"),
  at("Time, UTC", "at"),
  owner("Account", "account"),
  word("Kind", "kind"),
  number("Amount", "amount"),
  number("Pictures", "images"),
  owner("Key", "key"),
  text("Request", "request"),
  text("Note", "note"),
]);

export const audit = report("Audit log", "/audit", [byDay], [
  number("No.", "sequence"),
  at("Time, UTC", "at"),
  text("Who", "actor"),
  text("What", "action"),
  text("Of", "subject"),
  json("Before", "before"),
  json("After", "after"),
]);
