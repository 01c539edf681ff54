"""What the engine concludes of strings and cells, in words; what is not known takes no room."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bacs_core.api.live import LiveSite, LiveString
from bacs_core.api.messages import CellCode, CellFigure, CellMark, Finding, TripStatus
from bacs_core.model import (
    Basis,
    ChargePhase,
    EqualizedBy,
    RunawayStage,
    String,
    TripState,
    cell_label,
)
from bacs_hmi.format import NO_BREAK, Numbers, minute_of
from bacs_hmi.given_reasons import reason_words
from bacs_hmi.texts import Texts

#: In these the breaker of a string does not stand ready, or has done its work.
TOLD_STATES: Final = frozenset(
    {
        TripState.DEFERRED,
        TripState.TRIPPING,
        TripState.TRIPPED,
        TripState.FAILED,
        TripState.OFF,
    }
)
#: What equalization found out about a cell, the worst first, and the alarm rule that tells of it.
_MARKS: Final = {
    CellMark.STUCK_ON: ("mark_stuck_on", "bypass_stuck_on"),
    CellMark.STUCK_OFF: ("mark_stuck_off", "bypass_stuck_off"),
    CellMark.EXHAUSTED: ("mark_exhausted", "bypass_exhausted"),
    CellMark.PAUSED: ("mark_paused", None),
}
#: An estimate that rests on nothing measured is not shown as a value.
_UNPROVEN: Final = frozenset({Basis.NONE, Basis.RATED})
_BASES: Final = {basis.value: basis for basis in Basis}
_TENTHS: Final = ("warmer_", "bled_")
_SEPARATOR: Final = " · "


@dataclass(frozen=True, slots=True)
class Figure:
    """One concluded value of a cell: the key of its name, the value, and what it rests on."""

    name: str
    value: str
    note: str


def trip_of(live: LiveSite, key: str) -> TripStatus:
    """Tell where the protection of a string stands; an engine that does not say has no breaker."""
    mirror = live.strings.get(key)
    return TripStatus() if mirror is None or mirror.brain is None else mirror.brain.trip


def causes(trip: TripStatus, string: String, texts: Texts) -> str:
    """Name what demanded a trip, and the first cell; nothing where nobody says."""
    named = ", ".join(texts[f"cause_{cause.value}"] for cause in trip.causes)
    if not named or trip.cell is None:
        return named
    cell = cell_label(trip.cell, string.cell_count)
    return texts["cause_at_cell"].format(causes=named, cell=cell)


def contact(trip: TripStatus, texts: Texts) -> str:
    """Say what the contact of the breaker tells."""
    names = {True: "breaker_open", False: "breaker_closed", None: "breaker_unknown"}
    return texts[names[trip.contact_open]]


def why(trip: TripStatus, string: String, texts: Texts, today: datetime) -> str:
    """Say why a breaker is open or does not act: the causes, or who, until when and why."""
    if trip.state not in {TripState.DEFERRED, TripState.OFF}:
        return causes(trip, string, texts)
    parts = []
    if trip.until is not None:
        until = minute_of(trip.until, today, texts["day_format"])
        parts.append(texts["trip_until"].format(until=until))
    if trip.by:
        parts.append(texts["trip_by"].format(name=trip.by))
    who = ", ".join(parts)
    return ": ".join(part for part in (who, reason_words(trip.reason, texts)) if part)


def headline(trip: TripStatus, texts: Texts, today: datetime) -> str:
    """Say the state of protection and since when: `tripped since 13:20`."""
    state = texts[f"trip_{trip.state.value}"]
    text = state[:1].upper() + state[1:]
    if trip.since is None:
        return text
    since = minute_of(trip.since, today, texts["day_format"])
    return texts["trip_since"].format(state=text, since=since)


def facts(mirror: LiveString, texts: Texts, numbers: Numbers, today: datetime) -> str:
    """Say in one line the charge with its basis, and what the charger does."""
    brain = mirror.brain
    if brain is None:
        return ""
    parts = []
    if brain.testing_until is not None:
        until = minute_of(brain.testing_until, today, texts["day_format"])
        parts.append(texts["testing_until"].format(until=until))
    if brain.charge_percent is not None and brain.charge_basis not in _UNPROVEN:
        value = numbers.with_unit(brain.charge_percent, 0, "%")
        note = _note(brain.charge_uncertainty_percent, brain.charge_basis, texts, numbers)
        parts.append(f"{texts['charge_of_string'].format(charge=value)} {note}")
    if recharges(mirror):
        parts.append(texts["charger_recharges"])
    elif brain.phase is not ChargePhase.UNKNOWN:
        parts.append(texts[f"charger_{brain.phase.name.lower()}"])
    return _SEPARATOR.join(parts)


def recharges(mirror: LiveString) -> bool:
    """Tell whether a string takes current although its discharge is not told to be over yet.

    The sensor may be too poor for the engine to tell by the current alone that the mains are back.
    """
    brain, current_a = mirror.brain, mirror.scalars.current_a
    is_told = brain is not None and brain.phase is ChargePhase.DISCHARGE
    return is_told and current_a is not None and current_a > 0


def mode(mirror: LiveString, texts: Texts) -> str:
    """Say when the engine equalizes a string; nothing where it does not do it."""
    if mirror.brain is None or mirror.string.equalized_by is not EqualizedBy.ENGINE:
        return ""
    return texts[f"mode_{mirror.brain.mode.value}"]


def charge_note(mirror: LiveString, index: int, texts: Texts, numbers: Numbers) -> str:
    """Say how exactly the charge of a cell (from 0) is known, and what it rests on."""
    basis = _basis(mirror, CellCode.CHARGE_BASIS, index)
    if basis is Basis.NONE:
        return ""
    uncertainty = _figure(mirror, CellFigure.CHARGE_UNCERTAINTY, index)
    return _note(uncertainty, basis, texts, numbers)


def figures(mirror: LiveString, index: int, texts: Texts, numbers: Numbers) -> list[Figure]:
    """Return capacity, health and bled charge of a cell (from 0), as far as they are known."""
    found = []
    for name, column, spread, code in (
        ("capacity", CellFigure.CAPACITY, CellFigure.CAPACITY_UNCERTAINTY, CellCode.CAPACITY_BASIS),
        ("health", CellFigure.HEALTH, CellFigure.HEALTH_UNCERTAINTY, CellCode.HEALTH_BASIS),
    ):
        value, basis = _figure(mirror, column, index), _basis(mirror, code, index)
        if value is None or basis in _UNPROVEN:
            continue
        least = "≥" + NO_BREAK if basis is Basis.LOWER_BOUND else ""
        note = _note(_figure(mirror, spread, index), basis, texts, numbers)
        found.append(Figure(name, least + numbers.with_unit(value, 0, "%"), note))
    bled_ah = _figure(mirror, CellFigure.BLED, index)
    if bled_ah is not None and round(bled_ah, 1) > 0:
        found.append(Figure("bled", numbers.with_unit(bled_ah, 1, "Ah"), ""))
    return found


def health_of(mirror: LiveString, index: int) -> float | None:
    """Return the state of health of a cell (from 0) in percent, where it rests on something."""
    is_known = _basis(mirror, CellCode.HEALTH_BASIS, index) not in _UNPROVEN
    return _figure(mirror, CellFigure.HEALTH, index) if is_known else None


def stage(mirror: LiveString, index: int) -> RunawayStage:
    """Tell how far the signs of thermal runaway of a cell (from 0) have come."""
    return _stage(_code(mirror, CellCode.RUNAWAY_STAGE, index))


def worst_stage(mirror: LiveString) -> RunawayStage:
    """Tell how far they have come in the worst cell of a string."""
    return _stage(max(mirror.codes.get(CellCode.RUNAWAY_STAGE, []), default=0))


def remarks(
    mirror: LiveString, index: int, rules: Collection[str], texts: Texts, numbers: Numbers
) -> list[str]:
    """Say what was found out about a cell (from 0), by equalization and against its string.

    What an alarm by one of these `rules` tells already is not said twice.
    """
    marks = _code(mirror, CellCode.MARKS, index)
    told = [
        texts[name] for mark, (name, rule) in _MARKS.items() if marks & mark and rule not in rules
    ]
    own = [finding for finding in mirror.findings if finding.cell == index + 1]
    return told + [finding_words(finding, texts, numbers) for finding in own]


def worst_finding(mirror: LiveString, texts: Texts, numbers: Numbers) -> str | None:
    """Say which cell of a string stands out most, and why; `None` where none does."""
    if not mirror.findings:
        return None
    finding = mirror.findings[0]
    cell = cell_label(finding.cell, mirror.string.cell_count)
    words = finding_words(finding, texts, numbers)
    return texts["finding_of_cell"].format(cell=cell, finding=words)


def finding_words(finding: Finding, texts: Texts, numbers: Numbers) -> str:
    """Say why a cell stands out; one that a newer engine found as it says it."""
    code, amount = finding.wording.code, finding.wording.arguments.get("amount")
    known = texts.get(f"finding_{code}")
    if known is None or isinstance(amount, str) or amount is None:
        return finding.text
    return known.format(amount=numbers.text(amount, 1 if code.startswith(_TENTHS) else 0))


def today_of(live: LiveSite) -> datetime:
    """Tell when now is for the engine; without one, now."""
    return datetime.now(UTC) if live.at is None else datetime.fromtimestamp(live.at, UTC)


def _note(uncertainty: float | None, basis: Basis, texts: Texts, numbers: Numbers) -> str:
    words = texts[f"basis_{basis.name.lower()}"]
    if uncertainty is None:
        return f"({words})"
    return f"±{NO_BREAK}{numbers.with_unit(max(1.0, uncertainty), 0, '%')} ({words})"


def _figure(mirror: LiveString, name: CellFigure, index: int) -> float | None:
    column = mirror.figures.get(name)
    return None if column is None else column[index]


def _code(mirror: LiveString, name: CellCode, index: int) -> int:
    column = mirror.codes.get(name)
    return 0 if column is None else column[index]


def _basis(mirror: LiveString, name: CellCode, index: int) -> Basis:
    code = _code(mirror, name, index)
    # A newer engine may know more bases.
    return _BASES.get(code, Basis.NONE)


def _stage(code: int) -> RunawayStage:
    return RunawayStage(min(code, RunawayStage.TRIP))
