// Marks too small for a finger: the neighbourhood of the touched place, large enough to be touched.
// Dragging chooses, lifting opens; a short touch leaves the loupe open, so that nothing is hit that
// was not meant.
const NARROW = 600;
const DRAG = 22;
const MOVED = 10;

export class Loupe {
  // `tell(place)` gives number, value, apart and status of the mark at a place, `open(place)` goes to it.
  constructor(parent, { name, tell, open, choose }) {
    this.tell = tell;
    this.open = open;
    this.choose = choose;
    this.element = parent.appendChild(document.createElement("div"));
    this.element.className = "bacs-loupe";
    this.element.role = "group";
    this.element.ariaLabel = name;
    this.element.hidden = true;
    this.buttons = [];
  }

  get shown() {
    return !this.element.hidden;
  }

  begin(place, count, x, y, box) {
    this.count = count;
    this.from = { place, x, y };
    this.moved = false;
    this.room = innerWidth < NARROW ? 5 : 7;
    this.element.classList.toggle("low", y < box.height / 2);
    this.element.hidden = false;
    this.show(place);
  }

  drag(x, y) {
    if (!this.from) return;
    if (Math.hypot(x - this.from.x, y - this.from.y) > MOVED) this.moved = true;
    if (!this.moved) return;
    this.show(this.from.place + Math.round((x - this.from.x) / DRAG));
  }

  lift() {
    const moved = this.from && this.moved;
    this.from = null;
    if (!moved) return;
    const { place } = this;
    this.close();
    this.open(place);
  }

  close() {
    this.from = null;
    this.element.hidden = true;
    this.choose(null);
  }

  show(place) {
    this.place = Math.max(0, Math.min(this.count - 1, place));
    this.choose(this.place);
    this.refresh();
  }

  refresh() {
    const room = Math.min(this.room, this.count);
    const first = Math.max(0, Math.min(this.count - room, this.place - (room >> 1)));
    while (this.buttons.length < room) this.add();
    this.buttons.forEach((parts, i) => {
      parts.button.hidden = i >= room;
      if (i >= room) return;
      const place = first + i;
      const { number, value, apart, status, statusText } = this.tell(place);
      parts.place = place;
      parts.button.className = `bacs-loupe-cell s${status}${place === this.place ? " chosen" : ""}`;
      parts.button.ariaLabel = [number, value, apart, statusText].join(", ");
      parts.number.textContent = number;
      parts.value.textContent = value;
      parts.apart.textContent = apart;
    });
  }

  add() {
    const button = this.element.appendChild(document.createElement("button"));
    button.type = "button";
    const parts = { button, place: 0 };
    for (const name of ["number", "value", "apart"]) {
      parts[name] = button.appendChild(document.createElement("span"));
      parts[name].className = `bacs-loupe-${name}`;
    }
    button.addEventListener("click", () => {
      const { place } = parts;
      this.close();
      this.open(place);
    });
    this.buttons.push(parts);
  }
}
