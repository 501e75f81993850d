/** What the service does at the moment. */

import { get } from "./admin-client.js";
import { at, badge, number, seconds, text, word } from "./admin-columns.js";
import { button, heading } from "./admin-dialogs.js";
import { lines, table } from "./admin-tables.js";
import { make } from "./dom.js";
import { language, t } from "./language.js";

/** Milliseconds between two looks. */
const period = 2000;

const count = (value) => value.toLocaleString(language);
const megabytes = (bytes) => `${count(Math.round(bytes / 1e6))} MB`;

function card(title, figure, note) {
  const told = make("p", { class: "small muted" }, note);
  return make("div", { class: "card" }, make("h2", {}, t(title)), make("p", { class: "figure" }, figure), told);
}

/** A part of the page that is drawn anew when what it shows has changed, and else left to be read and copied. */
function part(draw) {
  const element = make("div", { class: "now" });
  let before;
  const show = (...data) => {
    const now = JSON.stringify(data);
    if (now !== before) element.replaceChildren(...draw(...data));
    before = now;
  };
  return { element, show };
}

function records(title, columns, found) {
  const body = make("tbody", {}, ...lines(columns, found));
  return make("section", { class: "card" }, make("h2", {}, t(title)), table(t(title), columns, body));
}

const underWay = [
  text("Render", "id"),
  text("Key", "key"),
  text("Route", "route"),
  text("Size", "size"),
  word("Phase", "phase"),
  number("Step", "step"),
  number("of", "steps"),
  seconds("Seconds", "seconds"),
];
const inTheStore = [
  text("Node", "id"),
  { title: "State", kind: "text", value: ({ alive }) => badge(alive ? "alive" : "gone") },
  at("Last seen, UTC", "last_seen"),
  number("Starts", "starts"),
  number("Requests in progress", "open_requests"),
];
const amount = number("Requests", "count");

function figures({ queue, memory, renders, version, commit }) {
  const mean = renders.count && (renders.seconds / renders.count).toFixed(2);
  const wait = Math.ceil(queue.seconds_until_empty);
  const limit = megabytes(memory.limit_bytes);
  return [
    make(
      "div",
      { class: "cards" },
      card("Rendering", count(queue.running), t("of {count} at once", { count: queue.slots })),
      card("Waiting", count(queue.waiting), t("empty in about {count} s", { count: wait })),
      card("Renders", count(renders.count), mean ? t("{mean} s each on average", { mean }) : t("none yet")),
      card("Memory reserved", megabytes(memory.reserved_bytes), t("of {limit}", { limit })),
      card("Version", version, commit),
    ),
  ];
}

function modelFacts({ id, aliases, loaded, price, hash, precision, products, loras, unusable_loras: unusable, cache }) {
  const facts = {
    Name: [id, ...aliases].join(", "),
    State: t(loaded ? "loaded" : "not loaded"),
    "Price of an image": price,
    Hash: hash,
    Precision: precision,
    Products: products,
    Styles: loras.join(", ") || t("none"),
    "Unusable styles": unusable.map(({ name, reason }) => `${name}: ${reason}`).join("; "),
    Cache: t("{hits} hits, {misses} misses, {size}", { ...cache, size: megabytes(cache.bytes) }),
  };
  const told = Object.entries(facts).filter(([, value]) => value);
  const list = told.map(([name, value]) => make("div", {}, make("dt", {}, t(name)), make("dd", {}, value)));
  return make("section", { class: "card" }, make("h2", {}, t("Model")), make("dl", {}, ...list));
}

function sums(requests, refusals) {
  const refused = Object.entries(refusals).map(([code, count]) => ({ code, count }));
  const columns = [text("Route", "route"), number("Status", "status"), amount];
  const routes = records("Requests since the start", columns, requests);
  if (!refused.length) return [routes];
  return [routes, records("Refusals since the start", [text("Refused", "code"), amount], refused)];
}

/** Shows the state, again and again. */
export async function status(element, { problem, isShown }) {
  const check = button("Prove the ledger", async () => {
    const { sound, findings } = await get("/check");
    check.textContent = t(sound ? "The ledger is sound" : "The ledger is not sound");
    if (!sound) problem(new Error(findings.join("; ")));
  }, problem);
  check.classList.add("last");
  const readiness = part((isReady) => [badge(isReady ? "ready" : "not ready")]);
  const now = part(figures);
  const renders = part((found) => (found.length ? [records("Renders in progress", underWay, found)] : []));
  const models = part((found) => found.map(modelFacts));
  const nodes = part((found) => [records("Nodes", inTheStore, found)]);
  const since = part(sums);
  const parts = [now, renders, models, nodes, since].map((each) => each.element);
  element.replaceChildren(heading("Status", readiness.element, check), ...parts);
  const look = async () => {
    try {
      const [found, store] = await Promise.all([get("/status"), get("/nodes")]);
      now.show(found);
      renders.show(found.renders_in_progress);
      models.show(found.models);
      nodes.show(store.data);
      since.show(found.requests, found.refusals);
      readiness.show(found.ready);
    } finally {
      // Also after a look that failed.
      setTimeout(() => isShown() && look().catch(problem), period);
    }
  };
  await look();
}
