// The strip of what stands out: one button each, the worst first; what does not fit is left out.
// The end of a place, which names the cell, is always shown; a long name is cut before it.
const PLACE_END = 17;
const NAMES = { alarm: "alarm", warning: "warning" };
const SHAPES = {
  alarm: '<rect x="2" y="2" width="16" height="16"/>',
  warning: '<path d="M10 1.5 19.5 18H.5Z"/>',
  none: '<circle cx="10" cy="10" r="7" fill="none" stroke-width="2"/>',
};

export class AttentionStrip {
  constructor(element, onTouch) {
    this.element = element;
    this.onTouch = onTouch;
    this.buttons = [];
    this.items = [];
    this.summary = make(element, "p", "bacs-attention-sum");
    this.head = make(this.summary, "b");
    this.rest = make(this.summary, "span");
  }

  // summary: two texts; items: severity ("alarm", "warning" or null), place, text, key and cell.
  show([head, rest], items) {
    say(this.head, head);
    say(this.rest, rest);
    this.items = items;
    while (this.buttons.length < items.length) this.add();
    this.buttons.forEach((button, i) => this.fill(button, items[i]));
  }

  add() {
    const place = this.buttons.length;
    const button = make(this.element, "button", "bacs-attention-item");
    button.type = "button";
    button.addEventListener("click", () => {
      const { key, cell } = this.items[place];
      this.onTouch({ key, cell, wide: innerWidth >= 1024 });
    });
    const symbol = make(button, "span");
    const words = make(button, "span", "bacs-attention-words");
    const where = make(words, "b");
    const [start, end] = [make(where, "span"), make(where, "span")];
    this.buttons.push({ button, symbol, start, end, text: make(words, "span") });
  }

  fill(parts, item) {
    parts.button.hidden = !item;
    if (!item) return;
    const kind = NAMES[item.severity] ?? "none";
    if (parts.kind !== kind) {
      parts.kind = kind;
      parts.symbol.innerHTML = `<svg class="bacs-symbol ${kind}" viewBox="0 0 20 20" aria-hidden="true">${SHAPES[kind]}</svg>`;
      parts.button.className = `bacs-attention-item ${kind}`;
    }
    say(parts.start, item.place.slice(0, -PLACE_END));
    say(parts.end, item.place.slice(-PLACE_END));
    say(parts.text, item.text);
  }
}

function make(parent, tag, classes = "") {
  const element = parent.appendChild(document.createElement(tag));
  element.className = classes;
  return element;
}

function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
