"""What the engine does with its state directory before it uses it."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from bacs_core.history import site_copy
from bacs_core.history.backup import replacing
from bacs_core.history.backup.making import WORK_PREFIX
from bacs_core.history.errors import BackupError
from bacs_core.settings import Settings

_log = logging.getLogger(__name__)


def take_up(state_dir: Path, site_file: Path | None, settings: Settings) -> None:
    """End a restore that was cut off, remove what a killed backup left, keep the site file.

    The directory must be taken alone. Control is worth more: a failure is only logged.
    """
    try:
        if replacing.finish(state_dir):
            _log.warning("a restore that was cut off is complete now")
        for left in state_dir.glob(f"{WORK_PREFIX}*"):
            shutil.rmtree(left)
    except (OSError, BackupError) as error:
        _log.error("a restore or backup that was cut off cannot be ended: %s", error)
    if site_file is not None:
        site_copy.keep(state_dir, site_file, settings)
