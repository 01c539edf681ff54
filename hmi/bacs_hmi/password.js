// Asks for a new password, twice, because the one in force was given for the first time only.
export default {
  template: `
    <form class="bacs-sheet bacs-login" role="dialog" aria-modal="true" :aria-label="texts.password_must" @submit.prevent="send">
      <h2>{{ texts.password_must }}</h2>
      <p>{{ texts.password_why }}</p>
      <label v-for="each in fields" :key="each" class="bacs-field">
        <span class="bacs-field-label">{{ texts["password_" + each] }}</span>
        <input v-model="typed[each]" :ref="each" :name="each" type="password" data-keys="text" inputmode="none"
          autocomplete="off" @keysdone="next(each)">
      </label>
      <p class="bacs-problem" role="alert">{{ different ? texts.password_differs : problem }}</p>
      <div class="bacs-actions">
        <button type="button" class="bacs-button" @click="$emit('cancel')">{{ texts.cancel }}</button>
        <button type="submit" class="bacs-button primary" :disabled="busy || !complete">{{ texts.password_save }}</button>
      </div>
    </form>`,
  props: { texts: Object, problem: String, attempt: Number },
  emits: ["send", "cancel"],
  data() {
    return {
      fields: ["current", "new", "again"],
      typed: { current: "", new: "", again: "" },
      busy: false,
    };
  },
  computed: {
    different() {
      return this.typed.again.length >= this.typed.new.length && this.typed.again !== this.typed.new;
    },
    complete() {
      return this.typed.current && this.typed.new && this.typed.again === this.typed.new;
    },
  },
  watch: {
    attempt() {
      this.busy = false;
    },
  },
  mounted() {
    this.focus("current");
  },
  methods: {
    focus(each) {
      this.$refs[each]?.[0]?.focus();
    },
    next(each) {
      const following = this.fields[this.fields.indexOf(each) + 1];
      if (following) this.focus(following);
    },
    send() {
      if (!this.complete || this.busy) return;
      this.busy = true;
      this.$emit("send", { current: this.typed.current, password: this.typed.new });
    },
  },
};
