// All cells of a string at once: as bars from the middle, or as a map of fields.
import { COLOUR, barGrid, drawBars, hatch, shape, text, textWidth } from "bacs_look";
import { numberText, signed } from "bacs_numbers";

const SCALE = 92;
const PAD = 12;
const AXIS = 26;
const NAMED = { width: 32, height: 26 };
const VALUED = { width: 48, height: 42 };
const MOST = { width: 132, height: 96 };
const LEGEND = 34;
const NUMBER_STEPS = [1, 2, 5, 10, 20, 50, 100];
const SOFT = { 1: "warningSoft", 2: "alarmSoft", 3: "silentSoft" };
const INK = { 1: "warningInk", 2: "alarmInk", 3: "quiet" };

// How a value of the scale is written: `+12 mV`.
export function apartText(reading, value, mark) {
  const { scaleUnit, scaleDecimals } = reading.measure;
  const write = reading.fromZero ? numberText : signed;
  const shown = write(value, scaleDecimals, mark);
  return Number.isFinite(value) ? `${shown}\u00a0${scaleUnit}` : shown;
}

// `scene`: reading, model, order (cells as they stand), texts, numbers (whether in their order),
// marked (cell or -1), digits. Returns how a cell is found by its place.
export function drawBarLook(context, scene, x, y, w, h) {
  const { reading, model, order, texts } = scene;
  const count = order.length;
  const area = { x: x + PAD, y: y + 8, w: w - 2 * PAD - SCALE, h: h - 8 - AXIS };
  context.fillStyle = COLOUR.tile;
  context.fillRect(x, y, w, h);
  const grid = barGrid(count, area.w, area.h, { minPitch: 3.4, maxPitch: 44 });
  const step = grid.rowHeight + grid.rowGap;
  drawScale(context, scene, area, grid);
  drawBars(context, arranged(scene), { ...grid, fromZero: reading.fromZero }, area.x, area.y);
  const marks = {
    grid,
    spot: (place) => ({
      x: area.x + (place % grid.perRow) * grid.pitch,
      y: area.y + Math.floor(place / grid.perRow) * step,
      w: grid.pitch,
      h: grid.rowHeight,
    }),
    place: (px, py) => {
      const row = clamp(Math.floor((py - area.y) / step), 0, grid.rows - 1);
      const column = clamp(Math.floor((px - area.x) / grid.pitch), 0, grid.perRow - 1);
      return Math.min(count - 1, row * grid.perRow + column);
    },
    size: Math.min(grid.pitch, grid.rowHeight),
  };
  order.forEach((cell, place) => {
    const { x: left, y: top, w: width, h: height } = marks.spot(place);
    if (scene.isOld(cell)) hatch(context, left, top, width - grid.gap, height);
    if (cell === scene.marked) outline(context, left - 1, top, width - grid.gap + 2, height);
  });
  drawNumbers(context, scene, marks, area);
  drawLimits(context, scene, area, grid, texts);
  return marks;
}

export function drawHeatLook(context, scene, x, y, w, h) {
  const { reading, model, order, texts } = scene;
  const count = order.length;
  context.fillStyle = COLOUR.page;
  context.fillRect(x, y, w, h);
  const area = { x: x + PAD, y: y + 8, w: w - 2 * PAD, h: h - 8 - LEGEND };
  const { columns, width, height } = fields(count, area.w, area.h);
  const gap = width > 24 ? 3 : width > 9 ? 1.5 : 0.6;
  const named = width >= NAMED.width && height >= NAMED.height;
  const mark = texts.decimal_mark;
  order.forEach((cell, place) => {
    const left = area.x + (place % columns) * width;
    const top = area.y + Math.floor(place / columns) * height;
    const [inner, low] = [width - gap, height - gap];
    const status = model.statuses[cell];
    const share = reading.shares[cell];
    context.fillStyle = status ? COLOUR[SOFT[status]] : COLOUR.tile;
    context.fillRect(left, top, inner, low);
    if (Math.abs(share) >= 0) drawLevel(context, share, status, left, top, inner, low, reading.fromZero);
    else if (!named) cross(context, left, top, inner, low);
    if (scene.isOld(cell)) hatch(context, left, top, inner, low);
    if (status) drawStatus(context, status, left, top, inner, low, named);
    if (named) {
      const number = String(cell + 1).padStart(scene.digits, "0");
      const valued = width >= VALUED.width && height >= VALUED.height;
      const middle = valued ? top + 17 : top + low / 2 + 5;
      text(context, number, left + 5, middle, { size: 14, colour: COLOUR.ink });
      const { decimals } = reading.measure;
      if (valued) text(context, numberText(reading.values[cell], decimals, mark), left + inner - 5, top + low - 9, {
        size: width >= 58 ? 17 : 14,
        weight: 500,
        align: "right",
        colour: status ? COLOUR[INK[status]] : COLOUR.ink,
      });
    }
    if (cell === scene.marked) outline(context, left, top, inner, low);
  });
  drawLegend(context, scene, x + PAD, y + h - LEGEND, w - 2 * PAD);
  return {
    spot: (place) => ({
      x: area.x + (place % columns) * width,
      y: area.y + Math.floor(place / columns) * height,
      w: width,
      h: height,
    }),
    place: (px, py) => {
      const row = clamp(Math.floor((py - area.y) / height), 0, Math.ceil(count / columns) - 1);
      const column = clamp(Math.floor((px - area.x) / width), 0, columns - 1);
      return Math.min(count - 1, row * columns + column);
    },
    size: Math.min(width, height),
  };
}

// Status, share and age of the cells in the order in which they stand.
export function arranged({ reading, model, order, isOld }) {
  return {
    statuses: order.map((cell) => model.statuses[cell]),
    shares: order.map((cell) => reading.shares[cell]),
    stale: order.map((cell) => isOld(cell)),
    first: 0,
    count: order.length,
  };
}

function fields(count, w, h) {
  let best = null;
  for (let columns = 1; columns <= count; columns++) {
    const width = Math.min(MOST.width, w / columns);
    const height = Math.min(MOST.height, h / Math.ceil(count / columns));
    const score = Math.min(width, height * 1.35);
    if (best === null || score > best.score) best = { columns, width, height, score };
  }
  return best ?? { columns: 1, width: w, height: h };
}

// The darker, the further off; a dark edge above or below says to which side.
function drawLevel(context, share, status, x, y, w, h, fromZero) {
  const size = Math.min(1, Math.abs(share));
  if (!status) {
    context.globalAlpha = 0.45 * size;
    context.fillStyle = COLOUR.barStrong;
    context.fillRect(x, y, w, h);
    context.globalAlpha = 1;
  }
  if (fromZero || size < 0.25) return;
  const edge = Math.max(1, Math.min(5, h * 0.12) * size);
  context.fillStyle = COLOUR.barStrong;
  context.fillRect(x, share > 0 ? y : y + h - edge, w, edge);
}

function drawStatus(context, status, x, y, w, h, named) {
  const strong = { 1: COLOUR.warning, 2: COLOUR.alarm, 3: COLOUR.silent }[status];
  context.strokeStyle = strong;
  context.lineWidth = w > 20 ? 2 : 1;
  context.strokeRect(x + context.lineWidth / 2, y + context.lineWidth / 2, w - context.lineWidth, h - context.lineWidth);
  const size = Math.min(13, w * 0.7, h * 0.7);
  if (named) shape(context, status, x + w - 6 - size / 2, h < VALUED.height ? y + h / 2 : y + 12, size);
  else shape(context, status, x + w / 2, y + h / 2, size);
}

function cross(context, x, y, w, h) {
  context.fillStyle = COLOUR.barSoft;
  context.fillRect(x + w * 0.3, y + h / 2 - 1, w * 0.4, 2);
}

function outline(context, x, y, w, h) {
  context.strokeStyle = COLOUR.ink;
  context.lineWidth = 2;
  context.strokeRect(x, y, w, h);
}

function drawScale(context, { reading, texts }, area, grid) {
  const mark = texts.decimal_mark;
  const right = area.x + area.w + SCALE;
  const parts = grid.rows > 1 ? [1] : area.h > 180 ? [1, 0.5] : [1];
  for (let row = 0; row < grid.rows; row++) {
    const top = area.y + row * (grid.rowHeight + grid.rowGap);
    for (const share of reading.fromZero ? parts : [...parts, 0, ...parts.map((part) => -part)]) {
      const y = reading.fromZero
        ? top + grid.rowHeight * (1 - share)
        : top + (grid.rowHeight / 2) * (1 - share);
      if (share !== 0 && grid.rows === 1) {
        context.fillStyle = COLOUR.line;
        context.fillRect(area.x, y - 0.5, area.w, 1);
      }
      if (row && grid.rowHeight < 40) continue;
      if (grid.rowHeight < 40 && share <= 0) continue;
      const label = share === 0 ? "0" : apartText(reading, share * reading.span, mark);
      const base = share === 1 ? y + 13 : share === -1 ? y - 2 : y + 5;
      text(context, label, right, base, { size: 15, colour: COLOUR.quiet, align: "right" });
    }
  }
}

function drawNumbers(context, scene, marks, area) {
  const { grid } = marks;
  if (grid.rows > 1 && scene.numbered) {
    context.save();
    for (let row = 0; row < grid.rows; row++) {
      const { y } = marks.spot(row * grid.perRow);
      text(context, `${row * grid.perRow + 1}`, area.x, y + 12, { size: 14, colour: COLOUR.quiet });
    }
    context.restore();
    return;
  }
  const step = NUMBER_STEPS.find((each) => each * grid.pitch >= 34) ?? 100;
  if (!scene.numbered && step > 1) return;
  scene.order.forEach((cell, place) => {
    const number = cell + 1;
    if (step > 1 && number !== 1 && number % step) return;
    const { x } = marks.spot(place);
    text(context, `${number}`, x + (grid.pitch - grid.gap) / 2, area.y + area.h + 19, {
      size: 14,
      align: "center",
      colour: cell === scene.marked ? COLOUR.ink : COLOUR.quiet,
    });
  });
}

// A limit inside the scale is a line; one beyond it is named at its edge.
function drawLimits(context, { reading, limits, texts }, area, grid, words) {
  if (grid.rows > 1 || !reading.known) return;
  const mark = texts.decimal_mark;
  let beyond = 0;
  for (const { value, severity } of limits) {
    const share = reading.limit(value) / reading.span;
    if (!Number.isFinite(share)) continue;
    const { unit, decimals } = reading.measure;
    const label = words.limit_named.replace("{limit}", `${numberText(value, decimals, mark)}\u00a0${unit}`);
    const status = severity === "alarm" ? 2 : 1;
    const colour = severity === "alarm" ? COLOUR.alarmInk : COLOUR.warningInk;
    const inside = Math.abs(share) <= 1;
    const y = inside ? area.y + (grid.rowHeight / 2) * (1 - share) : share > 0 ? area.y + 8 + 20 * beyond++ : area.y + area.h - 8;
    const width = textWidth(context, label, 15);
    if (inside) {
      context.strokeStyle = severity === "alarm" ? COLOUR.alarm : COLOUR.warning;
      context.lineWidth = 2;
      context.setLineDash([8, 5]);
      context.beginPath();
      context.moveTo(area.x, y);
      context.lineTo(area.x + area.w, y);
      context.stroke();
      context.setLineDash([]);
    }
    const left = area.x + 6;
    context.fillStyle = COLOUR.tile;
    context.fillRect(left - 4, y - 9, width + 44, 19);
    shape(context, status, left + 6, y, 11);
    text(context, inside ? label : `${share > 0 ? "↑" : "↓"} ${label}`, left + 18, y + 5, { size: 15, colour });
  }
}

function drawLegend(context, { reading, texts }, x, y, w) {
  const mark = texts.decimal_mark;
  const bar = Math.min(220, w / 3);
  const from = reading.fromZero ? 0 : -1;
  const steps = 24;
  const low = apartText(reading, from * reading.span, mark);
  const start = x + textWidth(context, low, 15) + 8;
  text(context, low, x, y + 23, { size: 15, colour: COLOUR.quiet });
  for (let i = 0; i < steps; i++) {
    const share = from + ((1 - from) * (i + 0.5)) / steps;
    context.fillStyle = COLOUR.tile;
    context.fillRect(start + (i * bar) / steps, y + 8, bar / steps + 0.5, 20);
    drawLevel(context, share, 0, start + (i * bar) / steps, y + 8, bar / steps + 0.5, 20, reading.fromZero);
  }
  const high = apartText(reading, reading.span, mark);
  text(context, high, start + bar + 8, y + 23, { size: 15, colour: COLOUR.quiet });
  const after = start + bar + 8 + textWidth(context, high, 15) + 16;
  text(context, centreText(reading, texts), after, y + 23, { size: 15, colour: COLOUR.quiet, width: x + w - after });
}

// What the scale is counted from: `from the mean 23.4 °C`.
export function centreText(reading, texts) {
  const { kind, unit, decimals } = reading.measure;
  const centre = numberText(reading.centre, decimals, texts.decimal_mark);
  const shown = Number.isFinite(reading.centre) ? `${centre}\u00a0${unit}` : centre;
  if (kind === "zero") return texts.from_zero_scale;
  if (kind === "target") return texts.from_target_scale.replace("{target}", shown);
  return texts.from_mean_scale.replace("{mean}", shown);
}

function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}
