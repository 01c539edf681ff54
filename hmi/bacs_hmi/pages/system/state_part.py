"""The parts that show what the engine tells of itself."""

from __future__ import annotations

from bacs_core.api.client import EngineClient
from bacs_core.api.system_messages import System
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.system.facts import CardBoard
from bacs_hmi.pages.system.telling import state_cards
from bacs_hmi.parts import box, button
from bacs_hmi.rereading import Rereading
from bacs_hmi.views import View, ViewName

EVERY_TICKS = 5


class StatePart:
    """Shows how engine, clock, machine and lines do."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._system: Rereading[System] = Rereading(
            around.ask,
            "system",
            read=read_system,
            then=self._told,
            failed=lambda problem, _person: self._cards.say(problem),
            every=EVERY_TICKS,
        )
        texts = around.texts
        with box("bacs-buttons"):
            button(
                texts["lines_title"],
                lambda: around.open(View(ViewName.LINES)),
                "bacs-button bacs-action",
            )
            button(
                texts["settings_network"],
                lambda: around.open(View(ViewName.SETTINGS, part="network")),
                "bacs-button bacs-action",
            )
        self._cards = CardBoard()
        self._cards.say(texts["being_read"])

    def refresh(self) -> None:
        """Ask again now and then."""
        self._system.tick()

    def _told(self, system: System) -> None:
        around = self._around
        self._cards.show(
            state_cards(system, around.live.lines.values(), around.texts, around.numbers)
        )


async def read_system(client: EngineClient, _: str | None) -> System:
    """Ask how the engine itself does."""
    return await client.system()
