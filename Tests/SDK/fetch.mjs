// Asks a running service with the fetch of Node 18 or later, and judges every answer.
//
//     node Tests/SDK/fetch.mjs http://127.0.0.1:8080 esk_live_… [CHECK …]
//
// Ends with status 1 if a check fails.

import * as http from "node:http";
import * as zlib from "node:zlib";

const [base, key, ...names] = process.argv.slice(2);
if (!base || !key) {
  console.error("usage: node Tests/SDK/fetch.mjs BASE_URL KEY");
  process.exit(2);
}

const model = "epithre-iris";
const headers = { authorization: `Bearer ${key}` };
const ask = (path, options = {}) =>
  fetch(base.replace(/\/$/, "") + path, { signal: AbortSignal.timeout(120_000), ...options });
const json = (path, body, more = {}) =>
  ask(path, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", ...more },
    body: JSON.stringify({ model, prompt: "a fox", size: "64x64", ...body }),
  });

const expect = (condition, told) => {
  if (!condition) throw new Error(told);
};
const imageOf = async (response) => {
  expect(response.status === 200, `status ${response.status}: ${await response.clone().text()}`);
  const answer = await response.json();
  const bytes = Buffer.from(answer.data[0].b64_json, "base64");
  expect(bytes.subarray(1, 4).toString() === "PNG", "no PNG");
  return { answer, bytes };
};

async function form(images, fields = {}) {
  const form = new FormData();
  const all = { model, prompt: "a fox", size: "64x64", ...fields };
  for (const [name, value] of Object.entries(all)) form.set(name, value);
  for (const [name, bytes] of images) form.append(name, new Blob([bytes]), "photo.png");
  return ask("/v1/images/edits", { method: "POST", headers, body: form });
}

const refused = async (response, status, code, param) => {
  const { error } = await response.json();
  expect(response.status === status, `status ${response.status}, not ${status}`);
  expect(error.code === code, `code ${error.code}, not ${code}`);
  expect(error.param === param, `param ${error.param}, not ${param}`);
  expect(response.headers.get("x-request-id"), "no x-request-id");
};

const chunk = (kind, data) => {
  const body = Buffer.concat([Buffer.from(kind), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc(body));
  return Buffer.concat([length, body, sum]);
};
// node:zlib has crc32 from version 22 on.
const crc =
  zlib.crc32 ??
  ((bytes) => {
    let sum = ~0;
    for (const byte of bytes) {
      sum ^= byte;
      for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
    }
    return ~sum >>> 0;
  });

const checks = {
  async generate() {
    const { answer } = await imageOf(await json("/v1/images/generations", { seed: 42 }));
    expect(answer.data[0].seed === 42 && answer.size === "64x64", "seed or size is wrong");
  },
  async editAForm() {
    await imageOf(await form([["image", source]]));
  },
  async editAFormOfSeveral() {
    await imageOf(await form([["image[]", source], ["image[]", source]], { num_steps: "2" }));
  },
  async editAsJSON() {
    const image = source.toString("base64");
    await imageOf(await json("/v1/images/edits", { image }));
  },
  async editAStreamedBody() {
    const body = JSON.stringify({
      model, prompt: "a fox", size: "64x64", image: source.toString("base64"),
    });
    const stream = new Blob([body]).stream();
    const options = { method: "POST", body: stream, duplex: "half" };
    await imageOf(
      await ask("/v1/images/edits", {
        ...options, headers: { ...headers, "content-type": "application/json" },
      }),
    );
  },
  async stream() {
    const response = await json("/v1/images/generations", { stream: true, partial_images: 1 });
    expect(response.headers.get("content-type").startsWith("text/event-stream"), "no stream");
    const text = await response.text();
    expect(text.includes("event: image_generation.completed\n"), "it was not completed");
    expect(!/^(id|retry):/m.test(text), "lines that break clients");
  },
  async refusals() {
    const path = "/v1/images/generations";
    await refused(await json(path, { n: 2 }), 400, "invalid_request_error", "n");
    await refused(await json(path, { sead: 1 }), 400, "invalid_request_error", "sead");
    await refused(await json(path, { model: "x" }), 400, "model_not_found", "model");
    const wrong = { authorization: "Bearer esk_live_x" };
    await refused(await json(path, {}, wrong), 401, "authentication_error", null);
    await refused(await ask("/v1/absent"), 404, "not_found", null);
    await refused(await ask(path), 405, "method_not_allowed", null);
    const media = await json("/v1/images/edits", {}, { "content-type": "text/plain" });
    await refused(media, 415, "unsupported_media_type", null);
  },
  async tooLarge() {
    const image = "A".repeat(51 << 20);
    await refused(await json("/v1/images/edits", { image }), 413, "request_too_large", null);
  },
  async abort() {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 300);
    const slow = { method: "POST", signal: controller.signal };
    slow.headers = { ...headers, "content-type": "application/json" };
    slow.body = JSON.stringify({ model, prompt: "a fox", size: "768x768", num_steps: 50 });
    await ask("/v1/images/generations", slow).catch((error) => {
      expect(error.name === "AbortError", `${error}`);
    });
    await imageOf(await json("/v1/images/generations", {}));
  },
};

// Checks that want a service in a special state; they run only when they are named.
const special = {
  // Renders must outlast the interval of interim answers.
  async interimAnswers() {
    const path = "/v1/images/generations";
    await imageOf(await json(path, {}, { "x-stainless-lang": "js" }));
    expect((await interimCount(path, { "x-stainless-lang": "js" })) > 0, "none came");
    expect((await interimCount(path, {})) === 0, "one came unasked");
  },
};

const interimCount = (path, more) =>
  new Promise((resolve, reject) => {
    let count = 0;
    const options = {
      method: "POST", headers: { ...headers, "content-type": "application/json", ...more },
    };
    const request = http.request(base.replace(/\/$/, "") + path, options, (response) => {
      response.resume().on("end", () => resolve(count)).on("error", reject);
    });
    request.on("information", ({ statusCode }) => (count += statusCode === 102 ? 1 : 0));
    request.on("error", reject);
    request.end(JSON.stringify({ model, prompt: "a fox", size: "64x64" }));
  });

const head = Buffer.alloc(13);
head.writeUInt32BE(64, 0);
head.writeUInt32BE(64, 4);
head.set([8, 2], 8);
const source = Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  chunk("IHDR", head),
  chunk("IDAT", zlib.deflateSync(Buffer.alloc((1 + 64 * 3) * 64))),
  chunk("IEND", Buffer.alloc(0)),
]);

const all = { ...checks, ...special };
const chosen = names.length ? names : Object.keys(checks);
let failures = 0;
for (const name of chosen) {
  const check = all[name];
  try {
    await check();
    console.log(`${name.padEnd(24)} ok`);
  } catch (error) {
    failures += 1;
    console.log(`${name.padEnd(24)} FAILED: ${error.message}`);
  }
}
console.log(
  `node ${process.version}: ${chosen.length - failures} of ${chosen.length} checks passed`,
);
process.exit(failures ? 1 : 0);
