// The sign-in sheet with its own large keyboard: a cabinet door has no other.
const LAYOUTS = {
  en: ["1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm_.@"],
  de: ["1234567890", "qwertzuiop", "asdfghjkl-", "yxcvbnm_.@"],
};
// Together with the letters and the space: all of printable ASCII, and what German passwords have.
const SYMBOLS = ["!\"#$%&'()*", "+,-./:;<=>", "?@[\\]^_`{|", "}~äöüÄÖÜß€"];

export default {
  template: `
    <form class="bacs-login" role="dialog" aria-modal="true" :aria-label="title" @submit.prevent="send">
      <h2>{{ title }}</h2>
      <div class="bacs-fields">
        <label>{{ texts.user }}
          <input v-model="user" ref="user" name="user" autocomplete="off" autocapitalize="off" spellcheck="false"
            :class="{ active: field === 'user' }" @focus="field = 'user'">
        </label>
        <label>{{ texts.secret }}
          <input v-model="secret" ref="secret" name="secret" type="password" autocomplete="off"
            :class="{ active: field === 'secret' }" @focus="field = 'secret'">
        </label>
      </div>
      <p class="bacs-problem" role="alert">{{ problem }}</p>
      <div class="bacs-keys" @pointerdown.prevent>
        <div v-for="(row, i) in rows" :key="i">
          <button v-for="key in row" :key="key" type="button" tabindex="-1" @click="press(key)">{{ key }}</button>
          <button v-if="i === 0" type="button" tabindex="-1" class="wide" :aria-label="texts.key_erase" @click="erase">⌫</button>
          <button v-if="i === 1" type="button" tabindex="-1" class="wide" :aria-label="texts.key_shift" :class="{ active: upper }" :disabled="symbols" @click="upper = !upper">⇧</button>
          <button v-if="i === 2" type="button" tabindex="-1" class="wide" :aria-label="symbols ? texts.key_letters : texts.key_symbols" @click="symbols = !symbols">{{ symbols ? "abc" : "#+=" }}</button>
          <button v-if="i === 3" type="button" tabindex="-1" class="wide" :aria-label="texts.key_space" @click="press(' ')">␣</button>
        </div>
      </div>
      <div class="bacs-actions">
        <button type="button" class="bacs-button" @click="$emit('cancel')">{{ texts.cancel }}</button>
        <button type="submit" class="bacs-button primary" :disabled="busy || !user || !secret">{{ texts.sign_in }}</button>
      </div>
    </form>`,
  props: { texts: Object, title: String, layout: String, problem: String, attempt: Number },
  emits: ["send", "cancel"],
  data() {
    return { user: "", secret: "", field: "user", upper: false, symbols: false, busy: false };
  },
  computed: {
    rows() {
      if (this.symbols) return SYMBOLS.map((row) => [...row]);
      const rows = LAYOUTS[this.layout] ?? LAYOUTS.en;
      return rows.map((row) => [...row].map((key) => (this.upper ? key.toUpperCase() : key)));
    },
  },
  watch: {
    attempt() {
      this.busy = false;
      this.secret = "";
      this.field = "secret";
    },
  },
  mounted() {
    this.$refs.user.focus();
  },
  methods: {
    press(key) {
      this[this.field] += key;
      this.upper = false;
    },
    erase() {
      this[this.field] = this[this.field].slice(0, -1);
    },
    send() {
      if (!this.user || !this.secret || this.busy) return;
      this.busy = true;
      this.$emit("send", { user: this.user, secret: this.secret });
    },
  },
};
