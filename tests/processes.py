"""The real simulator, engine and panel as processes of their own; needs nothing but Python."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PYTHON = os.environ.get("BACS_WORKSPACE_PYTHON", str(ROOT / ".venv" / "bin" / "python"))
HOST = "127.0.0.1"
#: A guard only: nothing here takes so long.
PATIENCE_S = 120.0


def free_port() -> int:
    """Find a port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def bacs(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run one `bacs` command to its end."""
    return subprocess.run(
        [PYTHON, "-m", "bacs_core.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        input=stdin,
        timeout=PATIENCE_S,
        check=False,
    )


class Process:
    """A program of this project that runs until it is stopped; its output goes to `log`."""

    def __init__(self, log: Path, module: str, *arguments: str | Path) -> None:
        self.log = log
        # NiceGUI takes another way under pytest; the program must not know that a test runs it.
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTEST_", "NICEGUI_"))
        }
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                [PYTHON, "-m", module, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        return self.popen.poll() is None

    def check_alive(self) -> None:
        assert self.running, self.log.read_text()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the process and return its exit code."""
        if self.running:
            self.popen.send_signal(number)
            try:
                self.popen.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        return self.popen.wait()


class Cabinet:
    """`bacs simulate` for a site file in `folder`, with a control socket."""

    def __init__(self, folder: Path, site: Path, *options: str) -> None:
        self.site = folder / "site.toml"
        self.control = folder / "control"
        self._ports = folder / "ports"
        self._log = folder / "simulator.log"
        self._options = options
        self._process: Process | None = None
        shutil.copy(site, self.site)

    def start(self) -> None:
        """Start, and wait until all ports exist."""
        arguments = ("simulate", self.site, "--ports", self._ports, "--control", self.control)
        self._process = Process(self._log, "bacs_core.cli", *arguments, *self._options)
        give_up_at = time.monotonic() + PATIENCE_S
        while "simulating" not in self._log.read_text() or not self.control.exists():
            self._process.check_alive()
            assert time.monotonic() < give_up_at, self._log.read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()


class Engine:
    """An engine on a port of its own; it can be started again after its end.

    Without a site it runs in commissioning mode.
    """

    def __init__(self, folder: Path, site: Path | None, port: int | None = None) -> None:
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.folder = folder
        self.state = folder / "state"
        self.log = folder / "engine.log"
        self._site = site
        self._process: Process | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def start(self) -> None:
        """Start, and wait until it answers."""
        site = () if self._site is None else (self._site,)
        arguments = ("run", *site, "--state", self.state, "--port", str(self.port))
        self._process = Process(self.log, "bacs_core.cli", *arguments)
        give_up_at = time.monotonic() + PATIENCE_S
        while not self._answers():
            self._process.check_alive()
            assert time.monotonic() < give_up_at, self.log.read_text()
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the engine and return its exit code."""
        return 0 if self._process is None else self._process.stop(number)

    def kill(self) -> None:
        """End the engine without a chance to tidy up."""
        self.stop(signal.SIGKILL)

    @property
    def panel_token_file(self) -> Path:
        return self.state / "panel.token"

    @property
    def panel_token(self) -> str:
        return self.panel_token_file.read_text(encoding="ascii").strip()

    def add_token(self, name: str, role: str = "operator") -> str:
        done = bacs("token", "add", name, "--role", role, "--state", self.state)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()[-1]

    def revoke_token(self, name: str) -> None:
        done = bacs("token", "revoke", name, "--state", self.state)
        assert done.returncode == 0, done.stderr

    def get(self, path: str, token: str | None = None) -> Any:
        """Return the JSON answer to a GET below the API's prefix."""
        return self._ask(urllib.request.Request(self._address(path)), token)

    def post(self, path: str, body: object, token: str) -> Any:
        """Return the JSON answer to a POST below the API's prefix."""
        request = urllib.request.Request(
            self._address(path),
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        return self._ask(request, token)

    def _address(self, path: str) -> str:
        return f"{self.url}/api/v1/{path}"

    def _ask(self, request: urllib.request.Request, token: str | None) -> Any:
        if token is not None:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def _answers(self) -> bool:
        with contextlib.suppress(urllib.error.URLError, OSError):
            return bool(self.get("health"))
        return False


class Panel:
    """`bacs-hmi` for an engine."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}/"
        self._folder = folder
        self._engine = engine
        self._process: Process | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._process = Process(
            self._folder / "panel.log",
            "bacs_hmi.main",
            "--engine",
            self._engine.url,
            "--token-file",
            self._engine.panel_token_file,
            "--port",
            str(self.port),
        )
        give_up_at = time.monotonic() + PATIENCE_S
        while not self._answers():
            self._process.check_alive()
            assert time.monotonic() < give_up_at, self._process.log.read_text()
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the panel and return its exit code."""
        return 0 if self._process is None else self._process.stop(number)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
            return True
        return False
