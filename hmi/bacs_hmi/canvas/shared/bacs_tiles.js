// Places managers and string tiles of the overview: equal tiles, aligned, nothing scrolls.
const TILE_GAP = 4;
const BLOCK_GAP = 8;
const BLOCK_GAP_DENSE = 4;
const HEAD_LEFT = { roomy: 176, dense: 104 };
const HEAD_TOP = 30;
const TOUCH = 67;
const ENOUGH = { width: 420, height: 190 };
const MOST_BLOCK_COLUMNS = 4;

// counts: strings per manager. Returns heads and tiles in the order of managers and strings.
export function arrange(counts, width, height) {
  let best = null;
  for (const option of options(counts, width, height)) {
    const score = quality(option);
    if (best === null || score > best.score) best = { ...option, score };
  }
  return best === null ? { heads: [], tiles: [] } : positions(counts, best);
}

function* options(counts, width, height) {
  const most = Math.max(1, ...counts);
  for (let columns = 1; columns <= Math.min(counts.length, MOST_BLOCK_COLUMNS); columns++) {
    const rows = Math.ceil(counts.length / columns);
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
  const tooLow = tileHeight < TOUCH ? 0.2 : 1;
  return size * tooLow * (side === "left" ? 1.1 : 1);
}

function positions(counts, layout) {
  const heads = [];
  const tiles = [];
  counts.forEach((count, manager) => {
    const x = (manager % layout.columns) * (layout.blockWidth + layout.blockGap);
    const y = Math.floor(manager / layout.columns) * (layout.blockHeight + layout.blockGap);
    heads.push({
      x,
      y,
      width: layout.side === "left" ? layout.left - 8 : layout.blockWidth,
      height: layout.side === "left" ? layout.blockHeight : layout.top,
      side: layout.side,
    });
    for (let string = 0; string < count; string++) {
      tiles.push({
        x: Math.round(x + layout.left + (string % layout.perRow) * (layout.tileWidth + TILE_GAP)),
        y: Math.round(y + layout.top + Math.floor(string / layout.perRow) * (layout.tileHeight + TILE_GAP)),
        width: Math.floor(layout.tileWidth),
        height: Math.floor(layout.tileHeight),
      });
    }
  });
  return { heads, tiles };
}
