/** What the service does at the moment. */

import { get } from "./admin-client.js";
import { badge, number, text } from "./admin-columns.js";
import { lines, table } from "./admin-tables.js";
import { button, heading } from "./admin-dialogs.js";
import { make } from "./dom.js";

/** Milliseconds between two looks. */
const period = 2000;

const megabytes = (bytes) => `${Math.round(bytes / 1e6).toLocaleString("en")} MB`;

function card(title, figure, note) {
  const told = make("p", { class: "small muted" }, note);
  return make("div", { class: "card" }, make("h2", {}, title), make("p", { class: "figure" }, figure), told);
}

function count(caption, columns, records) {
  return make("div", { class: "card" }, table(caption, columns, make("tbody", {}, ...lines(columns, records))));
}

const underWay = [
  text("Render", "id"),
  text("Key", "key"),
  text("Route", "route"),
  text("Size", "size"),
  text("Phase", "phase"),
  number("Step", "step"),
  number("of", "steps"),
  number("Seconds", "seconds"),
];

function draw(element, { renders_in_progress, queue, memory, renders, model, version, commit, requests, refusals }) {
  const mean = renders.count ? `${(renders.seconds / renders.count).toFixed(2)} s each on average` : "none yet";
  const amount = number("Requests", "count");
  const refused = Object.entries(refusals).map(([code, count]) => ({ code, count }));
  element.replaceChildren(
    make(
      "div",
      { class: "cards" },
      card("Rendering", String(queue.running), `of ${queue.slots} at once`),
      card("Waiting", String(queue.waiting), `empty in about ${Math.ceil(queue.seconds_until_empty)} s`),
      card("Renders", renders.count.toLocaleString("en"), mean),
      card("Memory reserved", megabytes(memory.reserved_bytes), `of ${megabytes(memory.limit_bytes)}`),
      card("Model", model.id, model.loras.length ? `styles: ${model.loras.join(", ")}` : "no styles"),
      card("Version", version, commit),
    ),
    ...(renders_in_progress.length ? [count("Renders in progress", underWay, renders_in_progress)] : []),
    count("Requests since the start", [text("Route", "route"), number("Status", "status"), amount], requests),
    ...(refused.length ? [count("Refusals since the start", [text("Refused", "code"), amount], refused)] : []),
  );
}

/** Shows the state, again and again. */
export async function status(element, { problem, isShown }) {
  const check = button("Prove the ledger", async () => {
    const { sound, findings } = await get("/check");
    check.textContent = sound ? "The ledger is sound" : "The ledger is not sound";
    if (!sound) problem(new Error(findings.join("; ")));
  }, problem);
  const readiness = badge("…");
  const now = make("div", { class: "now" });
  check.classList.add("last");
  element.replaceChildren(heading("Status", readiness, check), now);
  const look = async () => {
    try {
      const found = await get("/status");
      draw(now, found);
      readiness.textContent = found.ready ? "ready" : "not ready";
    } finally {
      // Also after a look that failed.
      setTimeout(() => isShown() && look().catch(problem), period);
    }
  };
  await look();
}
