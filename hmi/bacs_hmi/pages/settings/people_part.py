"""The part of the settings about who may sign in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from bacs_core.api.people_client import PeopleClient
from bacs_core.api.people_messages import Person
from bacs_core.model import Role
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.settings.in_person import by_person, has_role
from bacs_hmi.pages.settings.person_sheets import (
    AddSheet,
    FirstSheet,
    OwnPasswordSheet,
    OwnPinSheet,
    PersonSheet,
)
from bacs_hmi.parts import box, button, label
from bacs_hmi.rereading import Rereading
from bacs_hmi.texts import Texts
from bacs_hmi.views import View

EVERY_TICKS = 10


class PeoplePart:
    """Lists the people for an administrator; to others it offers what is their own."""

    def __init__(self, around: Surroundings, view: View) -> None:  # noqa: ARG002 - one list only
        self._around = around
        self._who: tuple[str, Role] | None = None
        self._shown: Sequence[Person] | None = None
        self._nobody = False
        self._people: Rereading[list[Person]] = Rereading(
            around.ask,
            "people list",
            read=by_person(PeopleClient.people),
            then=self._told,
            failed=self._failed,
            every=EVERY_TICKS,
        )
        self._head = box("bacs-form")
        self._list = box("bacs-persons")
        self._build_head()
        if not around.elsewhere:
            self._look_for_nobody()

    def refresh(self, *, alarms_changed: bool) -> None:
        """Follow who is signed in, and read the list again now and then."""
        who = self._signed_in()
        if who != self._who:
            self._who, self._shown = who, None
            self._list.clear()
            self._build_head()
            self._people.soon()
        if alarms_changed:
            self._people.soon()
        if has_role(self._around, Role.ADMINISTRATOR):
            self._people.tick()

    def _signed_in(self) -> tuple[str, Role] | None:
        session = self._around.session()
        return None if session is None else (session.name, session.role)

    def _build_head(self) -> None:
        around, texts = self._around, self._around.texts
        self._head.clear()
        with self._head:
            if self._who is None:
                label(texts["people_sign_in"], tag="p")
                with box("bacs-buttons"):
                    button(
                        texts["sign_in"],
                        lambda: around.sign_in(texts["sign_in"], lambda: None),
                        "bacs-button bacs-action primary",
                    )
                    if self._nobody:
                        button(
                            texts["first_person"],
                            lambda: FirstSheet(around, self._first_made),
                            "bacs-button bacs-action",
                        )
                if self._nobody:
                    label(texts["first_person_why"], "bacs-quiet", tag="p")
                return
            name, role = self._who
            label(
                texts["signed_in_as"].format(name=name, role=texts[f"role_{role}"]),
                "bacs-spot-name",
            )
            with box("bacs-buttons"):
                button(
                    texts["own_pin"], lambda: OwnPinSheet(around, name), "bacs-button bacs-action"
                )
                button(
                    texts["own_password"],
                    lambda: OwnPasswordSheet(around),
                    "bacs-button bacs-action",
                )
                if role is Role.ADMINISTRATOR:
                    button(
                        texts["add_person"],
                        lambda: AddSheet(around, self._people.soon),
                        "bacs-button bacs-action primary",
                    )
            if role is not Role.ADMINISTRATOR:
                label(texts["people_administrator"], "bacs-quiet", tag="p")

    def _told(self, people: list[Person]) -> None:
        if people == self._shown:
            return
        self._shown = people
        self._list.clear()
        with self._list:
            for person in people:
                self._row(person)

    def _failed(self, problem: str, _: bool) -> None:  # noqa: FBT001 - as it is told
        self._shown = None
        self._list.clear()
        with self._list:
            label(problem, "bacs-empty", tag="p")

    def _row(self, person: Person) -> None:
        texts = self._around.texts
        with box("bacs-person-row").props(f'data-person="{person.name}"'):
            with box("bacs-found-what"):
                label(person.name, "bacs-found-name")
                label(person_words(person, texts), "bacs-quiet")
            button(texts["change"], partial(self._change, person), "bacs-button bacs-action")

    def _change(self, person: Person) -> None:
        own = self._who is not None and person.name == self._who[0]
        PersonSheet(self._around, person, self._people.soon, is_own=own)

    def _look_for_nobody(self) -> None:
        """Find out whether this is a new system, where somebody may make themselves known."""
        self._around.ask.engine(
            "first person needed",
            lambda client, _: PeopleClient(client).first_needed(),
            self._first_told,
            lambda _: None,
        )

    def _first_told(self, needed: bool) -> None:  # noqa: FBT001 - as it is told
        self._nobody = needed
        if self._nobody and self._who is None:
            self._build_head()

    def _first_made(self) -> None:
        self._nobody = False
        self._build_head()


def person_words(person: Person, texts: Texts) -> str:
    """Say what somebody may do, and what is still to be done."""
    parts = [
        texts[f"role_{person.role}"],
        texts["has_pin" if person.has_pin else "has_no_pin"],
    ]
    if person.must_change:
        parts.append(texts["must_change"])
    return " · ".join(parts)
