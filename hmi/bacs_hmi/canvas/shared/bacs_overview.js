// The overview: a strip of what stands out, and all managers, strings and cells on one canvas; a
// button lies over each string. Only what changed is drawn anew. A site with more strings than a
// finger can tell apart on this screen is scrolled: the canvas then shows the part in view.
import { OverviewModel, SILENT, STRING_CHANGED } from "bacs_frames";
import { ageText, withUnit } from "bacs_numbers";
import { AttentionStrip } from "bacs_attention";
import { COLOUR, paletteChanged, prepare, shape, text, textWidth, unit, whenFontsCome, whenPaletteChanges } from "bacs_look";
import { DENSE_BELOW, drawTile } from "bacs_tile";
import { arrange } from "bacs_tiles";

// In these the breaker of a string does not stand ready, or has done its work.
const TRIPS = new Set(["deferred", "tripping", "tripped", "failed", "off"]);
const COUNTED = [
  { status: 2, word: "alarms_count", colour: "alarmInk" },
  { status: 1, word: "warnings", colour: "warningInk" },
  { status: 3, word: "silent", colour: "quiet" },
];

const PARTS = `
  <div class="bacs-attention" role="group"></div>
  <div class="bacs-canvas bacs-plant">
    <canvas aria-hidden="true"></canvas>
    <div class="bacs-hits"></div>
  </div>`;

export class OverviewView {
  // `given` is what the component has as its props; `emit` tells the name and the data of an event.
  constructor(element, given, emit) {
    element.innerHTML = PARTS;
    this.element = element;
    this.emit = emit;
    this.texts = given.texts;
    this.site = JSON.parse(given.plan);
    this.box = element.querySelector(".bacs-plant");
    this.canvas = element.querySelector("canvas");
    this.hits = element.querySelector(".bacs-hits");
    const strip = element.querySelector(".bacs-attention");
    strip.ariaLabel = this.texts.attention;
    this.strip = new AttentionStrip(strip, (place) => this.emit("attend", place));
    this.build();
    this.tell(given.told);
    if (given.first) this.model.apply(given.first);
    this.box.addEventListener("scroll", () => this.redraw(true));
    this.place();
    this.observer = new ResizeObserver(() => this.place());
    this.observer.observe(this.box);
    whenFontsCome(() => this.redraw(true));
    this.endPalette = whenPaletteChanges(() => this.redraw(true));
  }

  end() {
    this.observer.disconnect();
    this.endPalette();
    cancelAnimationFrame(this.pending);
    this.canvas = null;
  }

  show(frame) {
    window.dispatchEvent(new Event("bacs-frame"));
    if (!this.canvas) return;
    if (!this.model.apply(frame)) {
      if (!this.asked) this.emit("resync");
      this.asked = true;
      return;
    }
    this.asked = false;
    this.redraw(false);
  }

  explain(told) {
    if (!this.canvas) return;
    const before = JSON.stringify(this.findings);
    this.tell(told);
    if (JSON.stringify(this.findings) !== before) this.redraw(true);
  }

  tell(told) {
    this.strip.show(told.summary, told.items);
    this.findings = told.findings;
  }

  build() {
    this.strings = [];
    let cell = 0;
    this.site.managers.forEach((manager, place) => {
      for (const [key, name, number, cells, sumDecimals, span] of manager.strings) {
        this.strings.push({ key, name, number, cells, sumDecimals, span, place, manager, first: cell });
        cell += cells;
      }
    });
    const counts = this.strings.map((string) => string.cells);
    this.model = new OverviewModel(this.site.managers.length, counts);
    this.tiles = this.strings.map(() => null);
    this.headTexts = this.site.managers.map(() => document.createElement("p"));
    this.buttons = this.strings.map((string) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.string = string.key;
      button.addEventListener("click", () => this.emit("open", string.key));
      return button;
    });
  }

  place() {
    // All that asks for sizes and styles comes before what changes them.
    const scale = unit();
    const [width, height] = [this.box.clientWidth / scale, this.box.clientHeight / scale];
    if (!width || !height) return;
    if (scale === this.unit && width === this.width && height === this.height) return;
    [this.unit, this.width, this.height] = [scale, width, height];
    const cells = this.site.managers.map((_, place) =>
      this.strings.filter((string) => string.place === place).map((string) => string.cells),
    );
    this.spots = arrange(cells, width, height);
    this.draw(true);
    this.hits.style.height = `${this.spots.height * scale}px`;
    this.buttons.forEach((button, i) => {
      const { x, y, width, height } = this.spots.tiles[i];
      button.style.cssText = [
        `left:${x * scale}px`,
        `top:${y * scale}px`,
        `width:${width * scale}px`,
        `height:${height * scale}px`,
      ].join(";");
    });
    if (!this.hits.firstChild) this.hits.append(...this.headTexts, ...this.buttons);
  }

  redraw(everything) {
    this.whole ||= everything;
    cancelAnimationFrame(this.pending);
    this.pending = requestAnimationFrame(() => this.draw(this.whole));
  }

  draw(everything) {
    if (!this.canvas || !this.spots) return;
    const whole = everything || paletteChanged();
    this.whole = false;
    const top = this.box.scrollTop / this.unit;
    const context = whole ? prepare(this.canvas, this.width, this.height, this.unit) : this.context;
    this.context = context;
    context.save();
    context.translate(0, -top);
    const { changed } = this.model;
    let heads = whole || this.model.managersChanged;
    this.strings.forEach((string, i) => {
      if (!whole && !changed[i]) return;
      const spot = this.spots.tiles[i];
      if (whole || changed[i] & STRING_CHANGED) {
        this.tiles[i] = this.summary(string, this.model.strings[i], spot.width < DENSE_BELOW);
        heads = true;
      }
      const onScreen = spot.y + spot.height > top && spot.y < top + this.height;
      if (onScreen) drawTile(context, spot, this.tiles[i], this.model, this.texts, whole ? STRING_CHANGED : changed[i]);
      if (whole || changed[i] & STRING_CHANGED) {
        const label = [string.name, ...this.tiles[i].words].join(", ");
        if (this.buttons[i].ariaLabel !== label) this.buttons[i].ariaLabel = label;
      }
      this.model.drawn(i, string.first, string.cells);
    });
    if (heads) this.drawHeads(context, whole);
    this.model.managersChanged = false;
    context.restore();
  }

  drawHeads(context, whole) {
    this.site.managers.forEach((manager, i) => {
      const spot = this.spots.heads[i];
      const own = this.tiles.filter((_, place) => this.strings[place].place === i);
      if (!whole) {
        context.fillStyle = COLOUR.page;
        context.fillRect(spot.x, spot.y, spot.width, spot.height);
      }
      say(this.headTexts[i], this.drawHead(context, spot, manager, this.model.managers[i], own));
    });
  }

  // The one place where numbers of a tile become text: for the canvas and for screen readers.
  summary(string, values, dense) {
    const mark = this.texts.decimal_mark;
    // A silent cell may have a warning too: what is raised is counted as in the alarm list.
    const counts = [0, values.warnings, values.alarms, 0];
    for (let i = string.first; i < string.first + string.cells; i++) {
      if (this.model.statuses[i] === SILENT) counts[SILENT]++;
    }
    const tile = {
      string,
      counts,
      worst: counts[2] ? 2 : counts[1] ? 1 : counts[3] ? 3 : 0,
      sum: withUnit(values.sumVoltage, string.sumDecimals, "V", mark),
      coarseSum: withUnit(values.sumVoltage, string.sumDecimals - 1, "V", mark),
      current: withUnit(values.current, Math.abs(values.current) < 100 ? 1 : 0, "A", mark),
      equalization: values.equalization.state,
      equalizationText: this.texts[`equalization_${values.equalization.state}`],
      trip: TRIPS.has(values.trip) ? this.texts[`trip_${values.trip}`] : null,
      finding: this.findings[string.key] ?? null,
      size: `${string.cells} ${this.texts.cells}`,
      age: values.age ? ageText(values.age, mark) : null,
      old: values.age ? this.texts.age_of.replace("{age}", ageText(values.age, mark)) : null,
    };
    tile.words = [
      tile.size,
      dense ? tile.coarseSum : tile.sum,
      tile.current,
      `${this.texts.equalization} ${tile.equalizationText}`,
      ...COUNTED.filter(({ status }) => counts[status]).map(({ status, word }) =>
        this.counted(counts[status], word),
      ),
      ...(tile.trip ? [`${this.texts.protection}: ${tile.trip}`] : []),
      ...(tile.old ? [tile.old] : []),
    ];
    return tile;
  }

  counted(count, word) {
    return `${count} ${(count === 1 && this.texts[`${word}_one`]) || this.texts[word]}`;
  }

  drawHead(context, spot, manager, online, tiles) {
    const total = [0, 1, 2, 3].map((status) => sum(tiles.map((tile) => tile.counts[status])));
    const state = this.texts[["offline", "online", "not_asked", "not_known"][online]];
    const size = `${sum(tiles.map((tile) => tile.string.cells))} ${this.texts.cells}`;
    const counted = COUNTED.filter(({ status }) => total[status]);
    const shown = { offline: online === 0, text: state, size };
    if (spot.side === "top") this.drawHeadAbove(context, spot, manager, shown, total, counted);
    else this.drawHeadBeside(context, spot, manager, shown, total, counted);
    return [
      manager.name,
      state,
      size,
      ...counted.map(({ status, word }) => this.counted(total[status], word)),
    ].join(", ");
  }

  drawHeadAbove(context, spot, manager, state, total, counted) {
    const x = spot.x + 4;
    const end = this.drawCounts(context, spot.x + spot.width - 4, spot.y + 15, total, counted);
    // Where both have no room, that a manager is as it should be is left out.
    const width = end - x < 170 && !state.offline ? end - x - 6 : (end - x) / 2;
    const shown = text(context, manager.name, x, spot.y + 21, { size: 18, weight: 500, width, isName: true });
    let right = x + textWidth(context, shown, 18, 500) + 14;
    if (state.offline) {
      shape(context, 2, right + 6, spot.y + 15, 12);
      right += 18;
    }
    const room = end - right - 6;
    const told = [`${state.text}, ${state.size}`, state.text].find((words) => textWidth(context, words, 16, 500) <= room);
    if (told) text(context, told, right, spot.y + 21, {
      size: 16,
      weight: state.offline ? 500 : 400,
      colour: state.offline ? COLOUR.alarmInk : COLOUR.quiet,
    });
  }

  // Right-aligned shapes with counts; returns where they begin.
  drawCounts(context, right, middle, total, counted) {
    let x = right;
    for (const { status, colour } of [...counted].reverse()) {
      const label = `${total[status]}`;
      x -= textWidth(context, label, 16, 500);
      text(context, label, x, middle + 6, { size: 16, weight: 500, colour: COLOUR[colour] });
      shape(context, status, x - 10, middle, 12);
      x -= 26;
    }
    return x;
  }

  drawHeadBeside(context, spot, manager, state, total, counted) {
    const roomy = spot.width > 120;
    const low = spot.height < 76;
    const [big, small] = roomy ? [low ? 18 : 20, 16] : [16, 15];
    const step = roomy ? (low ? 20 : 24) : low ? 16 : 18;
    const x = spot.x + 4;
    let y = spot.y + big + 2;
    const listed = roomy && spot.height > 150;
    const beside = roomy && !listed;
    const end = beside
      ? this.drawCounts(context, spot.x + spot.width - 4, y - 7, total, counted)
      : spot.x + spot.width;
    text(context, manager.name, x, y, { size: big, weight: 500, width: end - x, isName: true });
    y += step;
    if (state.offline) shape(context, 2, x + 6, y - small * 0.35, 11);
    text(context, state.text, state.offline ? x + 18 : x, y, {
      size: small,
      weight: state.offline ? 500 : 400,
      colour: state.offline ? COLOUR.alarmInk : COLOUR.quiet,
      width: spot.width - (state.offline ? 22 : 4),
    });
    y += step;
    text(context, state.size, x, y, { size: small, colour: COLOUR.quiet, width: spot.width - 4 });
    y += step;
    let left = x;
    for (const { status, word, colour } of beside ? [] : counted) {
      const label = listed ? this.counted(total[status], word) : `${total[status]}`;
      shape(context, status, left + 6, y - small * 0.35, listed ? 13 : 11);
      text(context, label, left + (listed ? 22 : 15), y, { size: small, weight: 500, colour: COLOUR[colour] });
      if (listed) y += step;
      else left += 22 + textWidth(context, label, small, 500);
    }
  }
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
