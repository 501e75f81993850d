/** The playground: brings request, render, picture and strip together. */

import { render, ServiceError } from "./client.js";
import * as controls from "./controls.js";
import { announce, byID } from "./dom.js";
import { explain } from "./errors.js";
import { askForKey, beginKey, key } from "./key.js";
import { onLanguage, t } from "./language.js";
import { setMask } from "./masks.js";
import * as references from "./references.js";
import { ending, message, newID, pathOf } from "./request.js";
import { learnService } from "./service.js";
import { ratio } from "./sizes.js";
import * as stage from "./stage.js";
import * as strip from "./strip.js";

/** A second click within this time is part of a double click, and does not stop. */
const doubleClick = 500;

let service = { keys: false };
let shown = null;
let running = null;
/** Comes true once the service and its models are known, and false if they cannot be learned. */
let learned = null;
/** The panel with the request as code, once it is loaded. */
let code = null;

function request() {
  return {
    parameters: controls.parameters(byID("prompt").value.trim()),
    files: references.references(),
    mask: references.mask(),
  };
}

function setRunning(isRunning) {
  byID("go").toggleAttribute("data-running", isRunning);
  byID("go-word").textContent = t(isRunning ? "stop" : "generate");
}

async function firstRatio({ files }) {
  const bitmap = await createImageBitmap(files[0]).catch(() => null);
  return bitmap ? bitmap.width / bitmap.height : 1;
}

/** Renders, shows what happens, and keeps the pictures. */
async function generate(asked = request(), id = newID()) {
  const attempt = (running = { control: new AbortController(), begun: performance.now() });
  const count = asked.parameters.n ?? 1;
  const spots = strip.places(count);
  setRunning(true);
  try {
    stage.begin();
    stage.setRatio(ratio() ?? (await firstRatio(asked)));
    for await (const event of render(message(asked, id), count, key, attempt.control.signal)) {
      if (event.kind !== "done") stage.show(event);
      else await finish(asked, event, attempt, spots.shift());
    }
  } catch (error) {
    fail(error, spots, () => generate(asked, id));
  } finally {
    running = null;
    setRunning(false);
  }
}

/** Keeps a picture, and shows the first of several. */
async function finish(asked, { picture, ...answer }, attempt, spot) {
  delete answer.b64_json;
  attempt.at ??= Date.now();
  attempt.seconds ??= (performance.now() - attempt.begun) / 1000;
  const index = answer.image_index ?? 0;
  const record = { at: attempt.at - index, ...asked, picture, answer, seconds: attempt.seconds };
  if (index === 0) present(record, true);
  await spot.settle(record).catch(() => stage.remark(t("notKept")));
  strip.mark(shown);
}

function fail(error, spots, again) {
  const isStopped = error.name === "AbortError";
  for (const [index, spot] of spots.entries()) {
    if (isStopped || index > 0) spot.remove();
    else spot.fail();
  }
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

const nameOf = ({ parameters, answer }) => `iris-${answer.seed}.${ending(parameters)}`;

function present(record, isNew = false) {
  shown = record;
  stage.present(record, isNew);
  strip.mark(record);
  setActions();
  const link = byID("download");
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(record.picture);
  link.download = nameOf(record);
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
  if (!(await learned)) return;
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
  const block = matchMedia("(width < 720px)").matches ? "center" : "nearest";
  byID("frame").scrollIntoView({ block, behavior: "smooth" });
  generate();
}

/** Asks for the same again: for all pictures, where it was one of several. */
async function repeat() {
  if (!(await learned)) return;
  const { parameters, files, mask, answer } = shown;
  byID("prompt").value = parameters.prompt;
  if (mask) setMask(files[0], mask);
  references.setReferenceFiles(files);
  controls.setParameters({ ...parameters, seed: answer.seed - (answer.image_index ?? 0) });
  if (!running) go();
}

function useAsReference() {
  const file = new File([shown.picture], nameOf(shown), { type: shown.picture.type });
  if (!references.addReferences([file])) stage.remark(t("referencesFull"));
}

function changed() {
  const { parameters, files, mask } = request();
  code?.showCode({
    base: location.origin,
    path: pathOf({ files }),
    parameters,
    files: files.map((file) => file.name),
    mask: mask && mask.name,
    hasKeys: service.keys,
  });
  showPrice(parameters);
}

/** Shows what the request costs, by the price of its model where models have their own. */
function showPrice({ model, n: count }) {
  if (!service.keys) return;
  const { currency, price } = { ...service, ...service.models.find((each) => each.id === model) };
  byID("price").textContent = count ? `${count} × ${price} ${currency}` : t("price", { price, currency });
}

function beginActions() {
  byID("request").addEventListener("submit", go);
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
  byID("use").addEventListener("click", ({ detail }) => detail > 1 || useAsReference());
  byID("delete").addEventListener("click", async () => {
    if (!running) leave(await strip.removeRecord(shown));
  });
}

/** Learns what the service has. Returns false, and says why, if it cannot be reached. */
async function learn() {
  try {
    service = await learnService();
  } catch (error) {
    stage.fail(error, () => location.reload());
    return false;
  } finally {
    byID("settings").removeAttribute("data-waiting");
  }
  controls.setModels(service.models);
  if (!service.keys) return true;
  beginKey();
  byID("usage-link").classList.remove("absent");
  onLanguage(changed);
  return true;
}

/** The first paint does not wait for it. */
async function beginCode() {
  code = await import("./code.js");
  code.beginCode();
  changed();
}

function begin() {
  controls.beginControls((model) => references.offerMasks(model.capabilities.includes("mask")), changed);
  references.beginReferences(
    () => {
      controls.setReferences(references.references().length, references.mask() !== null);
      changed();
    },
    stage.remark,
  );
  beginActions();
  onLanguage(() => setRunning(Boolean(running)));
  setActions();
  strip.beginStrip(
    (record) => running || present(record),
    () => running || leave(null),
  );
  beginCode();
  learned = learn();
  if ("isSent" in byID("request").dataset) go();
}

begin();
