/** The dashboard: signing in and out, and the view that the address names. */

import { accounts, keys } from "./admin-accounts.js";
import { resume, signIn, signOut } from "./admin-client.js";
import { reason } from "./admin-dialogs.js";
import { audit, ledger, requests, usage } from "./admin-reports.js";
import { status } from "./admin-status.js";
import { byID, icon, make, once } from "./dom.js";
import { onLanguage, t } from "./language.js";

const views = { status, accounts, keys, usage, requests, ledger, audit };

/** The number of the view that is shown, by which an older one knows that it is gone. */
let shown = 0;

function problem(error) {
  const hasEnded = error?.code === "authentication_error";
  if (hasEnded) setSignedIn(false);
  byID("problem").replaceChildren();
  if (!error) return;
  const words = make("div", {}, hasEnded ? t("The session has ended.") : reason(error));
  const name = t("Close");
  const close = make("button", { type: "button", class: "plain", "aria-label": name, title: name }, icon("close"));
  close.addEventListener("click", () => problem(null));
  byID("problem").append(make("div", { class: "note error" }, icon("error"), words, close));
}

/** The view that the address names, and its filters: `#/requests?key=…`. */
function address() {
  const [place, search] = location.hash.slice(2).split("?");
  const name = Object.hasOwn(views, place) ? place : "status";
  const keep = (query) => history.replaceState(null, "", `#/${name}${query.size ? `?${query}` : ""}`);
  return { name, given: new URLSearchParams(search), keep };
}

const current = () => byID("views").querySelector("[aria-current=page]");

async function show() {
  const { name, ...filters } = address();
  const turn = ++shown;
  for (const link of byID("views").children) link.ariaCurrent = link.hash === `#/${name}` ? "page" : "false";
  current().scrollIntoView({ block: "nearest" });
  problem(null);
  const element = make("section", { id: "view" });
  const isShown = () => turn === shown;
  try {
    await views[name](element, { problem, isShown, ...filters });
    if (isShown()) byID("view").replaceWith(element);
  } catch (error) {
    problem(error);
  }
}

function setSignedIn(isSignedIn) {
  byID("sign-in").hidden = isSignedIn;
  for (const id of ["views", "sign-out"]) byID(id).classList.toggle("absent", !isSignedIn);
  problem(null);
  shown += 1;
  byID("view").replaceChildren();
  if (isSignedIn) show();
  else byID("token").focus();
}

async function enter() {
  try {
    await signIn(byID("token").value.trim(), byID("actor").value);
    byID("token").value = "";
    setSignedIn(true);
    current().focus();
  } catch (error) {
    problem(error.code === "authentication_error" ? new Error(t("This is not the administration's token.")) : error);
  }
}

async function begin() {
  const submit = once(enter);
  byID("sign-in").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  byID("sign-out").addEventListener("click", () => signOut().then(() => setSignedIn(false), problem));
  addEventListener("hashchange", show);
  onLanguage(() => byID("views").className || show());
  setSignedIn(await resume());
}

begin().catch(problem);
