from datetime import timedelta
from itertools import product

import pytest

from bacs_core.model import AlarmSeverity, AlarmState
from custom_components.bacs.alarm_events import alarm_events, happened, told
from tests.integration.scripted_engine import alarm, plant

UNSEEN, SEEN, OVER = AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, AlarmState.RETURNED
SHELVED, SUPPRESSED = AlarmState.SHELVED, AlarmState.SUPPRESSED


@pytest.mark.parametrize(
    ("before", "after", "types"),
    [
        (None, UNSEEN, ["raised"]),
        (UNSEEN, SEEN, ["acknowledged"]),
        (SEEN, None, ["cleared"]),
        (UNSEEN, OVER, ["cleared"]),
        (OVER, None, ["acknowledged"]),
        (OVER, UNSEEN, ["raised"]),
        (UNSEEN, SHELVED, ["shelved"]),
        (SEEN, AlarmState.OUT_OF_SERVICE, ["out_of_service"]),
        (SHELVED, UNSEEN, ["raised"]),
        (SHELVED, None, ["cleared"]),
        (SHELVED, OVER, []),
        (None, SUPPRESSED, []),
        (SUPPRESSED, SHELVED, []),
        (SEEN, SEEN, []),
    ],
)
def test_each_step_of_an_alarm_has_its_event(
    before: AlarmState | None, after: AlarmState | None, types: list[str]
) -> None:
    assert [*happened(before, after)] == types


def test_what_was_raised_and_cleared_between_two_looks_did_both() -> None:
    assert [*happened(None, OVER)] == ["raised", "cleared"]


def test_no_step_of_an_alarm_is_without_an_answer() -> None:
    for before, after in product([None, *AlarmState], repeat=2):
        happened(before, after)


def test_severe_and_old_alarms_are_told_first() -> None:
    late = alarm("cell_hot", severity=AlarmSeverity.ALARM)
    late = late.model_copy(update={"raised_at": late.raised_at + timedelta(hours=1)})
    alarms = [alarm("warning"), late, alarm("first", severity=AlarmSeverity.ALARM)]
    events = alarm_events({}, {each.id: each for each in alarms})
    assert [event.alarm.rule for event in events] == ["first", "cell_hot", "warning"]


def test_of_a_burst_each_event_says_which_of_how_many_of_its_kind_it_is() -> None:
    before = [alarm(f"over_{number}") for number in range(2)]
    after = [
        *(alarm(f"new_{number}") for number in range(3)),
        alarm("cell_hot", severity=AlarmSeverity.ALARM),
    ]
    events = alarm_events({each.id: each for each in before}, {each.id: each for each in after})
    assert [(event.type, event.alarm.rule, event.number, event.of) for event in events] == [
        ("raised", "cell_hot", 1, 1),
        ("raised", "new_0", 1, 3),
        ("raised", "new_1", 2, 3),
        ("raised", "new_2", 3, 3),
        ("cleared", "over_0", 1, 2),
        ("cleared", "over_1", 2, 2),
    ]


def test_an_event_names_cell_rule_reason_and_severity() -> None:
    (event,) = alarm_events({}, {"a": alarm(id="a", value=2.05, limit=2.1)})
    assert told(event, plant()) == {
        "alarm_id": "a",
        "rule": "cell_voltage_low",
        "severity": "warning",
        "reason": "ups-a/1/2: cell_voltage_low",
        "cell": 2,
        "cell_name": "02",
        "string": "UPS A string 1",
        "manager": "UPS A",
        "value": 2.05,
        "limit": 2.1,
        "raised_at": "2026-01-01T00:00:00+00:00",
        "first_out": False,
        "burst_number": 1,
        "burst_size": 1,
    }


def test_an_event_of_the_site_names_neither_string_nor_cell() -> None:
    (event,) = alarm_events({}, {"a": alarm("line_gone", string_key=None, cell=None, id="a")})
    assert not {"string", "cell", "cell_name", "manager"} & told(event, plant()).keys()
