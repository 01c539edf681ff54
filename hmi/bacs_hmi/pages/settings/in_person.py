"""What somebody who is signed in asks of the engine about people, programs and pairing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bacs_core.access.principal import ROLE_ORDER
from bacs_core.api.client import EngineClient
from bacs_core.api.people_client import PeopleClient
from bacs_core.model import Role
from bacs_hmi.pages.page import Surroundings

Answer = TypeVar("Answer")


def asked(
    around: Surroundings,
    what: str,
    do: Callable[[PeopleClient], Awaitable[Answer]],
    then: Callable[[Answer], Any],
    failed: Callable[[str], Any] | None = None,
) -> None:
    """Do it in the name of who is signed in; asks for a person first. `what` is the button's text.

    What was refused is told by `failed`, else as a notice.
    """

    def tell(problem: str) -> None:
        if failed is None:
            around.tell(problem, False)
        else:
            failed(problem)

    def ask() -> None:
        around.ask.as_person("people", by_person(do), then, tell)

    around.sign_in(around.texts["sign_in_for"].format(what=what), ask)


def by_person(
    do: Callable[[PeopleClient], Awaitable[Answer]],
) -> Callable[[EngineClient, str | None], Awaitable[Answer]]:
    """Turn a question about people into one that `around.ask` puts."""
    return lambda client, token: do(PeopleClient(client, session_token=token))


def has_role(around: Surroundings, role: Role) -> bool:
    """Tell whether who is signed in has this role, or a higher one."""
    session = around.session()
    return session is not None and ROLE_ORDER.index(session.role) >= ROLE_ORDER.index(role)
