"""The sheets that add, change and remove people. Secrets go to the engine and are forgotten."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bacs_core.api.people_client import PeopleClient
from bacs_core.api.people_messages import FirstPerson, NewPerson, Person
from bacs_core.model import Role
from bacs_hmi.choosing import OneOf, Option
from bacs_hmi.fields import secret_field, text_field
from bacs_hmi.hold import hold_button
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.settings.in_person import asked
from bacs_hmi.parts import box, button, label, sheet


class _Form:
    """A sheet with fields: what was typed, and what was refused."""

    def __init__(self, around: Surroundings, title: str) -> None:
        self.around = around
        self.title = title
        self.typed: dict[str, str] = {}
        self.sheet = sheet(around.over, title)

    def text(self, name: str) -> None:
        """Add a field for words."""
        text_field(self.around.texts[f"field_{name}"], "", self._keep(name))

    def secret(self, name: str, *, pin: bool = False) -> None:
        """Add a field whose text is not shown."""
        secret_field(self.around.texts[f"field_{name}"], self._keep(name), pin=pin)

    def _keep(self, name: str) -> Callable[[str], None]:
        def keep(text: str) -> None:
            self.typed[name] = text

        return keep

    def buttons(self, what: str, on_touch: Callable[[], Any]) -> None:
        """End the sheet with the place for refusals, a way back and what it is for."""
        self.problem = label("", "bacs-problem").props("role=alert")
        with box("bacs-actions"):
            button(self.around.texts["cancel"], self.around.over.clear)
            button(what, on_touch, "bacs-button primary")

    def refuse(self, problem: str) -> None:
        """Say what is wrong; nothing that was typed is lost."""
        self.problem.set_text(problem)

    def lacks(self, *names: str) -> bool:
        """Tell whether something was left empty, and say so."""
        lacking = any(not self.typed.get(name, "").strip() for name in names)
        self.problem.set_text(self.around.texts["fill_in_all"] if lacking else "")
        return lacking

    def send(
        self,
        do: Callable[[PeopleClient], Awaitable[object]],
        done: str,
        then: Callable[[], Any] | None = None,
    ) -> None:
        """Ask the engine; the sheet closes once it was done, and stays with what was refused."""

        def told(_: object) -> None:
            self.around.over.clear()
            self.around.tell(self.around.texts[done], True)
            if then is not None:
                then()

        asked(self.around, self.title, do, told, self.refuse)


class AddSheet:
    """Asks who is added, with which role and secrets."""

    def __init__(self, around: Surroundings, then: Callable[[], None]) -> None:
        self._then = then
        self._role = Role.OPERATOR
        texts = around.texts
        self._form = form = _Form(around, texts["add_person"])
        with form.sheet:
            form.text("name")
            _roles(around, self._role, self._choose)
            with box("bacs-fields-row"):
                form.secret("first_password")
                form.secret("pin", pin=True)
            label(texts["add_person_what"], "bacs-quiet", tag="p")
            form.buttons(texts["add_person"], self._send)

    def _choose(self, role: Role) -> None:
        self._role = role

    def _send(self) -> None:
        form = self._form
        if form.lacks("name", "first_password"):
            return
        new = NewPerson(
            name=form.typed["name"].strip(),
            role=self._role,
            password=form.typed["first_password"],
            pin=form.typed.get("pin") or None,
        )
        form.send(lambda people: people.add(new), "done_person_added", self._then)


class FirstSheet:
    """Asks for the first administrator of a new system; nobody needs to be signed in."""

    def __init__(self, around: Surroundings, then: Callable[[], None]) -> None:
        self._around = around
        self._then = then
        texts = around.texts
        self._form = form = _Form(around, texts["first_person"])
        with form.sheet:
            form.text("name")
            with box("bacs-fields-row"):
                form.secret("new_password")
                form.secret("pin", pin=True)
            label(texts["first_person_what"], "bacs-quiet", tag="p")
            form.buttons(texts["first_person_make"], self._send)

    def _send(self) -> None:
        form, around = self._form, self._around
        if form.lacks("name", "new_password", "pin"):
            return
        new = FirstPerson(
            name=form.typed["name"].strip(),
            password=form.typed["new_password"],
            pin=form.typed["pin"],
        )

        def told(_: Person) -> None:
            around.over.clear()
            around.tell(around.texts["done_first_person"], True)
            self._then()

        around.ask.engine(
            "people",
            lambda client, _: PeopleClient(client).add_first(new),
            told,
            form.refuse,
        )


class PersonSheet:
    """Gives a person another role, PIN or password, or removes the person."""

    def __init__(
        self, around: Surroundings, person: Person, then: Callable[[], None], *, is_own: bool
    ) -> None:
        self._around = around
        self._person = person
        self._role = person.role
        self._then = then
        texts = around.texts
        self._form = form = _Form(around, person.name)
        with form.sheet:
            _roles(around, person.role, self._choose_role)
            with box("bacs-buttons"):
                button(texts["set_role"], self._set_role, "bacs-button bacs-action")
            if is_own:
                label(texts["own_secrets_above"], "bacs-quiet", tag="p")
            else:
                self._secrets()
            form.problem = label("", "bacs-problem").props("role=alert")
            with box("bacs-actions wide"):
                button(texts["close"], around.over.clear)
                if person.has_pin and not is_own:
                    hold_button(texts["take_pin"], lambda: self._set_pin(None))
                if not is_own:
                    hold_button(texts["remove_person"], self._remove)

    def _secrets(self) -> None:
        form, texts = self._form, self._around.texts
        with box("bacs-fields-row"):
            form.secret("new_pin", pin=True)
            button(
                texts["set_pin"],
                self._set_typed_pin,
                "bacs-button bacs-action",
            )
        with box("bacs-fields-row"):
            form.secret("first_password")
            button(texts["set_password"], self._set_password, "bacs-button bacs-action")

    def _set_typed_pin(self) -> None:
        if not self._form.lacks("new_pin"):
            self._set_pin(self._form.typed["new_pin"])

    def _choose_role(self, role: Role) -> None:
        self._role = role

    def _set_role(self) -> None:
        name, role = self._person.name, self._role
        self._form.send(lambda people: people.set_role(name, role), "done_role", self._then)

    def _set_pin(self, pin: str | None) -> None:
        name = self._person.name
        self._form.send(lambda people: people.set_pin(name, pin), "done_pin", self._then)

    def _set_password(self) -> None:
        form, name = self._form, self._person.name
        if form.lacks("first_password"):
            return
        password = form.typed["first_password"]
        form.send(lambda people: people.set_password(name, password), "done_password", self._then)

    def _remove(self) -> None:
        name = self._person.name
        self._form.send(lambda people: people.remove(name), "done_person_removed", self._then)


class OwnPinSheet:
    """Asks for another PIN of one's own, and for the secret of before."""

    def __init__(self, around: Surroundings, name: str) -> None:
        self._name = name
        self._form = form = _Form(around, around.texts["own_pin"])
        with form.sheet:
            form.secret("current")
            form.secret("new_pin", pin=True)
            form.buttons(around.texts["set_pin"], self._send)

    def _send(self) -> None:
        form, name = self._form, self._name
        if form.lacks("current", "new_pin"):
            return
        pin, current = form.typed["new_pin"], form.typed["current"]
        form.send(lambda people: people.set_pin(name, pin, current=current), "done_pin")


class OwnPasswordSheet:
    """Asks for another password of one's own, and for that of before."""

    def __init__(self, around: Surroundings) -> None:
        self._form = form = _Form(around, around.texts["own_password"])
        with form.sheet:
            form.secret("current_password")
            form.secret("new_password")
            form.buttons(around.texts["set_password"], self._send)

    def _send(self) -> None:
        form = self._form
        if form.lacks("current_password", "new_password"):
            return
        password, current = form.typed["new_password"], form.typed["current_password"]
        form.send(lambda people: people.set_own_password(password, current), "done_password")


def _roles(around: Surroundings, chosen: Role, on_role: Callable[[Role], None]) -> None:
    OneOf(
        around.texts["role"],
        [Option(role.value, around.texts[f"role_{role}"]) for role in Role],
        chosen.value,
        lambda value: on_role(Role(value)),
    )
