// One labelled line to type in. Tells each change at once, so that a button beside it finds what
// was typed; what the keyboard of the page needs to know stands in the data of the input.
export default {
  template: `
    <label :class="{ wrong: wrong || problem }">
      <span class="bacs-field-label">{{ label }}</span>
      <span class="bacs-field-line">
        <input ref="input" v-model="typed" :type="secret ? 'password' : 'text'" inputmode="none"
          :data-keys="keys" :data-mark="mark" :data-minus="minus ? 'yes' : null" :maxlength="longest"
          :aria-invalid="wrong || problem ? 'true' : null" autocomplete="off" autocapitalize="off" spellcheck="false"
          @input="$emit('typed', typed)">
        <span v-if="unit" class="bacs-field-unit">{{ unit }}</span>
      </span>
      <span class="bacs-field-words" role="status">{{ problem || hint }}</span>
    </label>`,
  props: {
    label: String,
    text: String,
    shown: Number,
    keys: String,
    longest: Number,
    unit: String,
    mark: String,
    minus: Boolean,
    hint: String,
    problem: String,
    wrong: Boolean,
    secret: Boolean,
  },
  emits: ["typed"],
  data() {
    return { typed: this.text };
  },
  watch: {
    shown() {
      this.typed = this.text;
    },
  },
};
