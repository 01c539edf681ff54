"""The figures of a discharge: while it runs those of now, and where they are not, how old."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bacs_core.api.discharge_messages import Discharge, DischargeAnalysis
from bacs_core.api.live import LiveSite, LiveString
from bacs_core.model import Quantity
from bacs_hmi.format import Numbers, age
from bacs_hmi.pages.discharges import telling
from bacs_hmi.texts import Texts

_HOUR_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure: its heading, with the age where it is not of now, and its value."""

    heading: str
    value: str


def facts(
    analysis: DischargeAnalysis, live: LiveSite, texts: Texts, numbers: Numbers
) -> dict[str, Fact]:
    """Return the figures of a discharge by name, in the order in which they are shown."""
    told = analysis.discharge
    values = {
        "discharge_duration": telling.lasted(told, texts),
        "discharge_drawn": telling.depth(told.figures, texts, numbers),
        "discharge_mean_current": numbers.with_unit(told.figures.mean_current_a, 1, "A"),
        "discharge_lowest": telling.lowest_cell(analysis, texts, numbers),
        "discharge_warming": numbers.with_unit(told.figures.temperature_rise_k, 1, "K"),
        "discharge_outcome": telling.outcome(told, texts),
    }
    if told.ended_at is not None:
        return {name: Fact(texts[name], value) for name, value in values.items()}
    old = _worked_out(told, live, texts, numbers)
    shown = {name: Fact(f"{texts[name]}, {old}", value) for name, value in values.items()}
    shown["discharge_outcome"] = Fact(texts["discharge_outcome"], values["discharge_outcome"])
    if live.at is not None:
        so_far = run_for(told, live.at, texts)
        shown["discharge_duration"] = Fact(texts["discharge_duration"], so_far)
    lowest = lowest_now(analysis, live, texts, numbers)
    if lowest:
        shown["discharge_lowest"] = Fact(texts["discharge_lowest_now"], lowest)
    return shown


def row_facts(
    told: Discharge,
    analysis: DischargeAnalysis | None,
    live: LiveSite,
    texts: Texts,
    numbers: Numbers,
) -> dict[str, Fact]:
    """Return the figures of a discharge that runs, as its row in the list has them.

    Which cell is lowest takes its analysis, which comes later.
    """
    lasted = telling.lasted(told, texts) if live.at is None else run_for(told, live.at, texts)
    drawn = f"{texts['discharge_drawn']}, {_worked_out(told, live, texts, numbers)}"
    lowest = Fact(texts["discharge_lowest"], "")
    if analysis is not None:
        lowest = facts(analysis, live, texts, numbers)["discharge_lowest"]
    return {
        "discharge_duration": Fact(texts["discharge_duration"], lasted),
        "discharge_drawn": Fact(drawn, telling.depth(told.figures, texts, numbers)),
        "discharge_lowest": lowest,
    }


def _worked_out(told: Discharge, live: LiveSite, texts: Texts, numbers: Numbers) -> str:
    """Say how old the figures are that the engine worked out."""
    age_s = live.age_of(told.figures.until.timestamp())
    return texts["age_of"].format(age=age(numbers, age_s))


def run_for(told: Discharge, at: float, texts: Texts) -> str:
    """Write how long a discharge has run at `at`, the unix seconds of the engine."""
    text = telling.duration((at - told.started_at.timestamp()) / _HOUR_S)
    return texts["discharge_at_least"].format(amount=text) if told.figures.start_unseen else text


def lowest_now(analysis: DischargeAnalysis, live: LiveSite, texts: Texts, numbers: Numbers) -> str:
    """Write which cell is lowest now, and how low; empty where nobody knows it now."""
    battery = analysis.discharge.battery
    mirror = live.strings.get(battery.string_key)
    if not live.connected or mirror is None or mirror.string.cell_count != battery.cell_count:
        return ""
    voltages = mirror.columns.get(Quantity.VOLTAGE) or []
    cell = telling.lowest(voltages)
    if cell is not None and _is_stale(live, mirror, cell):
        fresh = [
            None if _is_stale(live, mirror, place) else value
            for place, value in enumerate(voltages, start=1)
        ]
        cell = telling.lowest(fresh)
    if cell is None:
        return ""
    return telling.named_voltage(battery, cell, voltages[cell - 1], texts, numbers)


def _is_stale(live: LiveSite, mirror: LiveString, cell: int) -> bool:
    return live.stale(mirror.string.key, Quantity.VOLTAGE, cell - 1)
