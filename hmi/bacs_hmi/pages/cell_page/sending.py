"""Commands whose outcome the page itself wants to know."""

from __future__ import annotations

from collections.abc import Callable

from bacs_core.api.messages import Command, CommandResult
from bacs_hmi.pages.page import Surroundings


def send(
    around: Surroundings, command: Command, what: str, done: Callable[[CommandResult], None]
) -> None:
    """Give a command as who is signed in, or signs in now; `what` is the touched button's text."""

    def go() -> None:
        if not around.may(command.command):
            # It says which role is needed.
            around.order(command, what)
            return
        around.ask.as_person(
            f"send {command.command.value}",
            lambda client, token: client.command(command, session_token=token),
            done,
            lambda why: around.tell(why, False),
        )

    around.sign_in(around.texts["sign_in_for"].format(what=what), go)
