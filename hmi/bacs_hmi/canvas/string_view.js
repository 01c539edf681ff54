// The cells of one string as a component; what it does stands in `bacs_string.js`.
import { begin } from "bacs_early";
import { StringView } from "bacs_string";

export default {
  // Everything inside is the view's own: there is no template that the browser has to compile.
  render() {
    return Vue.h("div", { class: "bacs-string" });
  },
  props: { plan: String, texts: Object, first: String, start: Object, marked: Number, reasons: Object, mode: String, concluded: String, danger: Array, limits: Object },
  emits: ["cell", "look", "resync"],
  watch: {
    marked(value) {
      this.view.say("marked", value);
    },
    reasons(value) {
      this.view.say("reasons", value);
    },
    mode(value) {
      this.view.say("mode", value);
    },
    concluded(value) {
      this.view.say("concluded", value);
    },
    danger(value) {
      this.view.say("danger", value);
    },
    limits(value) {
      this.view.say("limits", value);
    },
  },
  mounted() {
    this.view = begin(StringView, this.$el, this.$props, (...told) => this.$emit(...told));
  },
  unmounted() {
    this.view.end();
  },
  methods: {
    show(frame) {
      this.view.show(frame);
    },
  },
};
