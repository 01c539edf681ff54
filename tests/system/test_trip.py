"""A breaker from the wire to the person who closes it: cabinet and engine as real processes."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bacs_core.simulator.control import SimulatorControl
from tests.processes import Cabinet, Engine, bacs
from tests.system.conftest import until

SITE = Path(__file__).with_name("trip.toml")
KEY, BOX = "telecom/1", "box"
TRIP, ALARM = 0, 1
NAME, PASSWORD = "tina", "a long enough password"
CELLS = 6
FLOAT_V = 2.27


class TripRoom:
    """One string whose breaker hangs on a relay box; its contact is moved by the test's hand."""

    def __init__(self, folder: Path) -> None:
        self.cabinet = Cabinet(folder, SITE, "--speed", "60", "--noise-mv", "0")
        self.engine = Engine(folder, self.cabinet.site)
        self.simulator = SimulatorControl(self.cabinet.control)

    @property
    def trip(self) -> dict[str, Any]:
        """Where the protection of the string stands, as the API publishes it."""
        snapshot = self.engine.get("snapshot", self.engine.panel_token)
        brain = snapshot["strings"][0]["brain"]
        found: dict[str, Any] = brain["trip"]
        return found

    def relays(self) -> list[bool]:
        return self.simulator.relays(BOX).contacts

    def breaker(self, *, is_open: bool) -> None:
        self.simulator.accessory(BOX, inputs=[is_open])

    def charge(self, cell_v: float) -> None:
        self.simulator.string(KEY, charger_voltage_v=CELLS * cell_v)

    def wait(self, state: str) -> None:
        until(lambda: self.trip["state"] == state, f"protection {state}", patience_s=90)

    def order(self, command: str, token: str, **arguments: object) -> str:
        """Give a command; return `done` or the code of its refusal."""
        body = {"command": command, "string_key": KEY, **arguments}
        try:
            self.engine.post("commands", body, token)
        except urllib.error.HTTPError as refused:
            return str(json.loads(refused.read())["code"])
        return "done"

    def technician(self) -> str:
        """Sign a technician in through the panel at the cabinet."""
        login = {"user": NAME, "secret": PASSWORD}
        return str(self.engine.post("session", login, self.engine.panel_token)["token"])


@pytest.fixture
def room(tmp_path: Path) -> Iterator[TripRoom]:
    room = TripRoom(tmp_path)
    room.cabinet.start()
    try:
        room.breaker(is_open=False)
        room.engine.start()
        room.wait("armed")
        until(lambda: room.trip["contact_open"] is False, "the contact of the breaker")
        yield room
    finally:
        room.engine.stop()
        room.cabinet.stop()


def test_a_trip_latches_over_a_killed_engine_until_a_technician_at_the_cabinet_ends_it(
    room: TripRoom, tmp_path: Path
) -> None:
    added = bacs(
        "user", "add", NAME, "--role", "technician", "--state", tmp_path / "state", stdin=PASSWORD
    )
    assert added.returncode == 0, added.stderr
    token = room.engine.add_token("automation", "operator")
    until(lambda: room.relays()[ALARM], "the alarm relay while all is well")
    room.charge(2.6)
    until(lambda: room.relays()[TRIP], "the order to trip", patience_s=90)
    assert room.trip["state"] in {"tripping", "failed"}
    until(lambda: not room.relays()[ALARM], "the alarm relay to drop out")
    room.breaker(is_open=True)
    room.wait("tripped")
    assert room.trip["causes"] == ["over_voltage"]

    room.engine.kill()
    room.engine.start()
    room.wait("tripped")
    assert room.relays()[TRIP], "nothing has closed it meanwhile"

    assert room.order("reclose_breaker", token) == "forbidden"
    technician = room.technician()
    refused: list[str] = []

    def is_refused_for_its_cause() -> bool:
        refused.append(room.order("reclose_breaker", technician))
        return refused[-1] == "cause_stands"

    until(is_refused_for_its_cause, "the cause to be known again", patience_s=90)
    assert set(refused) <= {"cause_stands", "not_watched_yet", "no_cell_tells"}
    room.charge(FLOAT_V)
    until(
        lambda: room.order("reclose_breaker", technician) == "done",
        "the cause to be over",
        patience_s=90,
    )
    assert not room.relays()[TRIP]
    room.breaker(is_open=False)
    until(lambda: room.trip["contact_open"] is False, "the closed breaker")
    room.wait("armed")


def test_a_breaker_that_does_not_open_is_told_and_ordered_again(room: TripRoom) -> None:
    room.charge(2.6)
    room.wait("failed")
    alarms = room.engine.get("alarms", room.engine.panel_token)
    assert "breaker_failed" in {alarm["rule"] for alarm in alarms}
    room.breaker(is_open=True)
    room.wait("tripped")
