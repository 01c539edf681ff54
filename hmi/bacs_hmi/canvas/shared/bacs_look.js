// What the canvases share: colours, shapes, text. Grey is normal; every abnormal colour has a shape.
// The colours are those of the palette in force, read from the variables of the styles.
const VARIABLES = {
  page: "--page",
  tile: "--tile",
  tileEdge: "--edge",
  line: "--line",
  ink: "--ink",
  quiet: "--quiet",
  faint: "--faint",
  bar: "--bar",
  barStrong: "--bar-strong",
  barSoft: "--bar-soft",
  warning: "--warning",
  warningInk: "--warning-ink",
  warningSoft: "--warning-soft",
  alarm: "--alarm",
  alarmInk: "--alarm-ink",
  alarmSoft: "--alarm-soft",
  onAlarm: "--on-colour",
  silent: "--silent",
  silentSoft: "--silent-soft",
  duty: "--duty",
  hatch: "--hatch-line",
};

export const COLOUR = {};
let palette = null;
let hatchTile = null;

// Follows a change of the palette; `prepare` asks for it, so that each drawing has one palette.
export function readPalette() {
  const wanted = document.documentElement.dataset.palette ?? "day";
  if (wanted === palette) return;
  palette = wanted;
  hatchTile = null;
  const style = getComputedStyle(document.documentElement);
  for (const [name, variable] of Object.entries(VARIABLES)) {
    COLOUR[name] = style.getPropertyValue(variable).trim();
  }
}

const FAMILY = "Roboto, 'DejaVu Sans', sans-serif";

export function font(size, weight = 400) {
  return `${weight} ${size}px ${FAMILY}`;
}

const WEIGHTS = [400, 500, 700];

export async function fontsReady() {
  await Promise.all(WEIGHTS.map((weight) => document.fonts.load(font(16, weight))));
}

// Draws anew once the fonts are there; once they are, nothing has to be drawn twice.
export function whenFontsCome(redraw) {
  if (!WEIGHTS.every((weight) => document.fonts.check(font(16, weight)))) fontsReady().then(redraw);
}

// How many CSS pixels a unit of a drawing has: large screens are drawn larger, as their texts are.
export function unit() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;
}

// Tells whether what was drawn has the colours of another palette.
export function paletteChanged() {
  return (document.documentElement.dataset.palette ?? "day") !== palette;
}

// Draws anew as soon as another palette is in force; the returned function ends that.
export function whenPaletteChanges(redraw) {
  const observer = new MutationObserver(redraw);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-palette"] });
  return () => observer.disconnect();
}

// Makes the canvas as sharp as the display, and clears it; returns its context. A unit of the
// drawing has `scale` CSS pixels.
export function prepare(canvas, width, height, scale = 1) {
  readPalette();
  const ratio = (window.devicePixelRatio || 1) * scale;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width * scale}px`;
    canvas.style.height = `${height * scale}px`;
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
export function text(context, value, x, y, { size, weight = 400, colour = COLOUR.ink, align = "left", width = Infinity, isName = false }) {
  context.font = font(size, weight);
  context.fillStyle = colour;
  context.textAlign = align;
  const shown = fitted(context, value, width, isName);
  context.fillText(shown, x, y);
  return shown;
}

// What is too long loses its end; a name loses its middle, since the names of a plant mostly end apart.
function fitted(context, value, width, isName) {
  if (width === Infinity || context.measureText(value).width <= width) return value;
  for (let kept = value.length - 1; kept > 1; kept--) {
    const end = isName ? Math.floor(kept / 2) : 0;
    const shown = `${value.slice(0, kept - end).trimEnd()}…${value.slice(value.length - end).trimStart()}`;
    if (context.measureText(shown).width <= width) return shown;
  }
  return `${value.slice(0, 1)}…`;
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
export function breakerSign(context, x, cy, size, colour = COLOUR.onAlarm) {
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

// Diagonal lines over whatever is old; never shown as live.
export function hatch(context, x, y, w, h) {
  if (hatchTile === null) {
    hatchTile = document.createElement("canvas");
    hatchTile.width = hatchTile.height = 8;
    const pen = hatchTile.getContext("2d");
    pen.strokeStyle = COLOUR.hatch;
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

// Finds rows and pitch for one bar per cell.
export function barGrid(count, w, h, { minPitch = 3, maxPitch = 26 } = {}) {
  if (count === 0 || w <= 4 || h <= 4) return { perRow: 1, pitch: w, rows: 1, rowHeight: h, rowGap: 0, gap: 0 };
  let rows = 1;
  while (w / Math.ceil(count / rows) < minPitch && h / (rows + 1) >= 7) rows++;
  const perRow = Math.ceil(count / rows);
  const pitch = Math.min(w / perRow, maxPitch);
  const rowGap = rows > 1 ? Math.min(3, Math.max(1, h / rows / 8)) : 0;
  const rowHeight = (h - rowGap * (rows - 1)) / rows;
  const gap = pitch >= 8 ? Math.round(pitch * 0.22) : pitch >= 3 ? 1 : 0.4;
  return { perRow, pitch, rows, rowHeight, rowGap, gap };
}

// One bar per cell, up or down from the middle; abnormal ones stand in a coloured field. `cells`
// has arrays `statuses`, `shares` (1 is the full height) and `stale`, read from `first` on. Only the
// bars at the places `from` to `to` are drawn.
export function drawBars(context, cells, grid, x, y, { colour = COLOUR.bar, from = 0, to = cells.count } = {}) {
  const { statuses, shares, stale, first, count } = cells;
  const { perRow, pitch, rows, rowHeight, rowGap, gap, fromZero = false } = grid;
  const step = rowHeight + rowGap;
  const width = pitch - gap;
  const foot = fromZero ? rowHeight - 1 : rowHeight / 2;
  const reach = fromZero ? rowHeight - 1 : rowHeight / 2 - 0.5;
  context.fillStyle = COLOUR.barSoft;
  for (let row = 0; row < rows; row++) {
    const used = Math.min(perRow, count - row * perRow);
    if (used > 0) context.fillRect(x, y + row * step + foot - 0.5, used * pitch - gap, 1);
  }
  let abnormal = 0;
  let faded = 0;
  context.fillStyle = colour;
  for (let i = from; i < to; i++) {
    if (statuses[first + i] !== 0) abnormal++;
    else if (stale[first + i] || !(Math.abs(shares[first + i]) >= 0)) faded++;
    else drawBar(i);
  }
  if (faded) {
    context.fillStyle = COLOUR.barSoft;
    for (let i = from; i < to; i++) {
      if (statuses[first + i] !== 0) continue;
      const share = shares[first + i];
      if (!(Math.abs(share) >= 0)) context.fillRect(left(i), middle(i) - 1.5, width, 3);
      else if (stale[first + i]) drawBar(i);
    }
  }
  for (let i = from; abnormal && i < to; i++) {
    if (statuses[first + i] === 0) continue;
    abnormal--;
    drawAbnormal(i);
  }

  function left(i) {
    return x + (i % perRow) * pitch;
  }
  function middle(i) {
    return y + Math.floor(i / perRow) * step + foot;
  }
  function drawBar(i) {
    const share = shares[first + i];
    const size = Math.max(1, Math.min(1, Math.abs(share)) * reach);
    const cy = middle(i);
    context.fillRect(left(i), share > 0 ? cy - size : cy, width, size);
    if (Math.abs(share) < 1 || reach < 14) return;
    // Off the scale: the bar is cut near its end.
    const used = context.fillStyle;
    context.fillStyle = COLOUR.tile;
    context.fillRect(left(i), share > 0 ? cy - size + 4 : cy + size - 6, width, 2);
    context.fillStyle = used;
  }
  function drawAbnormal(i) {
    const status = statuses[first + i];
    const top = middle(i) - foot;
    const fieldWidth = Math.max(width, Math.min(4, pitch + 2));
    const fieldX = left(i) - (fieldWidth - width) / 2;
    const [soft, strong] = {
      1: [COLOUR.warningSoft, COLOUR.warning],
      2: [COLOUR.alarmSoft, COLOUR.alarm],
      3: [COLOUR.silentSoft, COLOUR.silent],
    }[status];
    const crowded = pitch < 6;
    context.fillStyle = crowded ? strong : soft;
    context.fillRect(fieldX, top, fieldWidth, rowHeight);
    if (status === 3 && crowded) {
      context.fillStyle = COLOUR.tile;
      context.fillRect(fieldX + 1, top + 1, fieldWidth - 2, rowHeight - 2);
    }
    if (crowded) return;
    context.fillStyle = stale[first + i] ? COLOUR.barSoft : strong;
    if (status !== 3 && Math.abs(shares[first + i]) >= 0) drawBar(i);
    const size = Math.min(12, width);
    const cy = shares[first + i] > 0 ? top + rowHeight - size * 0.7 : top + size * 0.7;
    shape(context, status, left(i) + width / 2, cy, size);
  }
}

// Around a bar: what an abnormal one beside it may cover.
const BESIDE = 4;

// Draws the bars of the cells that `changed` marks anew on `ground`, exactly as all bars drawn
// together would be. The field of a bar ends between pixels of the screen, so that its neighbours
// are drawn again too, within whole pixels.
export function redrawBars(context, cells, grid, x, y, changed, ground, options = {}) {
  const { first, count } = cells;
  const { perRow, pitch, rowHeight, rowGap } = grid;
  const { a: scale, e: left, f: top } = context.getTransform();
  const beside = Math.ceil(BESIDE / pitch) + 1;
  for (let i = 0; i < count; ) {
    if (!changed[first + i]) {
      i++;
      continue;
    }
    const row = Math.floor(i / perRow);
    const rowEnd = Math.min(count, (row + 1) * perRow);
    let end = i + 1;
    while (end < rowEnd && changed[first + end]) end++;
    const [x0, x1] = [x + (i - row * perRow) * pitch - BESIDE / 2, x + (end - row * perRow) * pitch + BESIDE / 2];
    const y0 = y + row * (rowHeight + rowGap);
    const pixels = [Math.floor(x0 * scale + left), Math.floor(y0 * scale + top)];
    const ends = [Math.ceil(x1 * scale + left), Math.ceil((y0 + rowHeight) * scale + top)];
    const field = [
      (pixels[0] - left) / scale,
      (pixels[1] - top) / scale,
      (ends[0] - pixels[0]) / scale,
      (ends[1] - pixels[1]) / scale,
    ];
    context.save();
    context.beginPath();
    context.rect(...field);
    context.clip();
    context.fillStyle = ground;
    context.fillRect(...field);
    const [from, to] = [Math.max(row * perRow, i - beside), Math.min(rowEnd, end + beside)];
    drawBars(context, cells, grid, x, y, { ...options, from, to });
    context.restore();
    i = end;
  }
}

// Draws a few cells, each with `status`, `deviation` and `stale`.
export function cellBars(context, cells, x, y, w, h, { minPitch = 3, colour = COLOUR.bar } = {}) {
  const arrays = {
    statuses: cells.map((cell) => cell.status),
    shares: cells.map((cell) => cell.deviation),
    stale: cells.map((cell) => cell.stale),
    first: 0,
    count: cells.length,
  };
  drawBars(context, arrays, barGrid(cells.length, w, h, { minPitch }), x, y, { colour });
}
