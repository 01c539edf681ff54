// Texts in the language of the person, numbers in the form the person chose.
import de from "./texts/de.js";
import en from "./texts/en.js";

const NUMBER_LOCALES = {
  comma_decimal: ["en-US"],
  decimal_comma: ["de"],
  space_comma: ["fr"],
  quote_decimal: ["de-CH"],
  system: undefined,
};
export const ABSENT = "–";

export function textsOf(language) {
  return (language ?? "").startsWith("de") ? de : en;
}

export class Numbers {
  constructor(locale) {
    const { language = "en", number_format: form = "language" } = locale ?? {};
    this.grouped = form !== "none";
    this.locales = form in NUMBER_LOCALES ? NUMBER_LOCALES[form] : form === "none" ? ["en-US"] : [language];
    this.made = new Map();
  }

  text(value, digits) {
    if (value === null || value === undefined) return ABSENT;
    let format = this.made.get(digits);
    if (!format) {
      format = new Intl.NumberFormat(this.locales, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
        useGrouping: this.grouped,
        // What rounds to nothing has no sign.
        signDisplay: "negative",
      });
      this.made.set(digits, format);
    }
    return format.format(value);
  }

  withUnit(value, digits, unit) {
    const number = this.text(value, digits);
    return number === ABSENT ? number : `${number} ${unit}`;
  }
}

export function cellLabel(number, count) {
  return String(number).padStart(String(count).length, "0");
}
