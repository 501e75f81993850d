/** The surface on which a mask is painted: by pointer, by touch, or by the keyboard. */

import { Drawing } from "./drawing.js";
import { make } from "./dom.js";
import { t } from "./language.js";

const color = "#7b6cff";
/** Parts of the brush's width by which an arrow key moves it. */
const keyStep = 0.5;
const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const within = (value, most) => Math.min(Math.max(value, 0), most);

/** An image, the drawing over it, and a ring that shows the brush. */
export class Easel {
  #tools;
  #ring = make("div", { class: "ring", hidden: true });
  #place;
  #isDown = false;

  /** Takes the size of the brush from an input, in parts of the image, and whether it erases from another. */
  constructor(bitmap, url, tools) {
    this.#tools = tools;
    this.drawing = new Drawing(bitmap, color, { tabindex: "0", role: "application", "aria-label": t("maskCanvas") });
    const { canvas } = this.drawing;
    this.element = make("div", { class: "easel" }, make("img", { src: url, alt: "" }), canvas, this.#ring);
    this.element.style.setProperty("--ratio", bitmap.width / bitmap.height);
    this.#place = [canvas.width / 2, canvas.height / 2];
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => this.#lift());
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("pointerleave", () => (this.#ring.hidden = document.activeElement !== canvas));
    canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && this.#follow());
    canvas.addEventListener("blur", () => (this.#ring.hidden = true));
    tools.size.addEventListener("input", () => this.#follow());
  }

  #press(event) {
    if (event.button !== 0 || this.#isDown) return;
    this.drawing.canvas.setPointerCapture(event.pointerId);
    this.#isDown = true;
    this.#place = this.#point(event);
    this.#begin();
    this.#follow();
  }

  #move(event) {
    const passed = event.getCoalescedEvents?.() ?? [];
    if (this.#isDown) for (const each of passed.length ? passed : [event]) this.drawing.extend(this.#point(each));
    this.#place = this.#point(event);
    this.#follow();
  }

  #lift() {
    this.#isDown = false;
    this.#tools.changed();
  }

  /** Space paints where the brush is, an arrow moves it, and paints with Shift. */
  #key(event) {
    const arrow = arrows[event.key];
    if (!arrow && event.key !== " ") return;
    event.preventDefault();
    if (!arrow || event.shiftKey) this.#begin();
    if (arrow) {
      const { width, height } = this.drawing.canvas;
      const step = this.#width * keyStep;
      this.#place = [within(this.#place[0] + arrow[0] * step, width), within(this.#place[1] + arrow[1] * step, height)];
      if (event.shiftKey) this.drawing.extend(this.#place);
    }
    this.#follow();
    this.#tools.changed();
  }

  /** The brush's width in pixels of the drawing. */
  get #width() {
    return (Number(this.#tools.size.value) / 100) * this.drawing.side;
  }

  #begin() {
    this.drawing.begin(this.#place, this.#width, this.#tools.erase.checked);
  }

  /** Shows the ring where the brush is: in parts of the ring, by which it moves without a layout. */
  #follow() {
    const width = this.#width;
    this.#ring.hidden = false;
    this.#ring.style.width = `${(100 * width) / this.drawing.canvas.width}%`;
    this.#ring.style.translate = this.#place.map((at) => `${(100 * at) / width - 50}%`).join(" ");
  }

  #point({ clientX, clientY }) {
    const { canvas } = this.drawing;
    const box = canvas.getBoundingClientRect();
    return [((clientX - box.left) / box.width) * canvas.width, ((clientY - box.top) / box.height) * canvas.height];
  }
}
