"""What people order of the battery brain, carried out: the `Brain` that commands are given to.

Rights and places were checked before; here is judged what only the state of the plant can tell.
Every order changes the state at once, so that the next tick works with it, and is kept for the next
start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bacs_core.alarms import orders as alarm_orders, overrides
from bacs_core.alarms.book import OutOfService
from bacs_core.alarms.overrides import Override
from bacs_core.alarms.place import Place
from bacs_core.api.command_messages import AddMaintenance, GivenByHand, LimitChoice
from bacs_core.errors import RefusedError
from bacs_core.history.events import Event, EventKind, Json
from bacs_core.history.maintenance import Baseline, Maintenance, baseline_of, require_plausible
from bacs_core.model import EqualizationMode, MaintenanceWork, String, cell_label
from bacs_core.protection import Trip, trips
from bacs_core.wishes import Wishes

if TYPE_CHECKING:
    from bacs_core.alarms.layout import Layout
    from bacs_core.engine import Engine

_SECONDS_PER_HOUR = 3600.0


class OrderTaker:
    """Carries out orders on one engine; see `brain_orders.Brain` for what each of them does."""

    def __init__(self, engine: Engine) -> None:
        """Take orders for `engine`."""
        self._engine = engine

    def shelve_alarm(self, alarm_id: str, until: float, by: str) -> Sequence[Event]:
        """Put an alarm aside until a time."""
        engine = self._engine
        return engine.change_alarms(
            lambda book: alarm_orders.shelve(book, alarm_id, by, engine.now, until)
        )

    def unshelve_alarm(self, alarm_id: str, by: str) -> Sequence[Event]:
        """Take a shelved alarm up again."""
        engine = self._engine
        return engine.change_alarms(
            lambda book: alarm_orders.unshelve(book, alarm_id, by, engine.now)
        )

    def mute_buzzer(self, by: str) -> Sequence[Event]:
        """Silence the buzzer until the next alarm is raised."""
        engine = self._engine
        events = engine.change_alarms(lambda book: alarm_orders.mute(book, by, engine.now))
        return (*events, Event(self._at, EventKind.BUZZER_MUTED, "buzzer muted", by=by))

    def set_alarm_limit(
        self, rule: str, place: Place, limit: float | LimitChoice, by: str
    ) -> Sequence[Event]:
        """Give a rule another limit at a place."""
        layout, known = self._layout(), self._engine.overrides
        off = limit is LimitChoice.OFF
        wished = None if isinstance(limit, LimitChoice) else limit
        wish = overrides.validated(
            Override(rule, place, by, self._engine.now, limit=wished, off=off), layout
        )
        before = _limit(known, rule, wish.place)
        if limit is LimitChoice.DEFAULT:
            self._engine.overrides = overrides.without(known, rule, wish.place)
            text = f"{rule} at {wish.place.label}: default"
        else:
            self._engine.overrides = overrides.changed(known, wish)
            text = overrides.told(wish)
        self._engine.keep_orders()
        after = _limit(self._engine.overrides, rule, wish.place)
        told = self._event(EventKind.SETTING_CHANGED, text, by, wish.place)
        return (replace(told, rule=rule, data=_changed("alarm_limit", before, after)),)

    def take_out_of_service(
        self, place: Place, rule: str | None, reason: str, by: str
    ) -> Sequence[Event]:
        """Stop a rule, or all rules, from raising anything at a place."""
        order = OutOfService(rule, place, by, self._engine.now, reason)
        before = self._stopped(rule, place)
        events = self._engine.change_alarms(
            lambda book: alarm_orders.take_out_of_service(book, order)
        )
        text = f"{rule or 'all alarms'} at {place.label} out of service: {reason}"
        told = self._event(EventKind.SETTING_CHANGED, text, by, place)
        data = _changed("out_of_service", before, self._stopped(rule, place))
        return (replace(told, rule=rule, data=data), *events)

    def put_back(self, place: Place, rule: str | None, by: str) -> Sequence[Event]:
        """Take back what was taken out of service there."""
        engine = self._engine
        before = self._stopped(rule, place)
        events = engine.change_alarms(
            lambda book: alarm_orders.put_back(book, place, rule, by, engine.now)
        )
        text = f"{rule or 'all alarms'} at {place.label} in service again"
        told = self._event(EventKind.SETTING_CHANGED, text, by, place)
        return (replace(told, rule=rule, data=_changed("out_of_service", before, None)), *events)

    def set_equalization_mode(
        self, string_key: str, mode: EqualizationMode, by: str
    ) -> Sequence[Event]:
        """Choose when a string is equalized."""
        control, string = self._engine.control, self._string(string_key)
        before = control.mode(string_key)
        if before is mode:
            return ()
        chosen = None if mode is string.equalization else mode
        control.wishes = control.wishes.in_mode(string_key, chosen)
        self._engine.keep_orders()
        text = f"{string.name}: equalization {mode} instead of {before}"
        told = self._of_string(EventKind.EQUALIZATION, text, by, string)
        return (replace(told, data=_changed("equalization_mode", before, mode)),)

    def pause_equalization(
        self, string_key: str, cells: Sequence[int], until: float | None, by: str
    ) -> Sequence[Event]:
        """Stop the bypass of these cells, or of the string, until a time or for good."""
        control, string = self._engine.control, self._string(string_key)
        before = control.wishes
        control.wishes = before.paused(string_key, cells, until)
        self._engine.keep_orders()
        end = "" if until is None else f" until {datetime.fromtimestamp(until, UTC):%F %R} UTC"
        text = f"{string.name}{_cells(string, cells)}: equalization paused{end}"
        return (self._pause_told(text, by, string, before, cells),)

    def resume_equalization(
        self, string_key: str, cells: Sequence[int], by: str
    ) -> Sequence[Event]:
        """Take back the pause of these cells, or of the string and all its cells."""
        control, string = self._engine.control, self._string(string_key)
        before = control.wishes
        control.wishes = before.resumed(string_key, cells)
        if control.wishes == before:
            return ()
        self._engine.keep_orders()
        text = f"{string.name}{_cells(string, cells)}: equalization resumed"
        return (self._pause_told(text, by, string, before, cells),)

    def cell_replaced(
        self, string_key: str, cell: int, note: str, given: GivenByHand, by: str
    ) -> Sequence[Event]:
        """Forget what was learned of a cell: another one stands in its place."""
        engine, string = self._engine, self._string(string_key)
        # How long a cell has been in alarm was learned, too: to forget that puts a trip off.
        engine.require_calm(string_key)
        row = engine.control.rows.slices[string_key].start + cell - 1
        engine.control.replace_cell(row, engine.now)
        engine.keep_learned()
        events = engine.change_alarms(
            lambda book: alarm_orders.replaced(book, string_key, cell, by, engine.now)
        )
        done = Maintenance(
            MaintenanceWork.CELL_REPLACED, note, self._baseline(string_key, cell, given)
        )
        text = f"{string.name}{_cells(string, [cell])} replaced" + (f": {note}" if note else "")
        told = self._of_string(EventKind.MAINTENANCE, text, by, string)
        return (replace(told, cell=cell, maintenance=done), *events)

    def add_maintenance(self, done: AddMaintenance, by: str) -> Sequence[Event]:
        """Note work that was done, with what the cell measures; this changes nothing else."""
        string = self._string(done.string_key)
        cells = [] if done.cell is None else [done.cell]
        baseline = (
            Baseline()
            if done.cell is None
            else self._baseline(done.string_key, done.cell, done.given)
        )
        require_plausible(baseline)
        text = f"{string.name}{_cells(string, cells)}: {done.work.replace('_', ' ')}"
        told = self._of_string(
            EventKind.MAINTENANCE, text + (f": {done.note}" if done.note else ""), by, string
        )
        entry = Maintenance(done.work, done.note, baseline)
        return (replace(told, cell=done.cell, maintenance=entry),)

    def defer_trip(self, string_key: str, by: str) -> Sequence[Event]:
        """Put a trip off, once and for half an hour."""
        demand = self._engine.demand(string_key)
        return self._trip(
            string_key, lambda trip, now: trips.defer(trip, by, now, demand.hottest_c)
        )

    async def reclose_breaker(self, string_key: str, by: str) -> Sequence[Event]:
        """Take the order to trip back, for all strings that hang on this breaker.

        The relay goes first: one that still trips would only open the breaker again. Where it does
        not obey, or a cause comes up meanwhile, the trip stands and its order is given anew.
        """
        engine = self._engine
        trips.reclose(engine.trip(string_key), by, engine.now, engine.demand(string_key))
        sharing = engine.breakers.sharing(string_key)
        closed = self._all_reclosed(sharing, by)
        engine.reclosing.update(closed)
        try:
            await engine.breakers.reclose(string_key)
            closed = self._all_reclosed(sharing, by)
        finally:
            engine.reclosing.difference_update(sharing)
        return [event for key, trip in closed.items() for event in engine.change_trip(key, trip)]

    def _all_reclosed(self, sharing: Sequence[str], by: str) -> dict[str, Trip]:
        """Return the trips as they are once the breaker that these strings share is closed.

        Raises `RefusedError` where any of them, tripped or not, has a cause or is not watched.
        """
        engine = self._engine
        for key in sharing:
            engine.require_watched(key)
            demand = engine.demand(key)
            if demand.causes or demand.standing:
                named = ", ".join(demand.causes or demand.standing).replace("_", " ")
                raise RefusedError(f"{key}: the cause still stands: {named}", code="cause_stands")
        return {
            key: trips.reclose(engine.trip(key), by, engine.now, engine.demand(key))
            for key in sharing
            if engine.trip(key).ordered
        }

    def switch_protection_off(
        self, string_key: str, reason: str, hours: float, by: str
    ) -> Sequence[Event]:
        """Let nothing trip the breaker of a string for some hours."""
        return self._trip(
            string_key, lambda trip, now: trips.switch_off(trip, by, reason, hours, now)
        )

    def switch_protection_on(self, string_key: str, by: str) -> Sequence[Event]:
        """Take that back."""
        return self._trip(string_key, lambda trip, now: trips.switch_on(trip, by, now))

    def start_battery_test(self, string_key: str, until: float, by: str) -> Sequence[Event]:
        """Suppress what a discharge test raises by its nature, until a time."""
        control, string = self._engine.control, self._string(string_key)
        if string_key in control.wishes.testing:
            raise RefusedError(f"{string.name} is being tested already", code="test_runs")
        control.wishes = control.wishes.tested(string_key, until)
        self._engine.keep_orders()
        hours = (until - self._engine.now) / _SECONDS_PER_HOUR
        text = f"{string.name}: battery test begun, for {hours:.1f} h at most"
        told = self._of_string(EventKind.MAINTENANCE, text, by, string)
        return (replace(told, data=_changed("battery_test_until", None, until)),)

    def end_battery_test(self, string_key: str, by: str) -> Sequence[Event]:
        """End a test before its time."""
        control, string = self._engine.control, self._string(string_key)
        if string_key not in control.wishes.testing:
            raise RefusedError(f"{string.name} is not being tested", code="no_test")
        until = control.wishes.testing[string_key]
        control.wishes = control.wishes.tested(string_key, None)
        self._engine.keep_orders()
        text = f"{string.name}: battery test ended"
        told = self._of_string(EventKind.MAINTENANCE, text, by, string)
        return (replace(told, data=_changed("battery_test_until", until, None)),)

    @property
    def _at(self) -> datetime:
        return datetime.fromtimestamp(self._engine.now, UTC)

    def _trip(self, key: str, act: Callable[[Trip, float], Trip]) -> Sequence[Event]:
        engine = self._engine
        return engine.change_trip(key, act(engine.trip(key), engine.now))

    def _baseline(self, key: str, cell: int, given: GivenByHand) -> Baseline:
        tick, told = self._engine.board.latest, given.model_dump(exclude_none=True)
        if tick is None:
            return Baseline(given=told)
        snapshot = tick.snapshot
        return baseline_of(snapshot.strings[key], cell, told, snapshot.at.timestamp())

    def _stopped(self, rule: str | None, place: Place) -> str | None:
        """Return why a rule is out of service at a place, `None` where it is not."""
        return next(
            (
                known.reason
                for known in self._engine.alarms.out_of_service
                if known.rule == rule and known.place.label == place.label
            ),
            None,
        )

    def _pause_told(
        self, text: str, by: str, string: String, before: Wishes, cells: Sequence[int]
    ) -> Event:
        told = self._of_string(EventKind.EQUALIZATION, text, by, string)
        after = self._engine.control.wishes
        data = _changed(
            "equalization_pause", _pauses(before, string.key), _pauses(after, string.key)
        )
        (only,) = cells if len(cells) == 1 else (None,)
        return replace(told, cell=only, data=data)

    def _layout(self) -> Layout:
        layout = self._engine.alarms.layout
        if layout is None:
            raise RefusedError("the engine has only just started", code="not_ready")
        return layout

    def _string(self, key: str) -> String:
        return next(string for string in self._engine.site.strings if string.key == key)

    def _event(self, kind: EventKind, text: str, by: str, place: Place) -> Event:
        return Event(
            self._at,
            kind,
            text,
            by=by,
            manager_id=place.manager_id,
            string_key=place.string_key,
            cell=place.cell,
            line_id=place.line_id,
        )

    def _of_string(self, kind: EventKind, text: str, by: str, string: String) -> Event:
        return self._event(kind, text, by, Place(string.manager_id, string.key))


def _changed(key: str, before: Json, value: Json) -> dict[str, Json]:
    """Say for machines what was chosen instead of what."""
    return {"key": key, "before": before, "value": value}


def _limit(known: Sequence[Override], rule: str, place: Place) -> Json:
    """Return what people chose for the limit of a rule at a place, named in full."""
    chosen = next((each for each in known if (each.rule, each.place) == (rule, place)), None)
    if chosen is not None and chosen.off:
        return LimitChoice.OFF.value
    if chosen is None or chosen.limit is None:
        return LimitChoice.DEFAULT.value
    return chosen.limit


def _pauses(known: Wishes, key: str) -> dict[str, Json]:
    """Return whether a string and which of its cells pause, until unix times or until resumed."""
    cells = known.cell_pauses.get(key, {})
    return {
        "string": key in known.pauses,
        "string_until": known.pauses.get(key),
        "cells_until": {str(cell): until for cell, until in sorted(cells.items())},
    }


def _cells(string: String, cells: Sequence[int]) -> str:
    if not cells:
        return ""
    labels = ", ".join(cell_label(cell, string.cell_count) for cell in sorted(cells))
    return f", cell{'s' if len(cells) > 1 else ''} {labels}"
