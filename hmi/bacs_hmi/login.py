"""The sheets that ask who somebody is, and for a new password."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from nicegui.element import Element
from nicegui.events import GenericEventArguments
from pydantic import ValidationError

from bacs_core.api.messages import Login
from bacs_hmi.texts import Texts

_TEXTS = (
    "sign_in",
    "user",
    "secret",
    "pin",
    "cancel",
    "who",
    "somebody_else",
    "back",
    "key_erase",
    "page_up",
    "page_down",
    "being_checked",
)


class LoginSheet(Element, component="login.js"):
    """Lets a person touch the own name and type the PIN, or type name and secret.

    The secret lives in the browser until it is sent, and nowhere after.
    """

    def __init__(
        self,
        texts: Texts,
        *,
        title: str,
        on_send: Callable[[Login], Awaitable[None]],
        on_cancel: Callable[[], None],
    ) -> None:
        super().__init__()
        self._props["texts"] = {name: texts[name] for name in _TEXTS}
        self._props["title"] = title
        self._props["problem"] = ""
        self._props["attempt"] = 0
        self._props["people"] = None
        self._wrong = texts["refused_wrong_credentials"]
        self._on_send = on_send
        self.by_pin = False
        """Whether only a PIN was typed, beside a name that was touched."""
        self.on("send", self._send)
        self.on("cancel", lambda _: on_cancel())

    def offer(self, people: Sequence[str]) -> None:
        """Offer these names to be touched; without any, the name has to be typed."""
        self._props["people"] = list(people)
        self.update()

    def refuse(self, problem: str) -> None:
        """Say why it did not work, and let the person try again."""
        self._props["problem"] = problem
        self._props["attempt"] += 1
        self.update()

    async def _send(self, event: GenericEventArguments) -> None:
        self.by_pin = event.args.get("by_pin") is True
        try:
            login = Login(user=str(event.args["user"]), secret=str(event.args["secret"]))
        except ValidationError:
            # Longer than any name or secret, or no text at all.
            self.refuse(self._wrong)
            return
        await self._on_send(login)


class PasswordSheet(Element, component="password.js"):
    """Asks for a new password, twice; `current` is the one to be replaced."""

    def __init__(
        self,
        texts: Texts,
        *,
        on_send: Callable[[str, str], Awaitable[None]],
        on_cancel: Callable[[], None],
    ) -> None:
        """`on_send` gets the current and the new password."""
        super().__init__()
        names = ("cancel", "password_must", "password_current", "password_new", "password_again")
        self._props["texts"] = {
            name: texts[name]
            for name in (*names, "password_why", "password_differs", "password_save")
        }
        self._props["problem"] = ""
        self._props["attempt"] = 0
        self._on_send = on_send
        self.on("send", self._send)
        self.on("cancel", lambda _: on_cancel())

    def refuse(self, problem: str) -> None:
        """Say why it did not work, and let the person try again."""
        self._props["problem"] = problem
        self._props["attempt"] += 1
        self.update()

    async def _send(self, event: GenericEventArguments) -> None:
        await self._on_send(str(event.args["current"]), str(event.args["password"]))
