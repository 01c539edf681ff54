// Places managers and string tiles of the overview: aligned, all on one screen where a finger can
// still hit each of them; where it could not, below each other in a page that scrolls.
const TILE_GAP = 4;
const BLOCK_GAP = 8;
const BLOCK_GAP_DENSE = 4;
const HEAD_LEFT = { roomy: 176, dense: 104 };
const HEAD_TOP = 30;
const TOUCH = { width: 44, height: 67 };
const ENOUGH = { width: 420, height: 190 };
const MOST_BLOCK_COLUMNS = 4;
const SCROLLED = { width: 52, height: 80 };
// What a scrolled page must have to put the names to the left of the tiles.
const WIDE = 700;

// cells: the cell counts of the strings of each manager. Returns heads and tiles in the order of
// managers and strings, and the height they need.
export function arrange(cells, width, height) {
  const most = Math.max(1, ...cells.map((strings) => strings.length));
  let best = null;
  for (const option of options(cells.length, most, width, height)) {
    const score = quality(option);
    if (best === null || score > best.score) best = { ...option, score };
  }
  if (best === null) return { heads: [], tiles: [], height };
  const fits = best.tileWidth >= TOUCH.width && best.tileHeight >= TOUCH.height;
  return fits ? { ...positions(cells, best), height } : scrolled(cells, most, width);
}

function* options(managers, most, width, height) {
  for (let columns = 1; columns <= Math.min(managers, MOST_BLOCK_COLUMNS); columns++) {
    const rows = Math.ceil(managers / columns);
    const blockGap = rows > 5 ? BLOCK_GAP_DENSE : BLOCK_GAP;
    const blockWidth = (width - (columns - 1) * blockGap) / columns;
    const blockHeight = (height - (rows - 1) * blockGap) / rows;
    for (let perRow = 1; perRow <= most; perRow++) {
      const tileRows = Math.ceil(most / perRow);
      const headWidth = perRow > 8 ? HEAD_LEFT.dense : HEAD_LEFT.roomy;
      for (const side of ["left", "top"]) {
        const left = side === "left" ? headWidth : 0;
        const top = side === "top" ? HEAD_TOP : 0;
        const tileWidth = (blockWidth - left - (perRow - 1) * TILE_GAP) / perRow;
        const tileHeight = (blockHeight - top - (tileRows - 1) * TILE_GAP) / tileRows;
        yield { columns, blockGap, blockWidth, blockHeight, perRow, side, left, top, tileWidth, tileHeight };
      }
    }
  }
}

function quality({ tileWidth, tileHeight, side }) {
  const size =
    (Math.min(tileWidth, ENOUGH.width) / ENOUGH.width) *
    (Math.min(tileHeight, ENOUGH.height) / ENOUGH.height);
  const tooSmall = (tileHeight < TOUCH.height ? 0.2 : 1) * (tileWidth < TOUCH.width ? 0.2 : 1);
  return size * tooSmall * (side === "left" ? 1.1 : 1);
}

function scrolled(cells, most, width) {
  const side = width >= WIDE ? "left" : "top";
  const left = side === "left" ? HEAD_LEFT.dense : 0;
  const top = side === "top" ? HEAD_TOP : 0;
  const fitting = Math.max(1, Math.floor((width - left + TILE_GAP) / (SCROLLED.width + TILE_GAP)));
  const rows = Math.ceil(most / Math.min(most, fitting));
  const perRow = Math.ceil(most / rows);
  const tileWidth = (width - left - (perRow - 1) * TILE_GAP) / perRow;
  let y = 0;
  const [heads, tiles] = [[], []];
  for (const strings of cells) {
    const height = Math.ceil(strings.length / perRow) * (SCROLLED.height + TILE_GAP) - TILE_GAP;
    const layout = { columns: 1, blockGap: 0, blockWidth: width, blockHeight: top + height };
    const own = positions([strings], { ...layout, perRow, side, left, top, tileWidth, tileHeight: SCROLLED.height });
    heads.push({ ...own.heads[0], y });
    tiles.push(...own.tiles.map((tile) => ({ ...tile, y: tile.y + y })));
    y += top + height + 2 * BLOCK_GAP;
  }
  return { heads, tiles, height: Math.max(0, y - BLOCK_GAP) };
}

function positions(cells, layout) {
  const { perRow, tileWidth, tileHeight, side, left, top } = layout;
  const heads = [];
  const tiles = [];
  cells.forEach((strings, manager) => {
    const x = (manager % layout.columns) * (layout.blockWidth + layout.blockGap);
    const y = Math.floor(manager / layout.columns) * (layout.blockHeight + layout.blockGap);
    heads.push({
      x,
      y,
      width: side === "left" ? left - 8 : layout.blockWidth,
      height: side === "left" ? layout.blockHeight : top,
      side,
    });
    const spans = strings.length <= perRow ? shared(strings, perRow) : strings.map(() => 1);
    let slot = 0;
    for (const span of spans) {
      const column = slot % perRow;
      const row = Math.floor(slot / perRow);
      tiles.push({
        x: Math.round(x + left + column * (tileWidth + TILE_GAP)),
        y: Math.round(y + top + row * (tileHeight + TILE_GAP)),
        width: Math.floor(span * (tileWidth + TILE_GAP) - TILE_GAP),
        height: Math.floor(tileHeight),
      });
      slot += span;
    }
  });
  return { heads, tiles };
}

// Shares the places of a row among fewer strings, so that each cell has about the same room.
function shared(cells, places) {
  if (cells.length === 0) return [];
  const spans = cells.map(() => 1);
  for (let left = places - cells.length; left > 0; left--) {
    let neediest = 0;
    spans.forEach((span, i) => {
      if (cells[i] / span > cells[neediest] / spans[neediest]) neediest = i;
    });
    spans[neediest]++;
  }
  return spans;
}
