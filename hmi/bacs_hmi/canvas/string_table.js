// The page of one string: values above, a strip with a bar per cell, and the table, all moving live.
// A hidden table holds the texts of the visible rows exactly as they were drawn.
import { ALARM, NORMAL, SILENT, STATUSES, StringModel, WARNING } from "bacs_frames";
import { ABSENT, ageText, numberText, signed } from "bacs_numbers";
import { COLOUR, cellBars, fontsReady, hatch, prepare, shape, text, textWidth } from "bacs_look";

const STRIP = { top: 8, height: 64, bottom: 10 };
const HEAD = 32;
const ROW = 48;
const PAGER = 72;
const PAD = 12;
const SCALE = 84;
const VOLTAGE = 0;
const TEMPERATURE = 1;
const RESISTANCE = 2;
const CHARGE = 3;
const DUTY = 4;
const DEVIATION = 5;
const BADNESS = { [ALARM]: 0, [WARNING]: 1, [SILENT]: 2, [NORMAL]: 3 };
const RESORT_MS = 5000;

// weight: share of the width; right: numbers stand under each other.
const COLUMNS = [
  { key: "number", head: "number", weight: 0.07, align: "left" },
  { key: "voltage", head: "column_voltage", weight: 0.1, align: "right", quantity: VOLTAGE },
  { key: "deviation", head: "column_deviation", weight: 0.175, align: "right", quantity: VOLTAGE },
  { key: "temperature", head: "column_temperature", weight: 0.085, align: "right", quantity: TEMPERATURE },
  { key: "resistance", head: "column_resistance", weight: 0.09, align: "right", quantity: RESISTANCE },
  { key: "charge", head: "column_charge", weight: 0.105, align: "right", quantity: CHARGE },
  { key: "duty", head: "column_duty", weight: 0.165, align: "right", quantity: DUTY },
  { key: "status", head: "status", weight: 0.21, align: "left", indent: 12 },
];
const BAR_COLUMNS = new Set(["deviation", "duty"]);
const BAR_TEXT = 58;

export default {
  template: `
    <div class="bacs-string">
      <dl class="bacs-scalars"></dl>
      <div class="bacs-canvas">
        <canvas aria-hidden="true"></canvas>
        <div class="bacs-strip"></div>
        <div class="bacs-scroll"><div></div></div>
        <div class="bacs-pager">
          <button type="button"></button>
          <span></span>
          <button type="button"></button>
        </div>
        <table class="bacs-mirror"><thead><tr></tr></thead><tbody></tbody></table>
      </div>
    </div>`,
  props: { plan: Object, texts: Object, first: String, sort: String, marked: Number, reasons: Object, mode: String },
  emits: ["cell", "resync"],
  watch: {
    sort() {
      this.order = null;
      this.scroller.scrollTop = 0;
      this.redraw();
    },
    marked() {
      this.redraw();
    },
    reasons() {
      this.redraw();
    },
    mode() {
      this.redraw();
    },
  },
  mounted() {
    const find = (name) => this.$el.querySelector(name);
    this.canvas = find("canvas");
    this.box = find(".bacs-canvas");
    this.scroller = find(".bacs-scroll");
    this.spacer = find(".bacs-scroll > div");
    this.strip = find(".bacs-strip");
    this.mirror = find(".bacs-mirror");
    this.pager = find(".bacs-pager");
    this.model = new StringModel(this.plan.scalars.length, this.plan.decimals.length, this.plan.cells);
    this.order = null;
    this.frames = 0;
    this.sortedAt = 0;
    this.touchedAt = 0;
    this.buildScalars(find(".bacs-scalars"));
    this.buildMirror();
    this.listen();
    this.observer = new ResizeObserver(() => this.place());
    this.observer.observe(this.box);
    this.place();
    if (this.first) this.show(this.first);
    fontsReady().then(() => this.redraw());
  },
  unmounted() {
    this.observer.disconnect();
    cancelAnimationFrame(this.pending);
    this.canvas = null;
  },
  methods: {
    show(frame) {
      if (!this.canvas) return;
      if (!this.model.apply(frame)) {
        if (!this.asked) this.$emit("resync");
        this.asked = true;
        return;
      }
      this.asked = false;
      // The first frame brings the values by which the rows are ordered.
      if (this.frames++ === 0) this.order = null;
      this.redraw();
    },
    buildScalars(list) {
      this.scalarTexts = this.plan.scalars.map((scalar) => {
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
    },
    buildMirror() {
      this.mirror.setAttribute("aria-label", this.plan.name);
      this.mirror.setAttribute("aria-rowcount", String(this.plan.cells + 1));
      const head = this.mirror.querySelector("tr");
      for (const column of COLUMNS) {
        const cell = head.appendChild(document.createElement("th"));
        cell.scope = "col";
        cell.textContent = this.texts[column.head];
      }
      this.mirrorRows = [];
    },
    listen() {
      this.scroller.addEventListener("scroll", () => {
        this.touchedAt = performance.now();
        this.redraw();
      });
      this.scroller.addEventListener("click", (event) => {
        const row = Math.floor((event.offsetY) / ROW);
        const cell = this.sorted()[row];
        if (cell !== undefined) this.$emit("cell", cell + 1);
      });
      const seek = (event) => {
        if (event.buttons === 0 && event.type === "pointermove") return;
        const box = this.strip.getBoundingClientRect();
        const { perRow, pitch, rowHeight } = this.stripGrid;
        const column = Math.min(perRow - 1, Math.max(0, Math.floor((event.clientX - box.left) / pitch)));
        const line = Math.max(0, Math.floor((event.clientY - box.top) / rowHeight));
        const cell = Math.min(this.plan.cells - 1, line * perRow + column);
        const row = this.sorted().indexOf(cell);
        this.scroller.scrollTop = (row + 0.5) * ROW - this.scroller.clientHeight / 2;
      };
      this.strip.addEventListener("pointerdown", seek);
      this.strip.addEventListener("pointermove", seek);
      const [up, , down] = this.pager.children;
      up.ariaLabel = this.texts.page_up;
      down.ariaLabel = this.texts.page_down;
      up.addEventListener("click", () => this.page(-1));
      down.addEventListener("click", () => this.page(1));
    },
    page(direction) {
      const rows = Math.max(1, Math.floor(this.scroller.clientHeight / ROW));
      const now = Math.round(this.scroller.scrollTop / ROW);
      this.scroller.scrollTo({ top: (now + direction * rows) * ROW });
    },
    place() {
      this.width = this.box.clientWidth;
      this.height = this.box.clientHeight;
      const top = STRIP.top + STRIP.height + STRIP.bottom + HEAD;
      const room = Math.max(ROW, Math.floor((this.height - top) / ROW) * ROW);
      this.table = { top, width: this.width - PAGER, height: room };
      Object.assign(this.scroller.style, {
        top: `${top}px`,
        width: `${this.table.width}px`,
        height: `${room}px`,
      });
      this.spacer.style.height = `${this.plan.cells * ROW}px`;
      Object.assign(this.strip.style, {
        top: `${STRIP.top}px`,
        left: `${PAD}px`,
        width: `${this.width - 2 * PAD - SCALE}px`,
        height: `${STRIP.height}px`,
      });
      Object.assign(this.pager.style, { top: `${top}px`, height: `${room}px`, width: `${PAGER - 8}px` });
      this.pager.hidden = this.plan.cells * ROW <= room;
      this.draw();
    },
    redraw() {
      cancelAnimationFrame(this.pending);
      this.pending = requestAnimationFrame(() => this.draw());
    },
    sorted() {
      const now = performance.now();
      const settled = now - this.touchedAt > RESORT_MS && now - this.sortedAt > RESORT_MS;
      if (this.order !== null && (this.sort === "number" || !settled)) return this.order;
      const cells = Array.from({ length: this.plan.cells }, (_, cell) => cell);
      if (this.sort !== "number") {
        const away = cells.map((cell) => Math.abs(this.deviation(cell)) || 0);
        cells.sort(
          (a, b) =>
            BADNESS[this.model.statuses[a]] - BADNESS[this.model.statuses[b]] || away[b] - away[a] || a - b,
        );
      }
      this.order = cells;
      this.sortedAt = now;
      return cells;
    },
    deviation(cell) {
      return this.model.columns[DEVIATION][cell];
    },
    // The one place where a row becomes text: what is drawn is what the hidden table says.
    rowTexts(cell) {
      const mark = this.texts.decimal_mark;
      const { columns, statuses, ages, staleBits } = this.model;
      const value = (quantity) => numberText(columns[quantity][cell], this.plan.decimals[quantity], mark);
      const status =
        this.reasons[String(cell + 1)] ?? this.texts[`status_${STATUSES[statuses[cell]]}`];
      const old = staleBits[cell]
        ? this.texts.age_of.replace("{age}", ageText(ages[cell], mark))
        : null;
      return [
        String(cell + 1).padStart(this.plan.digits, "0"),
        value(VOLTAGE),
        signed(this.deviation(cell), 0, mark),
        value(TEMPERATURE),
        value(RESISTANCE),
        value(CHARGE),
        value(DUTY),
        old ? `${status}, ${old}` : status,
      ];
    },
    draw() {
      if (!this.canvas || !this.width || !this.height) return;
      const context = prepare(this.canvas, this.width, this.height);
      this.drawScalars();
      this.drawStrip(context);
      this.drawTable(context);
    },
    drawScalars() {
      const mark = this.texts.decimal_mark;
      this.plan.scalars.forEach((scalar, i) => {
        const value = numberText(this.model.scalars[i], scalar.decimals, mark);
        say(this.scalarTexts[i].number, value);
        say(this.scalarTexts[i].unit, value === ABSENT ? "" : ` ${scalar.unit}`);
      });
      const { state, inhibitedBy } = this.model.equalization;
      const reasons = inhibitedBy.map((inhibit) => this.texts[`inhibit_${inhibit}`]).join(", ");
      say(this.equalizationState, this.texts[`equalization_${state}`]);
      say(this.equalizationBy, [reasons || this.mode, this.plan.equalizedBy].filter(Boolean).join(" · "));
    },
    drawStrip(context) {
      const cells = Array.from({ length: this.plan.cells }, (_, cell) => ({
        status: this.model.statuses[cell],
        deviation: this.deviation(cell) / this.plan.span,
        stale: this.model.staleBits[cell] & 1,
      }));
      context.fillStyle = COLOUR.tile;
      context.fillRect(0, 0, this.width, STRIP.top + STRIP.height + STRIP.bottom - 2);
      const width = this.width - 2 * PAD - SCALE;
      this.stripGrid = cellBars(context, cells, PAD, STRIP.top, width, STRIP.height, { minPitch: 3 });
      const right = this.width - PAD;
      for (const [sign, y] of [["+", STRIP.top + 13], ["−", STRIP.top + STRIP.height - 2]]) {
        text(context, `${sign}${this.plan.span} mV`, right, y, { size: 16, colour: COLOUR.quiet, align: "right" });
      }
    },
    columnSpots() {
      const width = this.table.width - 2 * PAD;
      let x = PAD;
      return COLUMNS.map((column) => {
        const indent = 6 + (column.indent ?? 0);
        const spot = { ...column, x: x + indent, width: column.weight * width - indent - 10 };
        x += column.weight * width;
        return spot;
      });
    },
    drawTable(context) {
      const spots = this.columnSpots();
      const { top, height, width } = this.table;
      const order = this.sorted();
      const scroll = this.scroller.scrollTop;
      const from = Math.max(0, Math.floor(scroll / ROW));
      const to = Math.min(this.plan.cells, Math.ceil((scroll + height) / ROW));
      context.save();
      context.beginPath();
      context.rect(0, top, width, height);
      context.clip();
      const rows = [];
      for (let row = from; row < to; row++) {
        const texts = this.rowTexts(order[row]);
        this.drawRow(context, spots, order[row], texts, top + row * ROW - scroll, width);
        rows.push({ row, cell: order[row], texts });
      }
      context.restore();
      context.fillStyle = COLOUR.page;
      context.fillRect(0, top - HEAD, this.width, HEAD);
      for (const spot of spots) {
        const x = spot.align === "right" ? spot.x + spot.width : spot.x;
        text(context, this.texts[spot.head], x, top - 11, { size: 16, colour: COLOUR.quiet, align: spot.align, width: spot.width + 10 });
      }
      this.fillMirror(rows);
      say(this.pager.children[1], this.texts.page_of
        .replace("{page}", `${from + 1}–${Math.min(this.plan.cells, from + Math.round(height / ROW))}`)
        .replace("{pages}", `${this.plan.cells}`));
    },
    drawRow(context, spots, cell, texts, y, width) {
      const status = this.model.statuses[cell];
      const marked = cell + 1 === this.marked;
      context.fillStyle = marked
        ? COLOUR.line
        : { [WARNING]: COLOUR.warningSoft, [ALARM]: COLOUR.alarmSoft }[status] ?? COLOUR.tile;
      context.fillRect(0, y, width, ROW - 1);
      context.fillStyle = COLOUR.line;
      context.fillRect(0, y + ROW - 1, width, 1);
      const base = y + ROW / 2 + 7;
      spots.forEach((spot, i) => {
        if (spot.key === "status") {
          shape(context, status, spot.x + 8, y + ROW / 2, 16);
          const colour = { [WARNING]: COLOUR.warningInk, [ALARM]: COLOUR.alarmInk }[status] ?? COLOUR.quiet;
          text(context, texts[i], spot.x + 26, base - 1, {
            size: 17,
            weight: status === NORMAL ? 400 : 500,
            colour,
            width: spot.width - 26,
          });
          return;
        }
        const stale = spot.quantity !== undefined && this.model.staleBits[cell] & (1 << spot.quantity);
        const right = spot.x + spot.width;
        if (BAR_COLUMNS.has(spot.key)) this.drawBar(context, spot, cell, y);
        text(context, texts[i], spot.align === "right" ? right : spot.x, base, {
          size: spot.key === "number" ? 19 : 20,
          weight: spot.key === "voltage" ? 500 : 400,
          colour: texts[i] === ABSENT || spot.key === "number" ? COLOUR.quiet : COLOUR.ink,
          align: spot.align,
        });
        if (stale && texts[i] !== ABSENT) {
          const half = BAR_COLUMNS.has(spot.key) ? spot.width : textWidth(context, texts[i], 20, 500) + 10;
          hatch(context, right - half, y + 6, half + 6, ROW - 13);
        }
      });
    },
    drawBar(context, spot, cell, y) {
      const [x, width] = [spot.x, spot.width - BAR_TEXT];
      const middle = y + ROW / 2;
      if (spot.key === "duty") {
        const duty = this.model.columns[DUTY][cell];
        if (!Number.isFinite(duty)) return;
        context.fillStyle = COLOUR.line;
        context.fillRect(x, middle - 5, width, 10);
        context.fillStyle = COLOUR.duty;
        context.fillRect(x, middle - 5, (width * Math.min(100, Math.max(0, duty))) / 100, 10);
        return;
      }
      const deviation = clamp(this.deviation(cell) / this.plan.span);
      if (!Number.isFinite(deviation)) return;
      const centre = x + width / 2;
      context.fillStyle = COLOUR.line;
      context.fillRect(x, middle - 1, width, 2);
      context.fillStyle = { [WARNING]: COLOUR.warning, [ALARM]: COLOUR.alarm }[this.model.statuses[cell]] ?? COLOUR.bar;
      const length = (deviation * width) / 2;
      context.fillRect(Math.min(centre, centre + length), middle - 5, Math.max(1, Math.abs(length)), 10);
      context.fillStyle = COLOUR.quiet;
      context.fillRect(centre - 0.5, middle - 9, 1, 18);
    },
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
    },
  },
};

function clamp(value) {
  return Math.max(-1, Math.min(1, value));
}

function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
