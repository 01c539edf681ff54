// Where the cells stand: in rows, as wide as a finger allows, never so many that they vanish.
const GUTTER = 34;
const LEAST_PITCH = 9;
const MOST_PITCH = 72;
const ROUND_BY = 10;
const HEIGHTS = [
  [1, 150],
  [3, 100],
  [6, 72],
  [Infinity, 46],
];
export const GAP = 4;

export function arrange(count, width) {
  const room = Math.max(width - GUTTER, LEAST_PITCH);
  const most = Math.max(1, Math.floor(room / LEAST_PITCH));
  // Rows that begin with 1, 41, 81 are read faster than 1, 38, 75.
  const rounded = Math.max(Math.floor(most / ROUND_BY) * ROUND_BY, Math.min(most, ROUND_BY));
  const perRow = Math.min(count, count > most ? rounded : most);
  const rows = Math.ceil(count / perRow);
  const pitch = Math.min(MOST_PITCH, room / perRow);
  const rowHeight = HEIGHTS.find(([upTo]) => rows <= upTo)[1];
  return { count, perRow, rows, pitch, rowHeight, left: GUTTER, height: rows * (rowHeight + GAP) };
}

export function spotOf(layout, cell) {
  const row = Math.floor(cell / layout.perRow);
  return { x: layout.left + (cell % layout.perRow) * layout.pitch, y: row * (layout.rowHeight + GAP) };
}

// The cell at or nearest to a point, or -1.
export function cellAt(layout, x, y) {
  const row = Math.min(layout.rows - 1, Math.max(0, Math.floor(y / (layout.rowHeight + GAP))));
  const place = Math.floor((x - layout.left) / layout.pitch);
  if (place < -2 || place > layout.perRow + 1) return -1;
  const cell = row * layout.perRow + Math.min(layout.perRow - 1, Math.max(0, place));
  return Math.min(cell, layout.count - 1);
}
