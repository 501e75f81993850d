/** Reports: use by day, the log of requests, the ledger, the audit log. */

import { each } from "./admin-client.js";
import { at, number, record, seconds, state, text, word } from "./admin-columns.js";
import { heading } from "./admin-dialogs.js";
import { byAccount, byDay, byKey, byState, byStatus, filters } from "./admin-filters.js";
import { list } from "./admin-tables.js";
import { daysUpTo, drawBars } from "./chart.js";
import { make } from "./dom.js";
import { t } from "./language.js";

const dayCount = 31;

async function spending() {
  const sums = new Map(daysUpTo(new Date().toISOString().slice(0, 10), dayCount).map((day) => [day, 0]));
  for (const month of new Set([...sums.keys()].map((day) => day.slice(0, 7)))) {
    await each("/usage", { by: "day", month }, ({ period, spent }) => {
      if (sums.has(period)) sums.set(period, sums.get(period) + Number(spent));
    });
  }
  return [...sums].map(([day, value]) => ({ day, value, text: value.toFixed(3) }));
}

/** Shows what was spent by day, and the use of each key. */
export async function usage(element, { problem }) {
  const columns = [
    text("Day, UTC", "period"),
    text("Account", "account"),
    text("Key", "name"),
    text("Id", "key"),
    word("Mode", "mode"),
    number("Requests", "requests"),
    number("Pictures", "images"),
    number("Spent", "spent"),
  ];
  const chart = make("div", { class: "card", id: "chart" });
  const table = await list(t("Usage by day"), "/usage", { by: "day" }, columns, problem);
  const bars = await spending();
  const total = bars.reduce((sum, bar) => sum + bar.value, 0).toFixed(3);
  element.replaceChildren(heading("Usage"), chart, table);
  const told = t("Spent by day, {total} together in {count} days", { total, count: dayCount });
  const draw = () => drawBars(chart, bars, told);
  new ResizeObserver(draw).observe(chart);
}

const report = (title, path, fields, columns) => async (element, { problem, ...address }) => {
  const content = make("div");
  let turn = 0;
  const load = async (query) => {
    const own = ++turn;
    const found = await list(t(title), path, query, columns, problem).catch(problem);
    if (found && own === turn) content.replaceChildren(found);
  };
  element.replaceChildren(heading(title), await filters(fields, address, load), content);
};

export const requests = report("Requests", "/requests", [byAccount, byKey, byState, byStatus, byDay], [
  at("Admitted, UTC", "admitted"),
  text("Key", "key"),
  text("Route", "route"),
  state("State", "state"),
  number("Status", "status"),
  text("Outcome", "outcome"),
  seconds("Waited, s", "queue_seconds"),
  seconds("Rendered, s", "render_seconds"),
  seconds("In all, s", "seconds"),
  number("Charged", "charged"),
  text("Account", "account"),
  text("Id", "id"),
  text("Node", "node"),
]);

export const ledger = report("Ledger", "/ledger", [byAccount, byKey, byDay], [
  number("No.", "sequence"),
  at("Time, UTC", "at"),
  text("Account", "account"),
  word("Kind", "kind"),
  number("Amount", "amount"),
  number("Pictures", "images"),
  text("Key", "key"),
  text("Request", "request"),
  text("Note", "note"),
]);

export const audit = report("Audit log", "/audit", [byDay], [
  number("No.", "sequence"),
  at("Time, UTC", "at"),
  text("Who", "actor"),
  text("What", "action"),
  text("Of", "subject"),
  record("Before", "before"),
  record("After", "after"),
]);
