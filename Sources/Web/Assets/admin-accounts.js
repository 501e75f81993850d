/** Accounts and keys: lists of them, and what can be done with each. */

import { change } from "./admin-client.js";
import { button, confirm, form, heading, showToken } from "./admin-dialogs.js";
import { nameOf, named } from "./admin-filters.js";
import { actions, at, badge, column, list, number, state, text } from "./admin-tables.js";
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
export async function accounts(element, { problem }) {
  const open = (given) => change("POST", "/accounts", given);
  const create = button("New account", () =>
    form(t("New account"), accountFields, "Create", open, found.add), problem);
  create.className = "button main last";
  const buttons = ({ id, name, state }, renew) => {
    const isActive = state === "active";
    const move = (given) => change("POST", `/accounts/${id}/credit`, given);
    const credit = button("Credit", () =>
      form(t("Credit of {name}", { name }), creditFields, "Add", move, renew), problem);
    const turn = button(isActive ? "Suspend" : "Resume", async () =>
      renew(await change("POST", `/accounts/${id}/${isActive ? "suspend" : "resume"}`)), problem);
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
  const found = await list(t("Accounts"), "/accounts", {}, columns, problem);
  element.replaceChildren(heading("Accounts", create), found.element);
}

/** A limit that is edited in place, and acts on the next request. */
function limit(title, name, problem) {
  const plain = (key) => String(key.limits[name]);
  const save = async (key, input) => {
    const given = input.value.trim();
    try {
      // Nothing is no limit, and not the limit 0.
      if (given) {
        const value = name === "monthly_cap" ? given : Number(given);
        key.limits = (await change("PATCH", `/keys/${key.id}`, { [name]: value })).limits;
      }
      problem(null);
    } catch (error) {
      problem(error);
    }
    if (input.value.trim() === given) input.value = plain(key);
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

function keyButtons({ id, name, revoked }, renew, problem) {
  if (revoked) return "";
  const rotate = ({ overlap_seconds }) =>
    change("POST", `/keys/${id}/rotate`, { overlap_seconds: Number(overlap_seconds) });
  const revoke = () => change("POST", `/keys/${id}/revoke`);
  const warning = "Its requests are refused, for good.";
  return make(
    "div",
    { class: "row" },
    button("Rotate", () =>
      form(t("Another token for {name}", { name }), [overlapField], "Rotate", rotate, take(renew)), problem),
    button("Revoke", () => confirm(t("Revoke {name}?", { name }), warning, "Revoke", revoke, renew), problem),
  );
}

/** Has a key that has a new token in the list, and shows the token. */
const take = (show) => (made) => {
  show(made);
  showToken(made);
};

function createKey(owners, add) {
  const fields = [
    name,
    { label: "Account", name: "account", options: owners },
    { label: "Mode", name: "mode", options: ["live", "test"] },
    { label: "Expires", name: "expires", type: "date" },
  ];
  return form(t("New key"), fields, "Create", (given) => change("POST", "/keys", given), take(add));
}

/** Shows all keys. */
export async function keys(element, { problem }) {
  const owners = await named("/accounts");
  const create = button("New key", () => createKey(owners, found.add), problem);
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
    column(nameOf)("Account", "account"),
    text("Id", "id"),
    text("Token", "prefix"),
    actions((key, renew) => keyButtons(key, renew, problem)),
  ];
  const found = await list(t("Keys"), "/keys", {}, columns, problem);
  element.replaceChildren(heading("Keys", create), found.element);
}
