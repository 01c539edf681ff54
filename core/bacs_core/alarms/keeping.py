"""Carries the alarm book over a restart: every raised alarm as plain JSON, and back.

Only what a restart must not lose is kept. Delays that were running begin anew, so an alarm whose
condition ended meanwhile still waits its whole clear delay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, OnErrorOmit, TypeAdapter

from bacs_core.alarms.layout import Layout, LineOf, Place, lay_out
from bacs_core.alarms.machine import AlarmBook, Occurrence, book_of
from bacs_core.alarms.rules import RULES
from bacs_core.model import AlarmState, Site

#: Later than this no time can be published.
_LAST_TIME_S: Final = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
_RULES: Final = {rule.name: rule for rule in RULES}

_Name = Annotated[str, Field(min_length=1)]
_Time = Annotated[float, Field(ge=0, le=_LAST_TIME_S)]


class _Kept(BaseModel):
    """One raised alarm as it lies in the history; times are unix seconds."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)

    id: _Name
    rule: str
    manager_id: str | None
    string_key: str | None
    cell: int | None
    line_id: str | None
    accessory_id: str | None = None
    state: Annotated[AlarmState, Field(strict=False)]
    value: float
    limit: float
    raised_at: _Time
    acknowledged_by: _Name | None
    acknowledged_at: _Time | None
    note: str = ""


_KEPT: Final = TypeAdapter(list[OnErrorOmit[_Kept]])


def keep(book: AlarmBook) -> list[dict[str, str | int | float | None]]:
    """Return every raised alarm as plain JSON, in the order of raising."""
    return [
        {
            "id": alarm.id,
            "rule": alarm.rule.name,
            **asdict(alarm.place),
            "state": alarm.state.value,
            "value": alarm.value,
            "limit": alarm.limit,
            "raised_at": alarm.raised_at,
            "acknowledged_by": alarm.acknowledged_by,
            "acknowledged_at": alarm.acknowledged_at,
            "note": alarm.note,
        }
        for alarm in book.raised
    ]


def restore(
    kept: object,
    site: Site,
    line_ids: Sequence[str],
    line_of: LineOf,
    accessory_lines: Mapping[str, str] | None = None,
) -> AlarmBook:
    """Return the book that `keep` was given, as far as it still fits the site.

    What is malformed, contradicts itself or names a rule or place that is no more is left out, one
    by one. `line_ids` and `accessory_lines` must come in the order of the lines and accessories in
    the inputs of `evaluate`.
    """
    layout = lay_out(site, tuple(line_ids), line_of, accessory_lines)
    return book_of(_occurrences(kept, layout), layout)


def _occurrences(kept: object, layout: Layout) -> Iterator[tuple[int, Occurrence]]:
    seen: set[str | tuple[str, int]] = set()
    for alarm in _KEPT.validate_python(kept) if isinstance(kept, list) else ():
        rule = _RULES.get(alarm.rule)
        if rule is None:
            continue
        place = Place(
            alarm.manager_id, alarm.string_key, alarm.cell, alarm.line_id, alarm.accessory_id
        )
        row = layout.row(rule.scope, place)
        if row is None or not seen.isdisjoint({alarm.id, (rule.name, row)}):
            continue
        if (alarm.state is AlarmState.ACKNOWLEDGED) is (alarm.acknowledged_by is None):
            continue
        seen |= {alarm.id, (rule.name, row)}
        yield (
            row,
            Occurrence(
                id=alarm.id,
                rule=rule,
                place=place,
                state=alarm.state,
                value=alarm.value,
                limit=alarm.limit,
                raised_at=alarm.raised_at,
                acknowledged_by=alarm.acknowledged_by,
                acknowledged_at=alarm.acknowledged_at,
                note=alarm.note,
            ),
        )
