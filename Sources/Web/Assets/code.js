/** The panel that shows the request as code. */

import { announce, byID } from "./dom.js";
import { t } from "./language.js";
import { snippet } from "./snippets.js";

const tabs = () => [...byID("code").querySelectorAll("[role=tab]")];
let language = "curl";
let request = null;

/** Shows a request in the language that is chosen. */
export function showCode(asked) {
  request = asked ?? request;
  if (request) byID("code-text").textContent = snippet(language, request);
}

function choose(tab) {
  language = tab.id.replace("tab-", "");
  for (const each of tabs()) {
    each.ariaSelected = String(each === tab);
    each.tabIndex = each === tab ? 0 : -1;
  }
  byID("code-panel").setAttribute("aria-labelledby", tab.id);
  showCode();
}

async function copy() {
  const text = byID("code-text").textContent;
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
  } else {
    // Without TLS browsers have no clipboard but this one.
    getSelection().selectAllChildren(byID("code-text"));
    document.execCommand("copy");
  }
  const word = byID("copy").lastElementChild;
  word.textContent = t("copied");
  announce(t("copied"));
  setTimeout(() => (word.textContent = t("copy")), 2000);
}

/** Prepares tabs and the button that copies. */
export function beginCode() {
  byID("copy").addEventListener("click", copy);
  const all = tabs();
  for (const [index, tab] of all.entries()) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = all[(index + step + all.length) % all.length];
      choose(next);
      next.focus();
    });
  }
}
