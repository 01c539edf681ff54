"""One cause, one alarm, also where a string hangs on two lines, and none for what nobody gives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bacs_core.alarms.layout import LineOf
from bacs_core.alarms.machine import AlarmBook, cell_status, evaluate
from bacs_core.model import CellStatus, Quantity
from tests.core.alarms.build import ROOM, SITE, UPS, Moment, inputs
from tests.core.equalization.build import NAN, START, readings

#: The engine's string hangs with its first two cells on one line, with the others on the other.
BOTH_LINES: LineOf = {
    "ups-a": "managers",
    "ups-a/1": "managers",
    ROOM.key: ("managers", "managers", "modules", "modules"),
}
WELL_V = 2.27


def alarms_after(lines_gone: tuple[str, ...], voltages_v: tuple[float, ...]) -> list[str]:
    book, now = AlarmBook(), START
    for _ in range(60):
        now += 1
        moment = Moment(
            readings={ROOM.key: readings(voltages_v, now), "ups-a/1": readings((NAN,) * 4, now)},
            online=None,
            lines_gone=lines_gone,
        )
        book = evaluate(SITE, replace(inputs(moment, now), line_of=BOTH_LINES), book, now)
    return [f"{alarm.rule.name} {alarm.place.label}" for alarm in book.raised]


@pytest.mark.parametrize(
    ("lines_gone", "voltages_v", "alarms"),
    [
        (("modules",), (WELL_V, WELL_V, NAN, NAN), ["line_gone modules"]),
        (("managers", "modules"), (NAN,) * 4, ["line_gone managers", "line_gone modules"]),
        (
            ("modules",),
            (WELL_V, NAN, NAN, NAN),
            ["line_gone modules", "module_silent room/1:02"],
        ),
        ((), (WELL_V, WELL_V, WELL_V, NAN), ["module_silent room/1:04"]),
    ],
    ids=["one line gone", "both lines gone", "a line gone and a module silent", "a module silent"],
)
def test_a_string_over_two_lines_raises_one_alarm_per_cause(
    lines_gone: tuple[str, ...], voltages_v: tuple[float, ...], alarms: list[str]
) -> None:
    assert alarms_after(lines_gone, voltages_v) == alarms


def test_cells_whose_manager_does_not_give_them_are_neither_silent_nor_missed() -> None:
    string = replace(UPS, absent=tuple(Quantity))
    site = replace(SITE, managers=(replace(SITE.managers[1], strings=(string,)),))
    book, now = AlarmBook(), START
    for _ in range(60):
        now += 1
        read = readings((NAN,) * 4, now)
        book = evaluate(site, inputs(Moment(readings={UPS.key: read}), now, site), book, now)
    assert book.raised == ()
    assert cell_status(book, string, read, now).tolist() == [CellStatus.NORMAL] * 4
