// Plays a recorded discharge from one fetched replay: curves with a marker, a bar per cell, totals.
import { withUnit } from "bacs_numbers";
import { cellAt, drawBars } from "bacs_bars";
import { LineChart } from "bacs_line_chart";
import { numbersOf } from "bacs_packed";
import { onPalette, palette } from "bacs_palette";
import { fontsReady } from "bacs_look";

const MILLI = 1e-3;
const NO_BREAK = "\u00a0";

export default {
  template: `
    <div class="bacs-player">
      <div class="bacs-player-curves">
        <p class="bacs-chart-readout" aria-live="polite"></p>
        <div class="bacs-chart-plot"></div>
      </div>
      <dl class="bacs-player-totals"></dl>
      <div class="bacs-player-bars">
        <p class="bacs-player-order bacs-quiet"></p>
        <div class="bacs-bars-plot"><canvas role="img"></canvas></div>
      </div>
      <div class="bacs-player-controls">
        <button type="button" class="bacs-button bacs-action bacs-player-play"></button>
        <input type="range" min="0" step="any" class="bacs-player-slider">
        <div class="bacs-segments" role="group"></div>
      </div>
    </div>`,
  props: { plan: Object },
  watch: {
    plan() { this.begin(); },
  },
  mounted() {
    const find = (name) => this.$el.querySelector(name);
    this.canvas = find("canvas");
    this.box = find(".bacs-bars-plot");
    this.slider = find("input");
    this.button = find(".bacs-player-play");
    this.totals = find("dl");
    this.speeds = find(".bacs-segments");
    this.chart = new LineChart(find(".bacs-chart-plot"), find(".bacs-chart-readout"));
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.box);
    this.leave = onPalette(() => this.draw());
    fontsReady().then(() => this.draw());
    this.button.addEventListener("click", () => this.play(!this.playing));
    this.slider.addEventListener("input", () => {
      this.play(false);
      this.seek(Number(this.slider.value));
    });
    find(".bacs-chart-plot").addEventListener("pointerdown", () => this.follow());
    find(".bacs-chart-plot").addEventListener("pointermove", (event) => event.buttons && this.follow());
    this.canvas.addEventListener("pointerdown", (event) => this.choose(event));
    this.begin();
  },
  unmounted() {
    cancelAnimationFrame(this.pending);
    this.observer.disconnect();
    this.leave();
    this.chart.destroy();
    this.canvas = null;
  },
  methods: {
    // Takes up another replay; what runs live stays at its newest frame.
    begin() {
      const { plan } = this;
      if (!plan || !this.canvas) return;
      const values = numbersOf(plan.voltages, MILLI);
      const frames = plan.seconds.length;
      this.frames = Array.from({ length: frames }, (_, i) => values.subarray(i * plan.cells, (i + 1) * plan.cells));
      this.end = plan.seconds[frames - 1] ?? 0;
      this.slider.max = String(this.end);
      this.slider.ariaLabel = plan.words.position;
      this.speed = this.speed ?? plan.speeds[0];
      this.$el.querySelector(".bacs-player-order").textContent = plan.bars.name;
      this.buildTotals();
      this.buildSpeeds();
      this.chart.show(plan.chart);
      this.play(false);
      this.seek(plan.start ?? 0);
    },
    buildTotals() {
      const { words } = this.plan;
      this.totals.replaceChildren();
      this.told = ["elapsed", "voltage", "current", "given", "lowest"].map((name) => {
        const group = this.totals.appendChild(document.createElement("div"));
        group.dataset.total = name;
        group.appendChild(document.createElement("dt")).textContent = words[name];
        return group.appendChild(document.createElement("dd"));
      });
    },
    buildSpeeds() {
      this.speeds.replaceChildren();
      for (const speed of this.plan.speeds) {
        const button = this.speeds.appendChild(document.createElement("button"));
        button.type = "button";
        button.className = "bacs-button";
        button.textContent = `×${speed}`;
        button.ariaLabel = this.plan.words.speed.replace("{speed}", speed);
        button.addEventListener("click", () => {
          this.speed = speed;
          this.showSpeed();
        });
      }
      this.showSpeed();
    },
    showSpeed() {
      this.plan.speeds.forEach((speed, i) => {
        const chosen = speed === this.speed;
        this.speeds.children[i].classList.toggle("chosen", chosen);
        this.speeds.children[i].ariaPressed = String(chosen);
      });
    },
    play(wanted) {
      this.playing = wanted;
      cancelAnimationFrame(this.pending);
      this.button.classList.toggle("playing", wanted);
      // Nobody is sent back to the overview while it plays.
      this.$el.toggleAttribute("data-stay", wanted);
      this.button.ariaLabel = this.plan.words[wanted ? "pause" : "play"];
      if (!wanted) return;
      if (this.at >= this.end) this.seek(0);
      let before = performance.now();
      const step = (now) => {
        if (!this.playing || !this.canvas) return;
        this.seek(Math.min(this.end, this.at + ((now - before) / 1000) * this.speed));
        before = now;
        if (this.at >= this.end) this.play(false);
        else this.pending = requestAnimationFrame(step);
      };
      this.pending = requestAnimationFrame(step);
    },
    follow() {
      const index = this.chart.plot?.cursor.idx;
      if (index === null || index === undefined) return;
      this.play(false);
      this.seek(this.plan.seconds[index]);
    },
    seek(seconds) {
      this.at = seconds;
      this.slider.value = String(seconds);
      this.slider.setAttribute("aria-valuetext", clock(seconds));
      this.chart.mark(seconds / this.plan.axisUnit);
      const frame = this.frameAt(seconds);
      if (frame === this.frame && this.drawn === this.plan) {
        this.tell(this.told[0], clock(seconds));
        return;
      }
      this.frame = frame;
      this.draw();
    },
    // The newest frame that had come by then: nothing is made up between two.
    frameAt(seconds) {
      const times = this.plan.seconds;
      let [low, high] = [0, times.length - 1];
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (times[middle] <= seconds + 1e-6) low = middle;
        else high = middle - 1;
      }
      return low;
    },
    draw() {
      if (!this.canvas) return;
      const { clientWidth: width, clientHeight: height } = this.box;
      const { plan } = this;
      if (!plan || !this.frames?.length || width < 120 || height < 60) return;
      this.drawn = plan;
      const voltages = this.frames[this.frame];
      const now = plan.seconds[this.frame];
      const marks = {};
      for (const { cell, after } of plan.collapses) if (after <= now) marks[cell - 1] = "warning";
      for (let cell = 0; cell < plan.cells; cell++) {
        if (voltages[cell] <= plan.bars.levels[0].value) marks[cell] = "alarm";
      }
      this.grid = drawBars(this.canvas, width, height, plan.bars, voltages, marks, this.chosen ?? null, palette());
      this.canvas.setAttribute("aria-label", plan.bars.name);
      this.tellTotals(voltages);
    },
    tellTotals(voltages) {
      const { plan, frame } = this;
      const { mark } = plan.bars;
      let lowest = -1;
      voltages.forEach((value, cell) => {
        if (Number.isFinite(value) && (lowest < 0 || value < voltages[lowest])) lowest = cell;
      });
      const name = (cell) => plan.words.cell.replace("{cell}", String(cell + 1).padStart(plan.bars.digits, "0"));
      const told = [
        clock(this.at),
        withUnit(plan.sum[frame], plan.sumDecimals, "V", mark),
        withUnit(plan.current[frame], 1, "A", mark),
        withUnit(plan.given[frame], 1, "Ah", mark),
        lowest < 0 ? "—" : `${name(lowest)} ${withUnit(voltages[lowest], plan.bars.decimals, "V", mark)}`,
      ];
      if (this.chosen !== undefined) {
        told[4] += ` · ${name(this.chosen)} ${withUnit(voltages[this.chosen], plan.bars.decimals, "V", mark)}`;
      }
      told.forEach((text, i) => this.tell(this.told[i], text));
    },
    tell(element, text) {
      if (element.textContent !== text) element.textContent = text;
    },
    choose(event) {
      const box = this.canvas.getBoundingClientRect();
      this.chosen = cellAt(this.grid, this.plan.bars, event.clientX - box.left, event.clientY - box.top);
      this.draw();
    },
  },
};

function clock(seconds) {
  const whole = Math.floor(seconds + 1e-6);
  const pad = (part) => String(part).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}${NO_BREAK}h`;
}
