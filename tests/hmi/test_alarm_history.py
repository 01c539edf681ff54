"""What somebody looks for in the history, and one command for many alarms."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bacs_core.api.messages import Acknowledge, Command
from bacs_core.model import AlarmSeverity
from bacs_hmi.event_wording import GROUPS
from bacs_hmi.pages.alarms_history import KINDS, SEVERITIES, SPANS, Wanted
from bacs_hmi.pages.alarms_orders import GIVEN_UP_AFTER_S, ManyOrders
from bacs_hmi.texts import LANGUAGES
from bacs_hmi.views import View, ViewName, view_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted("today", "commands", "alarm", "ups-a/2", 4711),
        *(Wanted(span=span) for span in SPANS),
        *(Wanted(kinds=kinds) for kinds in KINDS),
        *(Wanted(severity=severity) for severity in SEVERITIES),
    ],
)
def test_what_is_looked_for_survives_the_address(wanted: Wanted) -> None:
    assert Wanted.of(view_of(wanted.view().query())) == wanted


def test_an_address_that_is_not_understood_shows_a_week_of_everything() -> None:
    assert Wanted.of(View(ViewName.ALARMS, part="history/x/y/z/9")) == Wanted()


def test_the_engine_is_asked_for_just_what_is_wanted() -> None:
    query = Wanted("30d", "system", "warning", "ups-a/2", 99).query(NOW, 8)
    assert query.start == NOW - timedelta(days=30)
    assert query.kind == GROUPS["system"]
    assert (query.severity, query.string, query.before, query.limit) == (
        AlarmSeverity.WARNING,
        "ups-a/2",
        99,
        8,
    )
    everything = Wanted(span="all").query(NOW, 8)
    assert (everything.start, everything.kind, everything.severity) == (None, (), None)


def test_today_begins_at_midnight_of_this_place() -> None:
    start = Wanted(span="today").query(NOW, 8).start
    assert start is not None
    assert start == start.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    assert timedelta() <= NOW - start < timedelta(days=1, hours=1)


class Panel:
    """What one command for many alarms needs of a page, with a clock that a test moves."""

    def __init__(self) -> None:
        self.live = SimpleNamespace(at=1000.0)
        self.texts = LANGUAGES["en"]
        self.ask = self
        self.ordered: list[Command] = []
        self.sent: list[tuple[Command, str | None]] = []
        self.told: list[str] = []

    def order(self, command: Command, what: str) -> None:
        self.ordered.append(command)

    async def command(self, command: Command, *, session_token: str | None = None) -> None:
        self.sent.append((command, session_token))

    def as_person(
        self,
        name: str,
        read: Callable[[Any, str], Awaitable[None]],
        then: Callable[[None], None],
        failed: Callable[[str], None],
    ) -> None:
        asyncio.run(read(self, "token"))  # type: ignore[arg-type]
        then(None)


@pytest.fixture
def panel() -> Panel:
    return Panel()


def orders(panel: Panel) -> ManyOrders:
    return ManyOrders(panel, panel.told.append)  # type: ignore[arg-type]


COMMANDS = [Acknowledge(alarm_id=str(number)) for number in range(3)]


def test_the_other_commands_follow_once_the_first_was_carried_out(panel: Panel) -> None:
    many, begun = orders(panel), [False]
    many.give(COMMANDS, "Acknowledge", lambda: begun[0])
    many.follow()
    assert (panel.ordered, panel.sent) == ([COMMANDS[0]], [])
    begun[0] = True
    many.follow()
    many.follow()
    assert panel.sent == [(COMMANDS[1], "token"), (COMMANDS[2], "token")]
    assert panel.told == ["2 of 3 …", "3 of 3 …", ""]


def test_who_does_not_sign_in_for_long_gives_only_the_first_command(panel: Panel) -> None:
    many = orders(panel)
    many.give(COMMANDS, "Acknowledge", lambda: True)
    panel.live.at += GIVEN_UP_AFTER_S + 1
    many.follow()
    many.follow()
    assert panel.sent == []
