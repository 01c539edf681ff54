// The overview as a component; what it does stands in `bacs_overview.js`.
import { begin } from "bacs_early";
import { OverviewView } from "bacs_overview";

export default {
  // Everything inside is the view's own: there is no template that the browser has to compile.
  render() {
    return Vue.h("div", { class: "bacs-overview" });
  },
  props: { plan: String, texts: Object, first: String, told: Object },
  emits: ["open", "attend", "resync"],
  mounted() {
    this.view = begin(OverviewView, this.$el, this.$props, (...told) => this.$emit(...told));
  },
  unmounted() {
    this.view.end();
  },
  methods: {
    show(frame) {
      this.view.show(frame);
    },
    explain(told) {
      this.view.explain(told);
    },
  },
};
