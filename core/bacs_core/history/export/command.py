"""`bacs export`: the history as files that spreadsheets open, also while the engine runs."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bacs_core.errors import SettingsError
from bacs_core.history.database import DEFAULT_STATE_DIR
from bacs_core.history.errors import HistoryError, TargetError, TargetFault
from bacs_core.history.export import arguments, contents
from bacs_core.history.export.arguments import STANDARD_OUTPUT
from bacs_core.history.export.numbers import COMMA, POINT
from bacs_core.history.export.scope import Scope, plan
from bacs_core.history.export.targets import (
    ArchiveTarget,
    FolderTarget,
    StreamInto,
    Target,
    free_name,
    new_file,
    standard_output,
    telling,
)
from bacs_core.history.export.writing import Progress, tell_nobody, write_export
from bacs_core.history.reader import HistoryReader
from bacs_core.history.taken_out import record_taken_out

#: Stands in the folder for as long as files may be missing, whatever ended the export.
NOTE: Final = "unfinished.txt"
#: A line of progress is written over while the terminal is this patient.
_TOLD_EVERY: Final = timedelta(seconds=0.5)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `bacs export`."""
    parser.add_argument(
        "--from",
        dest="since",
        type=arguments.moment,
        metavar="TIME",
        help="ISO 8601, e.g. 2026-11-21 or 2026-11-21T08:00, local time unless it ends with a zone "
        "(Z, +01:00); default: one day before --to",
    )
    parser.add_argument(
        "--to",
        dest="until",
        type=arguments.moment,
        metavar="TIME",
        help="up to this time; default: now",
    )
    parser.add_argument(
        "--string",
        dest="strings",
        action="append",
        default=[],
        metavar="KEY",
        help="only this string, e.g. ups-a/1; may be given several times",
    )
    parser.add_argument(
        "--every",
        dest="step_s",
        type=arguments.step,
        default=0,
        metavar="SECONDS",
        help="of each step only the first sample; default: every sample",
    )
    parser.add_argument(
        "--decimal-comma",
        action="store_true",
        help="1,5 and ; between the columns, as e.g. a German Excel expects",
    )
    place = parser.add_mutually_exclusive_group()
    place.add_argument(
        "--out",
        type=arguments.folder,
        metavar="DIR",
        help="folder for the files (default: a new export-TIME here)",
    )
    place.add_argument(
        "--archive",
        type=arguments.file,
        metavar="FILE",
        help="one .tar.gz instead of a folder; - is standard output",
    )
    parser.add_argument("--by", help=argparse.SUPPRESS)
    parser.add_argument(
        "--state",
        type=Path,
        default=DEFAULT_STATE_DIR,
        metavar="DIR",
        help="state directory of the engine (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the files. Raises `HistoryError` where reading, `TargetError` where writing fails."""
    now = datetime.now(UTC)
    until = args.until or now
    since = args.since or until - timedelta(days=1)
    if since >= until:
        raise SettingsError("--from must be before --to")
    spelling = COMMA if args.decimal_comma else POINT
    scope = Scope(since, until, tuple(args.strings), args.step_s, spelling=spelling)
    if args.by is not None:
        asked = {
            "from": since.isoformat(),
            "to": until.isoformat(),
            "strings": args.strings,
            "every_s": scope.step_s,
        }
        record_taken_out(args.state, "export", asked, by=args.by, at=now)
    else:
        _require_something(args.state, scope)
    if args.archive is None and args.out is None:
        args.out = Path(free_name(Path(), f"export-{now.astimezone():%Y%m%dT%H%M}"))
    tell = _Teller() if sys.stderr.isatty() else tell_nobody
    if args.out is not None:
        _require_no_export(args.out)
    with _target(args, now) as target:
        written = write_export(args.state, target, scope, now, tell)
    place = args.archive or args.out
    if place != STANDARD_OUTPUT:
        sys.stdout.write(f"{place}: {len(written.files)} files, {written.total_bytes} bytes\n")
    return 0


def _require_something(state_dir: Path, scope: Scope) -> None:
    """Refuse to write files without a row. Raises `HistoryError`."""
    with HistoryReader(state_dir) as reader:
        if not plan(reader, scope).days and not reader.events(
            since=scope.since, until=scope.until, limit=1
        ):
            msg = "nothing was recorded in this time"
            raise HistoryError(msg)


def _require_no_export(folder: Path) -> None:
    """Refuse to mix two exports; what was not finished may be done again. Raises `TargetError`."""
    if (folder / NOTE).exists():
        return
    for name in (contents.SYSTEM, contents.EVENT_LOG, contents.DATA_LOG):
        if (folder / name).exists():
            msg = f"cannot write {folder}: an export is there already ({name}); name another folder"
            raise TargetError(msg, TargetFault.NOT_ALLOWED)


@contextlib.contextmanager
def _target(args: argparse.Namespace, now: datetime) -> Iterator[Target]:
    if args.archive is None:
        target = FolderTarget(args.out)
        with new_file(target, NOTE) as note:
            note.write(b"This export was not finished: files are missing.\n")
        yield target
        with telling(args.out / NOTE):
            (args.out / NOTE).unlink(missing_ok=True)
    elif args.archive == STANDARD_OUTPUT:
        with standard_output() as output, ArchiveTarget(output, now) as archive:
            yield archive
    else:
        path: Path = args.archive
        with (
            new_file(FolderTarget(path.parent), path.name) as file,
            ArchiveTarget(StreamInto(file), now) as archive,
        ):
            yield archive


class _Teller:
    """Shows the progress in one line of a terminal."""

    def __init__(self) -> None:
        self._told_at = datetime.min.replace(tzinfo=UTC)

    def __call__(self, progress: Progress) -> None:
        now = datetime.now(UTC)
        if now - self._told_at >= _TOLD_EVERY:
            self._told_at = now
            percent = 100 * progress.bytes_done // max(1, progress.bytes_expected)
            sys.stderr.write(f"\r{percent:3d} %  {progress.files_done} files\033[K\r")
