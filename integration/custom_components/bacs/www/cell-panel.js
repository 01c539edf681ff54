// What is known of the one cell that was touched, and the ways on from it.
import { element, say, shape } from "./parts.js";
import { ALARM, QUANTITIES, STATUS_WORDS, WARNING, shownAs } from "./quantities.js";
import { cellLabel } from "./words.js";

export class CellPanel {
  constructor({ step, close, history, device }) {
    this.title = element("h3");
    this.previous = element("button", { type: "button", onclick: () => step(-1) }, "‹");
    this.next = element("button", { type: "button", onclick: () => step(1) }, "›");
    this.shut = element("button", { type: "button", onclick: close }, "×");
    this.values = element("dl");
    this.reasons = element("ul");
    this.history = element("button", { type: "button", onclick: history });
    this.device = element("button", { type: "button", onclick: device });
    this.fields = new Map(
      QUANTITIES.map((quantity) => {
        const [name, value] = [element("dt"), element("dd")];
        const group = element("div", {}, name, value);
        this.values.append(group);
        return [quantity.key, { group, name, value }];
      }),
    );
    this.root = element(
      "section",
      { class: "cell", hidden: "" },
      element("div", { class: "row" }, this.title, this.previous, this.next, this.shut),
      this.values,
      this.reasons,
      element("div", { class: "row" }, this.history, this.device),
    );
  }

  speak(texts) {
    this.texts = texts;
    this.previous.ariaLabel = texts.previous;
    this.next.ariaLabel = texts.next;
    this.shut.ariaLabel = texts.close;
    say(this.history, texts.history);
    say(this.device, texts.device);
    for (const [key, { name }] of this.fields) say(name, texts[key]);
  }

  show(model, cell, numbers, found, temperatureUnit) {
    this.root.hidden = cell < 0;
    if (cell < 0) return;
    const { texts } = this;
    say(this.title, `${texts.cell} ${cellLabel(cell + 1, model.count)}: ${this.stateText(model, cell)}`);
    for (const quantity of QUANTITIES) {
      const { group, value } = this.fields.get(quantity.key);
      group.hidden = !model.has(quantity);
      const shown = shownAs(quantity, temperatureUnit);
      const text = numbers.withUnit(model.value(shown, cell), shown.digits, shown.unit);
      const isOld = model.value(quantity, cell) !== null && model.isOld(quantity, cell);
      say(value, isOld ? `${text} (${texts.old.toLowerCase()})` : text);
    }
    const reasons = model.alarms.filter((alarm) => alarm.cell === cell + 1);
    this.reasons.replaceChildren(...reasons.map(reason));
    this.reasons.hidden = !reasons.length;
    this.history.hidden = !found?.history;
    this.device.hidden = !found?.device;
  }

  stateText(model, cell) {
    return model.live ? this.texts[STATUS_WORDS[model.status[cell]]] : this.texts.silent;
  }
}

export function reason(alarm) {
  return element("li", {}, shape(alarm.severity === "alarm" ? ALARM : WARNING), alarm.text);
}
