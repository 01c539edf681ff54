// Full-screen tests. The colours are those that show dead points; they belong to no palette.
const COLOURS = ["#000", "#fff", "#f00", "#0f0", "#00f", "#808080", "linear-gradient(90deg, #000, #fff)"];
const DARK = new Set(["#000", "#00f"]);
const FIELD_PX = 64;

export default {
  template: `
    <div class="bacs-screen-test" data-stay @contextmenu.prevent @pointerdown.prevent="mark" @pointermove.prevent="mark">
      <div v-if="kind === 'colours'" class="bacs-colour-test" :style="paint" @click="next">
        <span>{{ texts.test_next }} {{ step + 1 }}/{{ count }}</span>
      </div>
      <template v-else>
        <div class="bacs-touch-test" :style="grid">
          <span v-for="n in fields" :key="n" :data-field="n - 1" :class="{ touched: done[n - 1] }"></span>
        </div>
        <p class="bacs-touch-words"><span>{{ texts.test_touch_all }}</span> <b>{{ left }}</b></p>
      </template>
      <button type="button" class="bacs-button bacs-action bacs-test-end" @click.stop="finish">{{ texts.test_end }}</button>
    </div>`,
  props: { kind: String, texts: Object },
  emits: ["ended"],
  data() {
    const columns = Math.max(1, Math.round(window.innerWidth / FIELD_PX));
    const rows = Math.max(1, Math.round(window.innerHeight / FIELD_PX));
    return { step: 0, columns, rows, fields: columns * rows, done: Array(columns * rows).fill(false), touched: 0 };
  },
  computed: {
    count: () => COLOURS.length,
    paint() {
      const colour = COLOURS[this.step];
      return { background: colour, color: DARK.has(colour) ? "#fff" : "#000" };
    },
    grid() {
      return { gridTemplate: `repeat(${this.rows}, 1fr) / repeat(${this.columns}, 1fr)` };
    },
    left() {
      return this.texts.test_left.replace("{count}", this.fields - this.touched);
    },
  },
  methods: {
    next() {
      if (this.step + 1 < COLOURS.length) this.step += 1;
      else this.finish();
    },
    // A finger that is drawn over the screen marks every field it passes, also under the button.
    mark(event) {
      if (this.kind !== "touch") return;
      if (event.type === "pointermove" && event.buttons === 0 && event.pointerType === "mouse") return;
      const column = Math.floor((event.clientX / window.innerWidth) * this.columns);
      const row = Math.floor((event.clientY / window.innerHeight) * this.rows);
      const field = row * this.columns + column;
      if (field < 0 || field >= this.fields || this.done[field]) return;
      this.done[field] = true;
      this.touched += 1;
      if (this.touched === this.fields) this.finish();
    },
    finish() {
      this.$emit("ended", { fields: this.kind === "touch" ? this.fields : 0, touched: this.touched });
    },
  },
};
