// Numbers and ages as text; the same rules as bacs_hmi/format.py.
export const ABSENT = "—";
const NO_BREAK = "\u00a0";

export function numberText(value, decimals, decimalMark) {
  if (value === null || value === undefined || !Number.isFinite(value)) return ABSENT;
  let text = value.toFixed(decimals);
  if (Number(text) === 0) text = text.replace("-", "");
  return text.replace("-", "−").replace(".", decimalMark);
}

export function withUnit(value, decimals, unit, decimalMark) {
  const text = numberText(value, decimals, decimalMark);
  return text === ABSENT ? text : `${text}${NO_BREAK}${unit}`;
}

export function signed(value, decimals, decimalMark) {
  const text = numberText(value, decimals, decimalMark);
  return value > 0 && Number(value.toFixed(decimals)) !== 0 ? `+${text}` : text;
}

export function ageText(seconds, decimalMark) {
  if (!Number.isFinite(seconds)) return ABSENT;
  if (seconds < 60) return `${Math.floor(seconds)}${NO_BREAK}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${NO_BREAK}min`;
  if (seconds < 86400) return withUnit(Math.floor(seconds / 360) / 10, 1, "h", decimalMark);
  return `${Math.floor(seconds / 86400)}${NO_BREAK}d`;
}

export function clockText(unixSeconds) {
  const at = new Date(unixSeconds * 1000);
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}
