// The colours of the palette in force, and the size of letters, as the styles of the page say.
const NAMES = ["ink", "quiet", "line", "edge", "tile", "bar", "warning", "warning-ink", "alarm", "alarm-ink", "act"];

export function palette() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

// Calls back once the palette was changed; the returned function ends that.
export function onPalette(changed) {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-palette"] });
  return () => observer.disconnect();
}

// How much larger than usual letters are: 1 at 1024x768.
export function rem() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
}
