// Stands in the page itself, since the modules may never come: what to do while the live page does not.
{
  const DRAWN_BY_MS = 500;
  const SILENT_AFTER_MS = 3000;
  const COME_AGAIN_MS = 20000;
  const page = document.getElementById("bacs-early");
  const askedAt = performance.getEntriesByType("navigation")[0]?.requestStart ?? 0;

  // Repeated is a touch on what will be there again: a button of the page, known by its number, and
  // a string of the view, by its key. A button that says something else by then stands for another
  // deed; a string's tile tells its state, and stays the same string.
  const said = (button) => `${button.ariaLabel} ${button.textContent}`;
  page.addEventListener("click", (event) => {
    event.stopPropagation();
    event.preventDefault();
    const touched = event.target.closest("[data-live], [data-string]");
    const { live, string } = touched?.dataset ?? {};
    const repeat = () => {
      const button = document.querySelector(live ? `#${live}` : `button[data-string="${CSS.escape(string)}"]`);
      if (button && (string || said(button) === said(touched))) button.click();
    };
    page.touched = touched && { repeat, at: performance.now() };
  }, true);

  const after = (time, then) => setTimeout(() => page.isConnected && then(), time + askedAt - performance.now());
  // Nothing is painted before the view has drawn itself, which saves a frame that shows less; a script
  // that keeps everybody waiting saves nothing.
  after(DRAWN_BY_MS, () => document.querySelector("script[blocking]").removeAttribute("blocking"));
  after(SILENT_AFTER_MS, () => {
    const since = new Date(performance.timeOrigin + askedAt).toTimeString().slice(0, 8);
    const band = page.getElementsByClassName("bacs-band")[0];
    const bar = page.getElementsByClassName("bacs-alarmbar")[0];
    const unknown = page.getElementsByClassName("bacs-alarmbar-unknown")[0];
    const { lost, quiet, last } = band.dataset;
    band.textContent = lost.replace("{since}", since);
    band.hidden = false;
    unknown.textContent = (bar.classList.contains("quiet") ? quiet : last).replace("{since}", since);
    document.body.dataset.truth = "old";
  });
  after(COME_AGAIN_MS, () => location.reload());
}
