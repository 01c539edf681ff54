// The look of the card, from the variables of the theme: it is dark where the dashboard is.
export const COLOURS = ["ink", "quiet", "bar", "line", "ground", "warning", "alarm", "chosen"];

export const STYLE = `
  :host {
    --face: var(--ha-card-background, var(--card-background-color, #fff));
    --ink: var(--primary-text-color, #212121);
    --quiet: var(--secondary-text-color, #727272);
    --warning: var(--warning-color, #ffa600);
    --alarm: var(--error-color, #db4437);
    display: block;
    color: var(--ink);
    font-family: var(--ha-font-family-body, var(--paper-font-common-base_-_font-family, sans-serif));
    font-size: 14px;
  }
  ha-card { display: block; height: 100%; overflow: hidden; }
  .body { padding: 12px 16px 16px; display: flex; flex-direction: column; gap: 12px; }
  header { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 0 12px; }
  h2 { margin: 0; font-size: 20px; font-weight: 500; line-height: 28px; flex: 1 1 180px; overflow-wrap: anywhere; }
  .marks { display: flex; flex-wrap: wrap; gap: 4px 10px; justify-content: flex-end; line-height: 28px; }
  .mark { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; }
  .mark svg { width: 12px; height: 12px; flex: none; stroke: var(--ink); stroke-width: 1; }
  .note { margin: 0; padding: 10px 12px; border: 1px solid var(--ink); border-radius: 8px; }
  .note:empty, [hidden] { display: none !important; }
  dl { display: flex; flex-wrap: wrap; gap: 6px 24px; margin: 0; }
  dl div { min-width: 72px; }
  dt { color: var(--quiet); font-size: 12px; }
  dd { margin: 0; font-size: 18px; font-variant-numeric: tabular-nums; white-space: nowrap; }
  .choices { display: flex; flex-wrap: wrap; gap: 8px; }
  button {
    min-height: 44px; min-width: 44px; padding: 0 12px; font: inherit; color: inherit; cursor: pointer;
    background: none; border: 1px solid var(--divider-color, #0003); border-radius: 8px;
    touch-action: manipulation;
  }
  button:focus-visible, .plane:focus-visible { outline: 2px solid var(--primary-color, #03a9f4); outline-offset: 1px; }
  button[aria-pressed="true"] {
    border: 2px solid var(--ink); font-weight: 600;
    background: color-mix(in srgb, var(--ink) 10%, transparent);
  }
  .plane { position: relative; touch-action: pan-y; cursor: pointer; border-radius: 4px; }
  canvas { display: block; width: 100%; }
  .scale { color: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums; margin: 0; }
  .ends { display: flex; flex-wrap: wrap; gap: 8px; }
  .ends button { text-align: start; flex: 1 1 140px; padding: 4px 12px; font-variant-numeric: tabular-nums; }
  .ends small { display: block; color: var(--quiet); }
  .cell { border-top: 1px solid var(--divider-color, #0003); padding-top: 12px; display: flex; flex-direction: column; gap: 10px; }
  .cell h3 { margin: 0; font-size: 16px; font-weight: 500; flex: 1; }
  .cell .row { display: flex; gap: 8px; align-items: center; flex-wrap: wrap; }
  .cell p, ul { margin: 0; }
  ul { padding: 0; list-style: none; display: flex; flex-direction: column; gap: 6px; }
  li { display: flex; gap: 8px; align-items: baseline; }
  li svg { width: 12px; height: 12px; flex: none; stroke: var(--ink); stroke-width: 1; }
  .colours { display: none; }
  .colours .ink { color: var(--ink); }
  .colours .quiet { color: var(--quiet); }
  .colours .bar { color: color-mix(in srgb, var(--ink) 48%, var(--face)); }
  .colours .line { color: color-mix(in srgb, var(--ink) 40%, var(--face)); }
  .colours .ground { color: color-mix(in srgb, var(--ink) 5%, var(--face)); }
  .colours .warning { color: var(--warning); }
  .colours .alarm { color: var(--alarm); }
  .colours .chosen { color: var(--primary-color, #03a9f4); }
`;
