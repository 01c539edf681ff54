"""The process that copies: `python -m bacs_core.stick.worker JOB`.

A process of its own, because a stick that hangs may hold whoever reads or writes it for ever, and
because making the files must not keep the engine from its tick. It reports on standard output, and
ends with it.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from bacs_core.errors import BacsError
from bacs_core.history.errors import TargetError
from bacs_core.stick.content import SiteWriter
from bacs_core.stick.copying import StickError, copy
from bacs_core.stick.reports import REPORT, Job, Report
from bacs_core.stick.states import Failed, Progressed, StickProblem, Written

NICENESS: Final = 10
#: Well within what the engine waits for a sign of life.
ALIVE_EVERY_S: Final = 10.0
PROBLEMS: Final[Mapping[int, StickProblem]] = {
    errno.ENOSPC: StickProblem.FULL,
    errno.EDQUOT: StickProblem.FULL,
    errno.EFBIG: StickProblem.FILE_TOO_LARGE,
    # It was mounted for writing: its file system gave up after an error.
    errno.EROFS: StickProblem.BROKEN,
    errno.EIO: StickProblem.BROKEN,
    errno.ENXIO: StickProblem.BROKEN,
    errno.ENODEV: StickProblem.BROKEN,
    errno.EUCLEAN: StickProblem.BROKEN,
    errno.EBADMSG: StickProblem.BROKEN,
    errno.ESHUTDOWN: StickProblem.BROKEN,
    errno.ENOENT: StickProblem.BROKEN,
    errno.ENOTDIR: StickProblem.BROKEN,
}


def main(arguments: Sequence[str]) -> int:
    """Copy, and report how it ends."""
    job = Job.model_validate_json(arguments[0])
    os.nice(NICENESS)
    _report(outcome(job, datetime.now(UTC)))
    return 0


def outcome(job: Job, now: datetime) -> Written | Failed:
    """Copy and return how it ended."""
    try:
        return copy(job, SiteWriter(job.state_dir), now, _Seldom())
    except StickError as error:
        return error.failed
    except OSError as error:
        return failure_of(error)
    except TargetError as error:
        if isinstance(error.__cause__, OSError):
            return failure_of(error.__cause__)
        return Failed(StickProblem.FAILED, detail=str(error))
    except BacsError as error:
        return Failed(StickProblem.HISTORY, detail=str(error))


def failure_of(error: OSError) -> Failed:
    """Name what an error of the operating system means for a stick."""
    problem = PROBLEMS.get(error.errno or 0, StickProblem.FAILED)
    return Failed(problem, detail=os.strerror(error.errno) if error.errno else str(error))


class _Seldom:
    """Reports progress: whole percents once each, and now and then that it goes on."""

    def __init__(self) -> None:
        self._last: Progressed | None = None
        self._due_s = 0.0

    def __call__(self, progressed: Progressed) -> None:
        now_s = time.monotonic()
        if progressed != self._last or now_s >= self._due_s:
            self._last, self._due_s = progressed, now_s + ALIVE_EVERY_S
            _report(progressed)


def _report(report: Report) -> None:
    sys.stdout.buffer.write(REPORT.dump_json(report) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
