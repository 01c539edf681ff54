"""What a stick gets of a site: everything that `bacs export` writes, and a backup.

The backup has neither people nor tokens nor keys: whoever finds the stick must not become somebody.
"""

from __future__ import annotations

from pathlib import Path

from bacs_core.history.backup.making import Wish, write_backup
from bacs_core.history.database import FILE_NAME
from bacs_core.history.export.scope import Scope, StringDay, plan
from bacs_core.history.export.targets import Target
from bacs_core.history.export.writing import write_export
from bacs_core.history.reader import HistoryReader


class SiteWriter:
    """Export and backup of the site whose state lies in `state_dir`."""

    def __init__(self, state_dir: Path) -> None:
        """Nothing is opened yet."""
        self._state_dir = state_dir

    def size_bytes(self, scope: Scope) -> int:
        """Estimate how much will be written, rather too much. Raises `HistoryError`."""
        with HistoryReader(self._state_dir) as reader:
            planned = plan(reader, scope)
        # Once packed as the backup, and at most once more as the text of its events.
        state_bytes = 2 * (self._state_dir / FILE_NAME).stat().st_size
        return planned.estimated_bytes + state_bytes

    def write(self, target: Target, scope: Scope) -> frozenset[StringDay]:
        """Write everything but the `written` days; return the days that are complete now.

        Raises `HistoryError` and `TargetError`.
        """
        done = write_export(self._state_dir, target, scope, scope.until)
        write_backup(self._state_dir, target, scope.until.astimezone(), Wish())
        return done.complete
