// One string on the overview, in three sizes: texts above, a bar per cell below.
import { CELLS_CHANGED, SILENT } from "bacs_frames";
import {
  COLOUR,
  barGrid,
  breakerSign,
  drawBars,
  equalizationSign,
  hatch,
  panel,
  redrawBars,
  shape,
  text,
  textWidth,
} from "bacs_look";

export const DENSE_BELOW = 110;
const WIDE_FROM = 260;
const WIDE_HEIGHT = 110;
const FINDING_FROM = 150;
const SCALE_FROM = 110;
// The share of cells up to which bars are drawn one by one.
const FEW = 0.3;
const COUNTED = [
  { status: 2, colour: "alarmInk" },
  { status: 1, colour: "warningInk" },
  { status: 3, colour: "quiet" },
];

// Draws a tile at `spot`; if only its cells changed, only those.
export function drawTile(context, spot, tile, model, texts, changed) {
  const draw = spot.width < DENSE_BELOW ? DENSE : spot.width < WIDE_FROM || spot.height < WIDE_HEIGHT ? MEDIUM : WIDE;
  const area = draw.area(spot, tile);
  const veiled = tile.old !== null || tile.counts[SILENT] === tile.string.cells;
  if (changed === CELLS_CHANGED && !veiled) {
    if (redrawn(context, area, tile, model, draw.bars)) return;
    context.fillStyle = COLOUR.tile;
    context.fillRect(area.x - 2, area.y, area.width + 4, area.height);
  } else {
    frame(context, spot, tile);
    draw.head(context, spot, tile);
  }
  bars(context, area, tile, model, draw.bars);
  if (veiled) veil(context, spot, tile, area, texts);
}

const DENSE = {
  area: (spot) => ({ x: spot.x + 4, y: spot.y + 36, width: spot.width - 8, height: spot.height - 39 }),
  bars: () => ({ minPitch: 2.6, colour: COLOUR.barStrong }),
  head(context, spot, tile) {
    const [x, right] = [spot.x + 4, spot.x + spot.width - 4];
    text(context, `${tile.string.number}`, x, spot.y + 16, { size: 16, weight: 500 });
    if (tile.worst) badges(context, only(tile.counts, tile.worst), right, spot.y + 11, 14);
    else equalizationSign(context, tile.equalization, right - 11, spot.y + 6, 11);
    if (tile.trip) tripSign(context, tile, x - 1, spot.y + 18, right - x + 2, 7);
    else text(context, tile.coarseSum, x, spot.y + 32, { size: 15, width: right - x + 2 });
  },
};

const MEDIUM = {
  area: (spot) => ({ x: spot.x + 8, y: spot.y + 46, width: spot.width - 16, height: spot.height - 51 }),
  bars: () => ({}),
  head(context, spot, tile) {
    const [x, right] = [spot.x + 8, spot.x + spot.width - 8];
    const free = badges(context, tile.counts, right, spot.y + 15, 16);
    const name = text(context, shortName(tile.string), x, spot.y + 21, { size: 16, weight: 500, width: free - x - 4, isName: true });
    const end = x + textWidth(context, name, 16, 500) + 10;
    if (end + textWidth(context, tile.size, 15) < free) {
      text(context, tile.size, end, spot.y + 21, { size: 15, colour: COLOUR.quiet });
    }
    text(context, tile.sum, x, spot.y + 41, { size: 17, weight: 500 });
    const after = x + textWidth(context, tile.sum, 17, 500) + 12;
    if (tile.trip) tripSign(context, tile, after - 4, spot.y + 24, right - after + 4, 15);
    else text(context, tile.current, after, spot.y + 41, { size: 16, colour: COLOUR.quiet, width: right - after - 20 });
    if (!tile.trip) equalizationSign(context, tile.equalization, right - 13, spot.y + 29, 13);
  },
};

const WIDE = {
  area(spot, tile) {
    const told = tile.finding && spot.height >= FINDING_FROM ? 24 : 0;
    return { x: spot.x + 12, y: spot.y + 70, width: spot.width - 24, height: spot.height - 82 - told, scale: true };
  },
  bars: () => ({ minPitch: 4, maxPitch: 34 }),
  head(context, spot, tile) {
    const [x, right] = [spot.x + 12, spot.x + spot.width - 12];
    const free = badges(context, tile.counts, right, spot.y + 21, 20);
    text(context, tile.string.name, x, spot.y + 28, { size: 20, weight: 500, width: free - x - 8, isName: true });
    const y = spot.y + 58;
    text(context, tile.sum, x, y, { size: 22, weight: 500 });
    text(context, tile.current, x + 112, y, { size: 20 });
    const signX = x + 196;
    if (tile.trip) tripSign(context, tile, signX, y - 21, right - signX, 18);
    if (!tile.trip && tile.equalization !== "not_offered" && signX + 100 < right - 90) {
      equalizationSign(context, tile.equalization, signX, y - 13, 14);
      text(context, tile.equalizationText, signX + 22, y, { size: 16, colour: COLOUR.quiet, width: right - signX - 110 });
    }
    if (!tile.trip) text(context, tile.size, right, y, { size: 16, colour: COLOUR.quiet, align: "right" });
    if (tile.finding && spot.height >= FINDING_FROM) {
      text(context, tile.finding, x, spot.y + spot.height - 14, { size: 16, colour: COLOUR.quiet, width: right - x });
    }
  },
};

function bars(context, area, tile, model, options) {
  if (area.height <= 4) return;
  const { span } = tile.string;
  const { cells, grid, scaled } = barsOf(area, tile, model, options());
  drawBars(context, cells, grid, area.x, area.y, options());
  if (!scaled) return;
  const right = area.x + area.width;
  text(context, `+${span} mV`, right, area.y + 14, { size: 15, colour: COLOUR.quiet, align: "right" });
  text(context, `−${span} mV`, right, area.y + area.height - 4, { size: 15, colour: COLOUR.quiet, align: "right" });
}

// Draws only the bars that changed, where they are few; returns whether that was enough.
function redrawn(context, area, tile, model, options) {
  if (area.height <= 4) return true;
  const { first, cells: count } = tile.string;
  let changed = 0;
  for (let i = first; i < first + count; i++) changed += model.changedCells[i];
  if (changed > count * FEW) return false;
  const { cells, grid } = barsOf(area, tile, model, options());
  redrawBars(context, cells, grid, area.x, area.y, model.changedCells, COLOUR.tile, options());
  return true;
}

function barsOf(area, tile, model, options) {
  const { first, cells: count } = tile.string;
  const scaled = area.scale && area.height >= SCALE_FROM;
  const width = area.width - (scaled ? 72 : 0);
  const cells = { statuses: model.statuses, shares: model.deviations, stale: model.stale, first, count };
  return { cells, grid: barGrid(count, width, area.height, options), scaled };
}

function frame(context, spot, tile) {
  const edge = tile.trip ? COLOUR.alarm : { 1: COLOUR.warning, 2: COLOUR.alarm }[tile.worst];
  const width = tile.trip ? 4 : edge ? 2 : 1;
  context.fillStyle = COLOUR.page;
  context.fillRect(spot.x, spot.y, spot.width, spot.height);
  panel(context, spot.x, spot.y, spot.width, spot.height, COLOUR.tile, edge ?? COLOUR.tileEdge, width);
}

// A red field with the sign of a breaker, and what protection did; returns where it ends.
function tripSign(context, tile, x, y, width, size) {
  const sign = size * 1.5;
  const wanted = sign + textWidth(context, tile.trip, size, 500) + 14;
  const shown = Math.min(width, wanted);
  const tight = wanted > 1.3 * width || size < 12;
  panel(context, x, y, tight ? width : shown, size + 10, COLOUR.alarm);
  if (tight) {
    breakerSign(context, x + width / 2 - 10, y + 5 + size / 2, Math.max(size * 1.4, 13));
    return;
  }
  breakerSign(context, x + 6, y + 5 + size / 2, size);
  text(context, tile.trip, x + sign + 8, y + size + 3, {
    size,
    weight: 500,
    colour: COLOUR.onAlarm,
    width: shown - sign - 12,
  });
}

function badges(context, counts, right, middle, size) {
  let x = right;
  for (const { status, colour } of [...COUNTED].reverse()) {
    if (!counts[status]) continue;
    const label = `${counts[status]}`;
    x -= textWidth(context, label, size, 500);
    text(context, label, x, middle + size * 0.36, { size, weight: 500, colour: COLOUR[colour] });
    x -= size * 0.65;
    shape(context, status, x, middle, size * 0.75);
    x -= size * 0.85;
  }
  return x;
}

// What is old, or silent as a whole, is hatched and says so.
function veil(context, spot, tile, area, texts) {
  hatch(context, spot.x + 2, spot.y + 2, spot.width - 4, spot.height - 4);
  const dense = spot.width < DENSE_BELOW;
  const label = (dense ? tile.age : tile.old) ?? texts.silent;
  const size = dense ? 14 : 18;
  const width = Math.min(textWidth(context, label, size, 500) + 14, spot.width - 6);
  const [cx, cy] = [spot.x + spot.width / 2, area.y + area.height / 2];
  panel(context, cx - width / 2, cy - size * 0.8, width, size * 1.6, COLOUR.tile, COLOUR.faint);
  text(context, label, cx, cy + size * 0.36, { size, weight: 500, align: "center", width: width - 4 });
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
