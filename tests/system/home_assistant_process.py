"""A real Home Assistant as a process of its own: `hass`, booted from nothing, with its frontend."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from tests.processes import HOST, ROOT, free_port
from tools.dev.home_assistant_real import make_real_home_assistant

INTEGRATION = ROOT / "integration" / "custom_components" / "bacs"
#: A guard only: nothing here takes so long.
PATIENCE_S = 240.0
PERSON = "olga"
#: Of a Home Assistant that lives for one test, on this machine only.
PASSWORD = "only-for-this-test"
CONFIGURATION = """\
recorder:
history:
logbook:
"""


class HomeAssistantProcess:
    """`hass` in a folder of its own, on a free port of this machine.

    The configuration can be changed, and custom components can be put into `components`, before it
    starts.
    """

    def __init__(self, folder: Path, configuration: str = CONFIGURATION) -> None:
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.folder = folder
        self.components = folder / "custom_components"
        self.output = folder / "output.log"
        self.packages: Path | None = None
        """A folder of Python packages that come before those of the environment."""
        self.tokens: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        (folder / ".storage").mkdir(parents=True)
        self.components.mkdir()
        (folder / "configuration.yaml").write_text(configuration)
        self._settle_network()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def token(self) -> str:
        return str(self.tokens["access_token"])

    @property
    def log(self) -> str:
        """What Home Assistant has logged in all its lives here."""
        return self.output.read_text(errors="replace")

    def take_integration(self, source: Path = INTEGRATION) -> None:
        """Put the integration where Home Assistant looks for it."""
        shutil.copytree(
            source, self.components / "bacs", ignore=shutil.ignore_patterns("__pycache__")
        )

    def start(self) -> float:
        """Start, wait until everything runs, and return the seconds that took."""
        hass = make_real_home_assistant()
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PYTEST_") and name != "PYTHONPATH"
        }
        if self.packages is not None:
            environment["PYTHONPATH"] = str(self.packages)
        begun = time.monotonic()
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                [hass, "--config", self.folder, "--skip-pip"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        self.wait(self._answers, "an answer over HTTP")
        if self.tokens:
            self.wait(self._runs, "the state running")
        return time.monotonic() - begun

    def stop(self) -> None:
        """Let it save everything and end."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def onboard(self) -> None:
        """Make the first person and finish what a new Home Assistant asks."""
        client = {"client_id": f"{self.url}/"}
        person = {"name": PERSON, "username": PERSON, "password": PASSWORD, "language": "en"}
        code = self.ask("onboarding/users", client | person)["auth_code"]
        form = client | {"grant_type": "authorization_code", "code": code}
        self.tokens = self._send("/auth/token", urllib.parse.urlencode(form).encode())
        for step in ("core_config", "analytics"):
            self.ask(f"onboarding/{step}", client)
        self.ask("onboarding/integration", client | {"redirect_uri": f"{self.url}/"})
        self.wait(self._runs, "the state running")

    def browser_tokens(self) -> str:
        """Return what the frontend keeps in `localStorage.hassTokens` of a signed-in browser."""
        expires = int(1000 * (time.time() + self.tokens["expires_in"]))
        told = {"hassUrl": self.url, "clientId": f"{self.url}/", "expires": expires}
        return json.dumps(self.tokens | told)

    def ask(self, path: str, body: object = None) -> Any:
        """Return the JSON answer of the REST API to a GET, or to a POST with a body."""
        data = None if body is None else json.dumps(body).encode()
        return self._send(f"/api/{path}", data, "application/json")

    def command(self, kind: str, **fields: Any) -> Any:
        """Return the result of one command over the websocket."""
        with connect(f"ws://{HOST}:{self.port}/api/websocket", max_size=None) as socket:
            socket.recv()
            socket.send(json.dumps({"type": "auth", "access_token": self.token}))
            socket.recv()
            socket.send(json.dumps({"id": 1, "type": kind, **fields}))
            answer = json.loads(socket.recv(PATIENCE_S))
        assert answer["success"], answer
        return answer["result"]

    def state(self, entity_id: str) -> str | None:
        """Return the state of an entity, or `None` if there is no such entity."""
        try:
            return str(self.ask(f"states/{entity_id}")["state"])
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def add_engine(self, host: str, port: int, token: str) -> str:
        """Go through the dialog of the integration as the frontend does; return the site's name."""
        steps = ({"next_step_id": "engine"}, {"host": host, "port": port, "token": token})
        flow = self.ask("config/config_entries/flow", {"handler": "bacs"})
        for step in steps:
            flow = self.ask(f"config/config_entries/flow/{flow['flow_id']}", step)
        assert flow["type"] == "create_entry", flow
        return str(flow["title"])

    def take_offers(self) -> None:
        """Add every manager that the site offers, as a person does who confirms them all."""
        self.wait(self.offers, "the offers of the managers")
        for offer in self.offers():
            made = self.ask(f"config/config_entries/flow/{offer}", {})
            assert made["type"] == "create_entry", made

    def offers(self) -> list[str]:
        """Name the dialogs of managers that wait for a person."""
        return [
            flow["flow_id"]
            for flow in self.command("config_entries/flow/progress")
            if flow["handler"] == "bacs"
        ]

    def wait(self, condition: Callable[[], object], what: str) -> None:
        """Wait until something holds."""
        give_up_at = time.monotonic() + PATIENCE_S
        while not condition():
            assert self._process is not None
            assert self._process.poll() is None, self.log
            assert time.monotonic() < give_up_at, f"never came: {what}\n{self.log}"
            time.sleep(0.1)

    def _answers(self) -> bool:
        with contextlib.suppress(urllib.error.URLError, OSError):
            self._send("/manifest.json", None)
            return True
        return False

    def _runs(self) -> bool:
        with contextlib.suppress(urllib.error.URLError, OSError):
            return bool(self.ask("config")["state"] == "RUNNING")
        return False

    def _send(
        self, path: str, data: bytes | None, kind: str = "application/x-www-form-urlencoded"
    ) -> Any:
        request = urllib.request.Request(
            self.url + path, data=data, headers={"Content-Type": kind} if data else {}
        )
        if self.tokens:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            error.add_note(f"{path}: {error.read().decode(errors='replace')}")
            raise
        return json.loads(content) if content else None

    def _settle_network(self) -> None:
        """Say where to listen, as something that a person has confirmed already.

        From `configuration.yaml` it would be taken for a trial that ends after five minutes.
        """
        network = {
            "server_host": [HOST],
            "server_port": self.port,
            "ssl_profile": "modern",
            "cors_allowed_origins": ["https://cast.home-assistant.io"],
            "login_attempts_threshold": -1,
            "ip_ban_enabled": False,
            "use_x_frame_options": True,
            "created_at": "2026-01-01T00:00:00+00:00",
            "error": None,
            "error_message": None,
        }
        settled = {"stable": network, "pending": None, "yaml_migration_done": True}
        storage = {"version": 2, "minor_version": 2, "key": "http", "data": settled}
        (self.folder / ".storage" / "http").write_text(json.dumps(storage))
