from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bacs_core.api.messages import Alarm
from bacs_core.model import (
    AlarmSeverity,
    AlarmState,
    Basis,
    CellStatus,
    ChargePhase,
    RunawayStage,
    TripState,
)
from bacs_core.reports.content import Concluded, Content, Estimated, Source, Standing
from bacs_core.reports.judgement import Level, Verdict, alarm_text, judge
from bacs_core.reports.language import language_of
from bacs_core.snapshot import TripSummary
from tests.core.reports.contents import (
    NOW,
    WEAK,
    make_alarm,
    make_bare_content,
    make_content,
    make_standing,
)

CELLS = 8


def sound() -> Standing:
    """Make a string of which nothing bad can be said."""
    standing = make_standing(CELLS)
    return replace(
        standing,
        alarms=(),
        status=(CellStatus.NORMAL,) * CELLS,
        doubts=(),
        doubt_count=0,
        concluded=replace(
            concluded(standing),
            findings=(),
            exhausted=(False,) * CELLS,
            capacity=Estimated((97.0,) * CELLS, (5.0,) * CELLS, (Basis.DISCHARGE,) * CELLS),
        ),
    )


def concluded(standing: Standing) -> Concluded:
    assert standing.concluded is not None
    return standing.concluded


def with_brain(**changes: object) -> Standing:
    standing = sound()
    return replace(standing, concluded=replace(concluded(standing), **changes))  # type: ignore[arg-type]


def content_of(standing: Standing | None) -> Content:
    return make_content(CELLS, standing=standing)


def keys(verdict: Verdict) -> list[str]:
    return [one.rule if isinstance(one, Alarm) else one.key for one in verdict.reasons]


def test_a_sound_string_needs_nothing() -> None:
    verdict = judge(content_of(sound()))
    assert (verdict.level, keys(verdict)) == (Level.OK, ["reason_ok"])
    assert [one.key for one in verdict.advice] == ["do_nothing"]


@pytest.mark.parametrize(
    ("standing", "level", "reason"),
    [
        (with_brain(trip=TripSummary(TripState.TRIPPED)), Level.ACT, "reason_trip"),
        (with_brain(trip=TripSummary(TripState.OFF)), Level.WATCH, "reason_trip"),
        (
            with_brain(stage=(RunawayStage.ALARM,) + (0,) * (CELLS - 1)),
            Level.ACT,
            "reason_runaway_one",
        ),
        (with_brain(stuck_on=(True,) * CELLS), Level.WATCH, "reason_stuck"),
        (
            replace(sound(), status=(CellStatus.SILENT,) + (CellStatus.NORMAL,) * (CELLS - 1)),
            Level.WATCH,
            "reason_silent",
        ),
        (replace(sound(), status=(CellStatus.SILENT,) * CELLS), Level.UNKNOWN, "reason_silent"),
        (replace(sound(), at=NOW - timedelta(hours=1)), Level.WATCH, "reason_old_values"),
        (replace(sound(), at=NOW - timedelta(days=3)), Level.UNKNOWN, "reason_old_values"),
        (None, Level.UNKNOWN, "reason_no_values"),
    ],
)
def test_each_trouble_weighs_what_it_should(
    standing: Standing | None, level: Level, reason: str
) -> None:
    verdict = judge(content_of(standing))
    assert verdict.level is level
    assert reason in keys(verdict)


def test_a_cell_measured_below_80_percent_needs_action() -> None:
    verdict = judge(content_of(make_standing(CELLS)))
    assert verdict.level is Level.ACT
    assert "reason_capacity_one" in keys(verdict)
    assert "do_capacity" in [one.key for one in verdict.advice]


def test_a_lower_bound_below_80_percent_is_no_measured_capacity() -> None:
    bound = Estimated((60.0,) * CELLS, (None,) * CELLS, (Basis.LOWER_BOUND,) * CELLS)
    verdict = judge(content_of(with_brain(capacity=bound)))
    assert verdict.level is Level.OK
    assert [one.key for one in verdict.remarks] == ["reason_no_capacity"]


def test_an_alarm_needs_action_and_a_warning_attention() -> None:
    for severity, level in ((AlarmSeverity.ALARM, Level.ACT), (AlarmSeverity.WARNING, Level.WATCH)):
        alarm = make_alarm("cell_voltage_low", severity, WEAK, 2.1, 2.2)
        verdict = judge(content_of(replace(sound(), alarms=(alarm,))))
        assert (verdict.level, keys(verdict)) == (level, ["cell_voltage_low"])


def test_an_alarm_that_is_over_or_put_aside_is_no_reason() -> None:
    alarm = make_alarm("cell_voltage_low", AlarmSeverity.ALARM, WEAK, 2.1, 2.2)
    aside = [
        alarm.model_copy(update={"state": state})
        for state in (AlarmState.RETURNED, AlarmState.SHELVED, AlarmState.SUPPRESSED)
    ]
    assert judge(content_of(replace(sound(), alarms=tuple(aside)))).level is Level.OK


def test_alarms_that_nobody_knows_are_not_told_as_none() -> None:
    verdict = judge(content_of(replace(sound(), alarms=None)))
    assert (verdict.level, keys(verdict)) == (Level.UNKNOWN, ["reason_alarms_unknown"])
    assert [one.key for one in verdict.advice] == ["do_alarms_unknown"]


def test_without_a_site_file_nothing_is_judged() -> None:
    bare = replace(sound(), source=Source.SAMPLE, concluded=None, alarms=None)
    verdict = judge(content_of(bare))
    assert (verdict.level, verdict.judged, verdict.odd_cells) == (Level.UNKNOWN, False, ())
    assert judge(make_bare_content()).judged is False


def test_the_oddest_cell_comes_first_with_its_own_advice() -> None:
    odd = judge(content_of(make_standing(CELLS))).odd_cells
    assert [(cell.cell, cell.advice.key) for cell in odd] == [
        (WEAK, "do_capacity_low"),
        (12, "do_warmer_than"),
    ]


def test_an_alarm_is_told_with_value_limit_and_unit_in_the_language() -> None:
    german = language_of("de")
    content = make_content(240)
    alarm = make_alarm("cell_resistance_high", AlarmSeverity.WARNING, 7, 0.512e-3, 0.45e-3)
    told = alarm_text(alarm, content, german).replace("\N{NO-BREAK SPACE}", " ")
    assert told == "Zelle 007: Innenwiderstand hoch, 0,51 mΩ, Grenze 0,45 mΩ"


def test_an_alarm_of_a_rule_that_is_not_known_stands_as_it_was_told() -> None:
    alarm = make_alarm("of_tomorrow", AlarmSeverity.WARNING, 7, 1.0, 2.0)
    assert alarm_text(alarm, make_bare_content(), language_of("de")) == alarm.text


def test_a_string_on_battery_needs_its_mains_and_no_capacity_test() -> None:
    untested = Estimated((None,) * CELLS, (None,) * CELLS, (Basis.NONE,) * CELLS)
    standing = with_brain(phase=ChargePhase.DISCHARGE, capacity=untested)
    summary = replace(standing.summary, current_a=-20.0)
    verdict = judge(content_of(replace(standing, summary=summary)))
    assert keys(verdict) == ["reason_discharge"]
    assert [one.key for one in verdict.advice] == ["do_discharge"]


@pytest.mark.parametrize(
    ("current_a", "error_a", "reason"),
    [
        (50.0, None, "reason_recharge_since"),
        (50.0, 1.0, "reason_recharge_since"),
        (0.5, 1.0, "reason_discharge"),
    ],
)
def test_a_current_into_the_string_is_never_called_a_discharge(
    current_a: float, error_a: float | None, reason: str
) -> None:
    standing = with_brain(phase=ChargePhase.DISCHARGE)
    summary = replace(standing.summary, current_a=current_a)
    content = content_of(replace(standing, summary=summary, current_error_a=error_a))
    newest = content.discharges[0]
    running = newest.model_copy(
        update={"discharge": newest.discharge.model_copy(update={"ended_at": None})}
    )
    assert keys(judge(replace(content, discharges=(running,)))) == [reason]
