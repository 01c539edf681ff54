"""`./dev bench home-assistant`: what the integration costs a real Home Assistant.

A real `hass` with frontend and recorder, booted from nothing, follows a plant behind the real API
in which every voltage has 1.5 mV of noise, published through the dead band. It is measured with 512
cells, beside an empty one at the same time: what else the computer does changes both. `--soak` adds
8 managers of 512 cells. A probe inside tells how long the event loop was blocked and in which order
states were written. Every five minutes Home Assistant makes statistics of all sensors, which are
measured apart. A garbage collection of Python, which the recorder's thread usually sets off, stops
every thread: it is told apart from other delays.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.bench._figures import Result, progress, show
from tests.bench._home_assistant_running import (
    ACTION,
    Client,
    PlantProgram,
    action_delay_s,
    add_site,
    automate,
    bacs_entities,
    cpu_percent,
    cpu_percents,
    home_assistant,
    private_bytes,
    recorded_bytes,
)
from tests.system.home_assistant_process import HomeAssistantProcess

CELLS: Final = 512
MANAGERS: Final = 8
KEY: Final = "m1/1"
PER_CELL: Final = 5
"""Voltage, temperature, resistance, charge and problem are enabled."""
WINDOW_S: Final = 60.0
#: The figure that has a goal is measured for so much longer.
WINDOWS: Final = 3
SHAKEN_S: Final = 20.0
SETTLE_S: Final = 45.0
ALARMS: Final = 10
#: An alarm that was cleared is off before the next one comes, also while everything changes.
PAUSE_S: Final = 3.0
#: Home Assistant sums up its sensors every five minutes, ten seconds after the full minute.
STATISTICS_EVERY_S: Final = 300.0
STATISTICS_AT_S: Final = 10.0
#: It is done by then, and was not begun so long before.
STATISTICS_S: Final = 15.0
STATISTICS_EARLY_S: Final = 2.0
GOALS: Final = {"cpu": 0.5, "blocked": 50.0, "action": 0.3, "restart": 2.5}
EMPTY: Final = "an empty Home Assistant"
ENTITIES: Final = {"type": "subscribe_entities"}
ACTIONS: Final = {"type": "subscribe_events", "event_type": ACTION}
CARD: Final = {"type": "bacs/string/subscribe", "string": f"stand-in/{KEY}"}
MB: Final = 1e6


@dataclass(frozen=True, slots=True)
class Bed:
    """Where it is measured."""

    home: HomeAssistantProcess
    plant: PlantProgram
    collection_s: float
    """A full garbage collection of Home Assistant while it was empty."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What the integration costs Home Assistant.")
    parser.add_argument("--soak", action="store_true", help="add 8 managers of 512 cells")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = _one_manager(Path(folder))
        if options.soak:
            results += _eight_managers(Path(folder))
    show("home-assistant", results)


def _one_manager(folder: Path) -> list[Result]:
    plant = PlantProgram(folder / "plant", 1, CELLS)
    try:
        with (
            home_assistant(folder / "empty") as beside,
            home_assistant(folder / "one") as home,
        ):
            progress("an empty Home Assistant")
            time.sleep(SETTLE_S)
            bed = Bed(home, plant, _full_collection_s(home))
            added_at_s = time.time()
            add_site(home, plant)
            automate(home, KEY)
            progress(f"{CELLS} cells, noise only")
            time.sleep(SETTLE_S)
            _await_calm(WINDOWS * WINDOW_S)
            _probed(home)
            noise, empty = cpu_percents((home.pid, beside.pid), WINDOWS * WINDOW_S)
            rate = _probed(home)["changes"] / (WINDOWS * WINDOW_S)
            summed_up_s = _statistics_s(home, noise, added_at_s)
            results = [
                _cpu(f"{CELLS} cells, noise published through the dead band", noise, empty),
                _told(f"{CELLS} cells, noise: states written", rate, "1/s", "", 0.0),
                _told(
                    f"{CELLS} cells: statistics of five minutes",
                    summed_up_s,
                    "s of a core",
                    "as a part of five minutes, %",
                    100 * summed_up_s / STATISTICS_EVERY_S,
                ),
            ]
            results += _watched(bed, beside)
            results += _shaken(bed, CELLS)
    finally:
        plant.stop()
    return results


def _watched(bed: Bed, beside: HomeAssistantProcess) -> list[Result]:
    """Measure with a browser in front: all entities, and one string card."""
    progress("a dashboard and a string card are open")
    dashboard, card = Client(bed.home, ENTITIES), Client(bed.home, CARD)
    time.sleep(SETTLE_S)
    _await_calm(WINDOW_S)
    before = card.received_bytes
    used, empty = cpu_percents((bed.home.pid, beside.pid), WINDOW_S)
    rate = (card.received_bytes - before) / WINDOW_S
    dashboard.close()
    card.close()
    what = "with a dashboard and a string card open"
    return [
        _told(f"{CELLS} cells, {what}", used - empty, "% of a core", EMPTY, empty),
        _told("string card, on the websocket", rate, "B/s", "", 0.0),
    ]


def _shaken(bed: Bed, cells: int) -> list[Result]:
    """Raise alarms in calm, then let everything change at once with an alarm in the middle."""
    progress(f"alarms, and then all values of {cells} cells at once")
    home, plant = bed.home, bed.plant
    clients = [Client(home, ENTITIES), Client(home, CARD)]
    actions = Client(home, ACTIONS)
    calm = [action_delay_s(plant, actions, KEY, PAUSE_S) for _ in range(ALARMS)]
    _await_calm(SHAKEN_S)
    _probed(home)
    plant.order(f"burst {KEY}")
    time.sleep(SHAKEN_S)
    seen = _probed(home)
    plant.order("clear")
    time.sleep(PAUSE_S)
    moved = [action_delay_s(plant, actions, KEY, PAUSE_S) for _ in range(ALARMS)]
    plant.order("calm")
    dropped = sum(client.dropped for client in (*clients, actions))
    for client in (*clients, actions):
        client.close()
    what = f"all values of {cells} cells change each second"
    first_value, last_alarm = seen["first_value"], seen["last_alarm"]
    before_alarm = max(0, last_alarm - first_value) if None not in (first_value, last_alarm) else -1
    blocked = 1000 * seen["blocked_s"]
    return [
        Result(f"{what}: clients dropped", dropped, "", "of", len(clients) + 1, 0, dropped == 0),
        _at_most(f"{what}: event loop blocked at most", blocked, "ms", "blocked"),
        Result(
            f"{what}: longest garbage collection",
            1000 * seen["collection_s"],
            "ms",
            f"a full one in {EMPTY}",
            1000 * bed.collection_s,
            None,
            met=True,
        ),
        _told(
            f"{what}: blocked at most, garbage collection apart",
            1000 * seen["blocked_otherwise_s"],
            "ms",
            "",
            0.0,
        ),
        _told(f"{what}: computed in one go", 1000 * seen["computed_s"], "ms", "", 0.0),
        _told(f"{what}: states written", seen["changes"] / SHAKEN_S, "1/s", "", 0.0),
        Result(
            f"{what}: values written before an alarm of the same moment",
            before_alarm,
            "",
            "all values",
            seen["changes"],
            0,
            before_alarm == 0,
        ),
        *_delays(f"alarm to action, {cells} cells, noise only", calm),
        *_delays(f"alarm to action while {what}", moved),
    ]


def _eight_managers(folder: Path) -> list[Result]:
    cells = MANAGERS * CELLS
    plant = PlantProgram(folder / "plants", MANAGERS, CELLS)
    try:
        with home_assistant(folder / "eight") as home:
            progress("an empty Home Assistant starts again")
            time.sleep(SETTLE_S)
            empty_bytes = private_bytes(home.pid)
            home.stop()
            empty_s = home.start()
            time.sleep(SETTLE_S)
            empty = _calm_percent(home)
            collection_s = _full_collection_s(home)
            progress(f"{cells} cells")
            add_site(home, plant)
            automate(home, KEY)
            entities = bacs_entities(home)
            home.stop()
            full_s = home.start()
            time.sleep(SETTLE_S)
            _await_calm(2 * WINDOW_S)
            written = recorded_bytes(home)
            noise = cpu_percent(home.pid, 2 * WINDOW_S)
            grown = (recorded_bytes(home) - written) * 3600 / (2 * WINDOW_S)
            memory = private_bytes(home.pid)
            wanted = PER_CELL * cells
            results = [
                Result(
                    f"{cells} cells: entities with a state",
                    entities,
                    "",
                    "enabled of cells alone",
                    wanted,
                    wanted,
                    entities >= wanted,
                ),
                Result(
                    f"{cells} cells: restart until it runs",
                    full_s,
                    "s",
                    EMPTY,
                    empty_s,
                    GOALS["restart"] * empty_s,
                    full_s <= GOALS["restart"] * empty_s,
                ),
                _told(f"{cells} cells: memory", memory / MB, "MB", EMPTY, empty_bytes / MB),
                _told(f"{cells} cells: growth of the recorder", grown / MB, "MB/h", "", 0.0),
                _told(f"{cells} cells, noise", noise - empty, "% of a core", EMPTY, empty),
            ]
            results += _shaken(Bed(home, plant, collection_s), cells)
    finally:
        plant.stop()
    return results


def _calm_percent(home: HomeAssistantProcess) -> float:
    """Measure over a time in which Home Assistant makes no statistics."""
    _await_calm(WINDOW_S)
    return cpu_percent(home.pid, WINDOW_S)


def _await_calm(window_s: float) -> None:
    """Wait until no statistics are made for so long."""
    since_s, until_s = _statistics()
    if since_s < STATISTICS_S:
        time.sleep(STATISTICS_S - since_s)
    elif until_s < window_s + STATISTICS_EARLY_S:
        time.sleep(until_s + STATISTICS_S)


def _statistics_s(home: HomeAssistantProcess, noise: float, added_at_s: float) -> float:
    """Measure what statistics take of the processor, without what noise takes.

    The first after sensors were added takes longer, once: it also makes a row for each of them.
    """
    since_s, until_s = _statistics()
    if time.time() - since_s < added_at_s:
        time.sleep(until_s + STATISTICS_S)
    _, until_s = _statistics()
    time.sleep(max(0.0, until_s - STATISTICS_EARLY_S))
    window_s = STATISTICS_EARLY_S + STATISTICS_S
    return (cpu_percent(home.pid, window_s) - noise) * window_s / 100


def _statistics() -> tuple[float, float]:
    """Tell how long ago the last statistics were, and when the next are."""
    since_s = (time.time() - STATISTICS_AT_S) % STATISTICS_EVERY_S
    return since_s, STATISTICS_EVERY_S - since_s


def _probed(home: HomeAssistantProcess) -> dict[str, Any]:
    """Read the probe, which begins anew."""
    seen: dict[str, Any] = home.command("bacs_bench/read")
    return seen


def _full_collection_s(home: HomeAssistantProcess) -> float:
    """Time one full garbage collection."""
    return float(home.command("bacs_bench/collect")["collection_s"])


def _delays(what: str, delays_s: list[float]) -> list[Result]:
    worst, middle = max(delays_s), statistics.median(delays_s)
    return [
        _at_most(f"{what}, the slowest of {len(delays_s)}", worst, "s", "action"),
        _told(f"{what}, median", middle, "s", "", 0.0),
    ]


def _cpu(what: str, used: float, empty: float) -> Result:
    above, goal = used - empty, GOALS["cpu"]
    return Result(f"{what}, above empty", above, "% of a core", EMPTY, empty, goal, above <= goal)


def _at_most(what: str, value: float, unit: str, goal: str) -> Result:
    limit = GOALS[goal]
    return Result(what, value, unit, "goal", limit, limit, value <= limit)


def _told(what: str, value: float, unit: str, against: str, other: float) -> Result:
    return Result(what, value, unit, against, other, None, met=True)


if __name__ == "__main__":
    main()
