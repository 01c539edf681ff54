// From values to heights. A scale is `{ low, high, from }`: bars grow from `from`; one that leaves the
// scale is cut and marked, so that a single dead cell does not flatten all others.
const LEAST_DEVIATION_PER_VOLT = 0.01;
const LEAST_SPAN_K = 6;
const FAR = 1.25;
const MOST_OF_ZERO = 3;

export function scaleOf(kind, values, { mean = null, nominal = 2 } = {}) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return null;
  return RULES[kind](known, { mean, nominal });
}

const RULES = {
  percent: () => ({ low: 0, high: 100, from: 0 }),
  zero(known) {
    const high = Math.min(FAR * Math.max(...known), MOST_OF_ZERO * quantile(known, 0.5));
    return { low: 0, high: high || 1, from: 0 };
  },
  span(known) {
    const low = Math.floor(Math.min(...known) - 1);
    const high = Math.max(Math.ceil(Math.max(...known) + 1), low + LEAST_SPAN_K);
    return { low, high, from: low };
  },
  deviation(known, { mean, nominal }) {
    const middle = mean ?? quantile(known, 0.5);
    const apart = known.map((value) => Math.abs(value - middle));
    const reach = Math.max(LEAST_DEVIATION_PER_VOLT * nominal, FAR * quantile(apart, 0.98));
    return { low: middle - reach, high: middle + reach, from: middle };
  },
};

function quantile(values, part) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}
