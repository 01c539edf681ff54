// One subscription to one string, renewed after every break of the connection. Home Assistant answers
// before the integration is there again, so a refusal is tried again too.
const RETRY_MS = 3000;

export class Subscription {
  constructor(connection, string, { onMessage, onBroken }) {
    Object.assign(this, { connection, string, onMessage, onBroken });
    this.renew = () => this.open();
    this.broke = () => this.onBroken("lost");
    connection.addEventListener("ready", this.renew);
    connection.addEventListener("disconnected", this.broke);
    this.open();
  }

  async open() {
    clearTimeout(this.retry);
    const turn = (this.turn = (this.turn ?? 0) + 1);
    this.leave?.().catch(() => {});
    this.leave = null;
    const listener = (message) => turn === this.turn && this.onMessage(message);
    const wanted = { type: "bacs/string/subscribe", string: this.string };
    try {
      const leave = await this.connection.subscribeMessage(listener, wanted, { resubscribe: false });
      if (turn === this.turn) this.leave = leave;
      else leave().catch(() => {});
    } catch (error) {
      if (turn !== this.turn) return;
      this.onBroken(error?.code === "unauthorized" ? "not_allowed" : "not_ready");
      this.retry = setTimeout(this.renew, RETRY_MS);
    }
  }

  close() {
    clearTimeout(this.retry);
    this.turn += 1;
    this.connection.removeEventListener("ready", this.renew);
    this.connection.removeEventListener("disconnected", this.broke);
    this.leave?.().catch(() => {});
    this.leave = null;
  }
}
