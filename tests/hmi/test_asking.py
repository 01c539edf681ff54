"""What a view asks the engine, and what becomes of a question that nobody waits for any more."""

from __future__ import annotations

import asyncio
import gc
import warnings
from typing import cast

import pytest
import pytest_asyncio
from nicegui import core

from bacs_core.api.client import (
    ClientError,
    CommandRefusedError,
    EngineClient,
    NotAuthorizedError,
)
from bacs_hmi.asking import Asking
from bacs_hmi.texts import texts_of


@pytest_asyncio.fixture(autouse=True)
async def loop_of_the_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "loop", asyncio.get_running_loop())


class SignedIn:
    """Who is signed in at a browser, if anybody."""

    def __init__(self, *, somebody: bool = True) -> None:
        self.token = "token" if somebody else None

    def is_over(self, token: str) -> None:
        assert token == self.token
        self.token = None


def asking(*, is_there: bool = True, person: SignedIn | None = None) -> Asking:
    client = object() if is_there else None
    who = person or SignedIn()
    return Asking(
        lambda: cast("EngineClient", client), lambda: who.token, texts_of("en"), who.is_over
    )


async def turn() -> None:
    """Let every task that can go on do so."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("drop", ["drop", "close", "newer question"])
async def test_a_question_that_is_dropped_before_it_begins_leaves_nothing_behind(drop: str) -> None:
    told: list[int] = []
    ask = asking()

    async def read(_client: EngineClient, _token: str | None) -> int:
        await asyncio.sleep(0)
        return 1

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        ask.engine("one", read, told.append, lambda _: told.append(-1))
        match drop:
            case "drop":
                ask.drop("one")
            case "close":
                ask.close()
            case _:
                ask.engine("one", read, told.append, lambda _: told.append(-1))
        await turn()
        gc.collect()
    assert [str(warning.message) for warning in warned] == []
    assert told == ([1] if drop == "newer question" else [])


async def test_an_answer_is_told_in_the_name_of_who_is_signed_in() -> None:
    told: list[str | None] = []

    async def read(_client: EngineClient, token: str | None) -> str | None:
        await asyncio.sleep(0)
        return token

    asking().engine("who", read, told.append, lambda _: None)
    await turn()
    assert told == ["token"]


async def test_a_failure_and_a_silent_engine_are_told_in_words() -> None:
    told: list[str] = []

    async def read(_client: EngineClient, _token: str | None) -> None:
        await asyncio.sleep(0)
        raise ClientError("it broke")

    asking().engine("broken", read, lambda _: None, told.append)
    asking(is_there=False).engine("silent", read, lambda _: None, told.append)
    await turn()
    assert len(told) == 2
    assert told[0] == texts_of("en")["engine_silent"]


async def test_a_session_that_the_engine_forgot_ends_and_is_asked_once_more_without() -> None:
    told: list[str | None] = []
    person = SignedIn()

    async def read(_client: EngineClient, token: str | None) -> str:
        await asyncio.sleep(0)
        if token is not None:
            raise NotAuthorizedError("the token is not valid")
        return "read by everybody"

    asking(person=person).engine("who", read, told.append, told.append)
    await turn()
    assert told == ["read by everybody"]
    assert person.token is None


async def test_what_needs_a_person_says_so_once_the_session_is_over() -> None:
    told: list[str | None] = []

    async def read(_client: EngineClient, token: str | None) -> str:
        await asyncio.sleep(0)
        if token is None:
            raise CommandRefusedError("only technicians", code="forbidden")
        raise NotAuthorizedError("the token is not valid")

    asking().engine("who", read, told.append, told.append)
    await turn()
    assert told == [texts_of("en")["refused_unauthorized"]]


async def test_a_change_is_never_made_without_the_person_who_ordered_it() -> None:
    told: list[str | None] = []
    tokens: list[str | None] = []
    person = SignedIn()

    async def do(_client: EngineClient, token: str) -> str:
        await asyncio.sleep(0)
        tokens.append(token)
        raise NotAuthorizedError("the token is not valid")

    for _ in range(2):
        asking(person=person).as_person("change", do, told.append, told.append)
        await turn()
    assert tokens == ["token"]
    assert person.token is None
    assert told == [texts_of("en")["refused_unauthorized"]] * 2


async def test_a_panel_that_the_engine_does_not_accept_is_told_as_such() -> None:
    told: list[str | None] = []

    async def read(_client: EngineClient, _token: str | None) -> str:
        await asyncio.sleep(0)
        raise NotAuthorizedError("the token is not valid")

    asking(person=SignedIn(somebody=False)).engine("who", read, told.append, told.append)
    await turn()
    assert told == [texts_of("en")["refused_panel"]]
