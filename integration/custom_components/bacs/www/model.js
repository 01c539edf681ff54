// One string as the messages of the integration tell it.
import { ALARM, SILENT, WARNING, converted } from "./quantities.js";

export class StringModel {
  constructor() {
    // "", "live", "lost", "missing"
    this.state = "";
    this.string = null;
    // Known also while nothing else is.
    this.name = "";
    this.scalars = {};
    this.columns = {};
    this.old = {};
    this.status = [];
    this.alarms = [];
    this.alarmCount = 0;
  }

  apply(message) {
    if (message.state) this.state = message.state;
    if (message.name) this.name = message.name;
    if (message.string) this.string = message.string;
    if (message.columns) this.columns = message.columns;
    if (message.status) this.status = message.status;
    for (const [name, [cells, values]] of Object.entries(message.changed ?? {})) {
      cells.forEach((cell, place) => (this.columns[name][cell] = values[place]));
    }
    if (message.changed_status) {
      const [cells, values] = message.changed_status;
      cells.forEach((cell, place) => (this.status[cell] = values[place]));
    }
    if (message.scalars) this.scalars = message.scalars;
    if (message.alarms) this.alarms = message.alarms;
    if (message.alarm_count !== undefined) this.alarmCount = message.alarm_count;
    if (message.old) {
      this.old = Object.fromEntries(Object.entries(message.old).map(([name, cells]) => [name, new Set(cells)]));
    }
  }

  get live() {
    return this.state === "live";
  }

  get count() {
    return this.string?.cell_count ?? 0;
  }

  value(quantity, cell) {
    return converted(quantity, this.columns[quantity.key]?.[cell] ?? null);
  }

  // Whether a value is shown, but not as live.
  isOld(quantity, cell) {
    return !this.live || this.status[cell] === SILENT || (this.old[quantity.key]?.has(cell) ?? false);
  }

  has(quantity) {
    return this.columns[quantity.key]?.some((value) => value !== null) ?? false;
  }

  // Lowest, highest and mean of the live values, or null without any.
  extremes(quantity) {
    const column = this.columns[quantity.key] ?? [];
    let [low, high, sum, count] = [-1, -1, 0, 0];
    column.forEach((value, cell) => {
      if (value === null || this.isOld(quantity, cell)) return;
      if (low < 0 || value < column[low]) low = cell;
      if (high < 0 || value > column[high]) high = cell;
      sum += value;
      count += 1;
    });
    return count ? { low, high, mean: converted(quantity, sum / count) } : null;
  }

  counts() {
    const found = { [WARNING]: 0, [ALARM]: 0, [SILENT]: 0 };
    for (const status of this.status) if (status in found) found[status] += 1;
    return found;
  }
}
