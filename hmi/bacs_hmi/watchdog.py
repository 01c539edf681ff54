"""Whether the panel server lives, and whether the page on the cabinet's screen is drawn.

The service manager is told of the server. Of the page the kiosk's session reads two counters in the
runtime directory of the service: `server` goes on while this process works, `page` while a page of
this computer draws frames and is connected. Where only the first goes on, the browser is dead,
hung or shows an error, and the session starts it anew.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from nicegui import app, background_tasks, ui

from bacs_core.watchdog import ServiceManager, report

COUNT_EVERY_S: Final = 2.0

# Where the panel fills the screen, Chromium asks the page before it takes a key for itself: no key
# opens a tab, a window or a menu, and no script one either.
_SCRIPT: Final = """<script>
addEventListener("keydown", (event) => {
  const held = event.ctrlKey || event.altKey || event.metaKey;
  const forBrowser = held || /^(F\\d+|Escape|ContextMenu)$/.test(event.key);
  if (forBrowser && matchMedia("(display-mode: fullscreen)").matches) event.preventDefault();
}, true);
if (matchMedia("(display-mode: fullscreen)").matches) window.open = () => null;
</script>"""

_log = logging.getLogger(__name__)


class Counter:
    """A number in a file of the memory that grows; whoever reads it sees whether it goes on."""

    def __init__(self, path: Path | None) -> None:
        """Count into `path`; without one only in here."""
        self._path = path
        self.count = 0

    def go_on(self) -> None:
        """Count one further. A file that cannot be written is told and changes nothing else."""
        self.count += 1
        if self._path is None:
            return
        try:
            self._path.write_text(f"{self.count}\n", encoding="ascii")
            if self.count == 1:
                # The session is another user.
                self._path.chmod(0o644)
        except OSError as error:
            _log.warning("the session of the kiosk learns nothing: %s", error)
            self._path = None


def watch(environment: Mapping[str, str] = os.environ) -> Callable[[], None]:
    """Tell the service manager and the session of the kiosk, from the start of the server on.

    The returned function counts a report of a page of this computer: `pulse.js` sends them.
    """
    folder = environment.get("RUNTIME_DIRECTORY", "")
    server = Counter(Path(folder) / "server" if folder else None)
    page = Counter(Path(folder) / "page" if folder else None)
    manager = ServiceManager(environment)

    def progress() -> int:
        server.go_on()
        return server.count

    async def start() -> None:
        manager.ready()
        period_s = min(manager.period_s, COUNT_EVERY_S)
        background_tasks.create(report(manager, progress, period_s), name="watchdog")

    ui.add_body_html(_SCRIPT, shared=True)
    app.on_startup(start)
    app.on_shutdown(manager.stopping)
    return page.go_on
