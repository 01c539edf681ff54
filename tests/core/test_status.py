"""What `bacs status` says of lines, doubts and accessories."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import bacs_core.simulator
from bacs_core import sitefile
from bacs_core.api.brain_messages import BrainScalars
from bacs_core.api.built import accessories_of, lines_of
from bacs_core.api.messages import (
    AccessoryStatus,
    ClockStatus,
    Doubt,
    EngineState,
    LineStatus,
    ManagerStatus,
    Measured,
    SiteInfo,
    SnapshotMessage,
    StringScalars,
    StringValues,
)
from bacs_core.model import ChargePhase, EqualizationMode, EqualizationState, Quantity
from bacs_core.settings import Link
from bacs_core.status import overview

UNSYNCHRONISED = "clock: not synchronised with a time server since"
AT = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
DEMO = Path(bacs_core.simulator.__file__).with_name("demo.toml")


@pytest.fixture
def info() -> SiteInfo:
    settings = sitefile.load(DEMO)
    return SiteInfo(
        site_id="demo",
        version="0",
        state=EngineState.RUNNING,
        site=settings.site,
        network_enabled=False,
        lines=lines_of(settings),
        accessories=accessories_of(settings),
    )


def scalars(doubts: list[Doubt], count: int) -> StringScalars:
    return StringScalars(
        sum_voltage_v=None,
        target_voltage_v=None,
        mean_charge_percent=None,
        current_a=None,
        ac_current_a=None,
        power_w=None,
        room_temperature_c=None,
        equalization=EqualizationState.IDLE,
        inhibited_by=[],
        doubts=doubts,
        doubt_count=count,
    )


def screen(info: SiteInfo) -> str:
    doubts = [
        Doubt(cell=3, reason="module type is 20"),
        Doubt(cell=5, reason="bypass ends too high", believed=True),
    ]
    told = scalars(doubts, 5)
    snapshot = SnapshotMessage(
        sequence=1,
        at=AT,
        strings=[StringValues(key="telecom/1", scalars=told, columns={}, read_at={}, status=[])],
        managers=[
            ManagerStatus(
                id="ups-a",
                online=False,
                serial_number=1,
                firmware_version=None,
                problem="cell count is 60",
                remarks=["scales are unverified"],
                phases=["float_charging"],
                flags=["module lost"],
                registers={"ups.output_voltage_1": 230, "ups.on_battery": 0, "general.x": 0},
            ),
            ManagerStatus(id="ups-b", online=False, serial_number=2, firmware_version="1.0"),
        ],
        lines=[
            LineStatus(
                id="modules",
                port_open=True,
                message="",
                round_s=1.02,
                requests=7,
                timeouts=2,
                frame_errors=1,
                wire_round_s=0.98,
                refusals=3,
                lost_bytes=4,
                silent_units=[7, 19],
                lent=True,
            )
        ],
        alarms=[],
        accessories=[
            AccessoryStatus(id="box", online=True, inputs=[False, None], relays=[True, False]),
            AccessoryStatus(
                id="room",
                online=True,
                temperature_c=Measured(value=21.4, read_at=AT.timestamp() - 3),
                hydrogen_percent=Measured(value=0.02, read_at=AT.timestamp() - 3),
            ),
        ],
    )
    return "\n".join(overview(info, snapshot))


def test_a_line_is_told_with_its_link_its_round_and_what_the_wire_allows(info: SiteInfo) -> None:
    assert (
        "line modules (serial): open, LENT, nothing is polled, round 1.02 s, wire 0.98 s, "
        "7 requests, 2 time-outs, 1 frame errors, 3 refusals, 4 lost bytes, SILENT units 7, 19"
    ) in screen(info)


def test_who_is_not_believed_is_told_with_the_reason(info: SiteInfo) -> None:
    told = screen(info)
    assert "UPS A: NOT BELIEVED, cell count is 60\n  scales are unverified\n" in told
    assert "UPS B: SILENT" in told
    assert "cell 03 NOT BELIEVED, module type is 20" in told
    assert "cell 05 DOUBTFUL, bypass ends too high" in told
    assert "and 3 more" in told


def test_what_a_foreign_manager_tells_beside_its_strings_is_told_in_words(info: SiteInfo) -> None:
    told = screen(info)
    assert "  says: float charging, module lost\n" in told
    assert "  ups: output voltage 1 230; all others 0\n" in told
    assert "  general: all 0\n" in told


def test_accessories_are_told_by_the_names_of_their_contacts(info: SiteInfo) -> None:
    told = screen(info)
    contacts = "inputs: Door open, Smoke detector unknown; relays: Horn closed"
    assert f"Relay box: online; {contacts}, String breaker relay not energised" in told
    assert "Battery room: online; 21.4 °C (3 s old); 0.02 % hydrogen (3 s old)" in told


@pytest.mark.parametrize(
    ("current_a", "said"), [(-10.0, "ON BATTERY"), (10.0, "was ON BATTERY, waits for the charger")]
)
def test_a_string_that_takes_current_waits_for_its_charger(
    info: SiteInfo, current_a: float, said: str
) -> None:
    brain = BrainScalars(phase=ChargePhase.DISCHARGE, mode=EqualizationMode.CONTINUOUS)
    told = scalars([], 0).model_copy(update={"current_a": current_a})
    values = StringValues(
        key="telecom/1", scalars=told, columns={}, read_at={}, status=[], brain=brain
    )
    shown = SnapshotMessage(sequence=1, at=AT, strings=[values], managers=[], lines=[], alarms=[])
    assert any(line.strip().startswith(said) for line in overview(info, shown))


def test_clients_learn_what_hangs_on_which_line(info: SiteInfo) -> None:
    managers, modules = info.lines
    assert (managers.link, managers.baud, managers.managers) == (
        Link.SERIAL,
        115200,
        ["ups-a", "ups-b"],
    )
    assert modules.strings == ["telecom/1"]
    box = info.accessories[0]
    assert (box.line_id, box.unit, box.released, box.breakers) == ("modules", 242, [1], [2])


def changed(info: SiteInfo, *, port_open: bool, absent: tuple[Quantity, ...] = ()) -> str:
    """The screen of the demonstration, with all cells of all strings normal."""
    managers = [
        replace(row, strings=tuple(replace(string, absent=absent) for string in row.strings))
        for row in info.site.managers
    ]
    site = replace(info.site, managers=tuple(managers))
    lines = [
        LineStatus(
            id=line.id,
            port_open=port_open,
            message="gone",
            round_s=None,
            requests=0,
            timeouts=0,
            frame_errors=0,
        )
        for line in info.lines
    ]
    snapshot = SnapshotMessage(
        sequence=1,
        at=AT,
        strings=[
            StringValues(key=row.key, scalars=scalars([], 0), columns={}, read_at={}, status=[0])
            for row in site.strings
        ],
        managers=[
            ManagerStatus(id=row.id, online=online, serial_number=None, firmware_version=None)
            for row, online in zip(managers, (False, True, True), strict=True)
        ],
        lines=lines,
        alarms=[],
    )
    return "\n".join(overview(info.model_copy(update={"site": site}), snapshot))


def test_cells_are_normal_only_where_somebody_reads_them(info: SiteInfo) -> None:
    told = changed(info, port_open=True)
    silent, others = told.split("UPS B: online")
    assert "cells: silent" in silent
    assert "cells: 1 normal" not in silent
    assert others.count("cells: 1 normal") == 2
    foreign = changed(info, port_open=True, absent=tuple(Quantity)).split("UPS B: online")[1]
    assert foreign.count("cells: not given") == 2


def test_the_engine_is_not_online_for_modules_whose_lines_are_down(info: SiteInfo) -> None:
    assert "Telecom 48 V: online" in changed(info, port_open=True)
    assert "Telecom 48 V: LINES DOWN" in changed(info, port_open=False)


@pytest.mark.parametrize(
    ("synchronised", "was_set", "hours", "told"),
    [
        (True, True, 0, f"clock: kept right since {AT.astimezone():%H:%M}"),
        (False, True, 0, f"{UNSYNCHRONISED} {AT.astimezone():%H:%M}; times may be off"),
        (
            False,
            True,
            48,
            f"{UNSYNCHRONISED} {(AT - timedelta(days=2)).astimezone():%Y-%m-%d %H:%M}; times",
        ),
        (None, True, 5, "clock: nobody knows whether it is kept right"),
        (False, False, 5, "clock: NOT SET, every time shown is wrong"),
    ],
)
def test_how_far_the_clock_can_be_trusted_stands_on_every_overview(
    info: SiteInfo, synchronised: bool | None, was_set: bool, hours: int, told: str
) -> None:
    clock = ClockStatus(
        synchronised=synchronised, since=AT - timedelta(hours=hours), was_set=was_set
    )
    nothing = SnapshotMessage(sequence=1, at=AT, strings=[], managers=[], lines=[], alarms=[])
    assert any(line.startswith(told) for line in overview(info, nothing, clock))
