/** A drawing of strokes over an image, which can be taken back one by one. */

import { make } from "./dom.js";

/** Pixels of the longer side, more than a model sees of a mask. */
const longest = 1024;
/** A mask counts where it is at least half white, or at least half transparent. */
const half = 128;

const canvasOf = (width, height, attributes) => make("canvas", { width, height, ...attributes });

async function file(canvas) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  return new File([blob], "mask.png", { type: blob.type });
}

/** Returns the parts of a mask that are repainted, in a colour. */
function parts(bitmap, [width, height], color) {
  const canvas = canvasOf(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0, width, height);
  const image = context.getImageData(0, 0, width, height);
  const { data } = image;
  let isTransparent = false;
  for (let place = 3; place < data.length; place += 4) isTransparent ||= data[place] < 255;
  for (let place = 0; place < data.length; place += 4) {
    const light = 0.299 * data[place] + 0.587 * data[place + 1] + 0.114 * data[place + 2];
    data[place + 3] = (isTransparent ? 255 - data[place + 3] : light) >= half ? 255 : 0;
  }
  context.putImageData(image, 0, 0);
  fill(context, color, "source-in");
  return canvas;
}

function fill(context, color, operation) {
  context.globalCompositeOperation = operation;
  context.fillStyle = color;
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
}

export class Drawing {
  #strokes = [];
  #context;
  #color;

  /** Begins with nothing over an image of this size. */
  constructor({ width, height }, color, attributes) {
    this.size = [width, height];
    const scale = Math.min(1, longest / Math.max(width, height));
    this.canvas = canvasOf(Math.ceil(width * scale), Math.ceil(height * scale), attributes);
    this.#context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.#color = color;
  }

  get isEmpty() {
    return this.#strokes.length === 0;
  }

  /** Pixels of the longer side. */
  get side() {
    return Math.max(this.canvas.width, this.canvas.height);
  }

  /** Begins a stroke at a point. */
  begin(point, width, erases) {
    this.#strokes.push({ points: [point], width, erases });
    this.extend(point);
  }

  /** Leads the stroke on to another point. */
  extend(point) {
    const stroke = this.#strokes.at(-1);
    this.#line(stroke, stroke.points.at(-1), point);
    stroke.points.push(point);
  }

  /** Takes back the last stroke. */
  undo() {
    this.#strokes.pop();
    this.#context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.#strokes.forEach((stroke) => this.#paint(stroke));
  }

  /** Removes everything; this can be taken back, too. */
  clear() {
    this.#add({ isClear: true });
  }

  /** Shows a mask in place of what is there. */
  load(bitmap) {
    this.#add({ isClear: true, mask: parts(bitmap, [this.canvas.width, this.canvas.height], this.#color) });
  }

  /** Returns the mask as the API takes it, as large as the image: white is repainted. Null if it repaints nothing. */
  async mask() {
    const { width, height } = this.canvas;
    const { data } = this.#context.getImageData(0, 0, width, height);
    if (!data.some((value, place) => place % 4 === 3 && value >= half)) return null;
    const white = canvasOf(width, height).getContext("2d");
    white.drawImage(this.canvas, 0, 0);
    fill(white, "#fff", "source-in");
    const whole = canvasOf(...this.size).getContext("2d");
    fill(whole, "#000", "source-over");
    whole.drawImage(white.canvas, 0, 0, ...this.size);
    return file(whole.canvas);
  }

  #add(stroke) {
    this.#strokes.push(stroke);
    this.#paint(stroke);
  }

  #paint(stroke) {
    if (stroke.isClear) this.#context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.#context.globalCompositeOperation = "source-over";
    if (stroke.mask) this.#context.drawImage(stroke.mask, 0, 0);
    stroke.points?.forEach((point, index, all) => this.#line(stroke, all[Math.max(index - 1, 0)], point));
  }

  #line({ width, erases }, [x, y], [endX, endY]) {
    const context = this.#context;
    context.globalCompositeOperation = erases ? "destination-out" : "source-over";
    Object.assign(context, { strokeStyle: this.#color, lineWidth: width, lineCap: "round", lineJoin: "round" });
    context.beginPath();
    context.moveTo(x, y);
    // A line without length has no caps.
    context.lineTo(endX + 0.01, endY);
    context.stroke();
  }
}
