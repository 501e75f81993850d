/** The dashboard: signing in and out, and the view that the address names. */

import { resume, signIn, signOut } from "./admin-client.js";
import { accounts, keys } from "./admin-accounts.js";
import { audit, ledger, requests, usage } from "./admin-reports.js";
import { status } from "./admin-status.js";
import { byID, icon, make } from "./dom.js";
import { onLanguage, t } from "./language.js";

const views = { status, accounts, keys, usage, requests, ledger, audit };

/** The number of the view that is shown, by which an older one knows that it is gone. */
let shown = 0;

function problem(error) {
  if (error?.code === "authentication_error") return setSignedIn(false);
  byID("problem").replaceChildren();
  if (!error) return;
  const words = make("div", {}, error.message || error.code);
  byID("problem").append(make("div", { class: "note error" }, icon("error"), words));
}

/** The view that the address names, and its filters: `#/requests?key=…`. */
function address() {
  const [place, search] = location.hash.slice(2).split("?");
  const name = Object.hasOwn(views, place) ? place : "status";
  const keep = (query) => history.replaceState(null, "", `#/${name}${query.size ? `?${query}` : ""}`);
  return { name, given: new URLSearchParams(search), keep };
}

async function show() {
  const { name, ...filters } = address();
  const turn = ++shown;
  for (const link of byID("views").children) link.ariaCurrent = link.hash === `#/${name}` ? "page" : "false";
  problem(null);
  const element = make("section", { id: "view" });
  const isShown = () => turn === shown;
  try {
    await views[name](element, { problem, isShown, ...filters, again: () => isShown() && show() });
    if (isShown()) byID("view").replaceWith(element);
  } catch (error) {
    problem(error);
  }
}

function setSignedIn(isSignedIn) {
  byID("sign-in").hidden = isSignedIn;
  byID("views").hidden = byID("sign-out").hidden = !isSignedIn;
  problem(null);
  shown += 1;
  byID("view").replaceChildren();
  if (isSignedIn) show();
}

async function begin() {
  byID("sign-in").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await signIn(byID("token").value.trim(), byID("actor").value);
      byID("token").value = "";
      setSignedIn(true);
    } catch (error) {
      problem(error.code === "authentication_error" ? new Error(t("This is not the administration's token.")) : error);
    }
  });
  byID("sign-out").addEventListener("click", () => signOut().catch(() => {}).finally(() => setSignedIn(false)));
  addEventListener("hashchange", show);
  setSignedIn(await resume());
  onLanguage(() => byID("views").hidden || show());
}

begin().catch(problem);
