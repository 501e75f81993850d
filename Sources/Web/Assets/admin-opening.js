/** What the dashboard needs before it is painted. */

import { words } from "./admin-words.js";
import { beginPage } from "./frame.js";

beginPage(words);
