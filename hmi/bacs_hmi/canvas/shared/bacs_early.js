// The first view is drawn before the scripts that make the page live are there: the server writes
// the page as plain HTML over the place of the live one (early.py), and the view draws itself into
// it. The component that comes later takes the view over as it is, and the plain page goes. A touch
// on a button in between (early.js) is repeated on the live page.
import { clockText } from "bacs_numbers";

// Who waits longer has forgotten it, or means something else by now.
const TOUCH_HOLDS_MS = 3000;

let early = null;

export function drawEarly(View) {
  const root = document.getElementById("bacs-early");
  const given = JSON.parse(document.getElementById("bacs-early-given").textContent);
  for (const clock of root.getElementsByClassName("bacs-clock")) {
    clock.textContent = clockText(Date.now() / 1000).slice(0, 5);
  }
  early = { given, waiting: [], view: null };
  const { waiting } = early;
  early.view = new View(root.querySelector("[data-early]"), given, (...told) => waiting.push(told));
}

// Makes the view of a component, or takes over the one that is drawn already.
export function begin(View, element, props, emit) {
  const given = props.plan ? props : early?.given ?? earlyGiven();
  if (!(early?.view instanceof View) || props.plan) return new View(element, given, emit);
  const { view, waiting } = early;
  // Nodes that move to another place forget how far they were scrolled.
  const scrolled = view.scroller?.scrollTop;
  element.append(...view.element.childNodes);
  if (scrolled) view.scroller.scrollTop = scrolled;
  Object.assign(view, { element, emit });
  waiting.forEach((told) => emit(...told));
  endEarly();
  return view;
}

// What an early view that failed would have been drawn from.
function earlyGiven() {
  return JSON.parse(document.getElementById("bacs-early-given").textContent);
}

// Removes the plain page, once the live one is there.
export function endEarly() {
  early = null;
  const page = document.getElementById("bacs-early");
  const touched = page?.touched;
  page?.remove();
  if (touched && performance.now() - touched.at <= TOUCH_HOLDS_MS) touched.repeat();
}
