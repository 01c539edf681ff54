// One chart of curves over time or over what was drawn: bands, gaps, limits, and a readout for a finger.
import uPlot from "uplot";
import { fontsReady } from "bacs_look";
import { numberText, withUnit } from "bacs_numbers";
import { onPalette, palette, rem } from "bacs_palette";

const FAMILY = "Roboto, 'DejaVu Sans', sans-serif";
const SIZE = 15;
const DAY_S = 86400;
// What lies within this many spans of the curve still belongs to the picture.
const NEAR = 0.7;
const PAD = 0.08;
// Heights of the axis of time, and of a row of words outside the scale.
const AXIS = 34;
const STRIP = 22;
const STEPS = [-4, -3, -2, -1, 0, 1, 2, 3, 4].flatMap((power) => [1, 2, 5].map((part) => part * 10 ** power));
const WIDTHS = { main: 2.5, other: 2.5, thin: 1.5, edge: 0 };

export class LineChart {
  // `place` holds the chart, `readout` the words for the touched place.
  constructor(place, readout) {
    this.place = place;
    this.readout = readout;
    this.plot = null;
    this.spec = null;
    this.at = null;
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(place);
    this.leave = onPalette(() => this.build());
    this.down = (event) => this.touch(event);
    this.move = (event) => event.buttons !== 0 && this.touch(event);
    // Labels that were measured in another font would not fit.
    fontsReady().then(() => !this.gone && this.build());
  }

  show(spec) {
    this.spec = spec;
    this.build();
  }

  mark(at) {
    this.at = at;
    this.placeMarker();
  }

  destroy() {
    this.observer.disconnect();
    this.leave();
    this.gone = true;
    this.drop();
  }

  drop() {
    this.plot?.destroy();
    this.plot = null;
  }

  build() {
    this.drop();
    const { clientWidth: width, clientHeight: height } = this.place;
    if (!this.spec || width < 80 || height < 60) return;
    this.colours = palette();
    this.plot = new uPlot(this.options(width, height), this.spec.columns, this.place);
    this.marker = this.plot.over.appendChild(document.createElement("div"));
    this.marker.className = "bacs-chart-marker";
    this.plot.over.addEventListener("pointerdown", this.down);
    this.plot.over.addEventListener("pointermove", this.move);
    this.placeMarker();
    this.tell(null);
  }

  fit() {
    const { clientWidth: width, clientHeight: height } = this.place;
    if (this.plot === null) this.build();
    else if (width >= 80 && height >= 60) {
      this.plot.setSize({ width, height });
      this.placeMarker();
    }
  }

  touch(event) {
    const box = this.plot.over.getBoundingClientRect();
    const left = Math.min(box.width - 1, Math.max(0, event.clientX - box.left));
    this.plot.setCursor({ left, top: Math.max(0, event.clientY - box.top) });
  }

  placeMarker() {
    if (!this.plot) return;
    const shown = this.at !== null && this.at !== undefined;
    this.marker.hidden = !shown;
    if (shown) this.marker.style.left = `${this.plot.valToPos(this.at, "x")}px`;
  }

  options(width, height) {
    const { axis, scales, lines, bands } = this.spec;
    const { line, quiet } = this.colours;
    const size = rem();
    const font = `${SIZE * size}px ${FAMILY}`;
    const isTime = axis.kind === "time";
    const grid = { stroke: line, width: 1 };
    const silent = () => null;
    return {
      width,
      height,
      // Limits beyond the scale are named above and below it, not in it.
      padding: [(plot) => 12 + this.strip(plot, 1), 14, (plot) => this.strip(plot, -1), 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false, setScale: false },
        points: { show: false },
        bind: { mousemove: silent, mouseenter: silent, mouseleave: silent, mousedown: silent, mouseup: silent, dblclick: silent },
      },
      scales: {
        x: { time: isTime, range: [axis.start, axis.end] },
        ...Object.fromEntries(scales.map((scale, i) => [`y${i}`, { range: (_, low, high) => this.range(scale, i, low, high) }])),
      },
      axes: [
        {
          stroke: quiet,
          font,
          grid,
          ticks: grid,
          size: AXIS * size,
          space: (isTime ? 96 : 72) * size,
          values: (_, splits, __, ___, step) => splits.map((value) => this.placeText(value, step)),
        },
        ...scales.map((scale, i) => ({
          scale: `y${i}`,
          side: i === 0 ? 3 : 1,
          stroke: quiet,
          font,
          grid: i === 0 ? grid : { show: false },
          ticks: grid,
          incrs: STEPS,
          space: 28 * size,
          size: (plot, texts) => this.widthOf(texts) + 20,
          values: (_, splits, __, ___, step) =>
            splits.map((value) => `${numberText(value, decimalsOf(step), this.spec.mark)} ${scale.unit}`),
        })),
      ],
      series: [
        {},
        ...lines.map((each) => ({
          scale: `y${each.scale}`,
          stroke: this.stroke(each.style),
          width: WIDTHS[each.style] * size,
          dash: each.style === "thin" ? [5, 4] : undefined,
          paths: each.stepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
          points: { show: each.style === "main" || each.style === "other", size: 5, filter: alone },
        })),
      ],
      bands: bands.map(([high, low]) => ({ series: [high + 1, low + 1], fill: soft(this.colours.act) })),
      hooks: {
        draw: [(plot) => this.drawLimits(plot)],
        setCursor: [(plot) => this.tell(plot.cursor.idx)],
      },
    };
  }

  stroke(style) {
    const { act, quiet, ink } = this.colours;
    return { main: act, other: ink, thin: quiet, edge: "transparent" }[style];
  }

  range(scale, place, low, high) {
    if (low === null || low === undefined) return [0, 1];
    const middle = (low + high) / 2;
    const span = Math.max(high - low, scale.least);
    let [bottom, top] = [middle - span / 2, middle + span / 2];
    if (scale.zero) bottom = Math.min(bottom, 0);
    if (place === 0) {
      for (const { value } of this.spec.limits) {
        if (value > top && value < top + NEAR * span) top = value;
        if (value < bottom && value > bottom - NEAR * span) bottom = value;
      }
    }
    const pad = PAD * (top - bottom);
    return [scale.zero && bottom === 0 ? 0 : bottom - pad, top + pad];
  }

  placeText(value, step) {
    const { axis, locale, mark } = this.spec;
    if (axis.kind === "time") return timeText(value, step, locale);
    return `${numberText(value, decimalsOf(step), mark)} ${axis.unit}`;
  }

  widthOf(texts) {
    const context = document.createElement("canvas").getContext("2d");
    context.font = `${SIZE * rem()}px ${FAMILY}`;
    return Math.max(0, ...(texts ?? []).map((text) => context.measureText(text).width));
  }

  // The height of the words of limits above (1) or below (-1) the scale.
  strip(plot, way) {
    const beyond = this.spec.limits.some((limit) => sideOf(limit.value, plot.scales.y0) === way);
    return beyond ? STRIP * rem() : 0;
  }

  // Limits in reach are lines; those beyond are named outside, at the edge to which they belong.
  drawLimits(plot) {
    const { ctx, bbox } = plot;
    const ratio = (window.devicePixelRatio || 1) * rem();
    const used = [];
    const rights = { [1]: bbox.left + bbox.width, [-1]: bbox.left + bbox.width };
    ctx.save();
    ctx.font = `500 ${14 * ratio}px ${FAMILY}`;
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    for (const limit of this.spec.limits) {
      const side = sideOf(limit.value, plot.scales.y0);
      const inside = side === 0;
      const colour = this.colours[limit.severity] ?? this.colours.quiet;
      const ink = this.colours[`${limit.severity}-ink`] ?? this.colours.quiet;
      const y = plot.valToPos(limit.value, "y0", true);
      if (inside) {
        ctx.strokeStyle = colour;
        ctx.lineWidth = 2 * ratio;
        ctx.setLineDash(limit.severity === "alarm" ? [] : [10 * ratio, 6 * ratio]);
        ctx.beginPath();
        ctx.moveTo(bbox.left, y);
        ctx.lineTo(bbox.left + bbox.width, y);
        ctx.stroke();
        ctx.setLineDash([]);
      }
      const arrow = inside ? "" : side > 0 ? "↑ " : "↓ ";
      const words = `${arrow}${limit.name} ${this.amount(limit.value, 0)}`;
      const width = ctx.measureText(words).width;
      let right = bbox.left + bbox.width - 6 * ratio;
      let textY;
      if (inside) {
        const wanted = y - bbox.top < 22 * ratio ? y + 12 * ratio : y - 12 * ratio;
        textY = free(wanted, used, 19 * ratio, wanted > y ? 1 : -1);
      } else {
        const below = bbox.top + bbox.height + AXIS * ratio;
        textY = side > 0 ? bbox.top - (STRIP / 2) * ratio : below + (STRIP / 2) * ratio;
        right = rights[side];
        rights[side] -= width + 36 * ratio;
      }
      ctx.fillStyle = this.colours.tile;
      ctx.globalAlpha = 0.8;
      ctx.fillRect(right - width - 22 * ratio, textY - 9 * ratio, width + 24 * ratio, 18 * ratio);
      ctx.globalAlpha = 1;
      sign(ctx, limit.severity, right - width - 11 * ratio, textY, 11 * ratio, colour);
      ctx.fillStyle = ink;
      ctx.fillText(words, right, textY);
    }
    ctx.restore();
  }

  amount(value, scale) {
    const { decimals, unit } = this.spec.scales[scale];
    return withUnit(value, decimals, unit, this.spec.mark);
  }

  // Says what stands at the touched place; without one, what can be done.
  tell(index) {
    const { columns, lines, bands } = this.spec;
    if (index === null || index === undefined) {
      this.explain();
      return;
    }
    const parts = [this.momentText(columns[0][index])];
    this.named().forEach(([line, i]) => {
      const value = this.amount(columns[i + 1][index], line.scale);
      const band = bands.find((each) => each[2] === i);
      const [low, high] = band ? [columns[band[1] + 1][index], columns[band[0] + 1][index]] : [null, null];
      const spread = low !== null && high !== null && low !== high
        ? ` (${this.amount(low, line.scale)} … ${this.amount(high, line.scale)})`
        : "";
      parts.push(`${line.name} ${value}${spread}`);
    });
    this.readout.textContent = parts.join(" · ");
  }

  // The curves that have a name, what is looked for first.
  named() {
    const places = this.spec.lines.map((line, i) => [line, i]).filter(([line]) => line.style !== "edge");
    return places.sort(([a], [b]) => (a.style === "thin") - (b.style === "thin"));
  }

  // Which curve is which, and what can be done.
  explain() {
    const { words, lines } = this.spec;
    const named = this.named();
    this.readout.replaceChildren(document.createTextNode(words.touch));
    if (named.length < 2 && lines.length === named.length) return;
    for (const [line] of named) {
      const item = this.readout.appendChild(document.createElement("span"));
      item.className = `bacs-chart-key ${line.style}`;
      item.textContent = line.name;
    }
  }

  momentText(value) {
    const { axis, locale, mark } = this.spec;
    if (axis.kind !== "time") return withUnit(value, axis.decimals, axis.unit, mark);
    const seconds = axis.end - axis.start < 2 * 3600 ? { second: "2-digit" } : {};
    return format(locale, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", ...seconds }).format(value * 1000);
  }
}

const FORMATS = new Map();

function format(locale, options) {
  const key = locale + JSON.stringify(options);
  if (!FORMATS.has(key)) FORMATS.set(key, new Intl.DateTimeFormat(locale, { hourCycle: "h23", ...options }));
  return FORMATS.get(key);
}

function timeText(value, step, locale) {
  const at = new Date(value * 1000);
  const midnight = at.getHours() === 0 && at.getMinutes() === 0;
  if (step >= 28 * DAY_S) return format(locale, { month: "short", year: "2-digit" }).format(at);
  if (step >= DAY_S || midnight) return format(locale, { day: "numeric", month: "short" }).format(at);
  return format(locale, { hour: "2-digit", minute: "2-digit" }).format(at);
}

function decimalsOf(step) {
  for (let decimals = 0; decimals < 4; decimals++) {
    if (Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) < 1e-6) return decimals;
  }
  return 4;
}

function soft(colour) {
  return `color-mix(in srgb, ${colour} 24%, transparent)`;
}

// Above a scale (1), below it (-1), or in it.
function sideOf(value, { min, max }) {
  if (min === null || min === undefined || (value >= min && value <= max)) return 0;
  return value > max ? 1 : -1;
}

// A value between two gaps has no line: it is drawn as a point.
function alone(plot, series) {
  const values = plot.data[series];
  const known = (i) => values[i] !== null && values[i] !== undefined;
  const found = [];
  for (let i = 0; i < values.length; i++) {
    if (known(i) && !known(i - 1) && !known(i + 1)) found.push(i);
  }
  return found;
}

function free(wanted, used, height, way) {
  let y = wanted;
  while (used.some((other) => Math.abs(other - y) < height)) y += way * height;
  used.push(y);
  return y;
}

// The shapes of the severities, as everywhere: triangle and square.
function sign(ctx, severity, x, y, size, colour) {
  ctx.fillStyle = colour;
  if (severity === "alarm") ctx.fillRect(x - size / 2, y - size / 2, size, size);
  else if (severity === "warning") {
    ctx.beginPath();
    ctx.moveTo(x, y - size / 2);
    ctx.lineTo(x + size * 0.6, y + size / 2);
    ctx.lineTo(x - size * 0.6, y + size / 2);
    ctx.fill();
  } else ctx.fillRect(x - size / 2, y - 1, size, 2);
}
