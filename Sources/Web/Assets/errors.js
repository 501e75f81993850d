/** Errors in words for people. */

import { ServiceError } from "./client.js";
import { optional, t } from "./language.js";

/** Returns what happened and what can be done, in the page's language where that is known. */
export function explain(error) {
  if (!(error instanceof ServiceError)) return t("error_unexpected");
  const known = optional(`error_${error.code}`) || t("error_unexpected");
  const wait = error.seconds ? ` ${t("waitSeconds", { seconds: error.seconds })}` : "";
  return known + wait;
}

/** Returns what the service itself said, unless the explanation says it all. */
export const detail = (error) => (error instanceof ServiceError ? error.message : String(error?.message ?? ""));

/** Returns the code by which an operator or a document knows it. */
export const code = (error) => (error instanceof ServiceError ? error.code : "unexpected");
