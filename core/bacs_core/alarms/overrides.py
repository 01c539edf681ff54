"""What people changed of the limits and delays of alarm rules: for the site, a string or a cell.

An override is data; `lay_out` lets it take effect. Whoever carries out a person's wish asks
`validated` first, keeps the outcome of `changed`, and writes the sentence of `told` into the audit
trail. The limits of protection are not alarm limits: nothing here moves a trip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, OnErrorOmit, TypeAdapter

from bacs_core.alarms.declaration import AROUND, Rule, Scope
from bacs_core.alarms.place import Place
from bacs_core.alarms.rules import RULE_OF
from bacs_core.errors import RefusedError

if TYPE_CHECKING:
    from bacs_core.alarms.layout import Layout

#: Between what a person may set a delay, in seconds.
SHORTEST_S: Final = 1.0
LONGEST_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Override:
    """One rule at one place and all inside of it; what is `None` stays as it is.

    `off` switches the rule off there. Delays are in seconds, the limit in the unit of the rule.
    `at` is a unix time.
    """

    rule: str
    place: Place
    by: str
    at: float
    limit: float | None = None
    off: bool = False
    raise_after_s: float | None = None
    clear_after_s: float | None = None


def validated(wish: Override, layout: Layout) -> Override:
    """Return an override that may take effect, its place named in full.

    Raises `RefusedError`: `unknown_rule`, `unknown_place` (also a place that the rule does not know
    of), `bad_limit` (fixed, out of range, or a rule that must not be switched off), `bad_delay`.
    """
    if (refusal := _refusal(wish, layout)) is not None:
        raise refusal
    return _named_in_full(wish, layout)


def allowed(rule: Rule, place: Place, layout: Layout) -> tuple[float, float] | None:
    """Return between what the limit may be put at a place; `None` where it is fixed.

    Where strings differ inside of the place, only what fits all of them.
    """
    if rule.allowed is None:
        return None
    least, most = rule.allowed.least, rule.allowed.most
    if not rule.allowed.of_float:
        return least, most
    strings = layout.inside(replace(place, cell=None), Scope.STRING)
    float_v = layout.float_voltage_v[strings]
    return (least * float_v.max(), most * float_v.min()) if float_v.size else None


def changed(overrides: tuple[Override, ...], wish: Override) -> tuple[Override, ...]:
    """Return the overrides with one more; what it leaves open stays as said before of its place."""
    before = next((known for known in overrides if _same(known, wish)), None)
    if before is not None:
        limited = wish.off or wish.limit is not None
        wish = replace(
            wish,
            limit=wish.limit if limited else before.limit,
            off=wish.off if limited else before.off,
            raise_after_s=before.raise_after_s
            if wish.raise_after_s is None
            else wish.raise_after_s,
            clear_after_s=before.clear_after_s
            if wish.clear_after_s is None
            else wish.clear_after_s,
        )
    return (*(known for known in overrides if not _same(known, wish)), wish)


def without(overrides: tuple[Override, ...], rule: str, place: Place) -> tuple[Override, ...]:
    """Return the overrides less that of a rule at a place, named in full: the default holds."""
    return tuple(known for known in overrides if (known.rule, known.place) != (rule, place))


def told(wish: Override) -> str:
    """Say for the audit trail what a person changed."""
    parts = []
    if wish.off:
        parts.append("off")
    elif wish.limit is not None:
        parts.append(f"limit {wish.limit:g} {RULE_OF[wish.rule].unit}".rstrip())
    if wish.raise_after_s is not None:
        parts.append(f"raised after {wish.raise_after_s:g} s")
    if wish.clear_after_s is not None:
        parts.append(f"cleared after {wish.clear_after_s:g} s")
    return f"{wish.rule} at {wish.place.label}: {', '.join(parts) or 'as before'}"


_Delay = Annotated[float, Field(ge=SHORTEST_S, le=LONGEST_S)]


class _Kept(BaseModel):
    """One override as it lies in the history."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)

    rule: str
    manager_id: str | None = None
    string_key: str | None = None
    cell: int | None = None
    line_id: str | None = None
    accessory_id: str | None = None
    by: Annotated[str, Field(min_length=1)]
    at: float
    limit: float | None = None
    off: bool = False
    raise_after_s: _Delay | None = None
    clear_after_s: _Delay | None = None


_KEPT: Final = TypeAdapter(list[OnErrorOmit[_Kept]])
_PLACE: Final = ("manager_id", "string_key", "cell", "line_id", "accessory_id")


def keep(overrides: tuple[Override, ...]) -> list[dict[str, Any]]:
    """Return the overrides as plain JSON."""
    return [
        {name: getattr(known.place, name) for name in _PLACE}
        | {
            "rule": known.rule,
            "by": known.by,
            "at": known.at,
            "limit": known.limit,
            "off": known.off,
            "raise_after_s": known.raise_after_s,
            "clear_after_s": known.clear_after_s,
        }
        for known in overrides
    ]


def restore(kept: object, layout: Layout) -> tuple[Override, ...]:
    """Return the overrides that `keep` was given, as far as they still fit the site.

    What is malformed, out of range or names what is no more is left out, one by one.
    """
    overrides: tuple[Override, ...] = ()
    for entry in _KEPT.validate_python(kept) if isinstance(kept, list) else ():
        fields: Mapping[str, Any] = entry.model_dump()
        place = Place(**{name: fields[name] for name in _PLACE})
        rest = {name: value for name, value in fields.items() if name not in _PLACE}
        wish = Override(place=place, **rest)
        if _refusal(wish, layout) is None:
            overrides = changed(overrides, _named_in_full(wish, layout))
    return overrides


def _named_in_full(wish: Override, layout: Layout) -> Override:
    named = layout.named(wish.place)
    return wish if named is None else replace(wish, place=layout.place(*named))


def _refusal(wish: Override, layout: Layout) -> RefusedError | None:
    """Say why an override must not take effect, or return `None`."""
    rule = RULE_OF.get(wish.rule)
    if rule is None:
        return RefusedError(f"there is no rule {wish.rule!r}", code="unknown_rule")
    named = layout.named(wish.place)
    if named is None or named[0] not in AROUND[rule.scope]:
        reason = f"{wish.rule} watches nothing at {wish.place.label}"
        return RefusedError(reason, code="unknown_place")
    return _limit_refusal(rule, wish, layout) or _delay_refusal(rule, wish)


def _limit_refusal(rule: Rule, wish: Override, layout: Layout) -> RefusedError | None:
    if wish.off and rule.stands:
        return RefusedError(f"{rule.name} cannot be switched off", code="bad_limit")
    if wish.limit is None:
        return None
    between = allowed(rule, wish.place, layout)
    if between is None:
        return RefusedError(f"{rule.name} has no limit that could be changed", code="bad_limit")
    least, most = between
    if least <= wish.limit <= most:
        return None
    unit = f" {rule.unit}".rstrip()
    reason = f"{rule.name}: a limit is {least:g} to {most:g}{unit}, not {wish.limit:g}{unit}"
    return RefusedError(reason, code="bad_limit")


def _delay_refusal(rule: Rule, wish: Override) -> RefusedError | None:
    for delay_s in (wish.raise_after_s, wish.clear_after_s):
        if delay_s is not None and not SHORTEST_S <= delay_s <= LONGEST_S:
            reason = f"a delay is {SHORTEST_S:g} to {LONGEST_S:g} seconds, not {delay_s:g}"
            return RefusedError(reason, code="bad_delay")
    later = wish.raise_after_s is not None and wish.raise_after_s > rule.raise_after_s
    if rule.stands and later:
        return RefusedError(f"{rule.name} cannot be put off for longer", code="bad_delay")
    return None


def _same(one: Override, other: Override) -> bool:
    return (one.rule, one.place) == (other.rule, other.place)
