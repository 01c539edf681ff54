// The cells of one string, moving live: the values of the string, and below them a table, bars or a
// map, for any quantity. A hidden table holds the texts of the first rows exactly as they are drawn.
import { ALARM, NORMAL, SILENT, STATUSES, StringModel, WARNING } from "bacs_frames";
import { ABSENT, ageText, numberText, signed } from "bacs_numbers";
import { COLOUR, barGrid, drawBars, prepare, readPalette, text, unit, whenFontsCome, whenPaletteChanges } from "bacs_look";
import { Loupe } from "bacs_loupe";
import { apartText, arranged, drawBarLook, drawHeatLook } from "bacs_marks";
import { DEVIATION, Reading } from "bacs_measures";
import { COLUMNS, FROM, HEAD, ROW, drawRows } from "bacs_rows";

const STRIP = { top: 8, height: 64, bottom: 10 };
const STRIP_FROM = 330;
const PAGER = 72;
const PAD = 12;
const SCALE = 92;
const BADNESS = { [ALARM]: 0, [WARNING]: 1, [SILENT]: 2, [NORMAL]: 3 };
const RESORT_MS = 5000;
const TWO_PANES = 1024;
// Marks at least as large are touched themselves, smaller ones the nearest of, tiny ones by a loupe.
const FINGER = 24;
const MIRRORED = 16;
const LOOKS = ["table", "bars", "heat"];

const PARTS = `
  <dl class="bacs-scalars"></dl>
  <div class="bacs-tools"></div>
  <div class="bacs-canvas">
    <canvas aria-hidden="true"></canvas>
    <div class="bacs-strip"></div>
    <div class="bacs-plane" tabindex="0" role="slider"></div>
    <div class="bacs-scroll" tabindex="0" role="slider"><div></div></div>
    <div class="bacs-pager">
      <button type="button"></button>
      <span></span>
      <button type="button"></button>
    </div>
    <p class="bacs-nothing" hidden></p>
    <table class="bacs-mirror"><thead><tr></tr></thead><tbody></tbody></table>
  </div>`;

export class StringView {
  // `given` is what the component has as its props; `emit` tells the name and the data of an event.
  constructor(element, given, emit) {
    element.innerHTML = PARTS;
    this.element = element;
    this.emit = emit;
    const { texts, start, reasons, mode, concluded, marked, danger, limits } = given;
    Object.assign(this, { texts, reasons, mode, concluded, marked, danger, limits });
    this.fixed = JSON.parse(given.plan);
    const find = (name) => element.querySelector(name);
    this.canvas = find("canvas");
    this.box = find(".bacs-canvas");
    this.scroller = find(".bacs-scroll");
    this.spacer = find(".bacs-scroll > div");
    this.strip = find(".bacs-strip");
    this.plane = find(".bacs-plane");
    this.mirror = find(".bacs-mirror");
    this.pager = find(".bacs-pager");
    this.nothing = find(".bacs-nothing");
    this.nothing.textContent = this.texts.all_absent;
    const { scalars, columns, cells, measures } = this.fixed;
    this.model = new StringModel(scalars.length, columns, cells);
    Object.assign(this, { look: start.look, sort: start.sort, order: null, sortedAt: 0, touchedAt: 0 });
    this.readings = Object.fromEntries(measures.map((each) => [each.key, new Reading(each, cells)]));
    this.measure = this.readings[start.measure] ? start.measure : measures[0].key;
    this.pointed = -1;
    this.buildScalars(find(".bacs-scalars"));
    this.buildTools(find(".bacs-tools"));
    this.buildMirror();
    this.listen();
    if (given.first) this.model.apply(given.first);
    // What stands above the cells takes its room before their size is asked for.
    this.read();
    this.arrange();
    this.drawCells(0);
    this.observer = new ResizeObserver(() => this.sized() && this.place());
    this.observer.observe(this.box);
    whenFontsCome(() => this.redraw());
    this.endPalette = whenPaletteChanges(() => this.redraw());
  }

  end() {
    this.observer.disconnect();
    this.endPalette();
    cancelAnimationFrame(this.pending);
    this.canvas = null;
  }

  // Follows one of what is said of the string: `reasons`, `mode`, `concluded`, `marked`, `danger`, `limits`.
  say(name, value) {
    this[name] = value;
    this.redraw();
  }

  show(frame) {
    window.dispatchEvent(new Event("bacs-frame"));
    if (!this.canvas) return;
    const isFirst = this.model.sequence === null;
    if (!this.model.apply(frame)) {
      if (!this.asked) this.emit("resync");
      this.asked = true;
      return;
    }
    this.asked = false;
    // The first frame brings the values by which the rows are ordered.
    if (isFirst) this.order = null;
    this.redraw();
  }

  buildScalars(list) {
    this.scalarTexts = this.fixed.scalars.map((scalar) => {
      const group = list.appendChild(document.createElement("div"));
      group.appendChild(document.createElement("dt")).textContent = this.texts[scalar.text];
      const value = group.appendChild(document.createElement("dd"));
      value.dataset.value = scalar.text;
      const number = value.appendChild(document.createElement("b"));
      const unit = value.appendChild(document.createElement("span"));
      return { number, unit };
    });
    const group = list.appendChild(document.createElement("div"));
    group.className = "bacs-equalization";
    group.appendChild(document.createElement("dt")).textContent = this.texts.equalization;
    const value = group.appendChild(document.createElement("dd"));
    value.dataset.value = "equalization";
    this.equalizationState = value.appendChild(document.createElement("b"));
    this.equalizationBy = value.appendChild(document.createElement("span"));
    this.conclusion = group.appendChild(document.createElement("dd"));
    this.conclusion.className = "bacs-conclusion";
  }

  buildTools(tools) {
    const group = (name) => {
      const element = tools.appendChild(document.createElement("div"));
      element.className = "bacs-segments";
      element.role = "group";
      element.ariaLabel = name;
      return element;
    };
    const button = (parent, words, onTouch) => {
      const element = parent.appendChild(document.createElement("button"));
      element.type = "button";
      element.className = "bacs-button";
      element.textContent = words;
      element.addEventListener("click", onTouch);
      return element;
    };
    const looks = group(this.texts.look);
    this.lookButtons = LOOKS.map((look) => button(looks, this.texts[`look_${look}`], () => this.choose({ look })));
    const sorts = () => this.choose({ sort: this.sort === "worst" ? "number" : "worst" });
    this.sortButton = button(tools, this.texts.sort_worst, sorts);
    const measures = group(this.texts.quantity);
    measures.classList.add("bacs-measures");
    this.measureButtons = this.fixed.measures.map(({ key, name, short }) => {
      const element = button(measures, "", () => this.choose({ measure: key }));
      for (const [words, kind] of [[name, "long"], [short, "short"]]) {
        const label = element.appendChild(document.createElement("span"));
        label.className = kind;
        label.textContent = words;
      }
      element.ariaLabel = name;
      element.dataset.measure = key;
      return element;
    });
  }

  buildMirror() {
    this.mirror.setAttribute("aria-label", this.fixed.name);
    this.mirror.setAttribute("aria-rowcount", String(this.fixed.cells + 1));
    const head = this.mirror.querySelector("tr");
    for (const column of COLUMNS) {
      const cell = head.appendChild(document.createElement("th"));
      cell.scope = "col";
      cell.textContent = this.texts[column.head];
    }
    this.mirrorRows = [];
  }

  listen() {
    this.scroller.addEventListener("scroll", () => {
      this.touchedAt = performance.now();
      this.redraw();
    });
    this.scroller.addEventListener("click", (event) => {
      const cell = this.sorted()[Math.floor(event.offsetY / this.unit / ROW)];
      if (cell !== undefined) this.open(cell);
    });
    const seek = (event) => {
      if (event.buttons === 0 && event.type === "pointermove") return;
      const box = this.strip.getBoundingClientRect();
      const { perRow, pitch, rowHeight, rowGap } = this.stripGrid;
      const column = Math.min(perRow - 1, Math.max(0, Math.floor((event.clientX - box.left) / this.unit / pitch)));
      const line = Math.max(0, Math.floor((event.clientY - box.top) / this.unit / (rowHeight + rowGap)));
      const cell = Math.min(this.fixed.cells - 1, line * perRow + column);
      this.reveal(this.sorted().indexOf(cell));
    };
    this.strip.addEventListener("pointerdown", seek);
    this.strip.addEventListener("pointermove", seek);
    const [up, , down] = this.pager.children;
    up.ariaLabel = this.texts.page_up;
    down.ariaLabel = this.texts.page_down;
    up.addEventListener("click", () => this.page(-1));
    down.addEventListener("click", () => this.page(1));
    for (const element of [this.plane, this.scroller]) {
      element.ariaLabel = this.texts.choose_cell;
      element.ariaValueMin = "1";
      element.ariaValueNow = "1";
      element.ariaValueMax = String(this.fixed.cells);
      element.addEventListener("keydown", (event) => this.steer(event));
      element.addEventListener("blur", () => this.point(-1));
    }
    this.loupe = new Loupe(this.box, {
      name: this.texts.choose_cell,
      tell: (place) => this.tellMark(place),
      open: (place) => this.open(this.sorted()[place]),
      choose: (place) => this.point(place ?? -1),
    });
    this.plane.addEventListener("pointerdown", (event) => this.touch(event));
    this.plane.addEventListener("pointermove", (event) => this.loupe.drag(event.clientX, event.clientY));
    this.plane.addEventListener("pointerup", () => this.loupe.lift());
    this.plane.addEventListener("pointercancel", () => this.loupe.close());
    this.plane.addEventListener("click", (event) => {
      if (this.marks && this.marks.size >= FINGER) this.open(this.sorted()[this.placeAt(event)]);
    });
  }

  choose({ look = this.look, sort = this.sort, measure = this.measure }) {
    const sorted = sort !== this.sort || measure !== this.measure;
    Object.assign(this, { look, sort, measure });
    if (sorted) this.order = null;
    this.loupe.close();
    this.scroller.scrollTop = 0;
    this.place();
    this.emit("look", { look, sort, measure });
  }

  open(cell) {
    this.touchedAt = performance.now();
    this.emit("cell", { cell: cell + 1, wide: innerWidth >= TWO_PANES });
  }

  // A finger on the bars or on the map.
  touch(event) {
    if (!this.marks) return;
    if (this.loupe.shown) {
      this.loupe.close();
      return;
    }
    this.touchedAt = performance.now();
    if (this.marks.size >= FINGER) return;
    this.plane.setPointerCapture(event.pointerId);
    const box = this.plane.getBoundingClientRect();
    const place = this.placeAt(event);
    this.loupe.begin(place, this.fixed.cells, event.clientX, event.clientY - box.top, box);
    this.loupe.from.y = event.clientY;
  }

  placeAt(event) {
    const box = this.box.getBoundingClientRect();
    return this.marks.place((event.clientX - box.left) / this.unit, (event.clientY - box.top) / this.unit);
  }

  // Arrow keys walk from cell to cell, Enter opens one.
  steer(event) {
    const steps = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, PageUp: -8, PageDown: 8 };
    if (event.key === "Enter" && this.pointed >= 0) this.open(this.sorted()[this.pointed]);
    if (!(event.key in steps)) return;
    event.preventDefault();
    const place = Math.max(0, Math.min(this.fixed.cells - 1, this.pointed + steps[event.key]));
    this.point(place);
    if (this.look === "table") this.reveal(place);
    const cell = this.sorted()[place];
    event.target.ariaValueNow = String(cell + 1);
    event.target.ariaValueText = this.rowTexts(cell).join(", ");
  }

  point(place) {
    if (place === this.pointed) return;
    this.pointed = place;
    this.touchedAt = performance.now();
    this.redraw();
  }

  reveal(place) {
    this.scroller.scrollTop = (place + 0.5) * ROW * this.unit - this.scroller.clientHeight / 2;
  }

  tellMark(place) {
    const cell = this.sorted()[place];
    const reading = this.readings[this.measure];
    const { decimals, unit } = reading.measure;
    const mark = this.texts.decimal_mark;
    const value = numberText(reading.values[cell], decimals, mark);
    return {
      number: this.rowTexts(cell)[0],
      value: value === ABSENT ? value : `${value}\u00a0${unit}`,
      apart: reading.fromZero ? "" : apartText(reading, reading.apart[cell], mark),
      status: this.model.statuses[cell],
      statusText: this.rowTexts(cell)[7],
    };
  }

  page(direction) {
    const row = ROW * this.unit;
    const rows = Math.max(1, Math.floor(this.scroller.clientHeight / row));
    const now = Math.round(this.scroller.scrollTop / row);
    this.scroller.scrollTo({ top: (now + direction * rows) * row });
  }

  // Reads the size; returns whether it is another one.
  sized() {
    const scale = unit();
    const [width, height] = [this.box.clientWidth / scale, this.box.clientHeight / scale];
    const same = scale === this.unit && width === this.width && height === this.height;
    [this.unit, this.width, this.height] = [scale, width, height];
    return !same;
  }

  place() {
    this.arrange();
    this.draw();
  }

  arrange() {
    // All that asks for sizes and styles comes before what changes them.
    this.sized();
    readPalette();
    this.lookButtons.forEach((button, i) => press(button, LOOKS[i] === this.look));
    this.measureButtons.forEach((button) => press(button, button.dataset.measure === this.measure));
    press(this.sortButton, this.sort === "worst");
    const isTable = this.look === "table";
    const hasStrip = isTable && this.height >= STRIP_FROM;
    const top = HEAD + (hasStrip ? STRIP.top + STRIP.height + STRIP.bottom : 0);
    const room = Math.max(ROW, Math.floor((this.height - top) / ROW) * ROW);
    const paged = this.fixed.cells * ROW > room && this.width >= FROM.middle;
    this.table = { top, width: this.width - (paged ? PAGER : 0), height: room };
    const at = (element, left, y, width, height) =>
      Object.assign(element.style, {
        left: `${left * this.unit}px`,
        top: `${y * this.unit}px`,
        width: `${width * this.unit}px`,
        height: `${height * this.unit}px`,
      });
    at(this.scroller, 0, top, this.table.width, room);
    at(this.strip, PAD, STRIP.top, this.width - 2 * PAD - SCALE, STRIP.height);
    at(this.plane, 0, 0, this.width, this.height);
    at(this.pager, this.table.width, top, PAGER - 8, room);
    this.spacer.style.height = `${this.fixed.cells * ROW * this.unit}px`;
    this.strip.hidden = !hasStrip;
    this.scroller.hidden = !isTable;
    this.pager.hidden = !isTable || !paged;
    this.pager.classList.toggle("low", room < 300);
    this.plane.hidden = isTable;
  }

  redraw() {
    cancelAnimationFrame(this.pending);
    this.pending = requestAnimationFrame(() => this.draw());
  }

  sorted() {
    const now = performance.now();
    const settled = now - this.touchedAt > RESORT_MS && now - this.sortedAt > RESORT_MS;
    const stays = this.sort === "number" || !settled || this.loupe?.shown;
    if (this.order !== null && stays) return this.order;
    const cells = Array.from({ length: this.fixed.cells }, (_, cell) => cell);
    if (this.sort !== "number") {
      const reading = this.readings[this.measure];
      const away = cells.map((cell) => Math.abs(reading.apart[cell]) || 0);
      const { statuses } = this.model;
      const ranks = new Map(this.danger.map((cell, place) => [cell - 1, place]));
      const rank = (cell) => ranks.get(cell) ?? this.danger.length;
      const badness = (cell) => BADNESS[statuses[cell]];
      cells.sort((a, b) => rank(a) - rank(b) || badness(a) - badness(b) || away[b] - away[a] || a - b);
    }
    this.order = cells;
    this.sortedAt = now;
    return cells;
  }

  // The one place where a row becomes text: what is drawn is what the hidden table says.
  rowTexts(cell) {
    const mark = this.texts.decimal_mark;
    const { columns, statuses, ages, staleBits } = this.model;
    const value = (quantity) => numberText(columns[quantity][cell], this.fixed.decimals[quantity], mark);
    const known = statuses[cell] !== NORMAL || this.model.isMeasured(cell);
    const named = known ? this.texts[`status_${STATUSES[statuses[cell]]}`] : ABSENT;
    const status = this.reasons[String(cell + 1)] ?? named;
    const old = staleBits[cell] ? this.texts.age_of.replace("{age}", ageText(ages[cell], mark)) : null;
    return [
      String(cell + 1).padStart(this.fixed.digits, "0"),
      value(0),
      signed(columns[DEVIATION][cell], 0, mark),
      value(1),
      value(2),
      value(3),
      value(4),
      old ? `${status}, ${old}` : status,
    ];
  }

  scene() {
    const reading = this.readings[this.measure];
    const order = this.sorted();
    const pointed = this.pointed >= 0 ? order[this.pointed] : -1;
    return {
      reading,
      limits: this.limits[this.measure] ?? [],
      order,
      model: this.model,
      texts: this.texts,
      digits: this.fixed.digits,
      numbered: this.sort === "number",
      marked: pointed >= 0 ? pointed : this.marked - 1,
      chosen: this.measure,
      span: this.fixed.span,
      rowTexts: (cell) => this.rowTexts(cell),
      deviation: (cell) => this.model.columns[DEVIATION][cell],
      isOld: (cell) => (this.model.staleBits[cell] & (1 << reading.measure.column)) !== 0,
    };
  }

  draw() {
    if (!this.canvas) return;
    // Asked for after a text has changed, it would cost a layout.
    const scroll = this.scroller.scrollTop / this.unit;
    this.read();
    this.drawCells(scroll);
  }

  read() {
    this.drawScalars();
    this.readMeasures();
  }

  drawCells(scroll) {
    if (!this.width || !this.height) return;
    const context = prepare(this.canvas, this.width, this.height, this.unit);
    const scene = this.scene();
    const { reading } = scene;
    this.nothing.hidden = this.look === "table" || reading.known;
    if (this.look === "table") this.drawTable(context, scene, scroll);
    else this.drawMarks(context, scene);
    if (this.loupe.shown) this.loupe.refresh();
  }

  // Reads the chosen measure, and those that are offered only where somebody gives them.
  readMeasures() {
    const target = this.model.scalars[this.fixed.target];
    for (const key in this.readings) {
      const [reading, place] = [this.readings[key], this.fixed.measures.findIndex((each) => each.key === key)];
      if (key === this.measure || reading.measure.optional) reading.read(this.model, target);
      this.measureButtons[place].hidden = reading.measure.optional && !reading.known && key !== this.measure;
    }
  }

  drawScalars() {
    const mark = this.texts.decimal_mark;
    this.fixed.scalars.forEach((scalar, i) => {
      const value = numberText(this.model.scalars[i], scalar.decimals, mark);
      say(this.scalarTexts[i].number, value);
      say(this.scalarTexts[i].unit, value === ABSENT ? "" : ` ${scalar.unit}`);
    });
    const { state, inhibitedBy } = this.model.equalization;
    const reasons = inhibitedBy.map((inhibit) => this.texts[`inhibit_${inhibit}`]).join(", ");
    say(this.equalizationState, this.texts[`equalization_${state}`]);
    say(this.equalizationBy, [reasons || this.mode, this.fixed.equalizedBy].filter(Boolean).join(" · "));
    say(this.conclusion, this.concluded);
  }

  drawTable(context, scene, scroll) {
    this.marks = null;
    if (!this.strip.hidden) this.drawStrip(context, scene);
    const rows = drawRows(context, scene, { ...this.table, scroll });
    this.fillMirror(rows);
    const from = Math.max(0, Math.floor(scroll / ROW)) + 1;
    const to = Math.min(this.fixed.cells, from - 1 + Math.round(this.table.height / ROW));
    say(this.pager.children[1], this.texts.page_of.replace("{page}", `${from}–${to}`).replace("{pages}", `${this.fixed.cells}`));
  }

  drawStrip(context, scene) {
    const { reading } = scene;
    const byNumber = { ...scene, order: Array.from({ length: this.fixed.cells }, (_, cell) => cell) };
    context.fillStyle = COLOUR.tile;
    context.fillRect(0, 0, this.width, STRIP.top + STRIP.height + STRIP.bottom - 2);
    const width = this.width - 2 * PAD - SCALE;
    this.stripGrid = { ...barGrid(this.fixed.cells, width, STRIP.height, { minPitch: 3 }), fromZero: reading.fromZero };
    drawBars(context, arranged(byNumber), this.stripGrid, PAD, STRIP.top);
    const mark = this.texts.decimal_mark;
    const right = this.width - PAD;
    const ends = [[reading.span, STRIP.top + 13], [reading.fromZero ? 0 : -reading.span, STRIP.top + STRIP.height - 2]];
    for (const [value, y] of reading.known ? ends : []) {
      text(context, apartText(reading, value, mark), right, y, { size: 16, colour: COLOUR.quiet, align: "right" });
    }
  }

  drawMarks(context, scene) {
    const draw = this.look === "bars" ? drawBarLook : drawHeatLook;
    this.marks = draw(context, scene, 0, 0, this.width, this.height);
    const first = scene.order.slice(0, MIRRORED);
    this.fillMirror(first.map((cell, row) => ({ row, cell, texts: this.rowTexts(cell) })));
  }

  fillMirror(rows) {
    const body = this.mirror.tBodies[0];
    while (this.mirrorRows.length < rows.length) {
      const row = body.appendChild(document.createElement("tr"));
      COLUMNS.forEach((column) => {
        const cell = row.appendChild(document.createElement("td"));
        cell.dataset.column = column.key;
      });
      this.mirrorRows.push(row);
    }
    this.mirrorRows.forEach((element, i) => {
      element.hidden = i >= rows.length;
      if (element.hidden) return;
      const { row, cell, texts } = rows[i];
      element.ariaRowIndex = String(row + 2);
      element.dataset.cell = String(cell + 1);
      texts.forEach((value, column) => say(element.children[column], value));
    });
  }
}

function press(button, pressed) {
  button.classList.toggle("chosen", pressed);
  button.ariaPressed = String(pressed);
}

function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
