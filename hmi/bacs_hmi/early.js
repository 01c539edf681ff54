// Stands in the page itself, since the modules may never come: what to do while the live page does not.
{
  const SILENT_AFTER_MS = 3000;
  const COME_AGAIN_MS = 20000;
  const page = document.getElementById("bacs-early");
  const askedAt = performance.getEntriesByType("navigation")[0]?.requestStart ?? 0;

  // Repeated on the live page are touches on a string only: nothing else is sure to be the same there.
  page.addEventListener("click", (event) => {
    event.stopPropagation();
    event.preventDefault();
    const { string } = event.target.closest("[data-string]")?.dataset ?? {};
    page.touched = string && { string, at: performance.now() };
  }, true);

  const after = (time, then) => setTimeout(() => page.isConnected && then(), time + askedAt - performance.now());
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
