"""What the band says of a stick, in both languages."""

from __future__ import annotations

import pytest

from bacs_core.api.messages import StickStatus
from bacs_core.stick.states import StickPhase, StickProblem
from bacs_hmi.format import Numbers
from bacs_hmi.stick import size, waiting, words
from bacs_hmi.texts import LANGUAGES, Texts, numbers_of

ENGLISH, GERMAN = LANGUAGES["en"], LANGUAGES["de"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("phase", sorted(set(StickPhase) - {StickPhase.NONE, StickPhase.PROBLEM}))
def test_every_phase_has_words_with_the_name_of_the_stick(phase: StickPhase, language: str) -> None:
    texts = LANGUAGES[language]
    told = StickStatus(phase=phase, label="KINGSTON", percent=41)
    assert "KINGSTON" in words(told, texts, numbers_of(texts))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("problem", sorted(StickProblem))
def test_every_problem_says_what_it_is_and_what_to_do(problem: StickProblem, language: str) -> None:
    texts = LANGUAGES[language]
    told = StickStatus(phase=StickPhase.PROBLEM, problem=problem, label="KINGSTON")
    said = words(told, texts, numbers_of(texts))
    do = {
        "en": ("Remove it", "You may remove", "Pull it out", "Plug it in"),
        "de": ("bziehen", "abgezogen", "einstecken"),
    }
    assert "KINGSTON" in said
    assert any(phrase in said for phrase in do[language])


def test_only_a_stick_that_is_done_may_be_removed() -> None:
    may = [
        phase
        for phase in sorted(set(StickPhase) - {StickPhase.NONE, StickPhase.PROBLEM})
        if "may remove" in words(StickStatus(phase=phase, label="K"), ENGLISH, Numbers("."))
    ]
    assert may == [StickPhase.DONE]


@pytest.mark.parametrize(
    ("texts", "said"), [(ENGLISH, "one of each 15\u00a0min"), (GERMAN, "je 15\u00a0min ist einer")]
)
def test_a_copy_that_leaves_samples_out_says_so(texts: Texts, said: str) -> None:
    told = StickStatus(phase=StickPhase.DONE, label="K", step_s=900)
    assert said in words(told, texts, numbers_of(texts))


def test_what_is_missing_is_told_in_numbers() -> None:
    told = StickStatus(
        phase=StickPhase.PROBLEM,
        problem=StickProblem.NOT_ENOUGH_SPACE,
        label="K",
        needed_bytes=64_300_000_000,
        free_bytes=1_900_000,
    )
    said = words(told, GERMAN, Numbers(","))
    assert "64,3\u00a0GB" in said
    assert "1,9\u00a0MB" in said


@pytest.mark.parametrize(("count", "said"), [(0, ""), (1, "Another stick"), (3, "3 more sticks")])
def test_further_sticks_are_told_of(count: int, said: str) -> None:
    assert waiting(StickStatus(phase=StickPhase.DONE, waiting=count), ENGLISH).startswith(said)


def test_sizes_are_written_in_the_unit_that_fits() -> None:
    numbers = Numbers(".")
    sizes = [size(numbers, number) for number in (0, 999, 1500, 2_000_000, 3_100_000_000)]
    assert sizes == [
        "0\u00a0bytes",
        "999\u00a0bytes",
        "2\u00a0kB",
        "2.0\u00a0MB",
        "3.1\u00a0GB",
    ]
