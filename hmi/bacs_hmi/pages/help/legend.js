// One mark as the overview and the string page draw it, for the explanation beside it.
import { COLOUR, breakerSign, cellBars, equalizationSign, fontsReady, hatch, panel, prepare, shape } from "bacs_look";

const STATUS = { normal: 0, warning: 1, alarm: 2, silent: 3 };
const EQUALIZATION = { working: "active", inhibited: "inhibited", idle: "idle" };
const BARS = [0.3, -0.2, 0.1, 0.5, -0.45, 0.15, -0.1];
const MARGIN = 6;

export default {
  template: `<canvas class="bacs-legend-sign" aria-hidden="true"></canvas>`,
  props: { sign: String, width: Number, height: Number },
  mounted() {
    this.watcher = new MutationObserver(() => this.draw());
    this.watcher.observe(document.documentElement, { attributes: true, attributeFilter: ["data-palette"] });
    this.draw();
    fontsReady().then(() => this.$el.isConnected && this.draw());
  },
  unmounted() {
    this.watcher.disconnect();
  },
  methods: {
    draw() {
      const [w, h] = [this.width, this.height];
      const context = prepare(this.$el, w, h);
      panel(context, 0, 0, w, h, COLOUR.tile, COLOUR.tileEdge);
      const inner = [MARGIN, MARGIN, w - 2 * MARGIN, h - 2 * MARGIN];
      if (this.sign in STATUS) {
        shape(context, STATUS[this.sign], w / 2, h / 2, 20);
      } else if (this.sign in EQUALIZATION) {
        equalizationSign(context, EQUALIZATION[this.sign], w / 2 - 12, h / 2 - 12, 24);
      } else if (this.sign === "breaker") {
        panel(context, w / 2 - 26, h / 2 - 14, 52, 28, COLOUR.alarm);
        breakerSign(context, w / 2 - 13, h / 2, 20);
      } else {
        this.bars(context, inner);
      }
    },
    bars(context, [x, y, w, h]) {
      const cells = BARS.map((deviation) => ({ deviation, status: 0, stale: false }));
      if (this.sign === "bars_abnormal") {
        cells[3] = { deviation: 0.8, status: 1, stale: false };
        cells[4] = { deviation: -0.9, status: 2, stale: false };
      }
      if (this.sign === "absent") cells.forEach((cell) => (cell.deviation = NaN));
      if (this.sign === "off_scale") cells[2].deviation = 1.4;
      if (this.sign === "old") cells.forEach((cell) => (cell.stale = true));
      cellBars(context, cells, x, y, w, h);
      if (this.sign === "old") hatch(context, x, y, w, h);
    },
  },
};
