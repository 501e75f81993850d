/** What the playground and the usage page need before they are painted, so that nothing changes afterwards. */

import { byID } from "./dom.js";
import { beginPage } from "./frame.js";
import { words } from "./words.js";

beginPage(words);
// A form that is sent before its scripts are there would leave the page; they take it up.
byID("request")?.addEventListener("submit", (event) => {
  event.preventDefault();
  event.target.dataset.isSent = "";
});
// On a phone the picture comes first.
byID("settings")?.toggleAttribute("open", !matchMedia("(width < 720px)").matches);
