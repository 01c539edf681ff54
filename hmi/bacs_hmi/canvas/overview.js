// The overview: all managers, strings and cells on one canvas; a button lies over each string tile.
import { OverviewModel, SILENT } from "bacs_frames";
import { ageText, withUnit } from "bacs_numbers";
import {
  COLOUR,
  breakerSign,
  cellBars,
  equalizationSign,
  fontsReady,
  hatch,
  panel,
  prepare,
  shape,
  text,
  textWidth,
} from "bacs_look";
import { arrange } from "bacs_tiles";

const DENSE_BELOW = 110;
const WIDE_FROM = 260;
const FINDING_FROM = 150;
// In these the breaker of a string does not stand ready, or has done its work.
const TRIPS = new Set(["deferred", "tripping", "tripped", "failed", "off"]);
const COUNTED = [
  { status: 2, word: "alarms_count", colour: COLOUR.alarmInk },
  { status: 1, word: "warnings", colour: COLOUR.warningInk },
  { status: 3, word: "silent", colour: COLOUR.quiet },
];

export default {
  template: `
    <div class="bacs-canvas">
      <canvas aria-hidden="true"></canvas>
      <div class="bacs-hits"></div>
    </div>`,
  props: { plan: Object, texts: Object, first: String, findings: Object },
  emits: ["open", "resync"],
  mounted() {
    this.canvas = this.$el.querySelector("canvas");
    this.hits = this.$el.querySelector(".bacs-hits");
    this.told = this.findings;
    this.build();
    this.observer = new ResizeObserver(() => this.place());
    this.observer.observe(this.$el);
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
      this.redraw();
    },
    explain(findings) {
      this.told = findings;
      this.redraw();
    },
    build() {
      this.strings = [];
      let cell = 0;
      this.plan.managers.forEach((manager, place) => {
        for (const string of manager.strings) {
          this.strings.push({ ...string, place, manager, first: cell });
          cell += string.cells;
        }
      });
      this.model = new OverviewModel(this.plan.managers.length, this.strings.length, cell);
      this.headTexts = this.plan.managers.map(() => this.hits.appendChild(document.createElement("p")));
      this.buttons = this.strings.map((string) => {
        const button = this.hits.appendChild(document.createElement("button"));
        button.type = "button";
        button.dataset.string = string.key;
        button.addEventListener("click", () => this.$emit("open", string.key));
        return button;
      });
    },
    place() {
      this.width = this.$el.clientWidth;
      this.height = this.$el.clientHeight;
      const counts = this.plan.managers.map((manager) => manager.strings.length);
      this.spots = arrange(counts, this.width, this.height);
      this.buttons.forEach((button, i) => {
        const { x, y, width, height } = this.spots.tiles[i];
        Object.assign(button.style, {
          left: `${x}px`,
          top: `${y}px`,
          width: `${width}px`,
          height: `${height}px`,
        });
      });
      this.draw();
    },
    redraw() {
      cancelAnimationFrame(this.pending);
      this.pending = requestAnimationFrame(() => this.draw());
    },
    draw() {
      if (!this.canvas || !this.width || !this.height) return;
      const context = prepare(this.canvas, this.width, this.height);
      const tiles = this.strings.map((string, i) =>
        this.summary(string, this.model.strings[i], this.spots.tiles[i].width < DENSE_BELOW),
      );
      this.plan.managers.forEach((manager, i) => {
        const own = tiles.filter((tile) => tile.string.place === i);
        say(this.headTexts[i], this.drawHead(context, this.spots.heads[i], manager, this.model.managers[i], own));
      });
      tiles.forEach((tile, i) => {
        const spot = this.spots.tiles[i];
        if (spot.width < DENSE_BELOW) this.drawDense(context, spot, tile);
        else if (spot.width < WIDE_FROM || spot.height < 110) this.drawMedium(context, spot, tile);
        else this.drawWide(context, spot, tile);
        const label = [tile.string.name, ...tile.words].join(", ");
        if (this.buttons[i].ariaLabel !== label) this.buttons[i].ariaLabel = label;
      });
    },
    // The one place where numbers of a tile become text: for the canvas and for screen readers.
    summary(string, values, dense) {
      const mark = this.texts.decimal_mark;
      // A silent cell may have a warning too: what is raised is counted as in the alarm list.
      const counts = [0, values.warnings, values.alarms, 0];
      const cells = new Array(string.cells);
      for (let i = 0; i < string.cells; i++) {
        const cell = string.first + i;
        const status = this.model.statuses[cell];
        if (status === SILENT) counts[SILENT]++;
        cells[i] = { status, deviation: this.model.deviations[cell], stale: this.model.stale[cell] };
      }
      const tile = {
        string,
        cells,
        counts,
        worst: counts[2] ? 2 : counts[1] ? 1 : counts[3] ? 3 : 0,
        sum: withUnit(values.sumVoltage, dense ? string.sumDecimals - 1 : string.sumDecimals, "V", mark),
        current: withUnit(values.current, Math.abs(values.current) < 100 ? 1 : 0, "A", mark),
        equalization: values.equalization.state,
        equalizationText: this.texts[`equalization_${values.equalization.state}`],
        trip: TRIPS.has(values.trip) ? this.texts[`trip_${values.trip}`] : null,
        finding: this.told[string.key] ?? null,
        size: `${string.cells} ${this.texts.cells}`,
        age: values.age ? ageText(values.age, mark) : null,
        old: values.age ? this.texts.age_of.replace("{age}", ageText(values.age, mark)) : null,
      };
      tile.words = [
        tile.size,
        tile.sum,
        tile.current,
        `${this.texts.equalization} ${tile.equalizationText}`,
        ...COUNTED.filter(({ status }) => counts[status]).map(({ status, word }) =>
          this.counted(counts[status], word),
        ),
        ...(tile.trip ? [`${this.texts.protection}: ${tile.trip}`] : []),
        ...(tile.old ? [tile.old] : []),
      ];
      return tile;
    },
    counted(count, word) {
      return `${count} ${(count === 1 && this.texts[`${word}_one`]) || this.texts[word]}`;
    },
    drawHead(context, spot, manager, online, tiles) {
      const total = [0, 1, 2, 3].map((status) => sum(tiles.map((tile) => tile.counts[status])));
      const state = this.texts[["offline", "online", "not_asked"][online]];
      const size = `${sum(tiles.map((tile) => tile.string.cells))} ${this.texts.cells}`;
      const counted = COUNTED.filter(({ status }) => total[status]);
      const x = spot.x + 4;
      const roomy = spot.width > 120;
      const [big, small] = roomy ? [20, 16] : [16, 15];
      const step = roomy ? 24 : 18;
      const offline = online === 0;
      if (spot.side === "top") {
        const shown = text(context, manager.name, x, spot.y + 20, { size: 18, weight: 500, width: spot.width / 2 });
        let right = x + textWidth(context, shown, 18, 500) + 14;
        if (offline) shape(context, 2, right + 6, spot.y + 14, 12);
        if (offline) right += 18;
        text(context, `${state}, ${size}`, right, spot.y + 20, {
          size: 16,
          weight: offline ? 500 : 400,
          colour: offline ? COLOUR.alarmInk : COLOUR.quiet,
        });
        this.badges(context, total, spot.x + spot.width - 4, spot.y + 14, 16);
      } else {
        let y = spot.y + big + 2;
        text(context, manager.name, x, y, { size: big, weight: 500, width: spot.width - 4 });
        y += step;
        if (offline) shape(context, 2, x + 6, y - small * 0.35, 11);
        text(context, state, offline ? x + 18 : x, y, {
          size: small,
          weight: offline ? 500 : 400,
          colour: offline ? COLOUR.alarmInk : COLOUR.quiet,
          width: spot.width - (offline ? 22 : 4),
        });
        y += step;
        text(context, size, x, y, { size: small, colour: COLOUR.quiet, width: spot.width - 4 });
        y += step;
        if (roomy && spot.height > 150) {
          for (const { status, word, colour } of counted) {
            shape(context, status, x + 7, y - small * 0.35, 13);
            text(context, this.counted(total[status], word), x + 22, y, { size: small, weight: 500, colour });
            y += step;
          }
        } else {
          let left = x;
          for (const { status, colour } of counted) {
            shape(context, status, left + 5, y - small * 0.35, 11);
            text(context, `${total[status]}`, left + 14, y, { size: small, weight: 500, colour });
            left += 22 + textWidth(context, `${total[status]}`, small, 500);
          }
        }
      }
      return [
        manager.name,
        state,
        size,
        ...counted.map(({ status, word }) => this.counted(total[status], word)),
      ].join(", ");
    },
    frameOf(context, spot, tile) {
      const edge = tile.trip ? COLOUR.alarm : { 1: COLOUR.warning, 2: COLOUR.alarm }[tile.worst];
      const width = tile.trip ? 4 : edge ? 2 : 1;
      panel(context, spot.x, spot.y, spot.width, spot.height, COLOUR.tile, edge ?? COLOUR.tileEdge, width);
    },
    // A red field with the sign of a breaker, and what protection did; returns where it ends.
    tripSign(context, tile, x, y, width, size) {
      const sign = size * 1.5;
      const wanted = sign + textWidth(context, tile.trip, size, 500) + 14;
      const shown = Math.min(width, wanted);
      panel(context, x, y, shown, size + 10, COLOUR.alarm);
      if (wanted > 1.3 * width) {
        breakerSign(context, x + shown / 2 - size * 0.9, y + 5 + size / 2, size * 1.4);
        return x + shown;
      }
      breakerSign(context, x + 6, y + 5 + size / 2, size);
      text(context, tile.trip, x + sign + 8, y + size + 3, {
        size,
        weight: 500,
        colour: COLOUR.tile,
        width: shown - sign - 12,
      });
      return x + shown;
    },
    badges(context, counts, right, middle, size) {
      let x = right;
      for (const { status, colour } of [...COUNTED].reverse()) {
        if (!counts[status]) continue;
        const label = `${counts[status]}`;
        x -= textWidth(context, label, size, 500);
        text(context, label, x, middle + size * 0.36, { size, weight: 500, colour });
        x -= size * 0.65;
        shape(context, status, x, middle, size * 0.75);
        x -= size * 0.85;
      }
      return x;
    },
    veil(context, spot, tile, area) {
      if (!tile.old && tile.counts[SILENT] !== tile.string.cells) return;
      hatch(context, spot.x + 2, spot.y + 2, spot.width - 4, spot.height - 4);
      const dense = spot.width < DENSE_BELOW;
      const label = (dense ? tile.age : tile.old) ?? this.texts.silent;
      const size = dense ? 14 : 18;
      const width = Math.min(textWidth(context, label, size, 500) + 14, spot.width - 6);
      const [cx, cy] = [spot.x + spot.width / 2, area.y + area.height / 2];
      panel(context, cx - width / 2, cy - size * 0.8, width, size * 1.6, COLOUR.tile, COLOUR.faint);
      text(context, label, cx, cy + size * 0.36, { size, weight: 500, align: "center", width: width - 4 });
    },
    drawWide(context, spot, tile) {
      this.frameOf(context, spot, tile);
      const [x, right] = [spot.x + 12, spot.x + spot.width - 12];
      const free = this.badges(context, tile.counts, right, spot.y + 21, 20);
      text(context, tile.string.name, x, spot.y + 28, { size: 20, weight: 500, width: free - x - 8 });
      const y = spot.y + 58;
      text(context, tile.sum, x, y, { size: 22, weight: 500 });
      text(context, tile.current, x + 112, y, { size: 20 });
      if (tile.trip) this.tripSign(context, tile, x + 196, y - 21, right - x - 196, 18);
      const signX = x + 196;
      if (!tile.trip && tile.equalization !== "not_offered" && signX + 100 < right - 90) {
        equalizationSign(context, tile.equalization, signX, y - 13, 14);
        text(context, tile.equalizationText, signX + 22, y, { size: 16, colour: COLOUR.quiet, width: right - signX - 110 });
      }
      if (!tile.trip) text(context, tile.size, right, y, { size: 16, colour: COLOUR.quiet, align: "right" });
      const told = tile.finding && spot.height >= FINDING_FROM ? 24 : 0;
      if (told) text(context, tile.finding, x, spot.y + spot.height - 14, { size: 16, colour: COLOUR.quiet, width: right - x });
      const area = { x, y: spot.y + 72, width: right - x, height: spot.height - 84 - told };
      cellBars(context, tile.cells, area.x, area.y, area.width, area.height, { minPitch: 4 });
      this.veil(context, spot, tile, area);
    },
    drawMedium(context, spot, tile) {
      this.frameOf(context, spot, tile);
      const [x, right] = [spot.x + 8, spot.x + spot.width - 8];
      const free = this.badges(context, tile.counts, right, spot.y + 15, 16);
      text(context, shortName(tile.string), x, spot.y + 21, { size: 16, weight: 500, width: free - x - 4 });
      text(context, tile.sum, x, spot.y + 41, { size: 17, weight: 500 });
      const after = x + textWidth(context, tile.sum, 17, 500) + 12;
      if (tile.trip) this.tripSign(context, tile, after - 4, spot.y + 24, right - after + 4, 15);
      else text(context, tile.current, after, spot.y + 41, { size: 16, colour: COLOUR.quiet, width: right - after - 20 });
      if (!tile.trip) equalizationSign(context, tile.equalization, right - 13, spot.y + 29, 13);
      const area = { x, y: spot.y + 48, width: right - x, height: spot.height - 54 };
      cellBars(context, tile.cells, area.x, area.y, area.width, area.height);
      this.veil(context, spot, tile, area);
    },
    drawDense(context, spot, tile) {
      this.frameOf(context, spot, tile);
      const [x, right] = [spot.x + 4, spot.x + spot.width - 4];
      text(context, `${tile.string.number}`, x, spot.y + 16, { size: 16, weight: 500 });
      if (tile.worst) this.badges(context, only(tile.counts, tile.worst), right, spot.y + 11, 14);
      else equalizationSign(context, tile.equalization, right - 11, spot.y + 6, 11);
      text(context, tile.sum, x, spot.y + 31, { size: 15, width: right - x });
      if (tile.trip) this.tripSign(context, tile, x - 1, spot.y + 33, right - x + 2, 12);
      else text(context, tile.current, x, spot.y + 46, { size: 15, colour: COLOUR.quiet, width: right - x });
      const area = { x, y: spot.y + 50, width: right - x, height: spot.height - 53 };
      cellBars(context, tile.cells, area.x, area.y, area.width, area.height, {
        minPitch: 2.6,
        colour: COLOUR.barStrong,
      });
      this.veil(context, spot, tile, area);
    },
  },
};

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

function only(counts, status) {
  return counts.map((count, i) => (i === status ? count : 0));
}

// In a small tile the manager's name, which stands at the left, is not repeated.
function shortName(string) {
  const prefix = string.manager.name;
  const rest = string.name.startsWith(prefix) ? string.name.slice(prefix.length).trim() : "";
  return rest || string.name;
}

function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
