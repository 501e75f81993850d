/** What the service does at the moment. */

import { get } from "./admin-client.js";
import { button, heading } from "./admin-dialogs.js";
import { at, badge, lines, number, seconds, table, text, word } from "./admin-tables.js";
import { announce, make } from "./dom.js";
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
function part(draw, element = make("div", { class: "now" }), place = element) {
  let before;
  const show = (data) => {
    const now = JSON.stringify(data);
    if (now !== before) place.replaceChildren(...draw(data));
    before = now;
  };
  return { element, show };
}

/** A table, which stays where its lines are drawn anew. */
function records(title, columns, kind = "") {
  const body = make("tbody");
  const place = table(t(title), columns, body);
  const element = make("section", { class: `card ${kind}` }, make("h2", {}, t(title)), place);
  return part((found) => lines(columns, found), element, body);
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

/** Shows the state, again and again. */
export async function status(element, { problem, isShown }) {
  const check = button("Prove the ledger", async () => {
    const { sound, findings } = await get("/check");
    check.textContent = t(sound ? "The ledger is sound" : "The ledger is not sound");
    announce(check.textContent);
    if (!sound) problem(new Error(findings.join("; ")));
  }, problem);
  check.classList.add("last");
  const readiness = part((isReady) => [badge(isReady ? "ready" : "not ready")]);
  const now = part(figures);
  // Room for some, so that nothing below them moves as they come and go.
  const renders = records("Renders in progress", underWay, "renders");
  const models = part((found) => found.map(modelFacts));
  const nodes = records("Nodes", inTheStore);
  const requests = records("Requests since the start", [text("Route", "route"), number("Status", "status"), amount]);
  const refusals = records("Refusals since the start", [text("Refused", "code"), amount]);
  const since = make("div", { class: "since" }, requests.element, refusals.element);
  const parts = [now, renders, models, nodes].map((each) => each.element);
  element.replaceChildren(heading("Status", readiness.element, check), ...parts, since);
  const look = async () => {
    const [found, store] = await Promise.all([get("/status"), get("/nodes")]);
    now.show(found);
    renders.show(found.renders_in_progress);
    const { currency } = found.metering;
    models.show(found.models.map((each) => ({ ...each, price: `${each.price} ${currency}` })));
    nodes.show(store.data);
    requests.show(found.requests);
    refusals.show(Object.entries(found.refusals).map(([code, count]) => ({ code, count })));
    readiness.show(found.ready);
  };
  let failure;
  const watch = async () => {
    if (!isShown()) return;
    try {
      await look();
      if (failure) problem(null);
      failure = undefined;
    } catch (error) {
      // Said once, and not at each look.
      if (failure !== error.code) problem(error);
      failure = error.code;
    }
    setTimeout(watch, period);
  };
  await look();
  setTimeout(watch, period);
}
