"""Inputs and relays: what each contact does; released relays are switched by holding a button."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from bacs_core.api.history_messages import EventPage, EventQuery
from bacs_core.api.messages import CommandName, SwitchRelay
from bacs_hmi import people
from bacs_hmi.conclusions import contact, today_of, trip_of
from bacs_hmi.format import ABSENT, minute_of
from bacs_hmi.hold import HoldButton, hold_button
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.relays_facts import (
    Box,
    Contact,
    Relay,
    RelayRole,
    Switched,
    boxes,
    last_switched,
    with_breaker,
)
from bacs_hmi.parts import arrow, box, button, label, symbol, symbol_svg
from bacs_hmi.rereading import Patience
from bacs_hmi.texts import Texts
from bacs_hmi.views import View, ViewName

#: In so many of the newest commands the last order of each relay is looked for.
LOOKED_THROUGH: Final = 500
#: After an order the history is asked again once it stands there.
ASK_AFTER_TICKS: Final = 2
_CLOSED: Final = (
    '<path d="M1 9H30"/><circle cx="9" cy="9" r="2.5"/><circle cx="22" cy="9" r="2.5"/>'
)
_OPEN: Final = (
    '<path d="M1 9H9L21 1M22 9H30"/><circle cx="9" cy="9" r="2.5"/><circle cx="22" cy="9" r="2.5"/>'
)
_UNKNOWN: Final = '<path d="M1 9H6M25 9H30"/><path d="M6 9H25" stroke-dasharray="2 4"/>'


@dataclass(slots=True)
class _Row:
    """The elements of one contact."""

    sign: ui.html
    state: TextElement
    note: TextElement | None = None
    switch: HoldButton | None = None


class RelaysPage:
    """Shows every box until it is closed."""

    def __init__(self, around: Surroundings, _: View) -> None:
        self._around = around
        self._built: tuple[object, ...] = ()
        self._heads: dict[str, tuple[ui.html, TextElement]] = {}
        self._rows: dict[tuple[str, str, int], _Row] = {}
        self._switched: Mapping[tuple[str, int], Switched] = {}
        self._asks_in: int | None = None
        self._patience = Patience(self._ask)
        self._contacts: tuple[object, ...] = ()
        texts = around.texts
        with box("bacs-title"):
            arrow("back", texts["back"], lambda: around.open(View(ViewName.MENU)))
            with box("bacs-title-text"):
                label(texts["relays"], tag="h1")
        with box("bacs-scrolled bacs-truth"):
            self._empty = label(texts["no_boxes"], "bacs-nothing")
            self._cards = box("bacs-boards wide")
        self._ask()
        self._follow()

    def refresh(self, *, alarms_changed: bool) -> None:  # noqa: ARG002 - told of no alarm
        """Follow the contacts."""
        self._patience.tick()
        if self._asks_in is not None:
            self._asks_in -= 1
            if self._asks_in <= 0:
                self._ask()
        self._follow()

    def close(self) -> None:
        """Nothing to stop."""

    def _ask(self) -> None:
        self._asks_in = None
        self._patience.over()
        query = EventQuery(kind=("command",), limit=LOOKED_THROUGH)
        self._around.ask.history(
            "switched",
            lambda history: history.events(query),
            self._answered,
            lambda _: self._patience.failed(),
        )

    def _answered(self, page: EventPage) -> None:
        self._switched = last_switched(page.events)
        self._follow()

    def _follow(self) -> None:
        around = self._around
        shown = boxes(around.live, around.texts)
        self._empty.set_visibility(not shown)
        breakers = [
            string.key
            for each in shown
            for relay in each.relays
            if relay.role is RelayRole.BREAKER
            for string in with_breaker(around.live, around.site.strings, relay)
        ]
        may = around.may(CommandName.SWITCH_RELAY)
        built = (
            tuple((each.id, each.name, len(each.inputs), len(each.relays)) for each in shown),
            tuple(breakers),
            may,
        )
        if built != self._built:
            self._built = built
            self._build(shown)
        contacts = tuple((each.id, each.relays) for each in shown)
        if contacts != self._contacts:
            # Somebody switched: who it was stands in the history a moment later.
            self._contacts = contacts
            self._asks_in = self._asks_in or ASK_AFTER_TICKS
        for each in shown:
            self._fill(each)

    # -- building ------------------------------------------------------------------------------

    def _build(self, shown: list[Box]) -> None:
        self._cards.clear()
        self._heads.clear()
        self._rows.clear()
        with self._cards:
            for each in shown:
                with box("bacs-board").props(f'data-box="{each.id}"'):
                    self._card(each)

    def _card(self, each: Box) -> None:
        texts = self._around.texts
        with box("bacs-board-head"):
            sign = symbol(each.severity)
            label(each.name, tag="h2")
            state = label("", "bacs-board-state")
            label(each.facts, "bacs-quiet")
        self._heads[each.id] = (sign, state)
        if each.inputs:
            label(texts["inputs"], tag="h3")
            with box("bacs-contacts", "ul"):
                for one in each.inputs:
                    with box("bacs-contact", "li"):
                        self._rows[each.id, "input", one.number] = self._contact(one)
                        box("bacs-contact-do")
        if each.relays:
            label(texts["relays_of_box"], tag="h3")
            with box("bacs-contacts", "ul"):
                for one in each.relays:
                    with box(f"bacs-contact {one.role.value}", "li"):
                        self._rows[each.id, "relay", one.number] = self._relay(each, one)

    def _contact(self, one: Contact) -> _Row:
        label(str(one.number), "bacs-contact-number bacs-quiet")
        sign = ui.html(contact_svg(one.closed), sanitize=False)
        with box("bacs-contact-words"):
            label(one.name, "bacs-contact-name")
            note = label("", "bacs-quiet")
        return _Row(sign, label("", "bacs-contact-state"), note)

    def _relay(self, each: Box, one: Relay) -> _Row:
        row = self._contact(one)
        with box("bacs-contact-do"):
            if one.role is RelayRole.RELEASED:
                if self._around.may(CommandName.SWITCH_RELAY):
                    row.switch = hold_button("", partial(self._switch, each.id, one.number))
            elif one.role is RelayRole.BREAKER:
                self._ways(one)
        return row

    def _ways(self, relay: Relay) -> None:
        """Lead to the protection of the strings whose breaker it trips."""
        around = self._around
        for string in with_breaker(around.live, around.site.strings, relay):
            view = View(ViewName.STRING, string.key)
            text = around.texts["protection_of"].format(string=string.name)
            button(text, partial(around.open, view))

    # -- following -----------------------------------------------------------------------------

    def _fill(self, each: Box) -> None:
        texts = self._around.texts
        sign, state = self._heads[each.id]
        sign.set_content(symbol_svg(each.severity))
        state.set_text(each.state)
        for one in each.inputs:
            row = self._rows[each.id, "input", one.number]
            row.sign.set_content(contact_svg(one.closed))
            row.state.set_text(state_text(one.closed, texts))
        for relay in each.relays:
            row = self._rows[each.id, "relay", relay.number]
            row.sign.set_content(contact_svg(relay.closed))
            row.state.set_text(self._relay_state(relay))
            if row.note is not None:
                row.note.set_text(self._note(each, relay))
            if row.switch is not None:
                row.switch.set_text(_order_text(relay, texts))

    def _relay_state(self, relay: Relay) -> str:
        texts = self._around.texts
        if relay.role is RelayRole.BREAKER and relay.closed is not None:
            # Open or closed would be taken for the breaker's own state.
            return texts["breaker_relay_on" if relay.closed else "breaker_relay_off"]
        return state_text(relay.closed, texts)

    def _note(self, each: Box, relay: Relay) -> str:
        """Say what a relay is for, and who ordered it last or what the breaker says."""
        around, texts = self._around, self._around.texts
        parts = [texts[f"relay_{relay.role.value}"]]
        if relay.role is RelayRole.BREAKER:
            strings = with_breaker(around.live, around.site.strings, relay)
            if len(strings) == 1:
                parts.append(contact(trip_of(around.live, strings[0].key), texts))
        told = self._switched.get((each.id, relay.number))
        if told is not None and relay.role is RelayRole.RELEASED:
            at = minute_of(told.at, today_of(around.live), texts["day_format"])
            key = "closed_by" if told.closed else "opened_by"
            parts.append(texts[key].format(name=told.by, at=at))
        elif relay.role is RelayRole.RELEASED and not around.may(CommandName.SWITCH_RELAY):
            parts.append(people.who_may(CommandName.SWITCH_RELAY, texts["switch_relay"], texts))
        return " · ".join(parts)

    def _switch(self, device_id: str, number: int) -> None:
        """Switch a relay to what it does not do now; of unknown state it is closed."""
        around = self._around
        found = next(each for each in boxes(around.live, around.texts) if each.id == device_id)
        relay = next(one for one in found.relays if one.number == number)
        command = SwitchRelay(device_id=device_id, relay=number, closed=not relay.closed)
        self._asks_in = ASK_AFTER_TICKS
        around.order(command, _order_text(relay, around.texts))


def _order_text(relay: Relay, texts: Texts) -> str:
    """Say what the button of a relay does: `Close contact: Horn`."""
    return texts["open_relay" if relay.closed else "close_relay"].format(name=relay.name)


def state_text(closed: bool | None, texts: Texts) -> str:  # noqa: FBT001 - what a contact does
    """Say what a contact does; a dash where nobody knows."""
    if closed is None:
        return ABSENT
    return texts["contact_is_closed" if closed else "contact_is_open"]


def contact_svg(closed: bool | None) -> str:  # noqa: FBT001 - what a contact does
    """Draw a contact as circuit diagrams do: bridged, lifted, or dashed where nobody knows."""
    inner = _UNKNOWN if closed is None else _CLOSED if closed else _OPEN
    return f'<svg class="bacs-contact-sign" viewBox="0 0 31 18" aria-hidden="true">{inner}</svg>'
