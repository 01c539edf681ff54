// The string card: every cell of one string, live, on a canvas.
import { CellPanel, reason } from "./cell-panel.js";
import { drawCells, prepare } from "./drawing.js";
import { configForm, stubConfig } from "./form.js";
import { arrange, cellAt } from "./layout.js";
import { StringModel } from "./model.js";
import { element, say, shape } from "./parts.js";
import { ALARM, QUANTITIES, SCALARS, SILENT, STATUS_WORDS, WARNING, converted, shownAs } from "./quantities.js";
import { scaleOf } from "./scales.js";
import { COLOURS, STYLE } from "./style.js";
import { Subscription } from "./subscription.js";
import { Numbers, cellLabel, textsOf } from "./words.js";

const MOST_REASONS = 3;
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

class StringCard extends HTMLElement {
  static getConfigForm = configForm;
  static getStubConfig = stubConfig;

  constructor() {
    super();
    this.model = new StringModel();
    this.chosen = -1;
    this.attachShadow({ mode: "open" });
    this.build();
  }

  // Home Assistant calls this for every change of any entity: nothing here may cost anything then.
  set hass(hass) {
    const before = this._hass;
    this._hass = hass;
    if (before?.locale !== hass.locale || before?.language !== hass.language) this.speak();
    if (before?.themes !== hass.themes || before?.selectedTheme !== hass.selectedTheme) this.recolour();
    if (this.temperatureUnit !== hass.config?.unit_system?.temperature) this.convert();
    if (before?.connection !== hass.connection) this.subscribe();
  }

  setConfig(config) {
    if (config.quantity && !QUANTITIES.some(({ key }) => key === config.quantity)) {
      throw new Error(`There is no quantity ${config.quantity}.`);
    }
    const isOther = this.config?.string !== config.string;
    this.config = config;
    this.measure(config.quantity);
    if (isOther) this.subscribe();
    this.redraw();
  }

  measure(wanted) {
    const quantity = QUANTITIES.find(({ key }) => key === wanted) ?? QUANTITIES[0];
    this.quantity = shownAs(quantity, this.temperatureUnit);
  }

  convert() {
    this.temperatureUnit = this._hass.config?.unit_system?.temperature;
    this.measure(this.quantity?.key);
    this.redraw();
  }

  getCardSize() {
    return 8;
  }

  getGridOptions() {
    return { columns: 12, min_columns: 6, rows: "auto" };
  }

  connectedCallback() {
    this.observer ??= new ResizeObserver(() => this.redraw());
    this.observer.observe(this.plane);
    this.subscribe();
  }

  disconnectedCallback() {
    this.observer.disconnect();
    this.subscription?.close();
    this.subscription = null;
  }

  subscribe() {
    this.subscription?.close();
    this.subscription = null;
    this.model = new StringModel();
    this.broken = "";
    this.choose(-1);
    if (!this.isConnected || !this._hass || !this.config?.string) return;
    this.subscription = new Subscription(this._hass.connection, this.config.string, {
      onMessage: (message) => {
        this.broken = "";
        this.model.apply(message);
        this.redraw();
      },
      onBroken: (why) => {
        this.broken = why;
        this.model.state = "lost";
        this.redraw();
      },
    });
  }

  build() {
    this.heading = element("h2");
    this.marks = element("div", { class: "marks", role: "status" });
    this.note = element("p", { class: "note", role: "status" });
    this.scalars = element("dl");
    this.choices = element("div", { class: "choices", role: "group" });
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.plane = element(
      "div",
      {
        class: "plane",
        role: "slider",
        tabindex: "0",
        onpointerdown: (event) => this.point(event),
        onpointermove: (event) => event.buttons && this.point(event),
        onkeydown: (event) => this.step(STEPS[event.key] ?? 0, event),
      },
      this.canvas,
    );
    this.scale = element("p", { class: "scale" });
    this.low = this.endButton("low");
    this.high = this.endButton("high");
    this.ends = element("div", { class: "ends" }, this.low.root, this.high.root);
    this.panel = new CellPanel({
      step: (by) => this.step(by),
      close: () => this.choose(-1),
      history: () => this.openHistory(),
      device: () => this.openDevice(),
    });
    this.reasons = element("ul");
    this.colourOf = Object.fromEntries(COLOURS.map((name) => [name, element("i", { class: name })]));
    const colours = element("div", { class: "colours" }, ...Object.values(this.colourOf));
    const body = element(
      "div",
      { class: "body" },
      element("header", {}, this.heading, this.marks),
      this.note,
      this.scalars,
      this.choices,
      this.plane,
      this.scale,
      this.ends,
      this.panel.root,
      this.reasons,
    );
    this.shadowRoot.append(element("style", {}, STYLE), element("ha-card", {}, body, colours));
    this.buildChoices();
    this.buildScalars();
  }

  buildChoices() {
    this.buttons = QUANTITIES.map((quantity) => {
      const choose = () => {
        this.measure(quantity.key);
        this.find();
        this.redraw();
      };
      return { quantity, root: element("button", { type: "button", onclick: choose }) };
    });
    this.choices.append(...this.buttons.map(({ root }) => root));
  }

  buildScalars() {
    this.fields = [...SCALARS, { key: "equalization" }].map((scalar) => {
      const [name, value] = [element("dt"), element("dd")];
      const root = element("div", {}, name, value);
      this.scalars.append(root);
      return { scalar, root, name, value };
    });
  }

  endButton(end) {
    const [name, value] = [element("small"), element("span")];
    const touched = () => this.choose(this.model.extremes(this.quantity)?.[end] ?? -1);
    return { name, value, root: element("button", { type: "button", onclick: touched }, name, value) };
  }

  speak() {
    this.texts = textsOf(this._hass.locale?.language ?? this._hass.language);
    this.numbers = new Numbers(this._hass.locale);
    this.choices.ariaLabel = this.texts.quantity;
    this.panel.speak(this.texts);
    for (const { quantity, root } of this.buttons) say(root, this.texts[quantity.key]);
    for (const { scalar, name } of this.fields) say(name, this.texts[scalar.key]);
    this.redraw();
  }

  recolour() {
    this.colours = null;
    this.redraw();
  }

  redraw() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      if (this.isConnected && this.texts && this.config) this.draw();
    });
  }

  draw() {
    const { model, texts } = this;
    say(this.heading, this.config.title || model.string?.name || model.name || texts.card_name);
    say(this.note, this.noteText());
    const isThere = model.count > 0;
    for (const part of [this.scalars, this.choices, this.plane, this.scale, this.ends]) part.hidden = !isThere;
    this.drawMarks();
    this.reasons.hidden = !model.live || !model.alarms.length;
    if (!isThere) return;
    this.drawScalars();
    for (const { quantity, root } of this.buttons) {
      const isChosen = quantity.key === this.quantity.key;
      root.ariaPressed = String(isChosen);
      root.hidden = !model.has(quantity) && !isChosen;
    }
    this.drawPlane();
    this.drawReasons();
    this.panel.show(model, this.chosen, this.numbers, this.found, this.temperatureUnit);
  }

  noteText() {
    const { texts, model } = this;
    if (!this.config.string) return texts.choose;
    if (model.state === "missing") return texts.missing;
    if (this.broken && this.broken !== "lost") return texts[this.broken];
    if (model.state === "lost") return model.count ? `${texts.lost} ${texts.last_known}` : texts.lost;
    if (!model.state) return texts.loading;
    return model.has(this.quantity) ? "" : texts.nothing;
  }

  drawMarks() {
    const { texts, model } = this;
    const counts = model.live ? model.counts() : {};
    const words = [
      [ALARM, texts.one_alarm, texts.alarms],
      [WARNING, texts.one_warning, texts.warnings],
      [SILENT, texts.silents, texts.silents],
    ];
    const told = words
      .filter(([status]) => counts[status])
      .map(([status, one, more]) => [status, `${counts[status]} ${counts[status] === 1 ? one : more}`]);
    const text = JSON.stringify(told);
    if (this.marksText === text) return;
    this.marksText = text;
    this.marks.replaceChildren(
      ...told.map(([status, words]) => element("span", { class: "mark" }, shape(status), words)),
    );
  }

  drawScalars() {
    const { model, numbers, texts } = this;
    for (const { scalar, root, value } of this.fields) {
      const told = model.scalars[scalar.key] ?? null;
      root.hidden = told === null;
      const { digits, unit, ...scale } = shownAs(scalar, this.temperatureUnit);
      if (unit) say(value, model.live ? numbers.withUnit(converted(scale, told), digits, unit) : "–");
      else say(value, model.live ? (texts[`eq_${told}`] ?? told) : "–");
    }
  }

  drawPlane() {
    const { model, quantity, numbers, texts } = this;
    const width = this.plane.clientWidth;
    if (!width) return;
    this.colours ??= Object.fromEntries(
      Object.entries(this.colourOf).map(([name, each]) => [name, getComputedStyle(each).color]),
    );
    this.font ??= getComputedStyle(this).fontFamily;
    this.layout = arrange(model.count, width);
    const cells = [...Array(model.count).keys()];
    const trusted = cells.filter((cell) => !model.isOld(quantity, cell));
    const values = (trusted.length ? trusted : cells).map((cell) => model.value(quantity, cell));
    const ends = model.extremes(quantity);
    const mean = quantity.key === "voltage_v" ? (model.scalars.target_voltage_v ?? ends?.mean) : ends?.mean;
    const scale = scaleOf(quantity.scale, values, { mean, nominal: model.string.cell_voltage_v });
    drawCells(prepare(this.canvas, width, this.layout.height), {
      ...this,
      scale,
      model,
      chosen: this.chosen,
    });
    const worded = (value) => numbers.withUnit(value, quantity.digits, quantity.unit);
    this.drawEnds(ends, worded);
    const range = scale ? `${worded(scale.low)} … ${worded(scale.high)}` : "";
    const spread = ends ? this.spreadText(ends) : "";
    say(this.scale, [range, spread].filter(Boolean).join("  ·  "));
    this.plane.ariaLabel = `${texts[quantity.key]}, ${model.count} ${texts.cells}`;
    this.plane.ariaValueMin = "1";
    this.plane.ariaValueMax = String(model.count);
    this.plane.ariaValueNow = String(Math.max(1, this.chosen + 1));
    this.plane.ariaValueText = this.chosen < 0 ? "" : this.cellText(this.chosen, worded);
  }

  spreadText(ends) {
    const { model, quantity, numbers, texts } = this;
    const apart = model.value(quantity, ends.high) - model.value(quantity, ends.low);
    const mean = `${texts.mean} ${numbers.withUnit(ends.mean, quantity.digits, quantity.unit)}`;
    if (quantity.key !== "voltage_v") return mean;
    return `${mean}  ·  ${texts.spread} ${numbers.withUnit(1000 * apart, 0, "mV")}`;
  }

  drawEnds(ends, worded) {
    this.ends.hidden = !ends;
    if (!ends) return;
    for (const [button, cell, word] of [
      [this.low, ends.low, this.texts.lowest],
      [this.high, ends.high, this.texts.highest],
    ]) {
      say(button.name, word);
      say(button.value, `${worded(this.model.value(this.quantity, cell))} · ${this.label(cell)}`);
    }
  }

  drawReasons() {
    const { alarms, alarmCount } = this.model;
    const shown = alarms.slice(0, MOST_REASONS);
    const text = JSON.stringify([shown, alarmCount, this.texts.more]);
    if (this.reasonsText === text) return;
    this.reasonsText = text;
    const rest = alarmCount - shown.length;
    const more = rest > 0 ? [element("li", {}, `${rest} ${this.texts.more}`)] : [];
    this.reasons.replaceChildren(...shown.map(reason), ...more);
  }

  label(cell) {
    return `${this.texts.cell} ${cellLabel(cell + 1, this.model.count)}`;
  }

  cellText(cell, worded) {
    const value = worded(this.model.value(this.quantity, cell));
    return `${this.label(cell)}, ${value}, ${this.texts[STATUS_WORDS[this.model.status[cell]]]}`;
  }

  point(event) {
    if (!this.layout) return;
    const { left, top } = this.canvas.getBoundingClientRect();
    const cell = cellAt(this.layout, event.clientX - left, event.clientY - top);
    if (cell >= 0) this.choose(cell);
  }

  step(by, event) {
    if (!by || !this.model.count) return;
    event?.preventDefault();
    const last = this.model.count - 1;
    this.choose(this.chosen < 0 ? 0 : Math.min(last, Math.max(0, this.chosen + by)));
  }

  choose(cell) {
    if (cell === this.chosen) return;
    this.chosen = cell;
    this.found = null;
    this.places = null;
    if (cell >= 0) this.ask(cell);
    this.redraw();
  }

  // Where the cell is found in Home Assistant is asked once per touch.
  async ask(cell) {
    const wanted = { type: "bacs/string/cell", string: this.config.string, cell: cell + 1 };
    const places = await this._hass.connection.sendMessagePromise(wanted).catch(() => null);
    if (cell !== this.chosen) return;
    this.places = places;
    this.find();
    this.redraw();
  }

  find() {
    if (!this.places) return;
    const { entities, device_id: device } = this.places;
    // Only administrators reach the pages of devices.
    this.found = {
      history: entities[this.quantity.key] ?? null,
      device: this._hass.user?.is_admin ? device : null,
    };
  }

  openHistory() {
    const detail = { entityId: this.found.history };
    this.dispatchEvent(new CustomEvent("hass-more-info", { bubbles: true, composed: true, detail }));
  }

  openDevice() {
    history.pushState(null, "", `/config/devices/device/${this.found.device}`);
    window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
  }
}

const texts = textsOf(document.documentElement.lang || navigator.language);
if (!customElements.get("bacs-string-card")) {
  customElements.define("bacs-string-card", StringCard);
  window.customCards = window.customCards || [];
  window.customCards.push({
    type: "bacs-string-card",
    name: texts.card_name,
    description: texts.card_description,
    preview: true,
  });
}
