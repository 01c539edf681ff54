// Watches the age of what this browser got: the panel server beats once a second. Shows the clock,
// says when the engine or the panel server is gone, and follows the browser's back button.
import { clockText } from "bacs_numbers";

const SILENT_AFTER_MS = 3000;
const LOOK_MS = 500;

export default {
  template: `<div class="bacs-band" role="alert" hidden></div>`,
  props: { texts: Object, state: String, since: Number },
  emits: ["travel"],
  mounted() {
    this.engine = { state: this.state, since: this.since };
    this.beatAt = performance.now();
    this.beatTime = Date.now() / 1000;
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.travelled = () => this.$emit("travel", window.location.search);
    window.addEventListener("popstate", this.travelled);
    this.look();
  },
  unmounted() {
    clearInterval(this.timer);
    window.removeEventListener("popstate", this.travelled);
  },
  methods: {
    beat(state, since) {
      this.engine = { state, since };
      this.beatAt = performance.now();
      this.beatTime = Date.now() / 1000;
      this.look();
    },
    look() {
      const serverGone = performance.now() - this.beatAt > SILENT_AFTER_MS;
      const engineGone = this.engine.state === "lost";
      const words = serverGone
        ? this.texts.server_lost.replace("{since}", clockText(this.beatTime))
        : engineGone
          ? this.texts.engine_lost.replace("{since}", clockText(this.engine.since))
          : "";
      this.$el.hidden = words === "";
      if (this.$el.textContent !== words) this.$el.textContent = words;
      document.body.dataset.truth = words === "" ? "live" : "old";
      document.body.dataset.server = serverGone ? "lost" : "there";
      const clock = document.querySelector(".bacs-clock");
      const now = clockText(Date.now() / 1000).slice(0, 5);
      if (clock && clock.textContent !== now) clock.textContent = now;
    },
  },
};
