// A chart of curves with the words of the touched place above it.
import { LineChart } from "bacs_line_chart";

export default {
  template: `
    <figure class="bacs-chart">
      <figcaption class="bacs-chart-readout" aria-live="polite"></figcaption>
      <div class="bacs-chart-plot" :role="spec ? 'img' : null" :aria-label="spec ? spec.words.label : null"></div>
    </figure>`,
  props: { spec: Object },
  watch: {
    spec() {
      this.chart.show(this.spec);
    },
  },
  mounted() {
    this.chart = new LineChart(
      this.$el.querySelector(".bacs-chart-plot"),
      this.$el.querySelector(".bacs-chart-readout"),
    );
    if (this.spec) this.chart.show(this.spec);
  },
  unmounted() {
    this.chart.destroy();
  },
};
