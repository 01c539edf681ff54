// What the canvases share: colours, shapes, text. Grey is normal; every abnormal colour has a shape.
export const COLOUR = {
  page: "#dfe3e6",
  tile: "#f3f5f6",
  tileEdge: "#c5ccd2",
  line: "#d5dadf",
  ink: "#1d262d",
  quiet: "#55626c",
  faint: "#8b97a1",
  bar: "#7d8993",
  barStrong: "#55626c",
  barSoft: "#b4bdc5",
  warning: "#e08a00",
  warningInk: "#8a4b00",
  warningSoft: "#fbe7c3",
  alarm: "#c62d1f",
  alarmInk: "#a11f13",
  alarmSoft: "#f7d3cd",
  silent: "#6b7680",
  silentSoft: "#d3d9de",
  duty: "#66727c",
};

const FAMILY = "Roboto, 'DejaVu Sans', sans-serif";

export function font(size, weight = 400) {
  return `${weight} ${size}px ${FAMILY}`;
}

export async function fontsReady() {
  await Promise.all([400, 500, 700].map((weight) => document.fonts.load(font(16, weight))));
}

// Makes the canvas as sharp as the display; returns the context in CSS pixels.
export function prepare(canvas, width, height) {
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
  context.fillStyle = COLOUR.page;
  context.fillRect(0, 0, width, height);
  context.textBaseline = "alphabetic";
  return context;
}

export function panel(context, x, y, w, h, fill, edge, edgeWidth = 1) {
  context.fillStyle = fill;
  context.beginPath();
  context.roundRect(x, y, w, h, 4);
  context.fill();
  if (!edge) return;
  const inset = edgeWidth / 2;
  context.strokeStyle = edge;
  context.lineWidth = edgeWidth;
  context.beginPath();
  context.roundRect(x + inset, y + inset, w - edgeWidth, h - edgeWidth, 4 - inset / 2);
  context.stroke();
}

// Draws text cut with an ellipsis to the given width; returns what was drawn.
export function text(context, value, x, y, { size, weight = 400, colour = COLOUR.ink, align = "left", width = Infinity }) {
  context.font = font(size, weight);
  context.fillStyle = colour;
  context.textAlign = align;
  let shown = value;
  if (width !== Infinity && context.measureText(shown).width > width) {
    while (shown.length > 1 && context.measureText(`${shown}…`).width > width) {
      shown = shown.slice(0, -1).trimEnd();
    }
    shown = `${shown}…`;
  }
  context.fillText(shown, x, y);
  return shown;
}

export function textWidth(context, value, size, weight = 400) {
  context.font = font(size, weight);
  return context.measureText(value).width;
}

// The shapes: triangle = warning, square = alarm, crossed circle = silent, ring = normal.
export function shape(context, status, cx, cy, size) {
  const half = size / 2;
  context.lineWidth = Math.max(1.5, size / 8);
  if (status === 1) {
    context.fillStyle = COLOUR.warning;
    context.beginPath();
    context.moveTo(cx, cy - half);
    context.lineTo(cx + half * 1.1, cy + half * 0.85);
    context.lineTo(cx - half * 1.1, cy + half * 0.85);
    context.closePath();
    context.fill();
  } else if (status === 2) {
    context.fillStyle = COLOUR.alarm;
    context.fillRect(cx - half * 0.9, cy - half * 0.9, size * 0.9, size * 0.9);
  } else if (status === 3) {
    context.strokeStyle = COLOUR.silent;
    context.beginPath();
    context.moveTo(cx - half * 0.75, cy - half * 0.75);
    context.lineTo(cx + half * 0.75, cy + half * 0.75);
    context.moveTo(cx + half * 0.75, cy - half * 0.75);
    context.lineTo(cx - half * 0.75, cy + half * 0.75);
    context.stroke();
  } else {
    context.strokeStyle = COLOUR.faint;
    context.beginPath();
    context.arc(cx, cy, half * 0.7, 0, Math.PI * 2);
    context.stroke();
  }
}

// Equalization as a small sign: two levelling bars = working, pause = inhibited, line = idle.
export function equalizationSign(context, state, x, y, size, colour = COLOUR.quiet) {
  context.fillStyle = state === "active" ? COLOUR.duty : colour;
  const third = size / 3;
  if (state === "active") {
    context.fillRect(x, y + size * 0.18, size, third * 0.7);
    context.fillRect(x, y + size * 0.6, size, third * 0.7);
  } else if (state === "inhibited") {
    context.fillRect(x + size * 0.1, y, third * 0.8, size);
    context.fillRect(x + size * 0.62, y, third * 0.8, size);
  } else if (state === "idle") {
    context.fillRect(x, y + size * 0.42, size, size * 0.18);
  }
}

// A breaker that is off: two contacts and the lever between them, open.
export function breakerSign(context, x, cy, size, colour = COLOUR.tile) {
  const width = size * 1.3;
  const lift = size * 0.42;
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = Math.max(1.5, size / 8);
  context.beginPath();
  context.moveTo(x, cy + lift * 0.5);
  context.lineTo(x + width * 0.3, cy + lift * 0.5);
  context.lineTo(x + width * 0.78, cy - lift);
  context.moveTo(x + width * 0.75, cy + lift * 0.5);
  context.lineTo(x + width, cy + lift * 0.5);
  context.stroke();
}

let hatchTile = null;

// Diagonal lines over whatever is old; never shown as live.
export function hatch(context, x, y, w, h) {
  if (hatchTile === null) {
    hatchTile = document.createElement("canvas");
    hatchTile.width = hatchTile.height = 8;
    const pen = hatchTile.getContext("2d");
    pen.strokeStyle = "rgba(85, 98, 108, 0.42)";
    pen.lineWidth = 1.4;
    pen.beginPath();
    for (const offset of [-8, 0, 8]) {
      pen.moveTo(offset, 8);
      pen.lineTo(offset + 8, 0);
    }
    pen.stroke();
  }
  context.save();
  context.beginPath();
  context.rect(x, y, w, h);
  context.clip();
  context.fillStyle = context.createPattern(hatchTile, "repeat");
  context.fillRect(x, y, w, h);
  context.restore();
}

// One bar per cell, up or down from the target; abnormal ones stand in a coloured field.
export function cellBars(context, cells, x, y, w, h, { minPitch = 3, colour = COLOUR.bar } = {}) {
  const count = cells.length;
  if (count === 0 || w <= 4 || h <= 4) return { perRow: 1, pitch: w, rows: 1, rowHeight: h };
  let rows = 1;
  while (w / Math.ceil(count / rows) < minPitch && h / (rows + 1) >= 7) rows++;
  const perRow = Math.ceil(count / rows);
  const pitch = Math.min(w / perRow, 26);
  const rowGap = rows > 1 ? Math.min(3, Math.max(1, h / rows / 8)) : 0;
  const rowHeight = (h - rowGap * (rows - 1)) / rows;
  const gap = pitch >= 8 ? Math.round(pitch * 0.22) : pitch >= 3 ? 1 : 0.4;
  for (let row = 0; row < rows; row++) {
    const middle = y + row * (rowHeight + rowGap) + rowHeight / 2;
    const used = Math.min(perRow, count - row * perRow);
    if (used <= 0) break;
    context.fillStyle = COLOUR.barSoft;
    context.fillRect(x, middle - 0.5, used * pitch - gap, 1);
  }
  const abnormal = [];
  for (let i = 0; i < count; i++) {
    if (cells[i].status !== 0) abnormal.push(i);
    else bar(context, cells[i], place(i), colour);
  }
  for (const i of abnormal) {
    const spot = place(i);
    const fieldWidth = Math.max(spot.width, Math.min(4, pitch + 2));
    const fieldX = spot.x - (fieldWidth - spot.width) / 2;
    const [soft, strong] = {
      1: [COLOUR.warningSoft, COLOUR.warning],
      2: [COLOUR.alarmSoft, COLOUR.alarm],
      3: [COLOUR.silentSoft, COLOUR.silent],
    }[cells[i].status];
    const crowded = pitch < 6;
    context.fillStyle = crowded ? strong : soft;
    context.fillRect(fieldX, spot.top, fieldWidth, spot.height);
    if (cells[i].status === 3 && crowded) {
      context.fillStyle = COLOUR.tile;
      context.fillRect(fieldX + 1, spot.top + 1, fieldWidth - 2, spot.height - 2);
    }
    if (!crowded) {
      if (cells[i].status !== 3) bar(context, cells[i], spot, strong);
      const size = Math.min(12, spot.width);
      const cy = cells[i].deviation > 0 ? spot.top + spot.height - size * 0.7 : spot.top + size * 0.7;
      shape(context, cells[i].status, spot.x + spot.width / 2, cy, size);
    }
  }
  function place(i) {
    const row = Math.floor(i / perRow);
    return {
      x: x + (i % perRow) * pitch,
      top: y + row * (rowHeight + rowGap),
      width: pitch - gap,
      height: rowHeight,
    };
  }
  return { perRow, pitch, rows, rowHeight: rowHeight + rowGap };
}

function bar(context, cell, spot, colour) {
  const middle = spot.top + spot.height / 2;
  if (!Number.isFinite(cell.deviation)) {
    context.fillStyle = COLOUR.barSoft;
    context.fillRect(spot.x, middle - 1.5, spot.width, 3);
    return;
  }
  const reach = spot.height / 2 - 0.5;
  const height = Math.max(1, Math.min(1, Math.abs(cell.deviation)) * reach);
  const up = cell.deviation > 0;
  context.fillStyle = cell.stale ? COLOUR.barSoft : colour;
  context.fillRect(spot.x, up ? middle - height : middle, spot.width, height);
  if (Math.abs(cell.deviation) < 1 || reach < 14) return;
  // Off the scale: the bar is cut near its end.
  context.fillStyle = COLOUR.tile;
  context.fillRect(spot.x, up ? middle - height + 4 : middle + height - 6, spot.width, 2);
}
