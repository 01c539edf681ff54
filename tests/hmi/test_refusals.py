"""Whatever the engine refuses is told in words of the screen's language."""

from __future__ import annotations

import ast
from importlib.resources import files
from pathlib import Path

import pytest

from bacs_core.api.client import (
    ClientError,
    CommandRefusedError,
    EngineUnreachableError,
    NotAuthorizedError,
    VersionMismatchError,
)
from bacs_hmi import refusals
from bacs_hmi.texts import LANGUAGES, Texts

ENGLISH, GERMAN = LANGUAGES["en"], LANGUAGES["de"]
CORE = Path(str(files("bacs_core")))
SOURCES = list(CORE.rglob("*.py"))


def codes_raised() -> set[str]:
    """Find the codes of all refusals that the sources raise."""
    calls = [
        node
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "RefusedError"
    ]
    return {
        ast.literal_eval(keyword.value)
        for call in calls
        for keyword in call.keywords
        # A code that another program handed on was raised by one of these sources too.
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    }


@pytest.mark.parametrize("texts", [ENGLISH, GERMAN], ids=["en", "de"])
def test_every_refusal_of_the_engine_has_a_text_of_its_own(texts: Texts) -> None:
    codes = codes_raised()
    assert {"wrong_credentials", "locked_out", "cabinet_only", "cause_stands"} <= codes
    assert {code for code in codes if f"refused_{code}" not in texts} == set()
    told = {refusals.words(CommandRefusedError("?", code=code), texts) for code in codes}
    assert len(told) == len(codes)
    assert texts["refused"] not in told


@pytest.mark.parametrize("code", ["locked_out", "must_change", "cabinet_only", "moon_phase"])
def test_only_wrong_credentials_are_called_wrong(code: str) -> None:
    wrong = refusals.words(CommandRefusedError("?", code="wrong_credentials"), ENGLISH)
    assert wrong == "User, or PIN or password, is wrong."
    assert "is wrong" not in refusals.words(CommandRefusedError("?", code=code), ENGLISH)


def test_an_unknown_refusal_is_told_as_the_engine_having_refused() -> None:
    error = CommandRefusedError("a reason in English", code="moon_phase")
    assert refusals.words(error, ENGLISH) == "The engine refused this."
    assert refusals.words(error, GERMAN) == "Die Engine hat das abgelehnt."


@pytest.mark.parametrize(("wait_s", "told"), [(1, "1 s"), (119, "119 s"), (121, "3 min")])
def test_a_lockout_says_how_long_it_lasts(wait_s: int, told: str) -> None:
    reason = f"too many failures; try again in {wait_s} s"
    words = refusals.words(CommandRefusedError(reason, code="locked_out"), ENGLISH)
    assert words.replace("\u00a0", " ") == f"Too many wrong tries. Try again in {told}."


def test_a_lockout_of_unknown_length_says_to_wait() -> None:
    words = refusals.words(CommandRefusedError("locked", code="locked_out"), ENGLISH)
    assert words == "Too many wrong tries. Wait a little."


@pytest.mark.parametrize("error_type", [EngineUnreachableError, NotAuthorizedError])
def test_what_only_programmers_understand_is_never_told(error_type: type[ClientError]) -> None:
    error = error_type("Cannot connect to host 127.0.0.1:8480 ssl:default [Connect call failed]")
    for texts in LANGUAGES.values():
        assert "connect to host" not in refusals.words(error, texts)


def test_an_engine_that_cannot_be_reached_does_not_answer() -> None:
    error = EngineUnreachableError("connection reset")
    assert refusals.words(error, ENGLISH) == "The engine does not answer."
    assert refusals.words(error, GERMAN) == "Die Engine antwortet nicht."
    assert refusals.words(VersionMismatchError("HTTP status 404"), ENGLISH) == ENGLISH["refused"]


def test_who_typed_only_a_pin_reads_that_it_is_wrong() -> None:
    wrong = CommandRefusedError("no", code="wrong_credentials")
    assert refusals.of_sign_in(wrong, ENGLISH, by_pin=True) == "This PIN is wrong."
    assert refusals.of_sign_in(wrong, ENGLISH, by_pin=False) == refusals.words(wrong, ENGLISH)


def test_who_asked_with_a_session_alone_is_told_that_it_is_over_and_not_of_the_panel() -> None:
    over = NotAuthorizedError("the token is not valid")
    assert refusals.of_person(over, ENGLISH) == ENGLISH["refused_unauthorized"]
    assert (
        refusals.of_person(CommandRefusedError("?", code="weak_pin"), ENGLISH)
        == (ENGLISH["refused_weak_pin"])
    )
