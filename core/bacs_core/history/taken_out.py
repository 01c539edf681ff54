"""Leaves in the history who took data out of it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from bacs_core.history.database import open_database, open_for_reading, transaction
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Json, command_event, insert_event


def record_taken_out(
    state_dir: Path,
    command: str,
    arguments: Mapping[str, Json],
    *,
    by: str,
    at: datetime,
    required: bool = False,
) -> None:
    """Record it beside the engine. With `required` raises `HistoryError` where that fails."""
    # Only an engine brings an older database up to date.
    open_for_reading(state_dir).close()
    try:
        with contextlib.closing(open_database(state_dir)) as database, transaction(database):
            insert_event(database, command_event(command, arguments, by, at))
    except HistoryError:
        if required:
            raise
