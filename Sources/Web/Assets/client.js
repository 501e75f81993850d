/** The service's API as the pages use it. */

/** A failure that the service named, or one of the way to it. */
export class ServiceError extends Error {
  constructor(code, message, { parameter = null, seconds = null, isOpen = false } = {}) {
    super(message);
    this.code = code;
    this.parameter = parameter;
    /** Seconds after which to ask again. */
    this.seconds = seconds;
    /** True if asking again may succeed, and costs nothing twice. */
    this.isOpen = isOpen;
  }
}

const connectionLost = () => new ServiceError("connection_lost", "", { isOpen: true });

function failure(body, response) {
  const error = body?.error ?? {};
  const milliseconds = Number(response?.headers.get("retry-after-ms"));
  const status = response?.status ?? 500;
  return new ServiceError(error.code ?? `http_${status}`, error.message ?? "", {
    parameter: error.param,
    seconds: milliseconds > 0 ? Math.ceil(milliseconds / 1000) : null,
    isOpen: status === 429 || status >= 500,
  });
}

/** Sends a request. Throws `ServiceError` unless it is answered with success. */
export async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServiceError("unreachable", "", { isOpen: true });
  }
  if (response.ok) return response;
  throw failure(await response.json().catch(() => null), response);
}

const authorization = (key) => (key ? { authorization: `Bearer ${key}` } : {});

/** Returns a JSON document. */
export async function read(path, key) {
  return (await ask(path, { headers: authorization(key) })).json();
}

/**
 * Server-sent events from a `fetch` (WHATWG HTML §9.2.6), with the comments that tell progress: yields `{ comment }` or
 * `{ name, data }` for each block of the stream.
 */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let searched = 0;
  while (true) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    let end = text.indexOf("\n\n", searched);
    while (end >= 0) {
      yield block(text.slice(0, end));
      text = text.slice(end + 2);
      end = text.indexOf("\n\n");
    }
    // The two line feeds may come in two pieces.
    searched = Math.max(0, text.length - 1);
  }
}

function block(text) {
  const found = { name: "", data: "" };
  for (const line of text.split("\n")) {
    if (line.startsWith(":")) found.comment = line.slice(1).trim();
    if (line.startsWith("event: ")) found.name = line.slice(7);
    if (line.startsWith("data: ")) found.data += line.slice(6);
  }
  return found;
}

/** The image of an event. */
function image({ b64_json: base64, output_format: format }) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: `image/${format}` });
}

const comments = [
  [
    /^queued, position (\d+), about (\d+) s/,
    ([, place, seconds]) => ({ kind: "queued", place: +place, seconds: +seconds }),
  ],
  [/^started/, () => ({ kind: "started" })],
  [/^step (\d+) of (\d+)/, ([, number, count]) => ({ kind: "step", number: +number, count: +count })],
];

function progress(comment) {
  for (const [pattern, event] of comments) {
    const match = pattern.exec(comment);
    if (match) return event(match);
  }
  return null;
}

/** Renders, and yields progress, previews and so many pictures; aborting the signal ends the render. */
export async function* render({ path, headers, body }, pictures, key, signal) {
  const response = await ask(path, { method: "POST", headers: { ...headers, ...authorization(key) }, body, signal });
  let [picture, step, done] = [1, 0, 0];
  try {
    for await (const { comment, name, data } of events(response.body)) {
      if (comment !== undefined) {
        const event = progress(comment);
        if (event?.kind === "step") {
          // They are rendered one after the other.
          if (event.number <= step) picture += 1;
          step = event.number;
        }
        if (event) yield { ...event, picture, pictures };
        continue;
      }
      const document = JSON.parse(data);
      if (name === "error") throw failure(document);
      if (name.endsWith(".partial_image")) yield { kind: "preview", picture: image(document) };
      if (!name.endsWith(".completed")) continue;
      yield { kind: "done", ...document, picture: image(document) };
      done += 1;
      if (done === pictures) return;
    }
  } catch (error) {
    if (error.name === "AbortError" || error instanceof ServiceError) throw error;
    throw connectionLost();
  }
  throw connectionLost();
}
