/** A request of the API, as it is sent and as it is shown as code. */

/** Previews of a render: as many as the API allows where there are many steps. */
const previewCount = (steps) => Math.min(steps > 8 ? 3 : 2, steps - 1);

export const pathOf = ({ files }) => `/v1/images/${files.length ? "edits" : "generations"}`;

/** A parameter as a form has it: as a text. */
export const text = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));

/** The end of the names of files. */
export const ending = ({ output_format: format = "png" }) => format.replace("jpeg", "jpg");

/** A name for a request under which it can be repeated without paying twice. */
export const newID = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

/** Returns what to send: a document, or with images a form. */
export function message({ parameters, files, mask }, id) {
  const all = { ...parameters, stream: true, partial_images: previewCount(parameters.num_steps) };
  const headers = { "idempotency-key": id };
  const path = pathOf({ files });
  if (!files.length) {
    headers["content-type"] = "application/json";
    return { path, headers, body: JSON.stringify(all) };
  }
  const body = new FormData();
  for (const [name, value] of Object.entries(all)) body.append(name, text(value));
  for (const file of files) body.append("image[]", file);
  if (mask) body.append("mask", mask);
  return { path, headers, body };
}
