// Watches the age of what this browser got: the panel server beats once a second. Shows the clock,
// says when the engine or the panel server is gone, and with them all knowledge of alarms, and
// follows the browser's back button.
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
      const since = clockText(serverGone ? this.beatTime : this.engine.since);
      const told = (name) => this.texts[name].replace("{since}", since);
      const words = serverGone ? told("server_lost") : engineGone ? told("engine_lost") : "";
      this.$el.hidden = words === "";
      say(this.$el, words);
      const quiet = document.querySelector(".bacs-alarmbar.quiet") !== null;
      const last = words && told(quiet ? "alarms_unknown" : "alarms_unknown_last");
      say(document.querySelector(".bacs-alarmbar-unknown"), last);
      for (const element of document.querySelectorAll(".bacs-alarms-unknown")) say(element, last);
      document.body.dataset.truth = words === "" ? "live" : "old";
      document.body.dataset.server = serverGone ? "lost" : "there";
      say(document.querySelector(".bacs-clock"), clockText(Date.now() / 1000).slice(0, 5));
    },
  },
};

function say(element, words) {
  if (element && element.textContent !== words) element.textContent = words;
}
