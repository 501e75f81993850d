/** Columns of tables: a title, and what a record has there. */

import { t } from "./language.js";

/** A time to the second, in UTC as everything is counted. */
const time = (text) => (text ? text.slice(0, 19).replace("T", " ") : undefined);

/** A word for a state; those that refuse something stand out. */
export function badge(word) {
  const isBad = ["suspended", "revoked", "expired", "refunded", "not ready", "gone"].includes(word);
  const element = document.createElement("span");
  element.className = isBad ? "state bad" : "state";
  element.textContent = t(word);
  return element;
}

export const text = (title, name) => ({ title, kind: "text", value: (record) => record[name] });
export const word = (title, name) => ({ title, kind: "text", value: (record) => t(record[name]) });
export const number = (title, name) => ({ title, kind: "number", value: (record) => record[name]?.toString() });
export const seconds = (title, name) => ({ title, kind: "number", value: (record) => record[name]?.toFixed(3) });
export const at = (title, name) => ({ title, kind: "text", value: (record) => time(record[name]) });
export const state = (title, name) => ({ title, kind: "text", value: (record) => badge(record[name]) });

/** A record of its own, as JSON. */
export const record = (title, name) => ({
  title,
  kind: "text",
  value: (record) => record[name] && JSON.stringify(record[name]),
});

/** Buttons, at the end of each line and always in sight. */
export const actions = (make) => ({ title: "", kind: "actions", value: make });
