"""The table of ISA-18.2: every transition, and what people can never change."""

from __future__ import annotations

import pytest

from bacs_core.alarms.states import (
    ACTIVE,
    IS_ACTIVE,
    NEXT,
    PUBLISHED,
    TRANSITIONS,
    ChangeKind,
    Happening,
    State,
    kinds,
)
from bacs_core.model import AlarmState

CONDITIONS = (Happening.BEGINS, Happening.ENDS)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("happening", [it for it in Happening if it not in CONDITIONS])
def test_nothing_but_the_condition_itself_changes_what_is_active(
    state: State, happening: Happening
) -> None:
    assert IS_ACTIVE[NEXT[state, happening]] == IS_ACTIVE[state]


@pytest.mark.parametrize("state", State)
def test_a_condition_that_begins_or_ends_does_so_in_every_state(state: State) -> None:
    assert IS_ACTIVE[NEXT[state, Happening.BEGINS]]
    assert not IS_ACTIVE[NEXT[state, Happening.ENDS]]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("happening", Happening)
def test_what_the_table_does_not_list_changes_nothing(state: State, happening: Happening) -> None:
    assert NEXT[state, happening] == TRANSITIONS.get((state, happening), state)


def test_every_state_is_published_but_normal_and_every_one_can_be_left_for_normal() -> None:
    assert set(PUBLISHED) == set(State) - {State.NORMAL}
    assert set(PUBLISHED.values()) == set(AlarmState)
    reached = {State.NORMAL}
    for _ in State:
        reached |= {state for (state, _), after in TRANSITIONS.items() if after in reached}
    assert reached == set(State)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (State.NORMAL, State.UNACKNOWLEDGED, ["raised"]),
        (State.RETURNED, State.UNACKNOWLEDGED, ["raised"]),
        (State.UNACKNOWLEDGED, State.RETURNED, ["returned"]),
        (State.UNACKNOWLEDGED, State.ACKNOWLEDGED, ["acknowledged"]),
        (State.ACKNOWLEDGED, State.NORMAL, ["cleared"]),
        (State.RETURNED, State.NORMAL, ["acknowledged", "cleared"]),
        (State.ACKNOWLEDGED, State.SHELVED, ["shelved"]),
        (State.SHELVED, State.SHELVED_RETURNED, []),
        (State.SHELVED, State.UNACKNOWLEDGED, ["unshelved"]),
        (State.SHELVED_RETURNED, State.NORMAL, ["unshelved", "cleared"]),
        (State.NORMAL, State.SUPPRESSED, ["suppressed"]),
        (State.SUPPRESSED, State.UNACKNOWLEDGED, ["released"]),
        (State.SUPPRESSED, State.NORMAL, ["cleared"]),
        (State.SHELVED, State.OUT_OF_SERVICE, ["taken_out_of_service"]),
        (State.OUT_OF_SERVICE, State.UNACKNOWLEDGED, ["put_back"]),
        (State.OUT_OF_SERVICE, State.NORMAL, ["cleared"]),
        (State.NORMAL, State.NORMAL, []),
    ],
)
def test_every_transition_that_people_see_has_a_name(
    before: State, after: State, told: list[str]
) -> None:
    assert [ChangeKind(kind).value for kind in kinds(before, after)] == told


def test_an_alarm_is_active_wherever_its_condition_holds() -> None:
    assert set(ACTIVE) == set(State) - {State.NORMAL, State.RETURNED, State.SHELVED_RETURNED}
