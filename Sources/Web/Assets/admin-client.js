/** The administration's API: a session in a cookie that no script reads, and a token against forged requests. */

import { ask } from "./client.js";
import { announce } from "./dom.js";
import { t } from "./language.js";

const root = "/admin/v1";

let token = null;
let actor = "";

/** Learns whether someone is signed in. */
export async function resume() {
  const session = await (await ask(`${root}/session`)).json();
  token = session.csrf_token ?? null;
  actor = sessionStorage.getItem("iris.actor") ?? "";
  return token !== null;
}

/** Signs in by the administration's token. */
export async function signIn(secret, name) {
  const headers = { authorization: `Bearer ${secret}` };
  const session = await (await ask(`${root}/session`, { method: "POST", headers })).json();
  token = session.csrf_token;
  actor = name;
  sessionStorage.setItem("iris.actor", name);
}

/** Ends the session. */
export async function signOut() {
  await change("DELETE", "/session");
  token = null;
}

/** Returns a document, or a page of a list. */
export async function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value);
  const search = given.length ? `?${new URLSearchParams(given)}` : "";
  return (await ask(root + path + search)).json();
}

/** Calls back with each record of a list, page after page. */
export async function each(path, query, take) {
  let after;
  do {
    const page = await get(path, { ...query, after, limit: 1000 });
    page.data.forEach(take);
    after = page.next;
  } while (after);
}

/** The address of a list as a file. */
export const fileOf = (path, query) => `${root}${path}?${new URLSearchParams({ ...query, format: "csv" })}`;

function send(method, path, body) {
  const headers = { "x-csrf-token": token, "content-type": "application/json" };
  if (actor) headers["x-admin-actor"] = actor;
  return ask(root + path, { method, headers, body: body && JSON.stringify(body) });
}

/** Changes something, and returns what it has become. */
export async function change(...given) {
  const answer = await send(...given).catch(async (error) => {
    // Someone may have signed in anew in another tab.
    if (error.code !== "permission_error" || !(await resume())) throw error;
    return send(...given);
  });
  announce(t("Saved"));
  return answer.json();
}
