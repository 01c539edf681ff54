"""Who is signed in at one browser, and what that person orders; the engine alone decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from nicegui import background_tasks
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from bacs_core.api.client import ClientError, NotAuthorizedError
from bacs_core.api.messages import Command, CommandName, Login, Session
from bacs_hmi import people, refusals
from bacs_hmi.live import Link
from bacs_hmi.login import LoginSheet
from bacs_hmi.parts import label
from bacs_hmi.texts import Texts


class Orders:
    """Asks for a person where an order needs one, sends it, and says what became of it.

    `over` holds the sheet in front of the page, `notice` a short message, `person` the button that
    signs in and out. `changed` is called when somebody else is signed in.
    """

    def __init__(
        self,
        link: Link,
        language: str,
        texts: Texts,
        *,
        over: Element,
        notice: Element,
        person: TextElement,
        changed: Callable[[], None],
    ) -> None:
        self._link = link
        self._language = language
        self._texts = texts
        self._over = over
        self._notice = notice
        self._person = person
        self._changed = changed
        self._session: Session | None = None
        person.on("click", lambda _: self._person_touched())

    def session_token(self) -> str | None:
        """Return the token of who is signed in."""
        return None if self._session is None else self._session.token

    def may(self, name: CommandName) -> bool:
        """Tell whether to offer a command: to who may give it, and to nobody known yet."""
        return self._session is None or people.may(self._session.role, name)

    def give(self, command: Command, what: str) -> None:
        """Give a command; `what` is the text of the button that was touched."""
        name = command.command
        if self._session is None:
            self._ask_login(self._why_sign_in(name, what), lambda: self.give(command, what))
        elif not self.may(name):
            self._tell(people.who_may(name, what, self._texts), "refused")
        else:
            background_tasks.create(self._send(command), name=name.value)

    def expire(self) -> None:
        """Sign out who was signed in for too long."""
        if self._session is not None and self._session.expires_at <= datetime.now(UTC):
            self._set_session(None)

    def close(self) -> None:
        """Sign out: the browser is gone."""
        if self._session is not None:
            background_tasks.create(self._log_out(self._session), name="log out")

    def _person_touched(self) -> None:
        if self._session is None:
            self._ask_login(self._texts["sign_in"], lambda: None)
            return
        background_tasks.create(self._log_out(self._session), name="log out")
        self._set_session(None)

    def _why_sign_in(self, name: CommandName, what: str) -> str:
        if name is CommandName.ACKNOWLEDGE:
            return self._texts["sign_in_why"]
        return self._texts["sign_in_for"].format(what=what)

    def _set_session(self, session: Session | None) -> None:
        self._session = session
        texts = self._texts
        self._person.set_text(
            texts["sign_in"] if session is None else f"{session.name} · {texts['sign_out']}"
        )
        self._changed()

    def _ask_login(self, title: str, then: Callable[[], None]) -> None:
        self._over.clear()
        with self._over:
            sheet = LoginSheet(
                self._texts,
                self._language,
                title=title,
                on_send=lambda login: self._log_in(login, sheet, then),
                on_cancel=self._dismiss,
            )

    def _dismiss(self) -> None:
        self._over.clear()

    async def _log_in(self, login: Login, sheet: LoginSheet, then: Callable[[], None]) -> None:
        client = self._link.client
        if client is None:
            sheet.refuse(self._texts["engine_silent"])
            return
        try:
            session = await client.login(login)
        except ClientError as error:
            sheet.refuse(refusals.words(error, self._texts))
            return
        self._over.clear()
        self._set_session(session)
        then()

    async def _log_out(self, session: Session) -> None:
        if self._link.client is None:
            return
        try:
            await self._link.client.logout(session.token)
        except ClientError:
            # The session ends by itself; nobody is there to be told.
            return

    async def _send(self, command: Command) -> None:
        client, session = self._link.client, self._session
        if client is None or session is None:
            return
        try:
            await client.command(command, session_token=session.token)
        except NotAuthorizedError:
            self._set_session(None)
            self._tell(self._texts["refused_not_signed_in"], "refused")
        except ClientError as error:
            self._tell(refusals.words(error, self._texts), "refused")
        else:
            self._tell(self._texts[f"done_{command.command.value}"], "done")

    def _tell(self, text: str, kind: str) -> None:
        """Show a short notice; it fades by itself."""
        self._notice.clear()
        with self._notice:
            label(text, f"bacs-notice {kind}")
