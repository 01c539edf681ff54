"""What a stick gets of a site: everything that `bacs export` writes, and a backup.

The backup has neither people nor tokens nor keys: whoever finds the stick must not become somebody.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from bacs_core.history.backup.making import Wish, write_backup
from bacs_core.history.database import FILE_NAME
from bacs_core.history.export import contents
from bacs_core.history.export.scope import SAMPLE_EVERY_S, Plan, Scope, StringDay, plan
from bacs_core.history.export.targets import Target
from bacs_core.history.export.writing import write_export
from bacs_core.history.reader import HistoryReader

#: A row of the data log with both times and all its columns.
LOG_ROW_BYTES: Final = 200


class SiteWriter:
    """Export and backup of the site whose state lies in `state_dir`."""

    def __init__(self, state_dir: Path) -> None:
        """Nothing is opened yet."""
        self._state_dir = state_dir

    def size_bytes(self, written: frozenset[StringDay], now: datetime) -> int:
        """Estimate how much will be written, rather too much. Raises `HistoryError`."""
        with HistoryReader(self._state_dir) as reader:
            planned = plan(reader, Scope(None, now, written=written))
        # Once packed as the backup, and at most once more as the text of its events.
        state_bytes = 2 * (self._state_dir / FILE_NAME).stat().st_size
        return planned.estimated_bytes + _log_bytes(planned) + state_bytes

    def write(
        self, target: Target, written: frozenset[StringDay], now: datetime
    ) -> frozenset[StringDay]:
        """Write everything but the `written` days; return the days that are complete now.

        Raises `HistoryError` and `TargetError`.
        """
        done = write_export(self._state_dir, target, Scope(None, now, written=written), now)
        write_backup(self._state_dir, target, now.astimezone(), Wish())
        return done.complete


def _log_bytes(planned: Plan) -> int:
    span_s = sum((day.end - day.start).total_seconds() for day in planned.days)
    samples = round(len(planned.strings) * span_s / SAMPLE_EVERY_S)
    # Where there are more, they are thinned until they fit into a sheet.
    return min(samples, contents.SHEET_ROWS) * LOG_ROW_BYTES
