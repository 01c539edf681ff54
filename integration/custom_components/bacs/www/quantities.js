// What a cell can tell, in the order of the buttons, and what of the string stands above the cells.
// `factor` and `offset` turn the unit of the engine into the one shown; `scale` names a rule of scales.js.
export const QUANTITIES = [
  { key: "voltage_v", unit: "V", factor: 1, digits: 3, scale: "deviation" },
  { key: "temperature_c", unit: "°C", factor: 1, digits: 1, scale: "span" },
  { key: "resistance_ohm", unit: "mΩ", factor: 1000, digits: 3, scale: "zero" },
  { key: "charge_percent", unit: "%", factor: 1, digits: 0, scale: "percent" },
  { key: "duty_percent", unit: "%", factor: 1, digits: 0, scale: "percent" },
];

export const SCALARS = [
  { key: "sum_voltage_v", unit: "V", digits: 1 },
  { key: "current_a", unit: "A", digits: 1 },
  { key: "power_w", unit: "W", digits: 0 },
  { key: "mean_charge_percent", unit: "%", digits: 0 },
  { key: "room_temperature_c", unit: "°C", digits: 1 },
];

const FAHRENHEIT = { unit: "°F", factor: 1.8, offset: 32 };

// A quantity or scalar in the unit that the person's Home Assistant has for temperatures.
export function shownAs(quantity, temperatureUnit) {
  return quantity.unit === "°C" && temperatureUnit === FAHRENHEIT.unit ? { ...quantity, ...FAHRENHEIT } : quantity;
}

export function converted({ factor = 1, offset = 0 }, value) {
  return value === null ? null : value * factor + offset;
}

export const NORMAL = 0;
export const WARNING = 1;
export const ALARM = 2;
export const SILENT = 3;
export const STATUS_WORDS = ["normal", "warning", "alarm", "silent"];
