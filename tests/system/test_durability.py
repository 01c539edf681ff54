"""What the engine has acknowledged is there, however it ends: real processes, killed at any moment.

Twenty kills in every run of the tests, two hundred with `--soak`.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import sqlite3
import threading
import time
import urllib.error
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bacs_core.history.events import EventKind
from bacs_core.history.reader import HistoryReader
from bacs_core.history.safety_copy import read_copy
from tests.processes import Cabinet
from tests.system.conftest import until
from tests.system.forked_engine import ForkedEngine

SITE = Path(__file__).with_name("durability.toml")
KEY, CELLS = "telecom/1", 6
KILLS, SOAKED_KILLS = 20, 200
SLOT_S = 10.0
FEWEST_ACKNOWLEDGED = 2


@dataclass
class Room:
    """A simulated cabinet, an engine, and all that the engine acknowledged."""

    engine: ForkedEngine
    token: str = ""
    acknowledged: dict[int, dict[str, Any]] = field(default_factory=dict)
    """By the number of the event: cell and name of the command."""
    paused: dict[int, bool] = field(default_factory=dict)
    """By cell: whether it is paused, as far as that is known."""
    unrecorded: int = 0
    refused: list[str] = field(default_factory=list)
    ran: list[tuple[float, float]] = field(default_factory=list)
    """Unix times between which values were read without a break."""

    def command_until_it_is_gone(self, seed: int) -> None:
        """Give commands one after the other; the last one may or may not be carried out."""
        choice = random.Random(seed)
        while True:
            cell, pause = choice.randint(1, CELLS), choice.random() < 0.5
            self.paused.pop(cell, None)
            name = "pause_equalization" if pause else "resume_equalization"
            command = {"command": name, "string_key": KEY, "cells": [cell]}
            try:
                told = self.engine.post("commands", command, self.token)
            except urllib.error.HTTPError as refusal:
                self.refused.append(refusal.read().decode())
                return
            except (OSError, ValueError, http.client.HTTPException):
                return
            if told["id"] is None:
                # A pause is on the safe side: done, and told to be recorded later.
                self.unrecorded += 1
            else:
                self.acknowledged[told["id"]] = command
            self.paused[cell] = pause

    def run_and_kill(self, seed: int, seconds: float) -> None:
        """Let a person command for some time, then kill the engine in the middle of it."""
        person = threading.Thread(target=self.command_until_it_is_gone, args=(seed,))
        if seconds > SLOT_S:
            until(self.reads, "values of every cell")
        began, known = time.time(), len(self.acknowledged)
        person.start()
        # However slow the machine is: what is looked for afterwards was acknowledged in each life.
        until(
            lambda: len(self.acknowledged) >= known + FEWEST_ACKNOWLEDGED or not person.is_alive(),
            "acknowledged commands",
        )
        time.sleep(seconds)
        self.engine.kill()
        self.ran.append((began, time.time()))
        person.join()
        assert self.refused == [], self.engine.log.read_text()

    def reads(self) -> bool:
        snapshot = self.engine.get("snapshot", self.engine.panel_token)
        return None not in snapshot["strings"][0]["columns"]["voltage_v"]

    def check_pauses(self) -> None:
        """The engine has just started: what it was told before holds."""
        copy = read_copy(self.engine.state)
        wishes: Any = None if copy is None else copy.value("wishes")
        paused = {} if wishes is None else wishes["cell_pauses"].get(KEY, {})
        for cell, is_paused in self.paused.items():
            assert (str(cell) in paused) is is_paused, (cell, paused, self.paused)

    def check_files(self) -> None:
        """The engine is dead: its files are whole."""
        with closing(sqlite3.connect(self.engine.state / "bacs.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert read_copy(self.engine.state) is not None
        assert not list(self.engine.state.glob("*damaged*"))

    def check_events(self) -> int:
        """Every acknowledged command stands under its number; nothing stands twice."""
        with HistoryReader(self.engine.state) as reader:
            events = {stored.id: stored.event for stored in reader.events(limit=1_000_000)}
        for number, command in self.acknowledged.items():
            event = events[number]
            assert (event.kind, event.by) == (EventKind.COMMAND, "witness")
            assert (event.data["command"], event.data["cells"]) == (
                command["command"],
                command["cells"],
            )
        stood = [(event.at, event.kind, event.text, event.by) for event in events.values()]
        assert len(set(stood)) == len(stood)
        assert EventKind.HISTORY_REPLACED not in {event.kind for event in events.values()}
        pauses = [event for event in events.values() if "equalization paused" in event.text]
        commands = self.acknowledged.values()
        asked = [command for command in commands if command["command"] == "pause_equalization"]
        assert len(pauses) >= len(asked), "what the command did is an event, too"
        return len(events)

    def check_samples(self) -> int:
        """Of every ten seconds that were over ten seconds before a kill there is a sample."""
        end = datetime.now(UTC) + timedelta(hours=1)
        with HistoryReader(self.engine.state) as reader:
            blocks = reader.blocks(KEY, end - timedelta(days=1), end)
            at = [int(at_ms) for block in blocks for at_ms in block.at]
        assert len(set(at)) == len(at)
        slots = {at_ms // round(1000 * SLOT_S) for at_ms in at}
        for began, killed in self.ran:
            first, last = began // SLOT_S + 1, (killed - SLOT_S) // SLOT_S
            missing = {slot for slot in range(int(first), int(last)) if slot not in slots}
            assert not missing, (began, killed, sorted(slots))
        return len(at)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    cabinet = Cabinet(tmp_path, SITE)
    cabinet.start()
    engine = ForkedEngine(tmp_path, cabinet.site)
    try:
        yield Room(engine)
    finally:
        engine.kill()
        cabinet.stop()


def kill_again_and_again(room: Room, kills: int, longest_s: float, every: int) -> None:
    """Kill every other time while it starts, else at random; one in `every` runs `longest_s`."""
    moments = random.Random(1)
    for number in range(kills):
        room.engine.launch()
        if number % 2:
            time.sleep(moments.uniform(0.0, 0.6))
            room.engine.kill()
            continue
        room.engine.wait()
        if not room.token:
            room.token = room.engine.add_token("witness", "operator")
        room.check_pauses()
        is_long = number % every == 0
        room.run_and_kill(number, longest_s if is_long else moments.uniform(0.0, 0.5))
        if number % 4 == 0:
            room.check_files()


def test_what_was_acknowledged_outlives_twenty_kills_and_nothing_stands_twice(room: Room) -> None:
    kill_again_and_again(room, KILLS, 0.5, KILLS)
    assert len(room.acknowledged) >= FEWEST_ACKNOWLEDGED * KILLS / 2
    room.check_files()
    room.check_events()
    room.check_samples()
    room.engine.start()
    room.check_pauses()


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_what_was_acknowledged_outlives_two_hundred_kills(room: Room) -> None:
    kill_again_and_again(room, SOAKED_KILLS, 25.0, 20)
    room.check_files()
    events, samples = room.check_events(), room.check_samples()
    room.engine.start()
    room.check_pauses()
    if folder := os.environ.get("BACS_FIGURES"):
        told = {
            "name": "kill-9",
            "kills": SOAKED_KILLS,
            "acknowledged": len(room.acknowledged),
            "told_to_be_recorded_later": room.unrecorded,
            "lost": 0,
            "events": events,
            "samples": samples,
        }
        (Path(folder) / "durability-kill-9.json").write_text(json.dumps(told))
