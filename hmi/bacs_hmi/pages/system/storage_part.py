"""The part that shows what is kept, and how much room is left."""

from __future__ import annotations

from bacs_core.api.system_messages import System
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.system.facts import CardBoard
from bacs_hmi.pages.system.state_part import read_system
from bacs_hmi.pages.system.telling import storage_cards
from bacs_hmi.parts import box
from bacs_hmi.rereading import Rereading

EVERY_TICKS = 10


class StoragePart:
    """Shows the disk, the tiers of the history and the safety copy."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._system: Rereading[System] = Rereading(
            around.ask,
            "system",
            read=read_system,
            then=self._told,
            failed=lambda problem, _person: self._say(problem),
            every=EVERY_TICKS,
        )
        with box("bacs-meter large") as self._meter:
            self._filled = box("bacs-meter-filled")
        self._meter.set_visibility(False)
        self._cards = CardBoard()
        self._cards.say(around.texts["being_read"])

    def refresh(self) -> None:
        """Ask again now and then."""
        self._system.tick()

    def _told(self, system: System) -> None:
        self._cards.show(storage_cards(system, self._around.texts, self._around.numbers))
        disk = system.disk
        self._meter.set_visibility(disk is not None)
        if disk is not None and disk.size_bytes:
            used = 100 * (1 - disk.free_bytes / disk.size_bytes)
            self._filled.style(f"width: {used:.0f}%")

    def _say(self, problem: str) -> None:
        self._meter.set_visibility(False)
        self._cards.say(problem)
