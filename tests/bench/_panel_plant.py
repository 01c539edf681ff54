"""A plant with noise on every cell behind the real API, for `./dev bench panel`.

`python -m tests.bench._panel_plant PORT FOLDER STRINGS CELLS TICK_S`: eight managers with so many
strings of so many 2 V cells each; a voltage moves by 1.5 mV of noise at each tick.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Final

from bacs_core.model import EqualizedBy, Manager, Site
from tests.hmi.standin_brain import brain_of
from tests.hmi.standin_engine import PANEL_TOKEN, Plant, StandIn, string

MANAGERS: Final = 8
NOISE_V: Final = 0.0015


def site_of(strings: int, cells: int) -> Site:
    """Build eight managers with equal strings of 2 V cells."""
    return Site(
        "Benchmark",
        tuple(
            Manager(
                f"m{place}",
                f"Manager {place}",
                "panel_manager",
                tuple(
                    string(
                        f"m{place}",
                        number,
                        f"Manager {place} string {number}",
                        cells,
                        equalized_by=EqualizedBy.ENGINE,
                    )
                    for number in range(1, strings + 1)
                ),
            )
            for place in range(1, MANAGERS + 1)
        ),
    )


def noisy_plant(strings: int, cells: int) -> Plant:
    """Make a plant in which nothing is wrong and every voltage moves."""
    plant = Plant(site_of(strings, cells))
    plant.noise_v = NOISE_V
    for each in plant.strings.values():
        each.brain = brain_of(each.string)
    return plant


async def _serve(port: int, folder: Path, strings: int, cells: int, tick_s: float) -> None:
    engine = StandIn(noisy_plant(strings, cells), folder, port=port)
    engine.tick_s = tick_s
    (folder / "panel.token").write_text(PANEL_TOKEN)
    await engine.start()
    await asyncio.Event().wait()


def main() -> None:
    """Serve until the process is ended."""
    port, folder, strings, cells, tick_s = sys.argv[1:]
    asyncio.run(_serve(int(port), Path(folder), int(strings), int(cells), float(tick_s)))


if __name__ == "__main__":
    main()
