"""What is told of a stick: every happening in every phase."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from bacs_core.stick.states import (
    AT_WORK,
    PULLED_TOLD_S,
    Appeared,
    Begun,
    Failed,
    Happening,
    Progressed,
    Removed,
    Settled,
    StickPhase,
    StickProblem,
    StickState,
    Written,
    after,
    at,
)
from bacs_core.stick.telling import SENTENCES, event_of

NOW = 1_800_000_000.0
WRITTEN = Settled(Written("Hall_20261120T120000", 12, 3456))
FULL = Settled(Failed(StickProblem.FULL, "No space left on device", 100, 10))
HAPPENINGS: tuple[Happening, ...] = (
    Appeared("KINGSTON"),
    Appeared("KINGSTON", held=True),
    Begun(),
    Begun("olga"),
    Progressed(StickPhase.WRITING, 40),
    Progressed(StickPhase.FLUSHING),
    WRITTEN,
    FULL,
    Removed(),
)


def told(*happenings: Happening) -> StickState:
    state = StickState(waiting=1)
    for number, happening in enumerate(happenings):
        state = after(state, happening, NOW + number)
    return state


def test_a_copy_goes_from_found_to_done_and_keeps_who_asked_for_it() -> None:
    begun = told(Appeared("KINGSTON"), Begun("olga"), Progressed(StickPhase.WRITING, 40))
    assert (begun.phase, begun.percent, begun.label, begun.by) == (
        StickPhase.WRITING,
        40,
        "KINGSTON",
        "olga",
    )
    assert begun.since == NOW + 2
    further = after(begun, Progressed(StickPhase.WRITING, 41), NOW + 9)
    assert (further.percent, further.since) == (41, NOW + 2)
    done = after(further, WRITTEN, NOW + 10)
    assert (done.phase, done.files, done.size_bytes, done.by) == (
        StickPhase.DONE,
        12,
        3456,
        "olga",
    )
    assert done.folder == "Hall_20261120T120000"
    assert done.waiting == 1


def test_how_coarse_a_copy_is_stands_in_the_state_and_in_its_event() -> None:
    before = told(Appeared("KINGSTON"), Begun())
    done = after(before, Settled(Written("copy", 12, 3456, step_s=60)), NOW)
    assert done.step_s == 60
    event = event_of(before, done, datetime.fromtimestamp(NOW, UTC))
    assert event is not None
    assert event.text.endswith("for lack of space only one sample of each 60 s")
    assert event.data["step_s"] == 60
    assert told(Appeared("NEXT")).step_s == 0


def test_a_problem_comes_with_its_facts_and_goes_with_the_next_copy() -> None:
    failed = told(Appeared("KINGSTON"), Begun(), FULL)
    assert (failed.phase, failed.problem) == (StickPhase.PROBLEM, StickProblem.FULL)
    assert (failed.needed_bytes, failed.free_bytes) == (100, 10)
    again = after(failed, Begun("olga"), NOW + 9)
    assert (again.problem, again.detail, again.needed_bytes) == (None, "", None)


@pytest.mark.parametrize("phase", sorted(AT_WORK))
def test_pulling_a_stick_out_at_work_is_a_problem_for_a_while(phase: StickPhase) -> None:
    pulled = told(Appeared("KINGSTON"), Begun(), Progressed(phase), Removed())
    assert (pulled.phase, pulled.problem) == (StickPhase.PROBLEM, StickProblem.PULLED)
    assert at(pulled, NOW + 3 + PULLED_TOLD_S) == pulled
    assert at(pulled, NOW + 4 + PULLED_TOLD_S) == StickState(waiting=1)
    assert after(pulled, Appeared("NEXT"), NOW).problem is None


@pytest.mark.parametrize(
    "before", [(Appeared("K"),), (Appeared("K", held=True),), (Appeared("K"), Begun(), WRITTEN)]
)
def test_pulling_a_stick_out_at_any_other_time_leaves_nothing(
    before: tuple[Happening, ...],
) -> None:
    assert told(*before, Removed()) == StickState(waiting=1)


@pytest.mark.parametrize("late", [Progressed(StickPhase.WRITING, 50), WRITTEN, FULL])
def test_what_a_copy_still_says_after_the_stick_is_gone_changes_nothing(late: Happening) -> None:
    pulled = told(Appeared("K"), Begun(), Removed())
    assert after(pulled, late, NOW + 60) == pulled


@given(st.lists(st.sampled_from(HAPPENINGS), max_size=12))
def test_done_is_told_only_after_everything_was_written_and_unmounted(
    happenings: list[Happening],
) -> None:
    state = StickState()
    for happening in happenings:
        before, state = state, after(state, happening, NOW)
        if state.phase is StickPhase.DONE and before.phase is not StickPhase.DONE:
            assert happening is WRITTEN
            assert before.phase in AT_WORK
        assert (state.phase is StickPhase.PROBLEM) == (state.problem is not None)


def test_found_written_and_failed_are_events_and_nothing_else_is() -> None:
    at_time = datetime.fromtimestamp(NOW, UTC)
    state, texts = StickState(), []
    for happening in (
        Appeared("KINGSTON"),
        Begun(),
        Progressed(StickPhase.WRITING, 40),
        Progressed(StickPhase.WRITING, 80),
        Progressed(StickPhase.FLUSHING),
        WRITTEN,
        Begun("olga"),
        FULL,
        Removed(),
    ):
        before, state = state, after(state, happening, NOW)
        event = event_of(before, state, at_time)
        if event is not None:
            texts.append((event.by, event.text))
    assert texts == [
        ("unattended", "a stick was plugged in: KINGSTON"),
        ("unattended", "12 files (3456 bytes) were copied to KINGSTON"),
        ("olga", "nothing was completed on KINGSTON: it is full (No space left on device)"),
    ]


def test_every_problem_has_a_sentence_for_the_history() -> None:
    assert set(SENTENCES) == set(StickProblem)
