// Watches the age of what this browser got: the panel server beats once a second. Shows the clock,
// says when the engine or the panel server is gone, and with them all knowledge of alarms, and
// follows the browser's back button.
import { endEarly } from "bacs_early";
import { clockText } from "bacs_numbers";

const SILENT_AFTER_MS = 3000;
const LOOK_MS = 500;
// Reports of a page that draws; the session of the kiosk waits three times as long for one.
const REPORT_MS = 4000;
// How often a browser on the network asks whether it has to sign in again.
const ASK_MS = 5000;

// The last news that the document itself brought: it is as old as the question for it. A watch that is
// built anew later (in another language, say) begins with the news that made the server build it.
let heardAt = performance.getEntriesByType("navigation")[0]?.requestStart ?? 0;

export default {
  render() {
    return Vue.h("div", { class: "bacs-band", role: "alert", hidden: true });
  },
  props: { texts: Object, state: String, since: Number, reports: Boolean },
  emits: ["travel", "drawn"],
  mounted() {
    this.engine = { state: this.state, since: this.since };
    this.beatAt = heardAt ?? performance.now();
    this.beatTime = (performance.timeOrigin + this.beatAt) / 1000;
    heardAt = null;
    // Collections that follow the page by themselves: the whole page is not searched at each look.
    const found = (name) => document.getElementsByClassName(name);
    this.bar = found("bacs-alarmbar");
    this.unknown = found("bacs-alarmbar-unknown");
    this.lists = found("bacs-alarms-unknown");
    this.clock = found("bacs-clock");
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.travelled = () => this.$emit("travel", window.location.search);
    window.addEventListener("popstate", this.travelled);
    // A frame says that the server lives, as a beat does.
    this.carried = () => this.beat(this.engine.state, this.engine.since);
    window.addEventListener("bacs-frame", this.carried);
    if (this.reports) this.reporting = setInterval(() => this.report(), REPORT_MS);
    // A view that was drawn early is taken over by now, and clock and bar of the live page are the
    // only ones.
    queueMicrotask(() => {
      endEarly();
      this.look();
    });
  },
  unmounted() {
    clearInterval(this.timer);
    clearInterval(this.reporting);
    window.removeEventListener("bacs-frame", this.carried);
    window.removeEventListener("popstate", this.travelled);
  },
  methods: {
    beat(state, since) {
      this.engine = { state, since };
      this.beatAt = performance.now();
      this.beatTime = Date.now() / 1000;
      this.look();
    },
    // A frame is waited for, so that a browser whose drawing stands still reports nothing; neither
    // does a page that has lost its server, or stands in another window than the kiosk's, with an
    // address bar above it.
    report() {
      requestAnimationFrame(() => {
        const fills = matchMedia("(display-mode: fullscreen)").matches;
        if (fills && document.body.dataset.server === "there") this.$emit("drawn");
      });
    },
    look() {
      const serverGone = performance.now() - this.beatAt > SILENT_AFTER_MS;
      const engineGone = this.engine.state === "lost";
      if (serverGone) this.ask();
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
    // A server that no longer knows who is here closes its door, and no socket comes through.
    async ask() {
      if (location.protocol !== "https:" || performance.now() - (this.askedAt ?? 0) < ASK_MS) return;
      this.askedAt = performance.now();
      try {
        const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" });
        if (answer.type === "opaqueredirect") location.reload();
      } catch {
        // It is still away.
      }
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
