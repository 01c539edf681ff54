"""A plant whose strings trip, as a panel mirrors it."""

from __future__ import annotations

import time
from dataclasses import replace
from unittest.mock import create_autospec

from bacs_core.api.client import EngineClient
from bacs_core.api.image import site_image
from bacs_core.api.live import LiveSite, LiveString
from bacs_core.model import Site
from bacs_core.snapshot import TripSummary
from tests.hmi.standin_brain import brain_of
from tests.hmi.standin_engine import Plant, small_site


class TrippedPlant:
    """The stand-in plant; a test says where protection stands."""

    def __init__(self) -> None:
        self._plant = Plant(small_site())
        self._live = LiveSite(create_autospec(EngineClient, instance=True))

    @property
    def site(self) -> Site:
        return self._plant.site

    def trip(self, key: str, trip: TripSummary, *, since: float | None = None) -> None:
        """Say where the protection of a string stands, and since when (unix seconds)."""
        plant = self._plant.strings[key]
        plant.brain = replace(brain_of(plant.string), trip=replace(trip, since=since))

    def live(self) -> LiveSite:
        """Mirror the plant of now, as the engine tells it."""
        live, image = self._live, site_image(self._plant.tick(1))
        live.at = live.received_at = time.time()
        live.strings = {
            key: LiveString(each.string, each.scalars, {}, {}, [], each.brain)
            for key, each in image.strings.items()
        }
        return live
