// The settings of the card, as a form that Home Assistant draws.
import { QUANTITIES } from "./quantities.js";
import { textsOf } from "./words.js";

const FIELDS = ["string", "quantity", "title"];

export async function configForm() {
  // The frontend keeps its connection there for panels and cards of others.
  const { conn } = await window.hassConnection;
  const strings = await conn.sendMessagePromise({ type: "bacs/strings" }).catch(() => []);
  const texts = textsOf(document.documentElement.lang);
  const quantities = QUANTITIES.map(({ key }) => ({ value: key, label: texts[key] }));
  return {
    schema: [
      { name: "string", required: true, selector: select(strings.map(({ id, name, manager }) => ({ value: id, label: `${manager} · ${name}` }))) },
      { name: "quantity", selector: select(quantities) },
      { name: "title", selector: { text: {} } },
    ],
    computeLabel: ({ name }) => (FIELDS.includes(name) ? texts[`field_${name}`] : name),
    assertConfig: ({ string }) => {
      if (string !== undefined && typeof string !== "string") throw new Error("string");
    },
  };
}

export async function stubConfig(hass) {
  const strings = await hass.connection.sendMessagePromise({ type: "bacs/strings" }).catch(() => []);
  return { string: strings[0]?.id ?? "" };
}

function select(options) {
  return { select: { mode: "dropdown", options } };
}
