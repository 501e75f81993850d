/** What all pages have around them: language, colours, and what the service says about itself. */

import { byID, setting } from "./dom.js";
import { beginLanguage } from "./language.js";

function beginTheme() {
  const root = document.documentElement;
  const show = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  };
  show(setting("theme"));
  byID("theme").addEventListener("click", () => {
    const own = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    show((root.dataset.theme ?? own) === "dark" ? "light" : "dark");
    setting("theme", root.dataset.theme);
  });
}

/** Begins a page with its texts. */
export function beginPage(words) {
  beginTheme();
  beginLanguage(words);
}
