// Small pieces of the page.
import { ALARM, WARNING } from "./quantities.js";

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// Writes a text only where it is another, so that a tick without news costs no layout.
export function say(where, text) {
  if (where.textContent !== text) where.textContent = text;
}

const SHAPES = {
  [WARNING]: ["M6 1 11.5 11H.5z", "var(--warning)"],
  [ALARM]: ["M1 1h10v10H1z", "var(--alarm)"],
};

export function shape(status) {
  const [path, fill] = SHAPES[status] ?? ["M1 5h10v2H1z", "var(--quiet)"];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 12 12");
  svg.setAttribute("aria-hidden", "true");
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "path");
  drawn.setAttribute("d", path);
  drawn.setAttribute("style", `fill:${fill}`);
  svg.append(drawn);
  return svg;
}
