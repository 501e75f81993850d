/** Short ways to the document. Texts become text nodes, never markup. */

export const byID = (id) => document.getElementById(id);

/** Makes an element with attributes, of which functions listen for events, and children. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** Makes an element of SVG with attributes and children. */
export function shape(name, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Makes one of the icons of `icons.svg`. */
export const icon = (name) =>
  shape("svg", { class: "icon", "aria-hidden": "true" }, shape("use", { href: `/assets/icons.svg#${name}` }));

/** Wraps an action so that it begins again when it has ended only: a second click is no second request. */
export function once(action) {
  let running = null;
  return (...given) => (running ??= action(...given).finally(() => (running = null)));
}

/** Tells screen readers, and nobody else. */
export function announce(text) {
  byID("announcement").textContent = text;
}

/** Reads or writes a setting of this browser; one that keeps nothing is no fault. */
export function setting(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(`iris.${name}`);
    localStorage.setItem(`iris.${name}`, value);
  } catch {
    // Storage may be switched off.
  }
  return null;
}
