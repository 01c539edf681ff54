// Reads the frames that bacs_hmi/frames.py packs; the layout stands there.
export const VERSION = 5;
export const KIND_OVERVIEW = 0;
export const KIND_STRING = 1;
export const EQUALIZATION_STATES = ["not_offered", "idle", "active", "inhibited", "unknown"];
export const INHIBITS = [
  "discharge",
  "stale_reading",
  "resistance_measurement",
  "hot_module",
  "forming_period",
  "mixed_generations",
  "manual_stop",
  "mode_off",
  "charge_phase",
];
export const TRIP_STATES = [
  "no_breaker",
  "armed",
  "deferred",
  "tripping",
  "tripped",
  "failed",
  "off",
];
export const STATUSES = ["normal", "warning", "alarm", "silent"];
export const NORMAL = 0;
export const WARNING = 1;
export const ALARM = 2;
export const SILENT = 3;
const DEVIATION_STEPS = 120;
const DEVIATION_ABSENT = 0;
const DEVIATION_OFFSET = 128;
const STALE_BIT = 0x04;
const STATUS_BITS = 0x03;
const AGE_ABSENT = 0xffffffff;

class Reader {
  constructor(base64) {
    this.view = new DataView(bytesOf(base64).buffer);
    this.place = 0;
  }
  u8() {
    return this.view.getUint8(this.place++);
  }
  u16() {
    this.place += 2;
    return this.view.getUint16(this.place - 2, true);
  }
  u32() {
    this.place += 4;
    return this.view.getUint32(this.place - 4, true);
  }
  f32() {
    this.place += 4;
    return this.view.getFloat32(this.place - 4, true);
  }
  f64() {
    this.place += 8;
    return this.view.getFloat64(this.place - 8, true);
  }
  u16s(count) {
    const values = new Uint16Array(count);
    for (let i = 0; i < count; i++) values[i] = this.u16();
    return values;
  }
  // Which cells follow: in a full frame all of them, in their order.
  cells(full) {
    const count = this.u16();
    return full ? Uint16Array.from({ length: count }, (_, cell) => cell) : this.u16s(count);
  }
  age() {
    const age = this.u32();
    return age === AGE_ABSENT ? null : age;
  }
  equalization() {
    const state = EQUALIZATION_STATES[this.u8()];
    const bits = this.u16();
    return { state, inhibitedBy: INHIBITS.filter((_, place) => bits & (1 << place)) };
  }
  header() {
    const header = { version: this.u8(), kind: this.u8(), full: this.u8() === 1 };
    this.u8();
    header.sequence = this.u32();
    header.at = this.f64();
    return header;
  }
}

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const binary = atob(base64);
  return Uint8Array.from({ length: binary.length }, (_, i) => binary.charCodeAt(i));
}

// Whether a frame fits what is there already; if not, the page has to ask for a full one.
function fits(header, kind, sequence) {
  if (header.version !== VERSION || header.kind !== kind) return false;
  return header.full || (sequence !== null && header.sequence === sequence + 1);
}

// What changed since it was drawn, of a string.
export const CELLS_CHANGED = 1;
export const STRING_CHANGED = 2;

// `cellCounts` of all strings in the order of the site.
export class OverviewModel {
  constructor(managerCount, cellCounts) {
    const stringCount = cellCounts.length;
    const cellCount = cellCounts.reduce((total, count) => total + count, 0);
    this.stringOf = new Uint16Array(cellCount);
    let first = 0;
    cellCounts.forEach((count, place) => {
      this.stringOf.fill(place, first, first + count);
      first += count;
    });
    this.changed = new Uint8Array(stringCount).fill(CELLS_CHANGED | STRING_CHANGED);
    this.changedCells = new Uint8Array(cellCount);
    this.managersChanged = true;
    this.sequence = null;
    this.managers = new Uint8Array(managerCount).fill(2);
    this.strings = Array.from({ length: stringCount }, () => ({
      equalization: { state: "unknown", inhibitedBy: [] },
      age: null,
      alarms: 0,
      warnings: 0,
      trip: "no_breaker",
      sumVoltage: NaN,
      current: NaN,
    }));
    this.deviations = new Float32Array(cellCount).fill(NaN);
    this.statuses = new Uint8Array(cellCount).fill(SILENT);
    this.stale = new Uint8Array(cellCount);
  }

  apply(base64) {
    const reader = new Reader(base64);
    const header = reader.header();
    if (!fits(header, KIND_OVERVIEW, this.sequence)) return false;
    this.sequence = header.sequence;
    for (let i = 0; i < this.managers.length; i++) {
      const online = reader.u8();
      if (online !== this.managers[i]) this.managersChanged = true;
      this.managers[i] = online;
    }
    const stringCount = reader.u16();
    for (let i = 0; i < stringCount; i++) {
      const place = reader.u16();
      const string = this.strings[place];
      this.changed[place] |= STRING_CHANGED;
      string.equalization = reader.equalization();
      string.age = reader.age();
      string.alarms = reader.u16();
      string.warnings = reader.u16();
      string.trip = TRIP_STATES[reader.u8()];
      string.sumVoltage = reader.f32();
      string.current = reader.f32();
    }
    const count = reader.u16();
    const cells = header.full ? null : reader.u16s(count);
    const marks = reader.u16s(count);
    for (let i = 0; i < count; i++) {
      const cell = cells ? cells[i] : i;
      const steps = marks[i] >> 8;
      this.deviations[cell] =
        steps === DEVIATION_ABSENT ? NaN : (steps - DEVIATION_OFFSET) / DEVIATION_STEPS;
      const status = marks[i] & STATUS_BITS;
      // The counts of a string stand beside its cells.
      this.changed[this.stringOf[cell]] |=
        status === this.statuses[cell] ? CELLS_CHANGED : STRING_CHANGED;
      this.changedCells[cell] = 1;
      this.statuses[cell] = status;
      this.stale[cell] = marks[i] & STALE_BIT ? 1 : 0;
    }
    return true;
  }

  // What changed in the string at this place, whose cells start at `first`, is drawn.
  drawn(place, first, cells) {
    this.changed[place] = 0;
    this.changedCells.fill(0, first, first + cells);
  }
}

export class StringModel {
  constructor(scalarCount, quantityCount, cellCount) {
    this.sequence = null;
    this.scalars = new Float32Array(scalarCount).fill(NaN);
    this.equalization = { state: "unknown", inhibitedBy: [] };
    this.columns = Array.from({ length: quantityCount }, () =>
      new Float32Array(cellCount).fill(NaN),
    );
    this.statuses = new Uint8Array(cellCount).fill(SILENT);
    this.staleBits = new Uint8Array(cellCount);
    this.ages = new Array(cellCount).fill(null);
  }

  apply(base64) {
    const reader = new Reader(base64);
    const header = reader.header();
    if (!fits(header, KIND_STRING, this.sequence)) return false;
    this.sequence = header.sequence;
    for (let i = 0; i < this.scalars.length; i++) this.scalars[i] = reader.f32();
    this.equalization = reader.equalization();
    for (const column of this.columns) {
      if (header.full) column.fill(NaN);
      for (const cell of reader.cells(header.full)) column[cell] = reader.f32();
    }
    const cells = reader.cells(header.full);
    for (const cell of cells) this.statuses[cell] = reader.u8();
    for (const cell of cells) this.staleBits[cell] = reader.u8();
    for (const cell of cells) this.ages[cell] = this.staleBits[cell] ? reader.age() : null;
    return true;
  }

  // A cell of which nothing is known at all is not normal either.
  isMeasured(cell) {
    return this.columns.some((column) => Number.isFinite(column[cell]));
  }
}
