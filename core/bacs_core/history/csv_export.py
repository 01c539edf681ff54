"""`bacs export`: measurements and events as CSV that spreadsheets open, also while the engine runs.

Plain commas and points, ISO 8601 times in UTC, one row per cell and sample. A file appears under
its name only when it is complete.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import math
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from bacs_core.history import query
from bacs_core.history.database import DEFAULT_STATE_DIR, naming_errors, open_for_reading
from bacs_core.history.events import StoredEvent, select_events
from bacs_core.history.sample import Sample
from bacs_core.model import Quantity

DATA_LOG: Final = "DataLog.csv"
EVENT_LOG: Final = "Event.csv"
EVENTS_AT_ONCE: Final = 1000

#: Heading, quantity, factor from the stored unit to the one people read, decimals.
COLUMNS: Final = (
    ("voltage [V]", Quantity.VOLTAGE, 1, 3),
    ("temperature [°C]", Quantity.TEMPERATURE, 1, 1),
    ("resistance [mΩ]", Quantity.RESISTANCE, 1000, 3),
    ("charge [%]", Quantity.CHARGE, 1, 1),
    ("bypass duty [%]", Quantity.DUTY, 1, 1),
)
DATA_HEADER: Final = ("time", "string", "cell", *(heading for heading, *_ in COLUMNS))
EVENT_HEADER: Final = ("time", "kind", "text", "by", "manager", "string", "cell", "line")

Row = Sequence[str | int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `bacs export`."""
    parser.add_argument(
        "--from",
        dest="since",
        type=_moment,
        metavar="TIME",
        help="ISO 8601, e.g. 2026-11-21 or 2026-11-21T08:00; default: one day before --to",
    )
    parser.add_argument(
        "--to", dest="until", type=_moment, metavar="TIME", help="up to this time; default: now"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="folder for the files (default: here)",
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=DEFAULT_STATE_DIR,
        metavar="DIR",
        help="state directory of the engine (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Write both files. Raises `HistoryError` where reading or writing fails."""
    until = args.until or datetime.now(UTC)
    since = args.since or until - timedelta(days=1)
    with (
        contextlib.closing(open_for_reading(args.state)) as database,
        naming_errors(f"cannot export to {args.out}"),
    ):
        args.out.mkdir(parents=True, exist_ok=True)
        for name, header, rows in (
            (DATA_LOG, DATA_HEADER, _data_rows(query.samples(database, since, until))),
            (EVENT_LOG, EVENT_HEADER, map(_event_row, _all_events(database, since, until))),
        ):
            count = _write(args.out / name, header, rows)
            sys.stdout.write(f"{args.out / name}: {count} rows\n")
    return 0


def _write(path: Path, header: Row, rows: Iterable[Row]) -> int:
    """Write a file beside its place, then put it there; return the number of rows."""
    unfinished = path.with_name(f"{path.name}.part")
    count = 0
    try:
        # The mark at the start tells spreadsheets that this is UTF-8.
        with unfinished.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            for row in rows:
                writer.writerow(row)
                count += 1
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def _data_rows(samples: Iterable[Sample]) -> Iterator[Row]:
    for sample in samples:
        time = sample.at.isoformat(timespec="seconds")
        for key, string in sample.strings.items():
            columns = [
                [_number(factor * value, decimals) for value in string.columns[quantity].tolist()]
                for _, quantity, factor, decimals in COLUMNS
            ]
            for cell, values in enumerate(zip(*columns, strict=True), start=1):
                yield (time, key, cell, *values)


def _all_events(database: Database, since: datetime, until: datetime) -> Iterator[StoredEvent]:
    """Yield the events, the newest first, a page at a time."""
    before_id = None
    while True:
        page = select_events(
            database, since=since, until=until, limit=EVENTS_AT_ONCE, before_id=before_id
        )
        if not page:
            return
        yield from page
        before_id = page[-1].id


def _event_row(stored: StoredEvent) -> Row:
    event = stored.event
    return (
        event.at.isoformat(timespec="milliseconds"),
        event.kind,
        _harmless(event.text),
        _harmless(event.by or ""),
        event.manager_id or "",
        event.string_key or "",
        "" if event.cell is None else event.cell,
        event.line_id or "",
    )


def _number(value: float, decimals: int) -> str:
    return "" if math.isnan(value) else f"{value:.{decimals}f}"


def _harmless(text: str) -> str:
    # A spreadsheet would carry out what begins like a formula.
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _moment(text: str) -> datetime:
    """Read a moment; without an offset it is in the time of this computer."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        msg = f"'{text}' is no time like 2026-11-21T08:00"
        raise argparse.ArgumentTypeError(msg) from None
