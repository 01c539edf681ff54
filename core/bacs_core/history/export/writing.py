"""Writes an export: one pass over the history, string by string and day by day.

Memory does not grow with the time that is exported: a block of samples at once, and nothing else.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from bacs_core.history.clock_rows import Corrections, read_corrections
from bacs_core.history.events import StoredEvent
from bacs_core.history.export import contents, data_log, system
from bacs_core.history.export.contents import CELL_FILES, STRING_FILES, CellFile, StringFile
from bacs_core.history.export.numbers import Spelling, Texts
from bacs_core.history.export.scope import SAMPLE_EVERY_S, Plan, Scope, StringDay, plan
from bacs_core.history.export.targets import NewFile, Target, new_file
from bacs_core.history.export.thinned import Means
from bacs_core.history.export.times import (
    Day,
    begins_with_midnight,
    both_times,
    ends_with_midnight,
    in_both,
)
from bacs_core.history.measured import Block, Moments
from bacs_core.history.reader import HistoryReader

EVENTS_AT_ONCE: Final = 1000
#: Tells spreadsheets that what follows is UTF-8.
_MARK: Final = "\ufeff".encode()
_LINE_END: Final = b"\r\n"
#: What may stand before the first character of a field, whatever divides the columns for whoever
#: opens the file; there a spreadsheet takes =, +, - and @ for the beginning of a formula.
_FORMULA: Final = re.compile(r'^(?=[\t\r])|(^|[;,\t\r\n])(?="*[=+\-@])')

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an export is; the size at the end is an estimate until it is there."""

    file: str
    files_done: int
    bytes_done: int
    bytes_expected: int


@dataclass(frozen=True, slots=True)
class Written:
    """What an export has written: names with sizes, and days of strings that are now complete."""

    files: dict[str, int]
    complete: frozenset[StringDay]

    @property
    def total_bytes(self) -> int:
        """The size of all files together."""
        return sum(self.files.values())


#: Called with every block and file; what it raises ends the export.
Tell = Callable[[Progress], None]


def tell_nobody(_progress: Progress) -> None:
    """Follow an export without looking."""


def write_export(
    state_dir: Path, target: Target, scope: Scope, now: datetime, tell: Tell = tell_nobody
) -> Written:
    """Write everything in `scope` from the history in `state_dir`.

    Raises `HistoryError` where it cannot be read, `TargetError` where it cannot be written.
    """
    with HistoryReader(state_dir) as reader:
        planned = plan(reader, scope)
        with closing(Means(state_dir)) as means:
            corrections = read_corrections(state_dir)
            run = _Run(reader, means, corrections, target, scope, planned, tell)
            run.write_events()
            run.write_measurements(now)
            remarks = (*reader.remarks, *means.remarks)
            run.write_system(system.rows(state_dir, scope, planned, now, remarks))
    return Written(run.files, frozenset(run.complete))


@dataclass(slots=True)
class _Run:
    reader: HistoryReader
    means: Means
    corrections: Corrections
    target: Target
    scope: Scope
    planned: Plan
    tell: Tell
    files: dict[str, int] = field(default_factory=dict)
    complete: set[StringDay] = field(default_factory=set)
    opened: list[NewFile] = field(default_factory=list)
    finished_bytes: int = 0
    told_bytes: int = 0

    def write_system(self, rows: Iterable[Sequence[Cell]]) -> None:
        with self._file(contents.SYSTEM) as file:
            spelled = (_with_unit(row, self.scope.spelling) for row in rows)
            _write_rows(file, contents.SYSTEM_HEADER, spelled, self.scope.spelling)

    def write_events(self) -> None:
        with self._file(contents.EVENT_LOG) as file:
            _write_rows(
                file,
                contents.EVENT_HEADER,
                map(self._event_row, self._events()),
                self.scope.spelling,
            )

    def write_measurements(self, now: datetime) -> None:
        """Write the data log, and beside it the files of each day."""
        with self._file(contents.DATA_LOG) as log:
            log.write(_head(contents.LOG_HEADER, self.scope.spelling))
            todo = [
                (key, cells, day)
                for key, cells in self.planned.strings.items()
                for day in self.planned.days
                if (key, day.date) not in self.scope.written
            ]
            # Days of all strings, one after the other.
            span_s = sum((day.end - day.start).total_seconds() for _, _, day in todo)
            step_s = contents.log_step_s(1, span_s, max(SAMPLE_EVERY_S, self.scope.step_s))
            thinned: dict[str, Thinned] = {}
            for key, cells, day in todo:
                of_string = thinned.setdefault(key, Thinned(step_s * 1000))
                self._write_day(key, cells, day, self._log(self._blocks(key, day), log, of_string))
                if _is_over(day, now, self.scope.zone):
                    self.complete.add((key, day.date))

    def _blocks(self, key: str, day: Day) -> Iterator[Block]:
        """Yield what is kept of a day: samples, before them means where nothing else is left."""
        start, until = day.start, self.planned.thinned_until
        if until is not None and start < until:
            start = min(until, day.end)
            yield from self.means.blocks(key, Day(day.date, day.start, start))
        if start < day.end:
            yield from self.reader.blocks(key, start, day.end)

    def _log(self, blocks: Iterable[Block], log: NewFile, thinned: Thinned) -> Iterator[_Timed]:
        """Yield the blocks of a day, each after it was written into the data log."""
        of_scope = Thinned(self.scope.step_s * 1000)
        for block in blocks:
            kept = _only(block, of_scope.places(block.at))
            if not len(kept.at):
                continue
            times = both_times(kept.at, self.scope.zone)
            places = thinned.places(kept.at)
            logged = _only(kept, places)
            of_rows = [times[i] for i in places.tolist()]
            log.write(b"".join(data_log.rows(logged, of_rows, self.scope.spelling)))
            yield _Timed(kept, times)
            self._progress(contents.DATA_LOG)

    def _write_day(self, key: str, cells: int, day: Day, blocks: Iterable[_Timed]) -> None:
        files: list[_DayFile] = [
            _DayOfCells(file, cells, self.scope.spelling) for file in CELL_FILES
        ]
        files.extend(_DayOfString(file, self.scope.spelling) for file in STRING_FILES)
        with ExitStack() as stack:
            opened: list[tuple[str, _DayFile, NewFile]] = []
            finished = []
            for timed in blocks:
                if not opened:
                    opened = [
                        (name, file, self._opened(name, file, stack))
                        for file in files
                        for name in [contents.day_file(key, day.date, file.kind)]
                    ]
                for _, file, new in opened:
                    new.write(file.rows(timed))
            for name, file, new in opened:
                # A quantity that nobody measures gets no file.
                if file.measured:
                    new.finish()
                    finished.append((name, new))
        for name, new in finished:
            self._done(name, new)

    def _opened(self, name: str, file: _DayFile, stack: ExitStack) -> NewFile:
        new = self.target.create(name)
        stack.callback(new.discard)
        self.opened.append(new)
        stack.callback(self.opened.remove, new)
        new.write(_head(file.header, self.scope.spelling))
        return new

    def _events(self) -> Iterator[StoredEvent]:
        """Yield the events, the newest first, a page at a time."""
        before_id = None
        wanted = {None, *self.scope.string_keys}
        while page := self.reader.events(
            since=self.scope.since,
            until=self.scope.until,
            limit=EVENTS_AT_ONCE,
            before_id=before_id,
        ):
            for stored in page:
                if not self.scope.string_keys or stored.event.string_key in wanted:
                    yield stored
            before_id = page[-1].id

    def _event_row(self, stored: StoredEvent) -> tuple[Cell, ...]:
        event = stored.event
        corrected = self.corrections.corrected_at(stored)
        return (
            *in_both(event.at, self.scope.zone),
            stored.id,
            event.kind,
            event.severity,
            event.rule,
            event.text,
            event.by,
            event.manager_id,
            event.string_key,
            event.cell,
            event.line_id,
            None if corrected is None else in_both(corrected, self.scope.zone)[0],
        )

    @contextmanager
    def _file(self, name: str) -> Iterator[NewFile]:
        with new_file(self.target, name) as file:
            self.opened.append(file)
            yield file
            self.opened.remove(file)
        self._done(name, file)

    def _done(self, name: str, file: NewFile) -> None:
        self.files[name] = file.size
        self.finished_bytes += file.size
        self._progress(name)

    def _progress(self, name: str) -> None:
        done = self.finished_bytes + sum(file.size for file in self.opened)
        # A file of nothing but its heading is taken back.
        self.told_bytes = max(done, self.told_bytes)
        expected = max(self.told_bytes, self.planned.estimated_bytes)
        self.tell(Progress(name, len(self.files), self.told_bytes, expected))


@dataclass(frozen=True, slots=True)
class _Timed:
    """A block and both time columns of its rows."""

    block: Block
    times: list[bytes]


class _DayFile(Protocol):
    """Makes the rows of one file of a string and day."""

    kind: str
    header: tuple[str, ...]
    measured: bool
    """Whether any row holds a value."""

    def rows(self, timed: _Timed) -> bytes:
        """Return the rows of a block."""


class _DayOfCells:
    """Makes the rows of one cell file."""

    def __init__(self, file: CellFile, cells: int, spelling: Spelling) -> None:
        self._spelling = spelling
        self.kind = file.kind
        figure = file.figure
        unit = f" [{figure.unit}]" if figure.unit else ""
        self.header = (*contents.TIME_HEADINGS, *(f"cell {n}{unit}" for n in range(1, cells + 1)))
        self.measured = False
        self._name = figure.name
        self._cells = cells
        self._texts = Texts(figure)

    def rows(self, timed: _Timed) -> bytes:
        values = timed.block.columns.get(self._name)
        if values is None:
            values = np.full((len(timed.times), self._cells), np.nan)
        self.measured |= bool(np.isfinite(values).any())
        # The string may have been shorter then.
        missing = b"," * (self._cells - values.shape[1])
        rows = zip(timed.times, self._texts.rows(values), strict=True)
        spell = self._spelling
        return b"".join(
            spell.between(head) + spell.of(row + missing) + _LINE_END for head, row in rows
        )


class _DayOfString:
    """Makes the rows of one file of values of the whole string."""

    def __init__(self, file: StringFile, spelling: Spelling) -> None:
        self._spelling = spelling
        self.kind = file.kind
        self.header = contents.TIME_HEADINGS + tuple(figure.title for figure in file.figures)
        self.measured = False
        self._columns = [(figure.name, Texts(figure)) for figure in file.figures]

    def rows(self, timed: _Timed) -> bytes:
        nothing = np.full(len(timed.times), np.nan)
        columns = []
        for name, texts in self._columns:
            values = timed.block.scalars.get(name, nothing)
            self.measured |= bool(np.isfinite(values).any())
            columns.append(texts.rows(values[:, np.newaxis]))
        return b"".join(
            self._spelling.between(head) + self._spelling.of(b"".join(row)) + _LINE_END
            for head, *row in zip(timed.times, *columns, strict=True)
        )


class Thinned:
    """Picks the first sample of each step, over all blocks of a string."""

    def __init__(self, step_ms: int) -> None:
        """With a step of 0 every sample is taken."""
        self._step_ms = step_ms
        self._last: int | None = None

    def places(self, at: Moments) -> NDArray[np.int64]:
        """Return which of these samples are taken."""
        if not self._step_ms or not len(at):
            return np.arange(len(at))
        steps = at // self._step_ms
        before = steps[0] - 1 if self._last is None else self._last
        self._last = int(steps[-1])
        return np.flatnonzero(np.diff(steps, prepend=before))


def _only(block: Block, places: NDArray[np.int64]) -> Block:
    if len(places) == len(block.at):
        return block
    return Block(
        block.string_key,
        block.at[places],
        {name: values[places] for name, values in block.columns.items()},
        {name: values[places] for name, values in block.scalars.items()},
    )


def _is_over(day: Day, now: datetime, zone: tzinfo | None) -> bool:
    """Tell whether the whole day was exported and nothing can be added to it any more."""
    whole = begins_with_midnight(day, zone) and ends_with_midnight(day, zone)
    return whole and day.end <= now.astimezone(UTC)


def _write_rows(
    file: NewFile, header: Sequence[str], rows: Iterable[Sequence[Cell]], spelling: Spelling
) -> None:
    file.write(_head(header, spelling))
    for row in rows:
        file.write(_line(row, spelling))


def _with_unit(row: Sequence[Cell], spelling: Spelling) -> Sequence[Cell]:
    """Spell the value of a fact that has a unit; versions and texts keep their points."""
    *place, value, unit = row
    return (*place, str(value).replace(".", spelling.point), unit) if unit else row


def _head(header: Sequence[str], spelling: Spelling) -> bytes:
    return _MARK + _line(header, spelling)


def _line(row: Sequence[Cell], spelling: Spelling) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=spelling.delimiter).writerow(
        [harmless(cell) if isinstance(cell, str) else cell for cell in row]
    )
    return text.getvalue().encode(errors="replace")


def harmless(text: str) -> str:
    """Keep a spreadsheet from carrying out what begins like a formula, with any delimiter."""
    return _FORMULA.sub(r"\1'", text)
