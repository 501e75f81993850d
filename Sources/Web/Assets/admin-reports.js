/** Reports: use by day, the log of requests, the ledger, the audit log. */

import { each } from "./admin-client.js";
import { at, number, record, state, text } from "./admin-columns.js";
import { heading } from "./admin-dialogs.js";
import { list } from "./admin-tables.js";
import { daysUpTo, drawBars } from "./chart.js";
import { make } from "./dom.js";

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
    text("Mode", "mode"),
    number("Requests", "requests"),
    number("Pictures", "images"),
    number("Spent", "spent"),
  ];
  const chart = make("div", { class: "card", id: "chart" });
  const table = await list("Usage by day", "/usage", { by: "day" }, columns, problem);
  const bars = await spending();
  const total = bars.reduce((sum, bar) => sum + bar.value, 0).toFixed(3);
  element.replaceChildren(heading("Usage"), chart, table);
  const draw = () => drawBars(chart, bars, `Spent by day, ${total} together in ${dayCount} days`);
  new ResizeObserver(draw).observe(chart);
}

const report = (title, path, columns) => async (element, { problem }) =>
  element.replaceChildren(heading(title), await list(title, path, {}, columns, problem));

export const requests = report("Requests", "/requests", [
  at("Admitted, UTC", "admitted"),
  text("Id", "id"),
  text("Key", "key"),
  text("Account", "account"),
  text("Route", "route"),
  state("State", "state"),
  number("Status", "status"),
  text("Outcome", "outcome"),
  number("Waited, s", "queue_seconds"),
  number("Rendered, s", "render_seconds"),
  number("In all, s", "seconds"),
  number("Charged", "charged"),
  text("Node", "node"),
]);

export const ledger = report("Ledger", "/ledger", [
  number("No.", "sequence"),
  at("Time, UTC", "at"),
  text("Account", "account"),
  text("Kind", "kind"),
  number("Amount", "amount"),
  number("Pictures", "images"),
  text("Key", "key"),
  text("Request", "request"),
  text("Note", "note"),
]);

export const audit = report("Audit log", "/audit", [
  number("No.", "sequence"),
  at("Time, UTC", "at"),
  text("Who", "actor"),
  text("What", "action"),
  text("Of", "subject"),
  record("Before", "before"),
  record("After", "after"),
]);
