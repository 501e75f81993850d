/** The playground: brings request, render, picture and strip together. */

import { read, render, ServiceError } from "./client.js";
import { showCode, beginCode } from "./code.js";
import * as controls from "./controls.js";
import { announce, byID } from "./dom.js";
import { explain } from "./errors.js";
import { beginPage } from "./frame.js";
import { askForKey, beginKey, key } from "./key.js";
import { onLanguage, t } from "./language.js";
import * as references from "./references.js";
import * as stage from "./stage.js";
import * as strip from "./strip.js";

/** Previews of a render: as many as the API allows where there are many steps. */
const previewCount = (steps) => Math.min(steps > 8 ? 3 : 2, steps - 1);
/** A second click within this time is part of a double click, and does not stop. */
const doubleClick = 500;

let service = { keys: false };
let model = "";
let shown = null;
let running = null;

function request() {
  return {
    parameters: { prompt: byID("prompt").value.trim(), ...controls.parameters() },
    files: references.references(),
  };
}

/** Returns what to send: a document, or with images a form. */
function message({ parameters, files }, id) {
  const all = { model, ...parameters, stream: true, partial_images: previewCount(parameters.num_steps) };
  const headers = { "idempotency-key": id };
  if (!files.length) {
    headers["content-type"] = "application/json";
    return { path: "/v1/images/generations", headers, body: JSON.stringify(all) };
  }
  const body = new FormData();
  for (const [name, value] of Object.entries(all)) body.append(name, value);
  for (const file of files) body.append("image[]", file);
  return { path: "/v1/images/edits", headers, body };
}

/** A name for a request under which it can be repeated without paying twice. */
const newID = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

function setRunning(isRunning) {
  byID("go").toggleAttribute("data-running", isRunning);
  byID("go-word").textContent = t(isRunning ? "stop" : "generate");
}

async function firstRatio({ files }) {
  const bitmap = await createImageBitmap(files[0]).catch(() => null);
  return bitmap ? bitmap.width / bitmap.height : 1;
}

/** Renders, shows what happens, and keeps the picture. */
async function generate(asked = request(), id = newID()) {
  const attempt = (running = { control: new AbortController(), begun: performance.now() });
  const spot = strip.place();
  setRunning(true);
  try {
    stage.begin();
    stage.setRatio(controls.ratio() ?? (await firstRatio(asked)));
    for await (const event of render(message(asked, id), key, attempt.control.signal)) {
      if (event.kind !== "done") stage.show(event);
      else await finish(asked, event, (performance.now() - attempt.begun) / 1000, spot);
    }
  } catch (error) {
    fail(error, spot, () => generate(asked, id));
  } finally {
    running = null;
    setRunning(false);
  }
}

async function finish({ parameters, files }, { picture, ...answer }, seconds, spot) {
  delete answer.b64_json;
  const record = { at: Date.now(), parameters, files, picture, answer, seconds };
  present(record, true);
  await spot.settle(record).catch(() => stage.remark(t("notKept")));
  strip.mark(record);
}

function fail(error, spot, again) {
  const isStopped = error.name === "AbortError";
  if (isStopped) spot.remove();
  else spot.fail();
  if (shown) present(shown);
  else stage.clear();
  if (isStopped) {
    byID("status").textContent = t("stopped");
    announce(t("stopped"));
    return;
  }
  if (error.code === "authentication_error") askForKey(explain(error));
  const isRefused = error instanceof ServiceError && !error.isOpen;
  stage.fail(error, isRefused ? null : again);
}

function present(record, isNew = false) {
  shown = record;
  stage.present(record, isNew);
  strip.mark(record);
  setActions();
  const link = byID("download");
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(record.picture);
  link.download = `iris-${record.answer.seed}.png`;
}

function setActions() {
  for (const id of ["use", "repeat", "delete", "seed-again"]) byID(id).disabled = !shown;
  byID("download").ariaDisabled = String(!shown);
  if (!shown) byID("download").removeAttribute("href");
}

function leave(next) {
  shown = null;
  if (next) return present(next);
  stage.clear();
  setActions();
}

async function go() {
  if (running) {
    if (performance.now() - running.begun > doubleClick) running.control.abort();
    return;
  }
  if (!byID("prompt").value.trim()) {
    stage.remark(t("promptMissing"));
    byID("prompt").focus();
    return;
  }
  if (service.keys && !key && !(await askForKey())) return;
  if (matchMedia("(width < 720px)").matches) byID("frame").scrollIntoView({ block: "center", behavior: "smooth" });
  generate();
}

async function repeat() {
  const { parameters, files, answer } = shown;
  byID("prompt").value = parameters.prompt;
  references.setReferenceFiles(files);
  controls.setParameters({ ...parameters, seed: answer.seed });
  if (!running) go();
}

function useAsReference() {
  const name = `iris-${shown.answer.seed}.png`;
  const isAdded = references.addReferences([new File([shown.picture], name, { type: shown.picture.type })]);
  if (!isAdded) stage.remark(t("referencesFull"));
}

function changed() {
  const asked = request();
  showCode({
    base: location.origin,
    path: asked.files.length ? "/v1/images/edits" : "/v1/images/generations",
    parameters: { model, ...asked.parameters },
    files: asked.files.map((file) => file.name),
    hasKeys: service.keys,
  });
}

function beginActions() {
  byID("request").addEventListener("submit", (event) => {
    event.preventDefault();
    go();
  });
  byID("prompt").addEventListener("input", changed);
  byID("prompt").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (!running) go();
  });
  byID("seed-again").addEventListener("click", () => {
    byID("seed").value = shown.answer.seed;
    changed();
  });
  byID("repeat").addEventListener("click", repeat);
  byID("use").addEventListener("click", useAsReference);
  byID("delete").addEventListener("click", async () => {
    if (!running) leave(await strip.removeRecord(shown));
  });
}

/** Learns what the service has, once it can be reached. */
async function learn() {
  service = await read("/assets/service.json");
  if (service.keys) {
    beginKey();
    byID("usage-link").classList.remove("absent");
    onLanguage(() => (byID("price").textContent = t("price", service)));
  }
  const models = (await read("/v1/models")).data;
  const served = models.find((each) => !each.root) ?? models[0];
  model = served.id;
  controls.setModel(served);
}

function begin() {
  byID("settings").open = !matchMedia("(width < 720px)").matches;
  beginPage();
  beginCode();
  controls.beginControls(changed);
  references.beginReferences(
    () => {
      controls.setReferences(references.references().length);
      changed();
    },
    () => stage.remark(t("referencesFull")),
  );
  beginActions();
  onLanguage(() => setRunning(Boolean(running)));
  setActions();
  strip.beginStrip(
    (record) => running || present(record),
    () => running || leave(null),
  );
  learn().catch((error) => stage.fail(error, () => location.reload()));
}

begin();
