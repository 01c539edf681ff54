// Draws all cells of a string. Grey is normal; a warning has a triangle, an alarm a square, a cell
// without a live reading is hatched: never a colour alone.
import { ALARM, SILENT, WARNING } from "./quantities.js";
import { spotOf } from "./layout.js";
import { cellLabel } from "./words.js";

const MARK = 10;
const CUT = 3;
const HATCH = 5;

export function prepare(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

export function drawCells(context, { layout, model, quantity, scale, colours, font, chosen }) {
  const hatch = hatched(context, colours.quiet);
  drawGround(context, layout, scale, colours, font, model.count);
  for (let cell = 0; cell < layout.count; cell += 1) {
    const { x, y } = spotOf(layout, cell);
    const status = model.status[cell];
    const old = model.isOld(quantity, cell);
    const width = barWidth(layout.pitch);
    const left = x + (layout.pitch - width) / 2;
    const value = model.value(quantity, cell);
    if (status === SILENT || (value === null && !model.live)) {
      context.fillStyle = hatch;
      context.fillRect(left, y + MARK, width, layout.rowHeight - MARK);
    }
    if (value !== null && scale) {
      const colour = old ? hatch : (({ [WARNING]: colours.warning, [ALARM]: colours.alarm })[status] ?? colours.bar);
      drawBar(context, { left, top: y + MARK, width, height: layout.rowHeight - MARK }, value, scale, colour);
    }
    if (model.live && (status === WARNING || status === ALARM)) drawMark(context, x + layout.pitch / 2, y, status, colours);
    if (cell === chosen) {
      context.strokeStyle = colours.chosen;
      context.lineWidth = 2;
      // Inside the row: the first one has nothing above it.
      context.strokeRect(x - 1, y + 1, layout.pitch + 2, layout.rowHeight - 2);
    }
  }
}

function barWidth(pitch) {
  return Math.max(pitch - (pitch < 14 ? 2 : 4), 2);
}

function drawGround(context, layout, scale, colours, font, count) {
  context.font = `11px ${font}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (let row = 0; row < layout.rows; row += 1) {
    const first = row * layout.perRow;
    const { y } = spotOf(layout, first);
    const cells = Math.min(layout.perRow, layout.count - first);
    const top = y + MARK;
    const height = layout.rowHeight - MARK;
    const from = scale ? top + height * (1 - share(scale.from, scale)) : top + height;
    context.fillStyle = colours.ground;
    context.fillRect(layout.left, top, cells * layout.pitch, height);
    context.fillStyle = colours.line;
    context.fillRect(layout.left, Math.round(from) - 0.5, cells * layout.pitch, 1);
    context.fillStyle = colours.quiet;
    context.fillText(cellLabel(first + 1, count), layout.left - 6, top + height / 2);
  }
}

function share(value, scale) {
  return Math.min(1, Math.max(0, (value - scale.low) / (scale.high - scale.low)));
}

function drawBar(context, box, value, scale, colour) {
  const at = box.top + box.height * (1 - share(value, scale));
  const from = box.top + box.height * (1 - share(scale.from, scale));
  const length = Math.max(Math.abs(from - at), 1.5);
  const top = Math.min(at, from);
  context.fillStyle = colour;
  context.fillRect(box.left, top, box.width, length);
  // A bar that leaves the scale is broken near its end.
  const outside = value > scale.high ? box.top + 2 * CUT : value < scale.low ? box.top + box.height - 3 * CUT : null;
  if (outside !== null) context.clearRect(box.left - 1, outside, box.width + 2, CUT);
}

function drawMark(context, middle, top, status, colours) {
  const half = 4;
  context.beginPath();
  if (status === WARNING) {
    context.moveTo(middle, top);
    context.lineTo(middle + half, top + 2 * half);
    context.lineTo(middle - half, top + 2 * half);
    context.closePath();
    context.fillStyle = colours.warning;
  } else {
    context.rect(middle - half, top, 2 * half, 2 * half);
    context.fillStyle = colours.alarm;
  }
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = colours.ink;
  context.stroke();
}

function hatched(context, colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = HATCH;
  const inside = tile.getContext("2d");
  inside.strokeStyle = colour;
  inside.lineWidth = 1.2;
  inside.beginPath();
  for (const shift of [-HATCH, 0, HATCH]) {
    inside.moveTo(shift, HATCH);
    inside.lineTo(shift + HATCH, 0);
  }
  inside.stroke();
  return context.createPattern(tile, "repeat");
}
