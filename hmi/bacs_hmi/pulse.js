// Watches the age of what this browser got: the panel server beats once a second. Shows the clock,
// says when the engine or the panel server is gone, and with them all knowledge of alarms, and
// follows the browser's back button.
import { clockText } from "bacs_numbers";

const SILENT_AFTER_MS = 3000;
const LOOK_MS = 500;

export default {
  render() {
    return Vue.h("div", { class: "bacs-band", role: "alert", hidden: true });
  },
  props: { texts: Object, state: String, since: Number },
  emits: ["travel"],
  mounted() {
    this.engine = { state: this.state, since: this.since };
    this.beatAt = performance.now();
    this.beatTime = Date.now() / 1000;
    // Collections that follow the page by themselves: the whole page is not searched at each look.
    const found = (name) => document.getElementsByClassName(name);
    this.bar = found("bacs-alarmbar");
    this.unknown = found("bacs-alarmbar-unknown");
    this.lists = found("bacs-alarms-unknown");
    this.clock = found("bacs-clock");
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
      put(this.$el, "hidden", words === "");
      say(this.$el, words);
      const quiet = this.bar[0]?.classList.contains("quiet");
      const last = words && told(quiet ? "alarms_unknown" : "alarms_unknown_last");
      say(this.unknown[0], last);
      for (const element of this.lists) say(element, last);
      put(document.body.dataset, "truth", words === "" ? "live" : "old");
      put(document.body.dataset, "server", serverGone ? "lost" : "there");
      say(this.clock[0], clockText(Date.now() / 1000).slice(0, 5));
    },
  },
};

function say(element, words) {
  if (element && element.textContent !== words) element.textContent = words;
}

// What stays as it is costs no new style and no new frame.
function put(target, name, value) {
  if (target[name] !== value) target[name] = value;
}
