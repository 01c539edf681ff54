"""The programs of `./dev bench home-assistant`: a plant, a real Home Assistant, and its clients."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.processes import HOST, PYTHON, ROOT, free_port
from tests.system.home_assistant_process import HomeAssistantProcess

TOKEN: Final = "panel-token"
ACTION: Final = "bacs_bench_action"
CONFIGURATION: Final = """\
recorder:
history:
logbook:
automation: !include automations.yaml
bacs_bench:
"""
PROBE: Final = Path(__file__).with_name("_home_assistant_probe.py")
#: A guard only.
PATIENCE_S: Final = 240.0
NS: Final = 1e-9


class PlantProgram:
    """The plant, and the hand that moves it."""

    def __init__(self, folder: Path, managers: int, cells: int) -> None:
        self.port = free_port()
        folder.mkdir()
        arguments = (str(self.port), str(folder), str(managers), str(cells))
        self._process = subprocess.Popen(
            [PYTHON, "-m", "tests.bench._home_assistant_plant", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def order(self, order: str) -> float:
        """Give an order; return the unix time at which its tick was published."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{order}\n")
        self._process.stdin.flush()
        return float(self._answer())

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        assert answer, "the plant ended"
        return answer


class Client:
    """A websocket client that reads whatever comes, as a browser does, in a thread of its own."""

    def __init__(self, home: HomeAssistantProcess, *subscriptions: dict[str, Any]) -> None:
        self.messages = 0
        self.received_bytes = 0
        self.dropped = False
        self.events: list[dict[str, Any]] = []
        self._ends = False
        self._socket: ClientConnection = connect(
            f"ws://{HOST}:{home.port}/api/websocket", max_size=None
        )
        self._socket.recv()
        self._send({"type": "auth", "access_token": home.token})
        self._socket.recv()
        features = {"coalesce_messages": 1}
        wanted = ({"type": "supported_features", "features": features}, *subscriptions)
        for number, subscription in enumerate(wanted, 1):
            self._send({"id": number, **subscription})
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Go away."""
        self._ends = True
        self._socket.close()
        self._thread.join(PATIENCE_S)

    def _send(self, message: dict[str, Any]) -> None:
        self._socket.send(json.dumps(message))

    def _read(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                text = self._socket.recv()
                self.messages += 1
                self.received_bytes += len(text)
                told = json.loads(text)
                for message in told if isinstance(told, list) else [told]:
                    if message.get("type") == "event":
                        self._note(message["event"])
        self.dropped = not self._ends

    def _note(self, event: dict[str, Any]) -> None:
        if event.get("event_type") == ACTION:
            self.events.append(event)


@contextmanager
def home_assistant(folder: Path) -> Iterator[HomeAssistantProcess]:
    """Run an empty Home Assistant with the probe inside, onboarded."""
    home = HomeAssistantProcess(folder, CONFIGURATION)
    (folder / "automations.yaml").write_text("[]\n")
    home.take_integration()
    probe = home.components / "bacs_bench"
    probe.mkdir()
    shutil.copy(PROBE, probe / "__init__.py")
    manifest = {
        "domain": "bacs_bench",
        "name": "Probe",
        "codeowners": [],
        "dependencies": ["websocket_api"],
        "documentation": "",
        "iot_class": "calculated",
        "version": "0.0.1",
    }
    (probe / "manifest.json").write_text(json.dumps(manifest))
    home.start()
    try:
        home.onboard()
        yield home
    finally:
        home.stop()


def add_site(home: HomeAssistantProcess, plant: PlantProgram) -> None:
    """Add the integration with all managers, and wait until every value is there."""
    home.add_engine(HOST, plant.port, TOKEN)
    home.take_offers()
    home.wait(lambda: unsettled(home) == 0, "values of all cells")


def cell_voltages(home: HomeAssistantProcess) -> list[dict[str, Any]]:
    """Return the states of all cell voltages that are there."""
    listed = {
        entry["entity_id"]
        for entry in home.command("config/entity_registry/list")
        if entry["platform"] == "bacs" and entry["unique_id"].endswith("/voltage")
    }
    return [state for state in home.command("get_states") if state["entity_id"] in listed]


def unsettled(home: HomeAssistantProcess) -> int:
    """Count the cell voltages without a value; one if there are none at all."""
    states = cell_voltages(home)
    waiting = [each for each in states if each["state"] in {"unavailable", "unknown"}]
    return len(waiting) if states else 1


def bacs_entities(home: HomeAssistantProcess) -> int:
    """Count the enabled entities of the integration that have a state."""
    enabled = {
        entry["entity_id"]
        for entry in home.command("config/entity_registry/list")
        if entry["platform"] == "bacs" and entry["disabled_by"] is None
    }
    return len(enabled & {state["entity_id"] for state in home.command("get_states")})


def automate(home: HomeAssistantProcess, key: str) -> None:
    """Fire an event each time a string gets a problem."""
    unique_id = f"stand-in/{key}/problem"
    entity_id = next(
        entry["entity_id"]
        for entry in home.command("config/entity_registry/list")
        if entry["platform"] == "bacs" and entry["unique_id"] == unique_id
    )
    automation = {
        "alias": "Bench",
        "mode": "queued",
        "triggers": [{"trigger": "state", "entity_id": entity_id, "from": "off", "to": "on"}],
        "actions": [{"event": ACTION}],
    }
    home.ask("config/automation/config/bench", automation)
    home.wait(lambda: home.state("automation.bench") == "on", "the automation")


def action_delay_s(plant: PlantProgram, client: Client, key: str, pause_s: float) -> float:
    """Raise an alarm, and tell how long after its publication the action was carried out."""
    known = len(client.events)
    published_at = plant.order(f"raise {key}")
    give_up_at = time.monotonic() + PATIENCE_S
    while len(client.events) == known:
        assert time.monotonic() < give_up_at, "no action"
        time.sleep(0.02)
    fired = datetime.fromisoformat(client.events[-1]["time_fired"]).timestamp()
    plant.order("clear")
    time.sleep(pause_s)
    return fired - published_at


def cpu_s(pid: int) -> float:
    """Processor seconds of all threads of a process so far."""
    used = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            used += int((thread / "schedstat").read_text(encoding="ascii").split()[0])
    return used * NS


def cpu_percent(pid: int, seconds: float) -> float:
    """Tell what a process takes of one core, measured over so long."""
    return cpu_percents((pid,), seconds)[0]


def cpu_percents(pids: Sequence[int], seconds: float) -> list[float]:
    """Tell what each of some processes takes of one core, all of them at the same time."""
    before = [cpu_s(pid) for pid in pids]
    begun = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - begun
    return [100 * (cpu_s(pid) - was) / took for pid, was in zip(pids, before, strict=True)]


def private_bytes(pid: int) -> int:
    """Memory of a process that it shares with nobody."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return 1024 * sum(int(row.split()[1]) for row in rows if row.startswith("Private_"))


def recorded_bytes(home: HomeAssistantProcess) -> int:
    """Size of what the recorder has written."""
    database = home.folder / "home-assistant_v2.db"
    return sum(
        file.stat().st_size
        for file in (database, database.with_name(database.name + "-wal"))
        if file.exists()
    )
