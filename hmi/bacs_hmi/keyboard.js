// The keyboard of the page. It serves every input that has `data-keys` (text, number, whole, pin),
// comes up when a finger chose the field, and leaves when a real keyboard is used, when the field is
// left, or by "done". The page becomes shorter by its height, so that the field stays in sight.
const LETTERS = {
  en: ["qwertyuiop", "asdfghjkl", "zxcvbnm"],
  de: ["qwertzuiopü", "asdfghjklöä", "yxcvbnmß"],
};
const DIGITS = "1234567890";
// With the letters, digits, space, comma, point and hyphen: all of printable ASCII, and the euro.
const SYMBOLS = ["!\"#$%&'()*", "+/:;<=>?@", "[\\]^`{|}~€", "_§°µ"];
const PAD = ["789", "456", "123"];
const LEAVE_MS = 200;

// Most pages never need the keys: a browser compiles and builds them with the first touch on a field.
const Keys = {
  props: { board: Object },
  template: `
    <div v-for="(row, i) in board.rows" :key="i" class="bacs-key-row">
      <template v-for="key in row" :key="key.text + (key.name ?? '')">
        <span v-if="key.kind === 'blank'" class="blank"></span>
        <button v-else type="button" tabindex="-1" :class="key.kind" :aria-label="key.name"
          :aria-pressed="key.pressed" @click="board.press(key)">{{ key.text }}</button>
      </template>
    </div>`,
};

export default {
  render() {
    const around = {
      class: ["bacs-keyboard", this.pad ? "pad" : "full"],
      role: "group",
      "aria-label": this.texts.keyboard,
      style: this.open ? "" : "display: none",
      onPointerdown: (event) => event.preventDefault(),
      onMousedown: (event) => event.preventDefault(),
    };
    return Vue.h("div", around, this.used ? [Vue.h(Keys, { board: this })] : []);
  },
  props: { texts: Object, language: String },
  data() {
    return { open: false, used: false, keys: "text", mark: null, minus: false, upper: false, symbols: false };
  },
  computed: {
    pad() {
      return this.keys !== "text";
    },
    rows() {
      return this.pad ? this.padRows() : this.fullRows();
    },
  },
  mounted() {
    this.field = null;
    this.byTouch = false;
    this.listeners = {
      pointerdown: (event) => (this.byTouch = event.pointerType === "touch"),
      // A second touch on a field whose keyboard was closed brings it back.
      click: (event) => !this.open && event.target === document.activeElement && this.entered(event.target),
      keydown: (event) => this.typed(event),
      focusin: (event) => this.entered(event.target),
      focusout: () => setTimeout(() => this.left(), LEAVE_MS),
    };
    for (const [name, listener] of Object.entries(this.listeners)) {
      document.addEventListener(name, listener, true);
    }
    this.observer = new ResizeObserver(() => this.makeRoom());
    this.observer.observe(this.$el);
  },
  unmounted() {
    for (const [name, listener] of Object.entries(this.listeners)) {
      document.removeEventListener(name, listener, true);
    }
    this.observer.disconnect();
    document.documentElement.style.removeProperty("--keyboard");
  },
  methods: {
    fullRows() {
      const done = { text: this.texts.key_done, kind: "done", done: true };
      const space = { text: "␣", name: this.texts.key_space, kind: "space", types: " " };
      const erase = { text: "⌫", name: this.texts.key_erase, kind: "wide", erases: true };
      const rows = this.symbols
        ? SYMBOLS
        : (LETTERS[this.language] ?? LETTERS.en).map((row) => (this.upper ? raise(row) : row));
      const keys = [DIGITS, ...rows.slice(0, 3)].map((row) => [...row].map(typing));
      const turn = this.symbols
        ? { text: "abc", name: this.texts.key_letters, kind: "wide", turns: true }
        : { text: "#+=", name: this.texts.key_symbols, kind: "wide", turns: true };
      const shift = { text: "⇧", name: this.texts.key_shift, kind: "wide", shifts: true, pressed: this.upper };
      keys[3] = [...(this.symbols ? [] : [shift]), ...keys[3], erase];
      const beside = this.symbols ? [...SYMBOLS[3]].map(typing) : [..."@.,-"].map(typing);
      return [...keys, [turn, ...beside.slice(0, 2), space, ...beside.slice(2), done]];
    },
    padRows() {
      const erase = { text: "⌫", name: this.texts.key_erase, erases: true };
      const done = { text: this.texts.key_done, kind: "done", done: true };
      const minus = { text: "−", name: this.texts.key_minus, types: "-" };
      const mark = { text: this.mark ?? ".", types: this.mark ?? "." };
      const right = [erase, this.minus ? minus : blank(1), this.keys === "number" ? mark : blank(2)];
      const rows = PAD.map((row, i) => [...[...row].map(typing), right[i]]);
      return [...rows, [blank(3), typing("0"), done]];
    },
    typed(event) {
      if (!event.isTrusted || event.key === "Unidentified") return;
      this.byTouch = false;
      this.close();
    },
    entered(element) {
      if (!element.dataset?.keys || !this.byTouch) return;
      this.field = element;
      this.keys = element.dataset.keys;
      this.mark = element.dataset.mark ?? null;
      this.minus = element.dataset.minus === "yes";
      this.upper = this.symbols = false;
      this.open = this.used = true;
      this.$nextTick(() => this.makeRoom());
    },
    left() {
      if (this.open && document.activeElement !== this.field) this.close();
    },
    close() {
      this.open = false;
      this.$nextTick(() => this.makeRoom());
    },
    makeRoom() {
      const height = this.open ? this.$el.offsetHeight : 0;
      document.documentElement.style.setProperty("--keyboard", `${height}px`);
      if (this.open) this.field?.closest("label, .bacs-field")?.scrollIntoView({ block: "nearest" });
    },
    press(key) {
      const field = this.field;
      if (key.turns) this.symbols = !this.symbols;
      else if (key.shifts) this.upper = !this.upper;
      else if (key.done) this.finish();
      else if (field?.isConnected) this.change(field, key);
    },
    change(field, key) {
      const [from, to] = [field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length];
      if (key.erases && from === to && from === 0) return;
      const start = key.erases && from === to ? from - 1 : from;
      const text = key.erases ? "" : key.types;
      const room = field.maxLength < 0 ? Infinity : field.maxLength - field.value.length + (to - start);
      if (text.length > room) return;
      field.setRangeText(text, start, to, "end");
      field.dispatchEvent(new InputEvent("input", { bubbles: true, data: text }));
      this.upper = false;
    },
    finish() {
      const field = this.field;
      this.close();
      field?.dispatchEvent(new CustomEvent("keysdone", { bubbles: true }));
      field?.blur();
    },
  },
};

function typing(text) {
  return { text, types: text };
}

function blank(number) {
  return { text: "", name: number, kind: "blank" };
}

// The letter ß has no capital that a keyboard of today would type.
function raise(row) {
  return [...row].map((letter) => (letter === "ß" ? letter : letter.toUpperCase())).join("");
}
