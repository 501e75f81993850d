/** Server-sent events from a `fetch` (WHATWG HTML §9.2.6), with the comments that tell progress. */

/** Yields `{ comment }` or `{ name, data }` for each block of the stream. */
export async function* events(body) {
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
