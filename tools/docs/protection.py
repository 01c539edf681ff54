"""Writes docs/PROTECTION.md from the table of trips and the figures of protection."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

from bacs_core.alarms.rules import RULE_OF
from bacs_core.model import TripCause, TripState
from bacs_core.protection import trips
from bacs_core.protection.table import MOVES, TABLE, Act, Event
from bacs_core.protection.tuning import DEFAULT, HOUR_S

MINUTE_S: Final = 60.0
PAGE: Final = Path(__file__).parents[2] / "docs" / "PROTECTION.md"

CAUSES: Final = {
    TripCause.THERMAL_RUNAWAY: "a cell runs away, or has "
    f"{DEFAULT.trip_c:g} °C; in a discharge only the latter",
    TripCause.OVER_TEMPERATURE: f"limit `temperature_trip` of the string, "
    f"{DEFAULT.over_temperature_delay_s:g} s",
    TripCause.OVER_VOLTAGE: f"limit `voltage_trip_high`, {DEFAULT.over_voltage_delay_s:g} s",
    TripCause.UNDER_VOLTAGE: f"limit `voltage_trip_low`, {DEFAULT.under_voltage_delay_s:g} s",
}
ACTS: Final = {
    Act.TELL: "only alarms",
    Act.OPEN: "opens the breaker",
    Act.WAIT: "waits for the end of the deferral",
    Act.REPEAT: "the order is repeated",
    Act.HOLD: "stays open",
}
EVENTS: Final = {
    Event.CONTACT_OPEN: "the contact tells that the breaker is open",
    Event.CONTACT_CLOSED: "the contact tells that the breaker is closed",
    Event.NO_ANSWER: f"no open contact within {trips.READBACK_S:g} s, or nobody knows",
    Event.TIME_IS_OVER: "its time is over",
    Event.TOO_HOT: f"a cell is above {trips.DEFERRAL_LIMIT_C:g} °C, or nobody knows how hot it is",
    Event.DEFERRED: f"a technician at the panel puts the trip off, once, for "
    f"{trips.DEFERRAL_S / 60:g} min, not above {trips.DEFERRAL_LIMIT_C:g} °C",
    Event.RECLOSED: "a technician at the panel ends the trip; refused while a cause stands",
    Event.SWITCHED_OFF: "a technician switches protection off, with a reason, for "
    f"{trips.LONGEST_OFF_H:g} h at most",
    Event.SWITCHED_ON: "a technician switches it on again",
}

INTRODUCTION: Final = """\
# Protection

This page is generated from `core/bacs_core/protection/` by `./dev docs`; do not edit it.

Protection watches every cell for thermal runaway and opens the breaker of a string before a cell
gets dangerous. It works with what there is: temperatures of the cells, the temperature of the room,
and a current sensor that can measure a float current. Each one that is missing has an alarm of its
own, and the others go on.
"""


def page() -> str:
    """Return the whole page as Markdown."""
    parts = (_stages(), _sensors(), _table(), _moves(), _people())
    return "\n".join([INTRODUCTION, *(line for part in parts for line in part)]).rstrip() + "\n"


def _stages() -> Iterator[str]:
    tuning = DEFAULT
    delay = f"{tuning.sign_delay_s / 60:g} min"
    yield "## Stages of thermal runaway\n"
    yield "| sign | pre-alert | alarm |"
    yield "|---|---|---|"
    yield (
        f"| over the room, or the room as it was hours ago | {tuning.pre_rise_k:g} K "
        f"| {tuning.alarm_rise_k:g} K |"
    )
    yield (
        f"| over the median of its string | {tuning.pre_spread_k:g} K "
        f"| {tuning.alarm_spread_k:g} K |"
    )
    yield (
        "| current through the cell, against the string's own float current "
        f"| {tuning.pre_ratio:g} times | {tuning.alarm_ratio:g} times |"
    )
    yield (
        f"| warmer than two hours ago, more than the room explains | {tuning.pre_trend_k:g} K |  |"
    )
    yield f"| temperature |  | {tuning.alarm_c:g} °C |"
    yield (
        f"| still heating, or taking ever more current, {tuning.overdue_after_s / HOUR_S:g} h after"
        " the charger reached constant voltage |  | yes |"
    )
    yield ""
    yield (
        f"Each holds for {delay} before it counts; a large excess shortens that: "
        f"each {tuning.hasty_k:g} K above a limit to a half, a third, a quarter and so on, down to "
        f"a {tuning.most_hasty:g}th, which is {tuning.sign_delay_s / tuning.most_hasty:g} s. "
        f"In a discharge only {tuning.alarm_c:g} °C and {tuning.trip_c:g} °C count. A "
        f"recharge is allowed {tuning.allowance_k:g} K more, until "
        f"{tuning.overdue_after_s / HOUR_S:g} h after constant voltage; then that fades. "
        f"Without a room sensor the rise counts over the string's own usual temperature, with "
        f"{tuning.roomless_margin_k:g} K more. A stage ends when its signs have been away for as "
        f"long as they had lasted, {delay} at most, and {tuning.hysteresis_k:g} K below their "
        f"limit; the alarm of a pre-alert clears {_clears_min('runaway_pre_alert'):g} min later, "
        f"those of alarm and trip {_clears_min('runaway_alarm'):g} min later.\n"
    )
    yield (
        f"**Trip**: {tuning.trip_c:g} °C; or an alarm that gets worse for "
        f"{tuning.worsening_delay_s / 60:g} min; or one that would reach {tuning.trip_c:g} °C "
        "within that time. 50 °C alone, in a warm room, is an alarm and no trip below "
        f"{tuning.certain_c:g} °C.\n"
    )
    yield (
        f"Readings and the limits below are judged every second. Heat is looked at every "
        f"{tuning.look_s:g} s, and every second while a cell has {tuning.trip_c:g} °C or more.\n"
    )


def _sensors() -> Iterator[str]:
    tuning = DEFAULT
    yield "## What is believed\n"
    yield (
        f"A temperature is a sensor fault outside {tuning.lowest_possible_c:g} to "
        f"{tuning.highest_possible_c:g} °C, where it moves by more than "
        f"{tuning.possible_k_per_s:g} K/s, and where a second sensor of the same cell says "
        f"otherwise by more than {tuning.second_sensor_k:g} K. What other cells read never speaks "
        "against it. A sensor that was not believed is believed again once it is back within "
        f"{tuning.return_k:g} K of what was believed last, or once its readings have agreed with "
        f"each other for {tuning.agreed_after_s:g} s wherever they are; from {tuning.alarm_c:g} °C "
        f"on that takes {tuning.agreed_hot_after_s / MINUTE_S:g} min, because a jump into the heat "
        "is most often a broken sensor. A sensor fault hides a hot cell for no longer than that. "
        f"Its alarm clears {_clears_min('temperature_suspect'):g} min after the readings are "
        "believed again.\n"
    )
    yield (
        f"A temperature that is not read for {tuning.missing_after_s / MINUTE_S:g} min is missing, "
        "and has an alarm. What a module reads too much or too little is learned in a calm "
        f"float, up to {tuning.offset_limit_k:g} K, and never while any sign is up.\n"
    )


def _table() -> Iterator[str]:
    yield "## Cause x state\n"
    yield "| cause | " + " | ".join(_name(state) for state in TripState) + " |"
    yield "|---" * (len(TripState) + 1) + "|"
    for cause in TripCause:
        acts = " | ".join(ACTS[TABLE[state][cause]] for state in TripState)
        yield f"| {_name(cause)} | {acts} |"
    yield ""
    yield "| cause | stands while |"
    yield "|---|---|"
    for cause, meaning in CAUSES.items():
        yield f"| {_name(cause)} | {meaning} |"
    yield ""
    yield (
        "The limits are off until the site file sets them. They supplement a lithium battery's own "
        "protection, and act in a discharge too.\n"
    )


def _moves() -> Iterator[str]:
    yield "## What else moves a state\n"
    yield "| state | what happens | then |"
    yield "|---|---|---|"
    for state, moves in MOVES.items():
        for event, to in moves.items():
            yield f"| {_name(state)} | {EVENTS[event]} | {_name(to)} |"
    yield ""


def _people() -> Iterator[str]:
    yield (
        "A trip latches, over restarts too; an order that was not confirmed is given again after "
        "one. Acknowledging, muting, shelving or suppressing an alarm changes nothing on this page."
        " No token, rule or schedule closes a breaker. A breaker that is found open without an "
        "order is told as opened by somebody, one whose contact tells nothing as unknown."
    )


def _clears_min(rule: str) -> float:
    return RULE_OF[rule].clear_after_s / MINUTE_S


def _name(word: StrEnum) -> str:
    return word.value.replace("_", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE.name}\n")
