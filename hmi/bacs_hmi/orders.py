"""What the person at one browser orders, and how somebody signs in; the engine alone decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from nicegui import background_tasks
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from bacs_core.api.client import ClientError, EngineClient, NotAuthorizedError
from bacs_core.api.messages import Command, CommandName, Login, Session
from bacs_core.api.people_client import PeopleClient
from bacs_hmi import people, refusals
from bacs_hmi.live import Link
from bacs_hmi.login import LoginSheet, PasswordSheet
from bacs_hmi.parts import label
from bacs_hmi.texts import Texts
from bacs_hmi.visits import Visit, Visits


class Orders:
    """Asks for a person where an order needs one, sends it, and says what became of it.

    `over` holds the sheet in front of the page, `notice` a short message, `person` the button that
    signs in and out. Who is signed in is kept by `visits`.
    """

    def __init__(
        self,
        link: Link,
        texts: Texts,
        visits: Visits,
        visit: Visit,
        *,
        over: Element,
        notice: Element,
        person: TextElement,
    ) -> None:
        self._link = link
        self._texts = texts
        self._visits = visits
        self._visit = visit
        self._over = over
        self._notice = notice
        self._person = person
        self._sending: Counter[CommandName] = Counter()
        person.on("click", lambda _: self._person_touched())
        self.show_person()

    def session(self) -> Session | None:
        """Return who is signed in at this browser."""
        return self._visit.session

    def session_token(self) -> str | None:
        """Return the token of who is signed in."""
        return None if self._visit.session is None else self._visit.session.token

    def session_is_over(self, token: str) -> None:
        """Sign out who has this token: the engine does not know it."""
        session = self._visit.session
        if session is not None and session.token == token:
            self._visits.sign_out(self._visit)

    def may(self, name: CommandName) -> bool:
        """Tell whether to offer a command: to who may give it, and to nobody known yet."""
        session = self._visit.session
        return session is None or people.may(session.role, name, elsewhere=self._visit.elsewhere)

    def give(self, command: Command, what: str) -> None:
        """Give a command; `what` is the text of the button that was touched."""
        name = command.command
        if self._visit.session is None:
            self.sign_in(self._why_sign_in(name, what), lambda: self.give(command, what))
        elif not self.may(name):
            elsewhere = self._visit.elsewhere
            self.tell(people.who_may(name, what, self._texts, elsewhere=elsewhere), done=False)
        else:
            self._sending[name] += 1
            background_tasks.create(self._send(command), name=name.value)

    def is_sending(self, name: CommandName) -> bool:
        """Tell whether a command of this name is under way to the engine."""
        return self._sending[name] > 0

    def sign_in(self, title: str, then: Callable[[], None]) -> None:
        """Ask for a person, and go on with `then`; at once if somebody is signed in."""
        if self._visit.session is not None:
            then()
            return
        self._over.clear()
        with self._over:
            sheet = LoginSheet(
                self._texts,
                title=title,
                on_send=lambda login: self._log_in(login, sheet, then),
                on_cancel=self._dismiss,
            )
        background_tasks.create(self._offer_names(sheet), name="names at the cabinet")

    def tell(self, text: str, done: bool) -> None:  # noqa: FBT001 - the page's own contract
        """Show a short notice; it fades by itself."""
        self._notice.clear()
        with self._notice:
            label(text, f"bacs-notice {'done' if done else 'refused'}")

    def show_person(self) -> None:
        """Write who is signed in on the button that signs out."""
        session, texts = self._visit.session, self._texts
        self._person.set_text(
            texts["sign_in"] if session is None else f"{session.name} · {texts['sign_out']}"
        )

    def _person_touched(self) -> None:
        if self._visit.session is None:
            self.sign_in(self._texts["sign_in"], lambda: None)
        else:
            self._visits.sign_out(self._visit)

    def _dismiss(self) -> None:
        self._over.clear()

    def _why_sign_in(self, name: CommandName, what: str) -> str:
        if name is CommandName.ACKNOWLEDGE:
            return self._texts["sign_in_why"]
        return self._texts["sign_in_for"].format(what=what)

    async def _offer_names(self, sheet: LoginSheet) -> None:
        client = self._link.client_for(self._visit)
        names: list[str] = []
        if client is not None:
            try:
                names = await PeopleClient(client).names_at_cabinet()
            except ClientError:
                # The name can be typed; if the engine is gone, signing in will say so.
                names = []
        sheet.offer(sorted(names, key=str.casefold))

    async def _log_in(self, login: Login, sheet: LoginSheet, then: Callable[[], None]) -> None:
        client = self._link.client_for(self._visit)
        if client is None:
            sheet.refuse(self._texts["engine_silent"])
            return
        try:
            session = await client.login(login)
        except ClientError as error:
            sheet.refuse(refusals.of_sign_in(error, self._texts, by_pin=sheet.by_pin))
            return
        if session.must_change:
            self._ask_password(client, session, then)
        else:
            self._enter(session, then)

    def _ask_password(
        self, client: EngineClient, session: Session, then: Callable[[], None]
    ) -> None:
        self._over.clear()
        with self._over:
            sheet = PasswordSheet(
                self._texts,
                on_send=lambda current, new: self._change_password(
                    client, session, sheet, current, new, then
                ),
                on_cancel=self._dismiss,
            )

    async def _change_password(
        self,
        client: EngineClient,
        session: Session,
        sheet: PasswordSheet,
        current: str,
        new: str,
        then: Callable[[], None],
    ) -> None:
        people_client = PeopleClient(client, session_token=session.token)
        try:
            await people_client.set_own_password(new, current)
        except ClientError as error:
            sheet.refuse(refusals.of_person(error, self._texts))
            return
        self._enter(session.model_copy(update={"must_change": False}), then)
        self.tell(self._texts["password_done"], done=True)

    def _enter(self, session: Session, then: Callable[[], None]) -> None:
        self._over.clear()
        self._visits.sign_in(self._visit, session)
        then()

    async def _send(self, command: Command) -> None:
        try:
            await self._sent(command)
        finally:
            self._sending[command.command] -= 1

    async def _sent(self, command: Command) -> None:
        session = self._visit.session
        client = self._link.client_for(self._visit)
        if client is None or session is None:
            return
        try:
            await client.command(command, session_token=session.token)
        except NotAuthorizedError:
            self._visits.sign_out(self._visit)
            self.tell(self._texts["refused_not_signed_in"], done=False)
        except ClientError as error:
            self.tell(refusals.words(error, self._texts), done=False)
        else:
            self.tell(self._texts[f"done_{command.command.value}"], done=True)
