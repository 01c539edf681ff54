"""What a report concludes in plain words: the state, the reasons for it, and what to do.

Nothing is judged here that the engine has not concluded: alarms, findings, estimates and states
are put in order of weight, and each has its advice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from bacs_core.alarms.rules import RULE_OF
from bacs_core.api.messages import Alarm
from bacs_core.devices.registers import Unit
from bacs_core.model import (
    AlarmSeverity,
    Basis,
    CellStatus,
    ChargePhase,
    Quantity,
    RunawayStage,
    TripState,
    cell_label,
)
from bacs_core.reports.content import Concluded, Content, Source, Standing
from bacs_core.reports.language import Language
from bacs_core.reports.noted import noted
from bacs_core.reports.sentences import Sentence, counted, finding_sentence, say

#: USBR FIST and most makers: a cell is worn out at 80 % of its rated capacity.
WORN_OUT_PERCENT: Final = 80.0
#: Values older than this say nothing of the present.
_OLD: Final = timedelta(minutes=10)
_VERY_OLD: Final = timedelta(days=1)
_MOST_ALARMS: Final = 5
_SILENT_SHARE: Final = 0.5
_MILLI: Final = 1000.0
_UNSAFE: Final = (TripState.TRIPPING, TripState.TRIPPED, TripState.FAILED)
_WEAKENED: Final = (TripState.DEFERRED, TripState.OFF)
#: Advice on a finding, by the beginning of its code.
_ADVICE: Final = {
    "capacity_low": "do_capacity_low",
    "resistance_above": "do_resistance_above",
    "voltage_above": "do_voltage_above",
    "voltage_below": "do_voltage_below",
    "warmer_than": "do_warmer_than",
    "bled_more": "do_bled_more",
    "bled_less": "do_bled_less",
}
#: How an alarm's value stands on paper: unit and decimals, by the unit of its rule.
_UNITS: Final = {
    Unit.CELSIUS: ("°C", 1),
    Unit.PERCENT: ("%", 1),
    Unit.VOLT: ("V", 3),
    Unit.AMPERE: ("A", 3),
    Unit.NONE: ("", 0),
}


#: A reason is a sentence, or an alarm that speaks for itself.
Reason = Sentence | Alarm


class Level(StrEnum):
    """How a string is, from the best to the worst; unknown where too little is known."""

    OK = "ok"
    WATCH = "watch"
    ACT = "act"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judged:
    """One reason, how much it weighs, and what to do about it (`None`: nothing)."""

    level: Level
    reason: Reason
    advice: Sentence | None = None


@dataclass(frozen=True, slots=True)
class OddCell:
    """A cell that stands out: why, how much, and what to do."""

    cell: int
    reason: Sentence
    score: float
    advice: Sentence


@dataclass(frozen=True, slots=True)
class Verdict:
    """The summary of a report; `remarks` weigh nothing but have to be known."""

    level: Level
    reasons: tuple[Reason, ...]
    advice: tuple[Sentence, ...]
    remarks: tuple[Sentence, ...]
    odd_cells: tuple[OddCell, ...]
    judged: bool


def judge(content: Content) -> Verdict:
    """Conclude from everything that the report tells."""
    standing = content.standing
    if standing is None:
        nothing = Judged(Level.UNKNOWN, say("reason_no_values"), say("do_old_values"))
        return _verdict([nothing], (), (), judged=False)
    told = [
        *_age(content, standing),
        *_danger(content, standing),
        *_alarms(standing),
        *_silence(standing),
        *_wear(standing),
        *_modules(standing),
    ]
    concluded = standing.concluded
    if concluded is None:
        told.append(
            Judged(Level.UNKNOWN, say("source_sample", at=standing.at), say("do_site_file"))
        )
        return _verdict(told, (), (), judged=False)
    remarks = []
    if standing.alarms is None:
        unknown = say("reason_alarms_unknown")
        told.append(Judged(Level.UNKNOWN, unknown, say("do_alarms_unknown")))
    if not any(basis is Basis.DISCHARGE for basis in concluded.capacity.basis):
        remarks.append(say("reason_no_capacity"))
        if concluded.phase is not ChargePhase.DISCHARGE:
            told.append(Judged(Level.OK, say("reason_no_capacity"), say("do_capacity_test")))
    return _verdict(told, tuple(remarks), odd_cells(concluded), judged=True)


def odd_cells(concluded: Concluded) -> tuple[OddCell, ...]:
    """Return the cells that stand out, the oddest first."""
    return tuple(
        OddCell(
            cell=finding.cell,
            reason=finding_sentence(finding.code, finding.amount),
            score=finding.score,
            advice=say(_by_code(finding.code)),
        )
        for finding in concluded.findings
    )


def recharges(standing: Standing) -> bool:
    """Tell whether a string takes current although its discharge is not told to be over yet."""
    concluded, current_a = standing.concluded, standing.summary.current_a
    if concluded is None or concluded.phase is not ChargePhase.DISCHARGE or current_a is None:
        return False
    return current_a > (standing.current_error_a or 0.0)


def alarm_text(alarm: Alarm, content: Content, language: Language) -> str:
    """Say an alarm in a language; one of a rule that is not known stands as it was told."""
    count = content.identity.cell_count
    concluded = None if content.standing is None else content.standing.concluded
    rule = RULE_OF.get(alarm.rule)
    text = language.rules.get(alarm.rule)
    if rule is None or text is None or (rule.counts and "{value}" in text):
        return alarm.text
    said = text.format(
        value=written(alarm.value, rule.unit, language),
        limit=written(alarm.limit, rule.unit, language),
        note=noted(alarm, None if concluded is None else concluded.trip, count, language),
    )
    if alarm.cell is None:
        return said
    cell = cell_label(alarm.cell, count)
    return f"{language.text('cell_named', cell=cell)}: {said}"


def active(standing: Standing) -> tuple[Alarm, ...]:
    """Return the alarms whose condition holds, the worst and oldest first."""
    return tuple(
        sorted(
            (alarm for alarm in standing.alarms or () if alarm.active),
            key=lambda alarm: (
                alarm.severity is not AlarmSeverity.ALARM,
                alarm.raised_at,
                alarm.id,
            ),
        )
    )


def _verdict(
    told: list[Judged],
    remarks: tuple[Sentence, ...],
    found: tuple[OddCell, ...],
    *,
    judged: bool,
) -> Verdict:
    weights = [Level.OK, Level.WATCH, Level.UNKNOWN, Level.ACT]
    worst = max((one.level for one in told), key=weights.index, default=Level.OK)
    reasons = [one.reason for one in told if one.level is not Level.OK]
    advice = [one.advice for one in told if one.advice is not None]
    return Verdict(
        level=worst,
        reasons=tuple(reasons) or (say("reason_ok"),),
        # What is advised for several reasons is told once.
        advice=tuple({one.key: one for one in advice}.values()) or (say("do_nothing"),),
        remarks=remarks,
        odd_cells=found,
        judged=judged,
    )


def _age(content: Content, standing: Standing) -> Iterator[Judged]:
    age = content.now - standing.at
    if age > _OLD:
        level = Level.UNKNOWN if age > _VERY_OLD else Level.WATCH
        yield Judged(level, say("reason_old_values", age=age), say("do_old_values"))


def _danger(content: Content, standing: Standing) -> Iterator[Judged]:
    concluded = standing.concluded
    if concluded is None:
        return
    state = concluded.trip.state
    if state in _UNSAFE:
        yield Judged(Level.ACT, say("reason_trip", state=say(f"trip_{state}")), say("do_trip"))
    elif state in _WEAKENED:
        yield Judged(Level.WATCH, say("reason_trip", state=say(f"trip_{state}")))
    running_away = sum(stage >= RunawayStage.ALARM for stage in concluded.stage)
    if running_away:
        reason = counted("reason_runaway", running_away)
        yield Judged(Level.ACT, reason, say("do_runaway"))
    if recharges(standing):
        yield Judged(Level.WATCH, _recharge(content))
    elif concluded.phase is ChargePhase.DISCHARGE:
        yield Judged(Level.WATCH, say("reason_discharge"), say("do_discharge"))


def _recharge(content: Content) -> Sentence:
    newest = content.discharges[0].discharge if content.discharges else None
    if newest is None or newest.ended_at is not None:
        return say("reason_recharge")
    return say("reason_recharge_since", until=newest.figures.until)


def _alarms(standing: Standing) -> Iterator[Judged]:
    raised = active(standing)
    for alarm in raised[:_MOST_ALARMS]:
        level = Level.ACT if alarm.severity is AlarmSeverity.ALARM else Level.WATCH
        yield Judged(level, alarm, say("do_alarm"))
    if len(raised) > _MOST_ALARMS:
        yield Judged(Level.WATCH, say("and_more", count=len(raised) - _MOST_ALARMS))


def _silence(standing: Standing) -> Iterator[Judged]:
    cells = len(standing.status)
    if standing.source is Source.SAMPLE:
        voltage = standing.readings.get(Quantity.VOLTAGE)
        silent = cells if voltage is None else sum(value is None for value in voltage.values)
    else:
        silent = sum(code == CellStatus.SILENT for code in standing.status)
    if silent:
        level = Level.UNKNOWN if silent > _SILENT_SHARE * cells else Level.WATCH
        yield Judged(level, say("reason_silent", count=silent, cells=cells), say("do_silent"))


def _wear(standing: Standing) -> Iterator[Judged]:
    concluded = standing.concluded
    if concluded is None:
        return
    worn = sum(
        basis is Basis.DISCHARGE and value is not None and value < WORN_OUT_PERCENT
        for value, basis in zip(concluded.capacity.values, concluded.capacity.basis, strict=True)
    )
    if worn:
        yield Judged(Level.ACT, counted("reason_capacity", worn), say("do_capacity"))
    if concluded.findings:
        yield Judged(Level.WATCH, counted("reason_findings", len(concluded.findings)))


def _modules(standing: Standing) -> Iterator[Judged]:
    if standing.doubt_count:
        reason = counted("reason_doubted", standing.doubt_count)
        yield Judged(Level.WATCH, reason, say("do_doubted"))
    concluded = standing.concluded
    if concluded is None:
        return
    if stuck := sum(concluded.stuck_on) + sum(concluded.stuck_off):
        yield Judged(Level.WATCH, counted("reason_stuck", stuck), say("do_stuck"))
    if exhausted := sum(concluded.exhausted):
        yield Judged(Level.WATCH, counted("reason_exhausted", exhausted))


def _by_code(code: str) -> str:
    found = (advice for start, advice in _ADVICE.items() if code.startswith(start))
    return next(found, "do_finding")


def written(value: float | None, unit: Unit, language: Language) -> str:
    """Write a value of an alarm in the unit of its rule."""
    if value is None:
        return language.number(None)
    if unit is Unit.OHM:
        return language.amount(_MILLI * value, 2, "mΩ")
    symbol, decimals = _UNITS.get(unit, (str(unit), 3))
    return language.amount(value, decimals, symbol)
