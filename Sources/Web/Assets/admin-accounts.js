/** Accounts and keys: lists of them, and what can be done with each. */

import { change, each } from "./admin-client.js";
import { actions, at, badge, number, state, text } from "./admin-columns.js";
import { button, confirm, form, heading, showToken } from "./admin-dialogs.js";
import { list } from "./admin-tables.js";
import { make } from "./dom.js";
import { t } from "./language.js";

const name = { label: "Name", name: "name", required: true, maxlength: 200 };
const creditFields = [
  { label: "Amount, negative to take back", name: "amount", required: true, inputmode: "decimal" },
  { label: "What it is for", name: "note", required: true, maxlength: 200 },
];
const accountFields = [name, { label: "First credit", name: "credit", placeholder: "5.00", inputmode: "decimal" }];
const overlapField = { label: "Seconds for which the one before stays valid", name: "overlap_seconds", value: 3600 };

/** Shows all accounts. */
export async function accounts(element, { problem, again }) {
  const open = (given) => change("POST", "/accounts", given).then(again);
  const create = button("New account", () => form(t("New account"), accountFields, "Create", open), problem);
  create.className = "button main last";
  const buttons = ({ id, name, state }) => {
    const isActive = state === "active";
    const move = (given) => change("POST", `/accounts/${id}/credit`, given).then(again);
    const credit = button("Credit", () => form(t("Credit of {name}", { name }), creditFields, "Add", move), problem);
    const turn = button(isActive ? "Suspend" : "Resume", () =>
      change("POST", `/accounts/${id}/${isActive ? "suspend" : "resume"}`).then(again), problem);
    return make("div", { class: "row" }, credit, turn);
  };
  const columns = [
    text("Name", "name"),
    text("Id", "id"),
    state("State", "state"),
    number("Credit", "credit"),
    number("Reserved", "reserved"),
    at("Created, UTC", "created"),
    actions(buttons),
  ];
  element.replaceChildren(heading("Accounts", create), await list(t("Accounts"), "/accounts", {}, columns, problem));
}

/** A limit that is edited in place, and acts on the next request. */
function limit(title, name, problem) {
  const plain = (key) => String(key.limits[name]);
  const save = async (key, input) => {
    const value = name === "monthly_cap" ? input.value : Number(input.value);
    try {
      const changed = await change("PATCH", `/keys/${key.id}`, { [name]: value });
      key.limits = changed.limits;
      problem(null);
    } catch (error) {
      problem(error);
    }
    input.value = plain(key);
  };
  const value = (key) => {
    if (key.revoked) return plain(key);
    const input = make("input", { inputmode: "decimal", "aria-label": `${t(title)}, ${key.name}`, value: plain(key) });
    input.addEventListener("change", () => save(key, input));
    return input;
  };
  return { title, kind: "number", value };
}

function keyState({ revoked, expires, mode }) {
  if (revoked) return "revoked";
  return expires && Date.parse(expires) <= Date.now() ? "expired" : mode;
}

function keyButtons({ id, name, revoked }, { problem, again }) {
  if (revoked) return "";
  const rotate = async ({ overlap_seconds }) => {
    showToken(await change("POST", `/keys/${id}/rotate`, { overlap_seconds: Number(overlap_seconds) }));
    again();
  };
  const warning = "Its requests are refused, for good.";
  const revoke = () => change("POST", `/keys/${id}/revoke`).then(again);
  return make(
    "div",
    { class: "row" },
    button("Rotate", () => form(t("Another token for {name}", { name }), [overlapField], "Rotate", rotate), problem),
    button("Revoke", () => confirm(t("Revoke {name}?", { name }), warning, "Revoke", revoke), problem),
  );
}

async function createKey(again) {
  const owners = [];
  await each("/accounts", {}, ({ id, name }) => owners.push([id, name]));
  const fields = [
    name,
    { label: "Account", name: "account", options: owners },
    { label: "Mode", name: "mode", options: ["live", "test"] },
    { label: "Expires", name: "expires", type: "date" },
  ];
  form(t("New key"), fields, "Create", async (given) => {
    showToken(await change("POST", "/keys", given));
    again();
  });
}

/** Shows all keys. */
export async function keys(element, context) {
  const { problem, again } = context;
  const create = button("New key", () => createKey(again), problem);
  create.className = "button main last";
  const columns = [
    text("Name", "name"),
    { title: "State", kind: "text", value: (key) => badge(keyState(key)) },
    limit("A minute", "rpm", problem),
    limit("A day", "rpd", problem),
    limit("At once", "concurrent", problem),
    limit("Monthly cap", "monthly_cap", problem),
    at("Last used, UTC", "last_used"),
    at("Expires, UTC", "expires"),
    text("Account", "account"),
    text("Id", "id"),
    text("Token", "prefix"),
    actions((key) => keyButtons(key, context)),
  ];
  element.replaceChildren(heading("Keys", create), await list(t("Keys"), "/keys", {}, columns, problem));
}
