"""What the shell expects of a view, and what a view gets from the shell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from nicegui.element import Element

from bacs_core.api.live import LiveSite
from bacs_core.api.messages import Command, CommandName, Session
from bacs_core.model import Site
from bacs_hmi.asking import Asking
from bacs_hmi.broadcast import Broadcast
from bacs_hmi.format import Numbers
from bacs_hmi.network import NetworkSide
from bacs_hmi.preferences import PreferenceBook
from bacs_hmi.room_trends import RoomTrends
from bacs_hmi.texts import Texts
from bacs_hmi.views import View


class Page(Protocol):
    """One view, built inside the shell."""

    def refresh(self, *, alarms_changed: bool) -> None:
        """Follow the newest values; called at each tick."""

    def close(self) -> None:
        """Stop following; the elements are removed by the shell."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a view reads, and the intents that it may send."""

    live: LiveSite
    site: Site
    broadcast: Broadcast
    carry: Callable[[Callable[[str], None], str], None]
    """Show a frame with a function: the frame is then the heartbeat of its tick as well."""
    texts: Texts
    language: str
    numbers: Numbers
    open: Callable[[View], None]
    """Change to another view."""
    note: Callable[[View], None]
    """Write a change inside the view to the address."""
    order: Callable[[Command, str], None]
    """Give a command in the name of who is signed in; the text is that of the touched button."""
    may: Callable[[CommandName], bool]
    """Whether to offer a command: to who may, and to nobody known yet. The engine decides."""
    ask: Asking
    """Reads from the engine what the stream does not bring; closed with the view."""
    over: Element
    """Takes a sheet in front of the page; clearing it closes the sheet."""
    session: Callable[[], Session | None]
    """Who is signed in at this browser."""
    sign_in: Callable[[str, Callable[[], None]], None]
    """Ask for a person, with this title, and go on with the function once one is signed in."""
    tell: Callable[[str, bool], None]
    """Show a short notice that fades by itself; True if something was done, False if refused."""
    preferences: PreferenceBook
    """How this panel is set: language, palette, brightness, times."""
    is_sending: Callable[[CommandName], bool]
    """Whether a command of this name was given and the engine has not answered yet."""
    speak: Callable[[str], None]
    """Change the language of this browser."""
    elsewhere: bool
    """Whether this browser is on the network, so not at the cabinet."""
    network: NetworkSide
    """Where the panel itself is reached on the network."""
    rooms: RoomTrends
    """What the sensors of the rooms told over the last day."""
