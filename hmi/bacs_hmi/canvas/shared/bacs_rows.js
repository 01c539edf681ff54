// The cells of a string as a table: rows drawn on a canvas, a scroller of the browser above them.
import { ALARM, NORMAL, WARNING } from "bacs_frames";
import { ABSENT } from "bacs_numbers";
import { COLOUR, hatch, shape, text, textWidth } from "bacs_look";

export const ROW = 48;
export const HEAD = 32;
const PAD = 12;
const BAR_TEXT = 58;

// What stands in a row, in the order of the texts of a row.
export const COLUMNS = [
  { key: "number", head: "number", align: "left" },
  { key: "voltage", head: "column_voltage", align: "right", quantity: 0 },
  { key: "deviation", head: "column_deviation", align: "right", quantity: 0 },
  { key: "temperature", head: "column_temperature", align: "right", quantity: 1 },
  { key: "resistance", head: "column_resistance", align: "right", quantity: 2 },
  { key: "charge", head: "column_charge", align: "right", quantity: 3 },
  { key: "duty", head: "column_duty", align: "right", quantity: 4 },
  { key: "status", head: "status", align: "left" },
];
// Shares of the width, by how wide the table is; a column without a share has no room.
const WIDE = { number: 0.07, voltage: 0.1, deviation: 0.175, temperature: 0.085, resistance: 0.09, charge: 0.105, duty: 0.165, status: 0.21 };
const MIDDLE = { number: 0.075, voltage: 0.11, deviation: 0.1, temperature: 0.1, resistance: 0.11, charge: 0.13, duty: 0.15, status: 0.225 };
const NARROW = { number: 0.16, voltage: 0.22, deviation: 0.19, chosen: 0.28, status: 0.15 };
export const FROM = { wide: 860, middle: 560 };

export function spots(width, chosen) {
  const inner = width - 2 * PAD;
  const shares = width >= FROM.wide ? WIDE : width >= FROM.middle ? MIDDLE : NARROW;
  const other = ["temperature", "resistance", "charge", "duty"].includes(chosen) ? chosen : "temperature";
  let x = PAD;
  const found = [];
  COLUMNS.forEach((column, place) => {
    const share = shares[column.key] ?? (column.key === other ? shares.chosen : undefined);
    if (share === undefined) return;
    const indent = column.key === "status" ? 18 : 6;
    const spot = { ...column, place, x: x + indent, width: share * inner - indent - 10 };
    spot.bar = shares === WIDE && (column.key === "deviation" || column.key === "duty");
    spot.bare = shares === NARROW && column.key === "status";
    found.push(spot);
    x += share * inner;
  });
  return found;
}

// Draws the rows in view; `scene`: order, model, texts, marked, chosen, span, rowTexts(cell).
// Returns the rows with their texts.
export function drawRows(context, scene, { top, width, height, scroll }) {
  const places = spots(width, scene.chosen);
  const { order } = scene;
  const from = Math.max(0, Math.floor(scroll / ROW));
  const to = Math.min(order.length, Math.ceil((scroll + height) / ROW));
  const rows = [];
  context.save();
  context.beginPath();
  context.rect(0, top, width, height);
  context.clip();
  for (let row = from; row < to; row++) {
    const texts = scene.rowTexts(order[row]);
    drawRow(context, places, scene, order[row], texts, top + row * ROW - scroll, width);
    rows.push({ row, cell: order[row], texts });
  }
  context.restore();
  context.fillStyle = COLOUR.page;
  context.fillRect(0, top - HEAD, width + 200, HEAD);
  for (const spot of places) {
    if (spot.bare) continue;
    const x = spot.align === "right" ? spot.x + spot.width : spot.x;
    const chosen = spot.key === scene.chosen;
    text(context, scene.texts[spot.head], x, top - 11, {
      size: 16,
      weight: chosen ? 500 : 400,
      colour: chosen ? COLOUR.ink : COLOUR.quiet,
      align: spot.align,
      width: spot.width + 14,
    });
  }
  return rows;
}

function drawRow(context, places, scene, cell, texts, y, width) {
  const { model } = scene;
  const status = model.statuses[cell];
  const soft = { [WARNING]: COLOUR.warningSoft, [ALARM]: COLOUR.alarmSoft }[status] ?? COLOUR.tile;
  context.fillStyle = cell === scene.marked ? COLOUR.line : soft;
  context.fillRect(0, y, width, ROW - 1);
  context.fillStyle = COLOUR.line;
  context.fillRect(0, y + ROW - 1, width, 1);
  const base = y + ROW / 2 + 7;
  for (const spot of places) {
    const told = texts[spot.place];
    if (spot.key === "status") {
      drawStatus(context, spot, status, told, y);
      continue;
    }
    const right = spot.x + spot.width;
    if (spot.bar) drawBar(context, spot, scene, cell, y);
    text(context, told, spot.align === "right" ? right : spot.x, base, {
      size: spot.key === "number" ? 19 : 20,
      weight: spot.key === "voltage" ? 500 : 400,
      colour: told === ABSENT || spot.key === "number" ? COLOUR.quiet : COLOUR.ink,
      align: spot.align,
    });
    const old = spot.quantity !== undefined && model.staleBits[cell] & (1 << spot.quantity);
    if (!old || told === ABSENT) continue;
    const half = spot.bar ? spot.width : textWidth(context, told, 20, 500) + 10;
    hatch(context, right - half, y + 6, half + 6, ROW - 13);
  }
}

function drawStatus(context, spot, status, told, y) {
  if (told === ABSENT) {
    text(context, told, spot.x, y + ROW / 2 + 6, { size: 17, colour: COLOUR.quiet });
    return;
  }
  shape(context, status, spot.x + 8, y + ROW / 2, 16);
  if (spot.bare) return;
  const colour = { [WARNING]: COLOUR.warningInk, [ALARM]: COLOUR.alarmInk }[status] ?? COLOUR.quiet;
  const [x, width, weight] = [spot.x + 26, spot.width - 20, status === NORMAL ? 400 : 500];
  const size = textWidth(context, told, 17, weight) <= width ? 17 : 15;
  const [first, rest] = inTwo(context, told, size, weight, width);
  text(context, first, x, y + ROW / 2 + (rest ? -3 : 6), { size, weight, colour, width });
  if (rest) text(context, rest, x, y + ROW / 2 + 15, { size, weight, colour, width });
}

// Parts words after the last one that has room in the first of two lines.
function inTwo(context, told, size, weight, width) {
  const words = told.split(" ");
  let count = 1;
  while (count < words.length && textWidth(context, words.slice(0, count + 1).join(" "), size, weight) <= width) count++;
  return [words.slice(0, count).join(" "), words.slice(count).join(" ")];
}

function drawBar(context, spot, scene, cell, y) {
  const [x, width] = [spot.x, spot.width - BAR_TEXT];
  const middle = y + ROW / 2;
  if (spot.key === "duty") {
    const duty = scene.model.columns[spot.quantity][cell];
    if (!Number.isFinite(duty)) return;
    context.fillStyle = COLOUR.line;
    context.fillRect(x, middle - 5, width, 10);
    context.fillStyle = COLOUR.duty;
    context.fillRect(x, middle - 5, (width * Math.min(100, Math.max(0, duty))) / 100, 10);
    return;
  }
  const share = Math.max(-1, Math.min(1, scene.deviation(cell) / scene.span));
  if (!Number.isFinite(share)) return;
  const centre = x + width / 2;
  context.fillStyle = COLOUR.line;
  context.fillRect(x, middle - 1, width, 2);
  const status = scene.model.statuses[cell];
  context.fillStyle = { [WARNING]: COLOUR.warning, [ALARM]: COLOUR.alarm }[status] ?? COLOUR.bar;
  const length = (share * width) / 2;
  context.fillRect(Math.min(centre, centre + length), middle - 5, Math.max(1, Math.abs(length)), 10);
  context.fillStyle = COLOUR.quiet;
  context.fillRect(centre - 0.5, middle - 9, 1, 18);
}
