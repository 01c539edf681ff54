// Watches what nobody touches. The times run in this browser; a touch is a finger, a key or a wheel.
// A dim screen shows the time and the worst state, and the first touch only wakes it: it ends on the
// cover that lies over the page. A new alarm wakes the screen too, for as long as a touch would, and
// while there is a trip that nobody has seen it stays bright.
import { clockText } from "bacs_numbers";

const LOOK_MS = 500;
const TELL_MS = 10000;
const WARN_S = 20;
const SHIFT_AFTER_S = 60;
// One or two points aside each minute: no edge stands in the same place for long.
const SHIFTS = [[0, 0], [1, 0], [1, 1], [2, 1], [2, 2], [1, 2], [0, 2], [0, 1]];
const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel"];
const SWALLOW_MS = 700;

// A browser compiles and builds the cover when the screen becomes dim for the first time.
const Cover = {
  props: { rest: Object },
  template: `
    <div class="bacs-dim" role="button" tabindex="0" :aria-label="rest.texts.rest_wake"
      @pointerdown.stop.prevent="rest.pressed" @pointerup.stop="rest.swallow"
      @pointercancel.stop="rest.swallow" @click.stop="rest.swallow"
      @keydown.stop.prevent="rest.swallow">
      <div class="bacs-dim-clock">{{ rest.time }}</div>
      <div class="bacs-dim-state"><span v-html="rest.shape"></span><span>{{ rest.state }}</span></div>
    </div>`,
};

export default {
  render() {
    const opacity = (100 - this.brightness) / 100;
    return Vue.h("div", { class: "bacs-rest" }, [
      Vue.h("div", { class: "bacs-shade", style: { opacity }, "aria-hidden": "true" }),
      Vue.h("div", { class: "bacs-countdown", role: "status" }, this.words),
      this.dim ? Vue.h(Cover, { rest: this }) : null,
    ]);
  },
  props: {
    texts: Object,
    logOffS: Number,
    returnS: Number,
    dimS: Number,
    brightness: Number,
    palette: String,
    nightFromH: Number,
    nightToH: Number,
  },
  emits: ["touched", "logoff", "goback", "dimmed"],
  data() {
    return { dim: false, words: "", time: "", state: "", shape: "" };
  },
  watch: {
    palette: "look",
    nightFromH: "look",
    nightToH: "look",
    // Who signs in, or opens a view, starts with the whole time.
    logOffS(now, before) {
      if (!before) this.touchedAt = performance.now();
    },
    returnS(now, before) {
      if (!before) this.touchedAt = performance.now();
    },
    dimS: "look",
  },
  mounted() {
    this.touchedAt = this.brightAt = performance.now();
    this.toldAt = -TELL_MS;
    this.touched = (event) => this.touch(event);
    for (const name of TOUCHES) window.addEventListener(name, this.touched, { capture: true, passive: true });
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.look();
  },
  unmounted() {
    for (const name of TOUCHES) window.removeEventListener(name, this.touched, { capture: true });
    clearInterval(this.timer);
    clearTimeout(this.waking);
  },
  methods: {
    touch(event) {
      // A mouse that was merely left on the table trembles.
      if (event.type === "pointermove" && !event.movementX && !event.movementY) return;
      const now = performance.now();
      this.touchedAt = this.brightAt = now;
      this.done = {};
      this.shift(0);
      if (this.words) this.look();
      if (now - this.toldAt < TELL_MS) return;
      this.toldAt = now;
      this.$emit("touched");
    },
    wake() {
      this.brightAt = performance.now();
      this.lighten();
      this.shift(0);
    },
    look() {
      const now = performance.now();
      const idle = (now - this.touchedAt) / 1000;
      const dark = (now - this.brightAt) / 1000;
      this.paint();
      this.words = "";
      const leaves = this.returnS && document.querySelector("[data-stay]") === null;
      if (leaves) this.count("goback", this.returnS - idle, "rest_return");
      if (this.logOffS) this.count("logoff", this.logOffS - idle, "rest_log_off");
      if (document.querySelector(".bacs-trip:not(.hidden)")) this.lighten();
      else if (this.dimS && dark >= this.dimS) this.darken();
      this.shift(dark >= SHIFT_AFTER_S ? Math.floor(Date.now() / 60000) : 0);
      if (this.dim) this.fill();
    },
    // Says what will happen by itself, and does it once.
    count(name, left, text) {
      this.done ??= {};
      if (left <= 0) {
        if (!this.done[name]) this.$emit(name);
        this.done[name] = true;
      } else if (left <= WARN_S) {
        const words = this.texts[text].replace("{seconds}", Math.ceil(left));
        this.words = `${words} ${this.texts.rest_touch}`;
      }
    },
    darken() {
      if (this.dim) return;
      this.fill();
      this.dim = true;
      document.activeElement?.blur();
      document.body.dataset.dim = "yes";
      this.$emit("dimmed", true);
    },
    lighten() {
      clearTimeout(this.waking);
      if (!this.dim) return;
      this.dim = false;
      delete document.body.dataset.dim;
      this.$emit("dimmed", false);
    },
    pressed() {
      document.querySelector(".bacs-dim")?.classList.add("waking");
    },
    // The cover stays until the whole touch is over: what follows it must not reach the page.
    swallow(event) {
      clearTimeout(this.waking);
      if (event.type === "click" || event.type === "keydown") this.lighten();
      else this.waking = setTimeout(() => this.lighten(), SWALLOW_MS);
    },
    fill() {
      this.time = clockText(Date.now() / 1000).slice(0, 5);
      const bar = document.querySelector(".bacs-alarmbar");
      const lost = document.querySelector(".bacs-band:not([hidden])");
      this.state = lost?.textContent || bar?.querySelector(".bacs-alarmbar-text")?.textContent || "";
      this.shape = lost ? "" : bar?.querySelector(".bacs-symbol")?.outerHTML ?? "";
    },
    shift(step) {
      const [x, y] = SHIFTS[step % SHIFTS.length];
      const wanted = `${x}px ${y}px`;
      if (document.body.style.translate !== wanted) document.body.style.translate = x || y ? wanted : "";
    },
    paint() {
      const hour = new Date().getHours();
      const [from, to] = [this.nightFromH, this.nightToH];
      const late = from <= to ? from <= hour && hour < to : from <= hour || hour < to;
      const night = this.palette === "night" || (this.palette === "clock" && late);
      const root = document.documentElement.dataset;
      const wanted = night ? "night" : "day";
      if (root.palette !== wanted) root.palette = wanted;
    },
  },
};
