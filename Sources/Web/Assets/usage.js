/** What a key has used of what it may, for its owner. */

import { daysUpTo, drawBars } from "./chart.js";
import { read } from "./client.js";
import { byID, icon, make } from "./dom.js";
import { code, detail, explain } from "./errors.js";
import { askForKey, beginKey, key, onKey } from "./key.js";
import { language, onLanguage, t } from "./language.js";

const dayCount = 31;

let service = { currency: "" };
let use = null;

const count = (value) => value.toLocaleString(language);

function meter(id, value, limit, text) {
  const bar = byID(`${id}-bar`);
  bar.max = Math.max(Number(limit), 1e-9);
  bar.value = Number(value);
  bar.toggleAttribute("data-full", Number(value) >= Number(limit));
  byID(id).replaceChildren(text(value), make("small", {}, ` ${t("of", { limit: text(limit) })}`));
}

function days() {
  const today = new Date().toISOString().slice(0, 10);
  const known = new Map(use.days.map((each) => [each.day, each]));
  const none = { requests: 0, images: 0, spent: "0.00" };
  return daysUpTo(today, dayCount).map((day) => ({ day, ...(known.get(day) ?? none) }));
}

function drawDays() {
  const measure = byID("measure").value;
  const name = byID("measure").selectedOptions[0].textContent;
  const unit = measure === "spent" ? ` ${service.currency}` : "";
  const bars = days().map((each) => ({ day: each.day, value: Number(each[measure]), text: `${each[measure]}${unit}` }));
  const total = bars.reduce((sum, bar) => sum + bar.value, 0);
  drawBars(byID("chart"), bars, t("chart", { name, total: +total.toFixed(6), unit }));
  const cell = (text) => make("td", {}, text);
  const row = (each) =>
    make("tr", {}, cell(each.day), cell(count(each.requests)), cell(count(each.images)), cell(each.spent));
  byID("rows").replaceChildren(...[...use.days].reverse().map(row));
}

function draw() {
  if (!use) return;
  const { limits, name, prefix, mode, expires } = use.key;
  const parts = [`${prefix}…`];
  if (mode === "test") parts.push(t("testKey"));
  if (expires) parts.push(t("expires", { day: expires.slice(0, 10) }));
  byID("key-name").textContent = byID("key-name").title = name;
  byID("key-facts").textContent = parts.join(" · ");
  meter("minute", use.now.requests_in_minute, limits.rpm, count);
  meter("day", use.now.requests_today, limits.rpd, count);
  meter("once", use.now.in_progress, limits.concurrent, count);
  meter("month", use.now.month_spent, limits.monthly_cap, String);
  byID("credit").replaceChildren(use.now.credit, make("small", {}, ` ${service.currency}`));
  byID("credit-note").textContent = t("price", service);
  drawDays();
}

function complain(error) {
  const said = make("div", { class: "small", lang: "en" }, detail(error));
  const lines = make("div", {}, make("div", {}, explain(error)), said, make("code", {}, code(error)));
  byID("problem").replaceChildren(make("div", { class: "note error", role: "alert" }, icon("error"), lines));
}

async function load() {
  byID("problem").replaceChildren();
  if (!key) return askForKey();
  try {
    use = await read("/v1/usage", key);
    draw();
  } catch (error) {
    complain(error);
  }
}

async function begin() {
  byID("measure").addEventListener("change", () => use && drawDays());
  byID("refresh").addEventListener("click", load);
  addEventListener("resize", () => use && drawDays());
  onLanguage(draw);
  onKey(() => key && load());
  service = await read("/assets/service.json");
  beginKey();
  await load();
}

begin().catch(complain);
