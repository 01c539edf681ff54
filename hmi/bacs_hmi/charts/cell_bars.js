// Bars of all cells of a string; a touch chooses one and says its value.
import { withUnit } from "bacs_numbers";
import { cellAt, drawBars } from "bacs_bars";
import { onPalette, palette } from "bacs_palette";
import { fontsReady } from "bacs_look";
import { numbersOf } from "bacs_packed";

export default {
  template: `
    <div class="bacs-bars">
      <div class="bacs-bars-line"><span class="bacs-chart-readout" aria-live="polite"></span></div>
      <div class="bacs-bars-plot"><canvas role="img"></canvas></div>
    </div>`,
  props: { plan: Object, values: String, marks: Object, notes: Object, chosen: Number },
  emits: ["cell"],
  watch: {
    plan() { this.draw(); },
    values() { this.draw(); },
    marks() { this.draw(); },
    chosen() { this.draw(); },
  },
  mounted() {
    this.canvas = this.$el.querySelector("canvas");
    this.box = this.$el.querySelector(".bacs-bars-plot");
    this.words = this.$el.querySelector(".bacs-chart-readout");
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.box);
    this.leave = onPalette(() => this.draw());
    fontsReady().then(() => this.draw());
    const touch = (event) => {
      if (event.type === "pointermove" && event.buttons === 0) return;
      const box = this.canvas.getBoundingClientRect();
      const cell = cellAt(this.grid, this.plan, event.clientX - box.left, event.clientY - box.top);
      if (cell + 1 !== this.chosen) this.$emit("cell", cell + 1);
    };
    this.canvas.addEventListener("pointerdown", touch);
    this.canvas.addEventListener("pointermove", touch);
  },
  unmounted() {
    this.observer.disconnect();
    this.leave();
    this.canvas = null;
  },
  methods: {
    draw() {
      if (!this.canvas) return;
      const { clientWidth: width, clientHeight: height } = this.box;
      if (!this.plan || width < 120 || height < 60) return;
      const values = numbersOf(this.values, this.plan.factor);
      const chosen = this.chosen ? this.chosen - 1 : null;
      this.grid = drawBars(this.canvas, width, height, this.plan, values, this.marks ?? {}, chosen, palette());
      this.canvas.setAttribute("aria-label", this.plan.name);
      this.words.textContent = chosen === null ? this.plan.touch : this.told(chosen, values[chosen]);
    },
    told(cell, value) {
      const name = this.plan.cell.replace("{cell}", String(cell + 1).padStart(this.plan.digits, "0"));
      const amount = withUnit(value, this.plan.decimals, this.plan.unit, this.plan.mark);
      return [`${name}: ${amount}`, this.notes?.[String(cell + 1)]].filter(Boolean).join(" · ");
    },
  },
};
