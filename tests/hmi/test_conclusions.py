"""What the engine concludes is said in words, and what is not known takes no room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bacs_core.api.live import LiveString
from bacs_core.api.messages import (
    BrainScalars,
    CellCode,
    CellFigure,
    CellMark,
    Finding,
    StringScalars,
    TripStatus,
    Wording,
)
from bacs_core.model import (
    Basis,
    ChargePhase,
    EqualizationMode,
    EqualizationState,
    RunawayStage,
    TripCause,
    TripState,
)
from bacs_hmi import conclusions
from bacs_hmi.format import Numbers
from bacs_hmi.texts import LANGUAGES, Texts
from tests.hmi.standin_engine import small_site

STRING = small_site().strings[-1]
ENGLISH, GERMAN = LANGUAGES["en"], LANGUAGES["de"]
POINT, COMMA = Numbers("."), Numbers(",")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def mirror(**brain: Any) -> LiveString:
    scalars = StringScalars(
        sum_voltage_v=None,
        target_voltage_v=None,
        mean_charge_percent=None,
        current_a=None,
        ac_current_a=None,
        power_w=None,
        room_temperature_c=None,
        equalization=EqualizationState.IDLE,
        inhibited_by=[],
    )
    cells = STRING.cell_count
    concluded = BrainScalars(
        **({"phase": ChargePhase.FLOAT, "mode": EqualizationMode.CONTINUOUS} | brain)
    )
    return LiveString(STRING, scalars, {}, {}, [0] * cells, brain=concluded)


def column(place: int, value: float) -> list[float | None]:
    return [value if index == place else None for index in range(STRING.cell_count)]


def codes(place: int, code: int) -> list[int]:
    return [code if index == place else 0 for index in range(STRING.cell_count)]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_string_says_its_charge_with_uncertainty_and_basis_and_what_the_charger_does() -> None:
    live = mirror(charge_percent=96.6, charge_uncertainty_percent=3.2, charge_basis=Basis.COUNTED)
    assert plain(conclusions.facts(live, ENGLISH, POINT, NOON)) == (
        "weakest cell 97 % ± 3 % (counted) · float charge"
    )
    assert conclusions.mode(live, GERMAN) == "dauernd"


def test_a_string_that_takes_current_is_not_called_discharging() -> None:
    live = mirror(phase=ChargePhase.DISCHARGE)
    live.scalars = live.scalars.model_copy(update={"current_a": -12.0})
    assert conclusions.facts(live, ENGLISH, POINT, NOON) == "discharge"
    live.scalars = live.scalars.model_copy(update={"current_a": 4.0})
    assert conclusions.facts(live, ENGLISH, POINT, NOON) == ("recharges, charger not confirmed yet")
    live.scalars = live.scalars.model_copy(update={"current_a": None})
    assert conclusions.facts(live, GERMAN, COMMA, NOON) == "Entladung"


def test_what_is_not_known_is_not_said() -> None:
    nothing = mirror(phase=ChargePhase.UNKNOWN)
    assert conclusions.facts(nothing, ENGLISH, POINT, NOON) == ""
    nothing.brain = None
    assert conclusions.facts(nothing, ENGLISH, POINT, NOON) == ""
    assert conclusions.mode(nothing, ENGLISH) == ""
    assert conclusions.charge_note(nothing, 3, ENGLISH, POINT) == ""
    assert conclusions.figures(nothing, 3, ENGLISH, POINT) == []
    assert conclusions.remarks(nothing, 3, (), ENGLISH, POINT) == []
    assert conclusions.stage(nothing, 3) is RunawayStage.NONE
    assert conclusions.worst_stage(nothing) is RunawayStage.NONE
    assert conclusions.worst_finding(nothing, ENGLISH, POINT) is None


def test_a_charge_or_capacity_of_the_name_plate_is_no_value() -> None:
    live = mirror(charge_percent=100.0, charge_basis=Basis.RATED)
    live.figures[CellFigure.CAPACITY] = column(3, 100.0)
    live.codes[CellCode.CAPACITY_BASIS] = codes(3, Basis.RATED)
    assert "%" not in conclusions.facts(live, ENGLISH, POINT, NOON)
    assert conclusions.figures(live, 3, ENGLISH, POINT) == []


def test_a_cell_says_its_estimates_with_what_they_rest_on() -> None:
    live = mirror()
    live.figures[CellFigure.CAPACITY] = column(3, 92.4)
    live.figures[CellFigure.CAPACITY_UNCERTAINTY] = column(3, 4.2)
    live.codes[CellCode.CAPACITY_BASIS] = codes(3, Basis.LOWER_BOUND)
    live.figures[CellFigure.BLED] = column(3, 1.66)
    capacity, bled = conclusions.figures(live, 3, GERMAN, COMMA)
    assert (capacity.name, plain(capacity.value)) == ("capacity", "≥ 92 %")
    assert plain(capacity.note) == "± 4 % (mindestens, Entladung endete vorher)"
    assert (bled.name, plain(bled.value)) == ("bled", "1,7 Ah")


def test_a_cell_says_what_was_found_out_about_it_and_not_twice_what_an_alarm_says() -> None:
    live = mirror()
    live.codes[CellCode.MARKS] = codes(6, CellMark.EXHAUSTED | CellMark.EQUALIZES)
    live.findings = [
        Finding(
            cell=7,
            score=5.0,
            text="2.3 K warmer than the median of its string",
            wording=Wording(code="warmer_than_string", arguments={"amount": 2.34}),
        ),
        Finding(cell=9, score=4.0, text="moon is full", wording=Wording(code="moon_phase")),
    ]
    assert conclusions.remarks(live, 6, (), ENGLISH, POINT) == [
        "Bypass at its limit for hours, still too high",
        "2.3 K warmer than the median of its string",
    ]
    assert conclusions.remarks(live, 6, {"bypass_exhausted"}, GERMAN, COMMA) == [
        "2,3 K wärmer als der Median des Strangs"
    ]
    assert conclusions.remarks(live, 8, (), GERMAN, COMMA) == ["moon is full"]
    told = conclusions.worst_finding(live, ENGLISH, POINT)
    assert told == "Cell 07: 2.3 K warmer than the median of its string"


def test_a_trip_says_since_when_why_and_what_the_contact_tells() -> None:
    trip = TripStatus(
        state=TripState.TRIPPED,
        causes=[TripCause.THERMAL_RUNAWAY],
        cell=7,
        since=NOON,
        contact_open=True,
    )
    clock = f"{NOON.astimezone():%H:%M}"
    assert conclusions.headline(trip, ENGLISH, NOON) == f"Tripped since {clock}"
    assert conclusions.why(trip, STRING, GERMAN, NOON) == "thermisches Durchgehen, Zelle 07"
    assert conclusions.contact(trip, ENGLISH) == "breaker open"
    assert conclusions.contact(TripStatus(), ENGLISH) == "breaker position unknown"


def test_a_reason_that_was_chosen_is_read_in_the_language_of_the_screen() -> None:
    def why(reason: str, texts: Texts) -> str:
        off = TripStatus(state=TripState.OFF, by="tina", reason=reason)
        return conclusions.why(off, STRING, texts, NOON)

    assert why("Work on the battery", GERMAN) == "von tina: Arbeiten an der Batterie"
    assert why("Arbeiten an der Batterie", ENGLISH) == "by tina: Work on the battery"
    assert why("neue Sensoren", ENGLISH) == "by tina: neue Sensoren"


def test_protection_that_is_off_says_until_when_by_whom_and_why() -> None:
    until = NOON + timedelta(hours=1)
    off = TripStatus(state=TripState.OFF, by="tina", reason="sensor", until=until)
    assert conclusions.why(off, STRING, ENGLISH, NOON) == (
        f"until {until.astimezone():%H:%M}, by tina: sensor"
    )
