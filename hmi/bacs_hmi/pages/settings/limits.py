"""The limits of the alarm rules at one place: what is usual, what holds, and who changed it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bacs_core.api.messages import AlarmPlace
from bacs_core.api.rule_messages import AlarmRule, ChangedLimit, RuleLimit, RulePlace
from bacs_core.model import Site, cell_label
from bacs_hmi.format import FINE_BELOW_V, Numbers, minute_of
from bacs_hmi.texts import Texts
from bacs_hmi.wording import manager_of, string_of

BETWEEN: Final = " · "
#: Below this a resistance needs a third decimal in milliohms.
MILLIOHM: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Spot:
    """Where somebody looks: the whole site, a string, or one of its cells (from 1)."""

    string_key: str = ""
    cell: int | None = None

    @property
    def manager_id(self) -> str:
        """The manager of the string; empty for the whole site."""
        return self.string_key.rpartition("/")[0]

    def place(self) -> AlarmPlace:
        """Name it as commands do."""
        if not self.string_key:
            return AlarmPlace()
        return AlarmPlace(string_key=self.string_key, cell=self.cell)


@dataclass(frozen=True, slots=True)
class Amount:
    """How the limits of a rule stand on the screen: factor from SI, unit and decimals."""

    factor: float
    unit: str
    decimals: int

    def text(self, numbers: Numbers, value: float | None) -> str:
        """Write a limit given in the unit of the rule."""
        scaled = None if value is None else value * self.factor
        return numbers.with_unit(scaled, self.decimals, self.unit)


@dataclass(frozen=True, slots=True)
class Row:
    """A rule at a spot. Limits are in the unit of the rule.

    `usual` and `limit` have one entry per kind of string, `None` where there is none, or where it
    is off.
    `own` is what a person changed at this very spot. `lowest` and `highest` are the range that
    fits all kinds; where there is none, nothing can be set here.
    """

    rule: AlarmRule
    usual: tuple[float | None, ...]
    limit: tuple[float | None, ...]
    own: ChangedLimit | None
    others: tuple[ChangedLimit, ...]
    lowest: float | None
    highest: float | None

    @property
    def is_settable(self) -> bool:
        """Whether a number can be set here."""
        if self.lowest is None or self.highest is None:
            return False
        return self.lowest <= self.highest

    @property
    def is_changed(self) -> bool:
        """Whether something holds here that is not usual."""
        return self.own is not None or self.limit != self.usual


def rows(rules: Iterable[AlarmRule], spot: Spot) -> list[Row]:
    """List the rules whose limit means something at the spot, in the order of the engine."""
    return [
        row for rule in rules if rule.may_change_limit and (row := row_at(rule, spot)) is not None
    ]


def row_at(rule: AlarmRule, spot: Spot) -> Row | None:
    """Read a rule at a spot; `None` where it has no limit there."""
    groups = [group for group in rule.limits if _concerns(group, rule, spot) and _has_limit(group)]
    if not groups:
        return None
    own = next((each for each in rule.changed if _is_at(each.place, spot)), None)
    others = tuple(each for each in rule.changed if each is not own and _touches(each.place, spot))
    narrow = _of_cell(rule, spot)
    lows = [group.lowest for group in groups if group.lowest is not None]
    highs = [group.highest for group in groups if group.highest is not None]
    return Row(
        rule,
        usual=tuple(group.usual for group in groups),
        limit=tuple(_in_force(group, narrow) for group in groups),
        own=own,
        others=others,
        lowest=max(lows) if lows else None,
        highest=min(highs) if highs else None,
    )


def _has_limit(group: RuleLimit) -> bool:
    """Tell whether there is a limit, or one can be set."""
    return any(each is not None for each in (group.usual, group.limit, group.lowest))


def _concerns(group: RuleLimit, rule: AlarmRule, spot: Spot) -> bool:
    if not spot.string_key:
        return True
    if spot.cell is not None and rule.scope != "cell":
        return False
    return spot.string_key in group.strings


def _of_cell(rule: AlarmRule, spot: Spot) -> ChangedLimit | None:
    """Return what was changed of the very cell, which goes before what holds in its string."""
    if spot.cell is None:
        return None
    return next((each for each in rule.changed if _is_at(each.place, spot)), None)


def _in_force(group: RuleLimit, narrow: ChangedLimit | None) -> float | None:
    if narrow is not None and (narrow.off or narrow.limit is not None):
        return None if narrow.off else narrow.limit
    return None if group.off else group.limit


def _is_at(place: RulePlace, spot: Spot) -> bool:
    if not spot.string_key:
        return place == RulePlace()
    return place.string_key == spot.string_key and place.cell == spot.cell


def _touches(place: RulePlace, spot: Spot) -> bool:
    """Tell whether what was changed at a place says something to who looks at the spot."""
    if not spot.string_key:
        return True
    if place.string_key is not None:
        is_inside = spot.cell is None or place.cell is None
        return place.string_key == spot.string_key and is_inside
    is_of_others = place.manager_id not in {None, spot.manager_id}
    return not is_of_others and place.line_id is None


def amount_of(row: Row) -> Amount:
    """Choose how limits are written; small voltages, and resistances, are shown finer."""
    known = [abs(value) for value in (*row.usual, *row.limit) if value is not None]
    most = max(known, default=row.lowest or 0.0)
    unit = row.rule.unit
    if unit == "V":
        return Amount(1.0, "V", 3 if most < FINE_BELOW_V else 2)
    if unit == "Ω":
        return Amount(1e3, "mΩ", 3 if most < MILLIOHM else 2)
    return Amount(1.0, unit, 1)


def usual_text(row: Row, amount: Amount, numbers: Numbers) -> str:
    """Write what is usual, each kind of string once; a dash where nothing is."""
    return _joined(amount.text(numbers, value) for value in row.usual)


def limit_text(row: Row, amount: Amount, numbers: Numbers, texts: Texts) -> str:
    """Write what is in force; a rule that was switched off says so, one without limit is a dash."""
    return _joined(
        texts["limits_off"]
        if value is None and (usual is not None or row.own is not None)
        else amount.text(numbers, value)
        for usual, value in zip(row.usual, row.limit, strict=True)
    )


def _joined(written: Iterable[str]) -> str:
    return " / ".join(dict.fromkeys(written))


def rule_name(rule: AlarmRule, texts: Texts) -> str:
    """Name a rule as its alarms do; one of a newer engine by its plain name."""
    text = texts.get(f"limit_of_{rule.name}", texts.get(f"rule_{rule.name}"))
    if text is None:
        return rule.name.replace("_", " ")
    plain = text.format(note="").strip(" :,")
    return plain[:1].upper() + plain[1:]


def place_name(place: RulePlace, site: Site, texts: Texts) -> str:
    """Name the place of a change."""
    string = string_of(site, place.string_key)
    if string is not None:
        if place.cell is None:
            return string.name
        cell = cell_label(place.cell, string.cell_count)
        return texts["alarm_place_string_cell"].format(string=string.name, cell=cell)
    manager = manager_of(site, place.manager_id)
    if manager is not None:
        return manager.name
    if place.accessory_id is not None:
        return place.accessory_id
    if place.line_id is not None:
        return texts["line_named"].format(line=place.line_id)
    return texts["whole_site"]


def spot_name(spot: Spot, site: Site, texts: Texts) -> str:
    """Name where somebody looks."""
    place = spot.place()
    return place_name(RulePlace(string_key=place.string_key, cell=place.cell), site, texts)


def change_words(
    change: ChangedLimit,
    amount: Amount,
    site: Site,
    texts: Texts,
    numbers: Numbers,
    today: datetime,
) -> str:
    """Say what somebody changed: `String 1: 36.0 °C, tina, 12 Nov 2026 14:20`."""
    parts = [place_name(change.place, site, texts)]
    if change.off:
        parts.append(texts["limits_off"])
    elif change.limit is not None:
        parts.append(amount.text(numbers, change.limit))
    if change.raise_after_s is not None:
        delay = numbers.with_unit(change.raise_after_s, 0, "s")
        parts.append(texts["raised_after"].format(time=delay))
    if change.clear_after_s is not None:
        delay = numbers.with_unit(change.clear_after_s, 0, "s")
        parts.append(texts["cleared_after"].format(time=delay))
    since = minute_of(change.since, today, texts["day_format"])
    parts.append(texts["changed_by"].format(name=change.by, since=since))
    return BETWEEN.join(parts)
