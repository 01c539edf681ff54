// Columns as they travel: whole steps in 32 bits, base64; the lowest number of all means no value.
const NONE = -0x80000000;

// Reads packed steps and scales them; NaN where there is no value.
export function numbersOf(packed, factor) {
  if (!packed) return new Float64Array(0);
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const steps = new Int32Array(bytes.buffer);
  return Float64Array.from(steps, (step) => (step === NONE ? NaN : step * factor));
}
