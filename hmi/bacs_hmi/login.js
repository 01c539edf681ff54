// The sign-in sheet: touch a name, type the PIN on the pad; or type name and secret.
const PAD = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
const MOST_NAMES = 8;

export default {
  template: `
    <form class="bacs-sheet bacs-login" role="dialog" aria-modal="true" :aria-label="title" @submit.prevent="send">
      <h2>{{ title }}</h2>
      <template v-if="people === null"></template>
      <template v-else-if="step === 'name'">
        <p>{{ texts.who }}</p>
        <div class="bacs-people">
          <button v-for="name in shownPeople" :key="name" type="button" class="bacs-button bacs-person"
            @click="choose(name)">{{ name }}</button>
        </div>
        <div class="bacs-actions">
          <button v-if="pages > 1" type="button" class="bacs-button" @click="page = (page + 1) % pages">{{ texts.page_down }}</button>
          <button type="button" class="bacs-button" @click="type">{{ texts.somebody_else }}</button>
          <button type="button" class="bacs-button" @click="$emit('cancel')">{{ texts.cancel }}</button>
        </div>
      </template>
      <template v-else-if="step === 'pin'">
        <div class="bacs-pin">
          <div class="bacs-pin-words">
            <p class="bacs-pin-name">{{ user }}</p>
            <label class="bacs-field">
              <span class="bacs-field-label">{{ texts.pin }}</span>
              <input ref="pin" v-model="secret" name="secret" type="password" inputmode="none" autocomplete="off">
            </label>
            <p :class="busy ? 'bacs-quiet' : 'bacs-problem'" role="alert">{{ busy ? texts.being_checked : problem }}</p>
            <div class="bacs-actions">
              <button type="button" class="bacs-button" @click="back">{{ texts.back }}</button>
              <button type="button" class="bacs-button" @click="$emit('cancel')">{{ texts.cancel }}</button>
            </div>
          </div>
          <div class="bacs-pad" @pointerdown.prevent>
            <button v-for="key in pad" :key="key" type="button" tabindex="-1" @click="secret += key">{{ key }}</button>
            <button type="button" tabindex="-1" :aria-label="texts.key_erase" @click="secret = secret.slice(0, -1)">⌫</button>
            <button type="button" tabindex="-1" @click="secret += '0'">0</button>
            <button type="submit" class="primary" :aria-label="texts.sign_in" :disabled="busy || !secret">✓</button>
          </div>
        </div>
      </template>
      <template v-else>
        <div class="bacs-fields">
          <label class="bacs-field"><span class="bacs-field-label">{{ texts.user }}</span>
            <input v-model="user" ref="user" name="user" data-keys="text" inputmode="none" autocomplete="off"
              autocapitalize="off" spellcheck="false" @keysdone="next">
          </label>
          <label class="bacs-field"><span class="bacs-field-label">{{ texts.secret }}</span>
            <input v-model="secret" ref="secret" name="secret" type="password" data-keys="text" inputmode="none"
              autocomplete="off" @keysdone="send">
          </label>
        </div>
        <p :class="busy ? 'bacs-quiet' : 'bacs-problem'" role="alert">{{ busy ? texts.being_checked : problem }}</p>
        <div class="bacs-actions">
          <button v-if="people.length" type="button" class="bacs-button" @click="back">{{ texts.back }}</button>
          <button type="button" class="bacs-button" @click="$emit('cancel')">{{ texts.cancel }}</button>
          <button type="submit" class="bacs-button primary" :disabled="busy || !user || !secret">{{ texts.sign_in }}</button>
        </div>
      </template>
    </form>`,
  props: { texts: Object, title: String, problem: String, attempt: Number, people: Array },
  emits: ["send", "cancel"],
  data() {
    return { step: "name", user: "", secret: "", busy: false, page: 0, pad: PAD };
  },
  computed: {
    pages() {
      return Math.ceil(this.people.length / MOST_NAMES);
    },
    shownPeople() {
      return this.people.slice(this.page * MOST_NAMES, (this.page + 1) * MOST_NAMES);
    },
  },
  watch: {
    attempt() {
      this.busy = false;
      this.secret = "";
      this.$nextTick(() => this.$refs[this.step === "pin" ? "pin" : "secret"]?.focus());
    },
    // Each update of the sheet brings a list anew; only the first one decides how to begin.
    people(now, before) {
      if (!before) this.begin();
    },
  },
  mounted() {
    this.begin();
  },
  methods: {
    begin() {
      if (this.people?.length === 0) this.type();
    },
    choose(name) {
      this.user = name;
      this.secret = "";
      this.step = "pin";
      this.$nextTick(() => this.$refs.pin.focus());
    },
    type() {
      this.user = this.secret = "";
      this.step = "typed";
      this.$nextTick(() => this.$refs.user.focus());
    },
    back() {
      this.step = "name";
    },
    next() {
      this.$refs.secret.focus();
    },
    send() {
      if (!this.user || !this.secret || this.busy) return;
      this.busy = true;
      this.$emit("send", { user: this.user, secret: this.secret, by_pin: this.step === "pin" });
    },
  },
};
