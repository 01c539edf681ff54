// What a look shows of the cells: one measure, as how far each cell is from where it should be.
const STEPS = [1, 2, 5, 10];

// The columns of a frame behind the quantities.
export const DEVIATION = 5;

export class Reading {
  constructor(measure, cells) {
    this.measure = measure;
    this.apart = new Float32Array(cells);
    this.shares = new Float32Array(cells);
    this.span = null;
  }

  // Reads the newest values: `apart` in the unit of the scale, `shares` of the full scale.
  read(model, target) {
    const { kind, column } = this.measure;
    const values = model.columns[column];
    this.values = values;
    this.centre = kind === "target" ? target : mean(values);
    this.known = false;
    const { centre, apart } = this;
    for (let i = 0; i < values.length; i++) {
      if (kind === "target") apart[i] = model.columns[DEVIATION][i];
      else if (kind === "zero") apart[i] = values[i];
      else if (kind === "ratio") apart[i] = (values[i] / centre - 1) * 100;
      else apart[i] = values[i] - centre;
      if (values[i] === values[i]) this.known = true;
    }
    this.scale();
    for (let i = 0; i < apart.length; i++) this.shares[i] = apart[i] / this.span;
    return this;
  }

  // A scale in sensible steps that nearly all cells fit; it does not change with every breath.
  scale() {
    const { least, whole } = this.measure;
    if (whole) {
      this.span = whole;
      return;
    }
    const sizes = Array.from(this.apart, Math.abs).filter((size) => size >= 0).sort((a, b) => a - b);
    const wanted = sizes.length ? sizes[Math.floor((sizes.length - 1) * 0.97)] * 1.1 : 0;
    if (this.span !== null && wanted <= this.span && wanted > this.span * 0.3) return;
    this.span = Math.max(least, rounded(wanted));
  }

  // Where a limit of the measured value stands on the scale.
  limit(value) {
    const { kind } = this.measure;
    if (kind === "target") return (value - this.centre) * 1000;
    if (kind === "ratio") return (value / this.centre - 1) * 100;
    return kind === "zero" ? value : value - this.centre;
  }

  get fromZero() {
    return this.measure.kind === "zero";
  }
}

function rounded(size) {
  if (!(size > 0)) return 0;
  const power = 10 ** Math.floor(Math.log10(size));
  return STEPS.find((step) => step * power >= size * 0.999) * power;
}

function mean(values) {
  let [total, count] = [0, 0];
  for (const value of values) {
    if (value === value) [total, count] = [total + value, count + 1];
  }
  return count ? total / count : NaN;
}
