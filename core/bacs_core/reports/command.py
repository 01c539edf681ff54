"""`bacs report`: the battery report of one string as one HTML file.

It is a program of its own, also when the API asks for it: whatever it costs, the tick of the engine
never waits for it.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bacs_core.errors import SettingsError
from bacs_core.history.database import DEFAULT_STATE_DIR
from bacs_core.history.export import arguments
from bacs_core.history.export.arguments import STANDARD_OUTPUT
from bacs_core.history.export.targets import FolderTarget, free_name, new_file, standard_output
from bacs_core.history.site_copy import FOLDER, SITE_FILE
from bacs_core.reports.content import Request
from bacs_core.reports.errors import MissingPartError
from bacs_core.reports.told import TOLD, Told

DEFAULT_PERIOD: Final = timedelta(days=30)
LANGUAGES: Final = ("en", "de")
#: More than everybody else: a report can wait.
_NICENESS: Final = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `bacs report`."""
    parser.epilog = (
        "Present values are those of the last stored sample; the report of a running engine "
        "(GET /api/v1/history/reports/STRING) has its live ones."
    )
    parser.add_argument("string", metavar="STRING", help="key of the string, e.g. ups-a/1")
    parser.add_argument(
        "--language", choices=LANGUAGES, default=LANGUAGES[0], help="default: %(default)s"
    )
    parser.add_argument(
        "--from",
        dest="since",
        type=arguments.moment,
        metavar="TIME",
        help="list alarms and events from this time on; default: 30 days before --to",
    )
    parser.add_argument(
        "--to",
        dest="until",
        type=arguments.moment,
        metavar="TIME",
        help="up to this time; default: now",
    )
    parser.add_argument(
        "--out",
        type=arguments.file,
        metavar="FILE",
        help="where to put the page, - for standard output; default: report-STRING-TIME.html here",
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=DEFAULT_STATE_DIR,
        metavar="DIR",
        help="state directory of the engine (default: %(default)s)",
    )
    parser.add_argument(
        "--site",
        type=Path,
        metavar="SITE.toml",
        help="the site file; default: the copy in the state directory",
    )
    # What the engine tells of the present, see `Told`.
    parser.add_argument("--told", type=Path, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Make the report.

    Raises `HistoryError`, `SettingsError`, `UnknownStringError`, `MissingPartError`, `TargetError`.
    """
    # The API has already lowered what it starts: twice, a report would starve.
    own = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, max(own, _NICENESS))
    request = _request(args)
    page = _maker()(request)
    if args.out == STANDARD_OUTPUT:
        with standard_output() as output:
            output.write(page.encode())
        return 0
    out = args.out or Path(free_name(Path(), _file_name(request)))
    with new_file(FolderTarget(out.parent), out.name) as file:
        file.write(page.encode())
    sys.stdout.write(f"{out}\n")
    return 0


def _maker() -> Callable[[Request], str]:
    """Load what draws and writes reports: an extra that not every panel has."""
    try:
        making = importlib.import_module("bacs_core.reports.making")
    except ModuleNotFoundError as error:
        raise MissingPartError(error.name or str(error)) from error
    make: Callable[[Request], str] = making.make
    return make


def _request(args: argparse.Namespace) -> Request:
    told = None if args.told is None else _read_told(args.told)
    now = datetime.now(UTC) if told is None else told.now
    end = args.until or now
    start = args.since or end - DEFAULT_PERIOD
    if start >= end:
        raise SettingsError("--from must be before --to")
    copy = args.state / FOLDER / SITE_FILE
    return Request(
        state_dir=args.state,
        string_key=args.string,
        language=args.language,
        start=start,
        end=end,
        now=now,
        identity=None if told is None else told.identity,
        standing=None if told is None else told.standing,
        site_file=args.site or (copy if copy.is_file() else None),
    )


def _read_told(path: Path) -> Told:
    """Read what the engine tells."""
    try:
        return TOLD.validate_json(path.read_bytes())
    except ValidationError as error:
        raise SettingsError(f"{path} is not what an engine tells a report") from error


def _file_name(request: Request) -> str:
    key = request.string_key.replace("/", "-")
    return f"report-{key}-{request.end.astimezone():%Y%m%dT%H%M}.html"
