// One bar per cell of a string, in as many rows as keep them visible; marked cells have a shape.
import { numberText } from "bacs_numbers";
import { rem } from "bacs_palette";

const FAMILY = "Roboto, 'DejaVu Sans', sans-serif";
const TOP = 10;
const MIN_PITCH = 3;
const MAX_PITCH = 64;

// Draws `values` (place per cell, NaN for none) by `plan` and returns where each place of the order
// stands, for a finger. plan: order, low, high, base, levels [{value, kind, name}], digits,
// decimals, unit, mark. marks: kind of mark per cell ("alarm", "warning", "least" or nothing).
export function drawBars(canvas, width, height, plan, values, marks, chosen, colours) {
  const context = sharp(canvas, width, height, colours.tile);
  const grid = gridOf(plan.order.length, width, height);
  for (let row = 0; row < grid.rows; row++) drawFrame(context, plan, grid, row, colours, width);
  plan.order.forEach((cell, place) => {
    drawBar(context, plan, grid, place, cell, values[cell], marks[cell], cell === chosen, colours);
  });
  for (let row = 0; row < grid.rows; row++) drawLevels(context, plan, grid, row, colours, width);
  return grid;
}

export function cellAt(grid, plan, x, y) {
  const row = Math.min(grid.rows - 1, Math.max(0, Math.floor((y - TOP) / grid.rowHeight)));
  const column = Math.min(grid.perRow - 1, Math.max(0, Math.floor((x - grid.left) / grid.pitch)));
  const place = Math.min(plan.order.length - 1, row * grid.perRow + column);
  return plan.order[place];
}

function sharp(canvas, width, height, fill) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d", { alpha: false });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = fill;
  context.fillRect(0, 0, width, height);
  return context;
}

function fontOf(size, weight = 400) {
  return `${weight} ${size * rem()}px ${FAMILY}`;
}

function gridOf(count, width, height) {
  const [left, labels] = [74 * rem(), 20 * rem()];
  const room = width - left - 12;
  let rows = 1;
  while (room / Math.ceil(count / rows) < MIN_PITCH && (height - TOP) / (rows + 1) > 60) rows++;
  const perRow = Math.ceil(count / rows);
  const pitch = Math.min(MAX_PITCH, room / perRow);
  const rowHeight = (height - TOP) / rows;
  return { rows, perRow, pitch, rowHeight, left, labels, barHeight: rowHeight - labels - 4 };
}

function yOf(plan, grid, row, value) {
  const share = (value - plan.low) / (plan.high - plan.low);
  const top = TOP + row * grid.rowHeight;
  return top + grid.barHeight * (1 - Math.min(1, Math.max(0, share)));
}

function drawFrame(context, plan, grid, row, colours, width) {
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.font = fontOf(15);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of [plan.low, plan.high]) {
    const y = Math.round(yOf(plan, grid, row, value)) + 0.5;
    context.beginPath();
    context.moveTo(grid.left, y);
    context.lineTo(width - 8, y);
    context.stroke();
    const taken = plan.levels.some((level) => Math.abs(yOf(plan, grid, row, level.value) - y) < 15);
    if (taken) continue;
    context.fillStyle = colours.quiet;
    context.fillText(`${numberText(value, plan.decimals, plan.mark)} ${plan.unit}`, grid.left - 6, y);
  }
}

function drawLevels(context, plan, grid, row, colours, width) {
  context.font = fontOf(15, 500);
  context.textBaseline = "middle";
  for (const level of plan.levels) {
    if (level.value < plan.low || level.value > plan.high) continue;
    const y = Math.round(yOf(plan, grid, row, level.value)) + 0.5;
    context.strokeStyle = level.kind === "alarm" ? colours.alarm : colours.quiet;
    context.lineWidth = 2;
    context.setLineDash(level.kind === "alarm" ? [8, 5] : []);
    context.beginPath();
    context.moveTo(grid.left, y);
    context.lineTo(width - 8, y);
    context.stroke();
    context.setLineDash([]);
    context.fillStyle = level.kind === "alarm" ? colours["alarm-ink"] : colours.quiet;
    context.textAlign = "right";
    context.fillText(`${numberText(level.value, plan.decimals, plan.mark)} ${plan.unit}`, grid.left - 6, y);
  }
}

function drawBar(context, plan, grid, place, cell, value, mark, isChosen, colours) {
  const row = Math.floor(place / grid.perRow);
  const x = grid.left + (place % grid.perRow) * grid.pitch;
  const gap = grid.pitch >= 8 ? Math.round(grid.pitch * 0.2) : grid.pitch >= 4 ? 1 : 0.5;
  const width = grid.pitch - gap;
  const bottom = TOP + row * grid.rowHeight + grid.barHeight;
  if (isChosen) {
    context.fillStyle = colours.line;
    context.fillRect(x - gap / 2, TOP + row * grid.rowHeight, grid.pitch, grid.barHeight + grid.labels);
  }
  const base = yOf(plan, grid, row, plan.base);
  if (Number.isFinite(value)) {
    const y = yOf(plan, grid, row, value);
    context.fillStyle = mark === "alarm" ? colours.alarm : mark === "warning" ? colours.warning : colours.bar;
    const [top, size] = [Math.min(y, base), Math.max(2, Math.abs(base - y))];
    if (mark === "least") {
      context.strokeStyle = colours.quiet;
      context.lineWidth = Math.min(2, width / 3);
      context.setLineDash([4, 3]);
      context.strokeRect(x + 1, top + 1, Math.max(1, width - 2), Math.max(1, size - 2));
      context.setLineDash([]);
    } else context.fillRect(x, top, width, size);
    if ((mark === "alarm" || mark === "warning") && width >= 7) {
      const wide = Math.min(13, width);
      const tip = value >= plan.base ? Math.max(TOP + row * grid.rowHeight + wide, y) - wide : y + 2;
      markShape(context, mark, x + width / 2, tip + wide / 2, wide, colours);
    }
  } else {
    context.fillStyle = colours.edge;
    context.fillRect(x, base - 3, width, 3);
  }
  const step = labelStep(grid, plan);
  if (step === 1 || (plan.numbered && (cell === 0 || (cell + 1) % step === 0))) {
    context.font = fontOf(14);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = isChosen ? colours.ink : colours.quiet;
    context.fillText(String(cell + 1).padStart(plan.digits, "0"), x + width / 2, bottom + grid.labels / 2 + 2);
  }
}

// Where not every number has room, each fifth, tenth, twentieth ... stands.
function labelStep(grid, plan) {
  const least = ((8.5 * plan.digits + 3) * rem()) / grid.pitch;
  return [1, 5, 10, 20, 50, 100].find((step) => step >= least) ?? 200;
}

function markShape(context, kind, x, y, size, colours) {
  context.fillStyle = kind === "alarm" ? colours["alarm-ink"] : colours["warning-ink"];
  if (kind === "alarm") {
    context.fillRect(x - size * 0.45, y - size * 0.45, size * 0.9, size * 0.9);
    return;
  }
  context.beginPath();
  context.moveTo(x, y - size / 2);
  context.lineTo(x + size * 0.55, y + size * 0.42);
  context.lineTo(x - size * 0.55, y + size * 0.42);
  context.fill();
}
