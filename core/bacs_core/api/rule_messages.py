"""What the API tells of the alarm rules: what is usual, what was changed, what is out of service.

Needs no more than pydantic: clients import it.
"""

# ruff: noqa: RUF012 - pydantic copies a default for every message

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from bacs_core.api.message_base import Message
from bacs_core.model import AlarmSeverity

RuleScope = Literal["site", "line", "manager", "string", "cell", "accessory"]


class RulePlace(Message):
    """A place by its most exact name; nothing named is the whole site.

    An accessory names its line too, a string its manager.
    """

    manager_id: str | None = None
    string_key: str | None = None
    cell: Annotated[int | None, Field(description="counted from 1")] = None
    line_id: str | None = None
    accessory_id: str | None = None


class RuleLimit(Message):
    """What holds at strings that are alike; `strings` is empty where a rule is not about strings.

    `limit` is what holds there unless a cell has its own, which `changed` tells. Both limits are
    absent where the rule has none there, and `limit` also where somebody switched the rule off.
    `lowest` and `highest` are between what a person may set it, absent where the limit is fixed.
    """

    strings: list[str] = []
    usual: Annotated[float | None, Field(description="of the site file or the chemistry")] = None
    limit: Annotated[float | None, Field(description="in force")] = None
    off: bool = False
    lowest: float | None = None
    highest: float | None = None


class ChangedLimit(Message):
    """What a person changed of a rule at a place and all inside of it.

    The narrowest place holds: a cell before its string, a string before its manager, its line and
    the site. What is absent is as usual; `off` switches the rule off there.
    """

    place: RulePlace
    limit: float | None = None
    off: bool = False
    raise_after_s: float | None = None
    clear_after_s: float | None = None
    lowest: float | None = None
    highest: float | None = None
    by: str
    since: datetime


class AlarmRule(Message):
    """One rule as it applies at this site.

    A rule that `counts` says yes or no, or how many: its limit is fixed and not told. A rule that
    `stands` tells of protection: nobody can shelve it, switch it off or take it out of service.
    """

    name: str
    scope: RuleScope
    signal: Annotated[str, Field(description="what is watched")]
    unit: Annotated[str, Field(description="V, °C, Ω, %, or empty")]
    severity: AlarmSeverity
    beyond: Annotated[
        Literal["above", "below"], Field(description="the side of the limit that is wrong")
    ]
    raise_after_s: float
    clear_after_s: float
    counts: bool
    stands: bool
    suppressed_by: list[str] = []
    limits: list[RuleLimit] = []
    changed: list[ChangedLimit] = []

    @property
    def may_change_limit(self) -> bool:
        """Whether a person may give it another limit."""
        return not self.counts

    @property
    def may_put_aside(self) -> bool:
        """Whether it may be shelved, switched off and taken out of service."""
        return not self.stands


class StoppedRule(Message):
    """A rule (`None`: all that do not stand) that a person took out of service at a place."""

    rule: str | None
    place: RulePlace
    reason: str
    by: str
    since: datetime


class Rules(Message):
    """Answer of `GET /rules`; rules of wider places come first."""

    rules: list[AlarmRule]
    out_of_service: list[StoppedRule] = []
