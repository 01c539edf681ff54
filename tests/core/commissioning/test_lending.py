"""Which line must not be lent."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bacs_core import sitefile
from bacs_core.alarms.rules import RULES
from bacs_core.api.messages import Alarm
from bacs_core.commissioning.lending import RUNAWAY_RULES, may_lend, strings_on
from bacs_core.model import AlarmSeverity, AlarmState, Site
from bacs_core.settings import Address, Settings

SITE = Path(__file__).parents[2] / "system" / "site.toml"
NAMES = {"telecom/1": "Telecom string 1"}


def hot(
    key: str = "telecom/1",
    state: AlarmState = AlarmState.UNACKNOWLEDGED,
    rule: str = "cell_temperature_critical",
) -> Alarm:
    return Alarm(
        id="a",
        rule=rule,
        severity=AlarmSeverity.ALARM,
        state=state,
        string_key=key,
        cell=3,
        raised_at=datetime.now(UTC),
        text="hot",
    )


def test_all_that_hangs_on_a_line_counts_also_behind_its_managers() -> None:
    settings = sitefile.load(SITE)
    assert strings_on(settings, "managers") == {"ups-a/1", "ups-b/1"}
    assert strings_on(settings, "modules") == {"telecom/1"}


def test_a_string_of_which_only_the_current_is_read_counts_too() -> None:
    address = Address("sensors", 241)
    settings = Settings(Site("Test", ()), {}, {}, {}, {"ups-a/1": address})
    assert strings_on(settings, "sensors") == {"ups-a/1"}
    assert strings_on(settings, "modules") == frozenset()


def test_a_line_with_a_cell_in_runaway_is_not_lent() -> None:
    refusal = may_lend("modules", frozenset({"telecom/1"}), [hot()], NAMES)
    assert refusal is not None
    assert refusal.code == "runaway"
    assert "Telecom string 1" in refusal.reason


@pytest.mark.parametrize(
    ("alarm", "refused"),
    [
        (hot(state=AlarmState.ACKNOWLEDGED), True),
        (hot(state=AlarmState.RETURNED), False),
        (hot("ups-a/1"), False),
        (hot(rule="cell_temperature_high"), False),
    ],
)
def test_only_an_active_stage_of_a_string_on_that_line_refuses(alarm: Alarm, refused: bool) -> None:
    refusal = may_lend("modules", frozenset({"telecom/1"}), [alarm], NAMES)
    assert (refusal is not None) is refused


def test_the_rules_that_tell_of_runaway_exist() -> None:
    assert {rule.name for rule in RULES} >= RUNAWAY_RULES
