"""The sign-in sheet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from bacs_core.api.messages import Login
from bacs_hmi.texts import Texts


class LoginSheet(Element, component="login.js"):
    """Asks for user and secret; both live in the browser until they are sent, and nowhere after."""

    def __init__(
        self,
        texts: Texts,
        language: str,
        *,
        title: str,
        on_send: Callable[[Login], Awaitable[None]],
        on_cancel: Callable[[], None],
    ) -> None:
        super().__init__()
        names = ("sign_in", "user", "secret", "cancel")
        keys = ("key_space", "key_erase", "key_shift", "key_symbols", "key_letters")
        self._props["texts"] = {name: texts[name] for name in (*names, *keys)}
        self._props["title"] = title
        self._props["layout"] = language
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
        await self._on_send(Login(user=str(event.args["user"]), secret=str(event.args["secret"])))
