// Takes every touch and counts down. The end comes from here too, so that a server that is gone
// leaves no locked screen.
export default {
  template: `
    <div class="bacs-cleaning" role="status" data-stay @pointerdown.stop.prevent @click.stop.prevent @contextmenu.prevent>
      <p class="bacs-cleaning-what">{{ texts.cleaning_now }}</p>
      <p class="bacs-cleaning-left" aria-hidden="true">{{ left }}</p>
      <p>{{ texts.cleaning_left }}</p>
      <p>{{ texts.cleaning_alarm }}</p>
    </div>`,
  props: { seconds: Number, texts: Object },
  emits: ["ended"],
  data() {
    return { left: this.seconds };
  },
  mounted() {
    this.until = performance.now() + this.seconds * 1000;
    this.pace = setInterval(() => this.count(), 250);
    window.addEventListener("keydown", this.swallow, true);
  },
  unmounted() {
    this.stop();
  },
  methods: {
    count() {
      const left = Math.ceil((this.until - performance.now()) / 1000);
      this.left = Math.max(0, left);
      if (left > 0) return;
      this.stop();
      this.$el.style.display = "none";
      this.$emit("ended");
    },
    stop() {
      clearInterval(this.pace);
      window.removeEventListener("keydown", this.swallow, true);
    },
    swallow(event) {
      event.stopPropagation();
      event.preventDefault();
    },
  },
};
