"""A plant behind the real API that obeys one-word orders, for `./dev bench home-assistant`.

`python -m tests.bench._home_assistant_plant PORT FOLDER MANAGERS CELLS`: so many managers with one
string of so many 2 V cells each, and 1.5 mV of noise on every voltage. Orders come on standard
input, one per line; each is answered with the unix time at which its tick was published:

    shake       from now on every value of every cell changes at every tick
    calm        noise only
    raise KEY   an alarm at cell 7 of a string
    burst KEY   the alarm, and every value changes with it and from now on
    clear       no alarm any more
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np

from bacs_core.model import AlarmSeverity, CellStatus, EqualizedBy, Manager, Site, String
from tests.hmi.standin_brain import brain_of
from tests.hmi.standin_engine import PANEL_TOKEN, Plant, StandIn, string

NOISE_V: Final = 0.0015
ALARM_CELL: Final = 7
#: Far more than the publication dead band of any quantity.
SHAKEN: Final = 0.1


class ShakenPlant(Plant):
    """A plant in which, while it is shaken, every value moves at every tick."""

    shaken = False
    _up = False

    def shake(self) -> None:
        """Move every value once, up and down in turn."""
        self._up = not self._up
        factor = 1 + SHAKEN if self._up else 1 / (1 + SHAKEN)
        for each in self.strings.values():
            for quantity in each.values:
                each.values[quantity] *= factor


def _string(place: int, cells: int) -> String:
    name = f"String {place}"
    return string(f"m{place}", 1, name, cells, equalized_by=EqualizedBy.ENGINE)


def a_plant(managers: int, cells: int) -> ShakenPlant:
    """Make a plant in which nothing is wrong."""
    site = Site(
        "Benchmark",
        tuple(
            Manager(
                f"m{place}",
                f"Manager {place}",
                "panel_manager",
                (
                    string(
                        f"m{place}", 1, f"String {place}", cells, equalized_by=EqualizedBy.ENGINE
                    ),
                ),
            )
            for place in range(1, managers + 1)
        ),
    )
    plant = ShakenPlant(site)
    plant.noise_v = NOISE_V
    for each in plant.strings.values():
        each.brain = brain_of(each.string)
        # What is shaken must not be clipped or zero.
        each.values = {
            quantity: np.where(values > 0, np.minimum(values, 80.0), 1.0)
            for quantity, values in each.values.items()
        }
    return plant


class ObedientEngine(StandIn):
    """The stand-in engine with a plant that can be shaken."""

    plant: ShakenPlant

    def tick(self) -> None:
        if self.plant.shaken:
            self.plant.shake()
        super().tick()

    def obey(self, order: str) -> float:
        """Carry out one order; return when its tick was published."""
        verb, _, key = order.partition(" ")
        plant = self.plant
        if verb in {"shake", "calm"}:
            plant.shaken = verb == "shake"
        elif verb in {"raise", "burst"}:
            plant.shaken |= verb == "burst"
            plant.raise_alarm("high_voltage", key, ALARM_CELL, severity=AlarmSeverity.ALARM)
        elif verb == "clear":
            plant.alarms.clear()
            for each in plant.strings.values():
                each.status[:] = CellStatus.NORMAL
        else:
            raise ValueError(order)
        at = time.time()
        self.tick()
        return at


async def _serve(port: int, folder: Path, managers: int, cells: int) -> None:
    engine = ObedientEngine(a_plant(managers, cells), folder, port=port)
    (folder / "panel.token").write_text(PANEL_TOKEN)
    await engine.start()
    print("serving", flush=True)
    while order := await asyncio.to_thread(sys.stdin.readline):
        print(engine.obey(order.strip()), flush=True)
    await engine.stop()


def main() -> None:
    """Serve until standard input ends."""
    port, folder, managers, cells = sys.argv[1:]
    asyncio.run(_serve(int(port), Path(folder), int(managers), int(cells)))


if __name__ == "__main__":
    main()
