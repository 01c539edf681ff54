// A button that acts only after it was held: with a finger, the mouse, space or enter. A scroll, a
// second finger or a slip beside it ends the holding. A click without any of these comes from a
// screen reader or a switch: it is asked once more instead.
const SLIP_PX = 24;
const ASKED_MS = 8000;
const TOLD_MS = 2500;

export default {
  template: `
    <button type="button" class="bacs-hold" :class="{ holding, asked }" :disabled="off" :aria-description="texts.hold_how"
      :style="{ '--hold-time': seconds + 's' }"
      @pointerdown="down" @pointermove="move" @pointerup="early" @pointercancel="stop" @pointerleave="early"
      @keydown="key" @keyup="keyUp" @blur="stop" @click="click" @contextmenu.prevent>
      <span class="bacs-hold-bar" aria-hidden="true"></span>
      <span class="bacs-hold-mark" aria-hidden="true"></span>
      <span class="bacs-hold-text">{{ asked ? texts.hold_again.replace("{what}", text) : text }}</span>
      <span class="bacs-hold-words" role="status">{{ words }}</span>
    </button>`,
  props: { text: String, seconds: Number, texts: Object, off: Boolean },
  emits: ["held"],
  data() {
    return { holding: false, asked: false, words: "" };
  },
  unmounted() {
    clearTimeout(this.timer);
    clearTimeout(this.forget);
    clearTimeout(this.forgetWords);
  },
  methods: {
    down(event) {
      this.handled = true;
      if (!event.isPrimary || event.button !== 0) return this.stop();
      this.from = [event.clientX, event.clientY];
      this.start();
    },
    move(event) {
      if (!this.holding || !this.from) return;
      const [x, y] = this.from;
      if (Math.hypot(event.clientX - x, event.clientY - y) > SLIP_PX) this.early();
    },
    key(event) {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      this.handled = true;
      if (!event.repeat) this.start();
    },
    keyUp(event) {
      if (event.key === " " || event.key === "Enter") this.early();
    },
    start() {
      this.say("");
      this.asked = false;
      this.holding = true;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.full(), this.seconds * 1000);
    },
    stop() {
      clearTimeout(this.timer);
      this.holding = false;
    },
    early() {
      if (!this.holding) return;
      this.stop();
      this.say(this.texts.hold_longer);
    },
    full() {
      this.stop();
      this.act();
    },
    click(event) {
      // The click that follows a finger or a key was dealt with above.
      const handled = this.handled && event.detail !== 0;
      this.handled = false;
      if (handled) return;
      if (this.asked) {
        this.asked = false;
        this.act();
      } else {
        this.asked = true;
        clearTimeout(this.forget);
        this.forget = setTimeout(() => (this.asked = false), ASKED_MS);
      }
    },
    act() {
      // What cannot be sent now must not be sent later, when nobody stands here any more.
      if (document.body.dataset.server === "lost") return this.say(this.texts.hold_lost);
      document.body.dataset.held = Number(document.body.dataset.held ?? 0) + 1;
      this.$emit("held");
    },
    say(words) {
      this.words = words;
      clearTimeout(this.forgetWords);
      if (words) this.forgetWords = setTimeout(() => (this.words = ""), TOLD_MS);
    },
  },
};
