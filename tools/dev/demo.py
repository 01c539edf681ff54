"""`./dev demo`: the simulated cabinet, the engine and the panel, as three processes."""

import fcntl
import secrets
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tools.dev.child import Child
from tools.dev.console import Command, DevError, say, step
from tools.dev.paths import PRIVATE, ROOT, WORKSPACE_ENV
from tools.dev.workspace import make_workspace_env

_DEMO_SITE = ROOT / "core" / "bacs_core" / "simulator" / "demo.toml"
_FOLDER = PRIVATE / "demo"
_SITE = _FOLDER / "site.toml"
_PORTS = _FOLDER / "ports"
_STATE = _FOLDER / "state"
_LOGS = _FOLDER / "logs"

_ENGINE_PORT = 8480
_PANEL_PORT = 8080
_ENGINE = f"http://127.0.0.1:{_ENGINE_PORT}"
_PANEL = f"http://127.0.0.1:{_PANEL_PORT}"
_START_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 0.2


def run_demo(*, keep: bool, script: Path | None = None) -> int:
    """Run the demo until Ctrl+C; raise if it cannot start or one of its programs ends.

    `script` is what the simulated cabinet shall do, see `bacs simulate --help`.
    """
    make_workspace_env()
    with _only_demo(), ExitStack() as running:
        _prepare_folder(keep=keep)
        try:
            children, pin = _start_all(running, script)
            print(f"The panel is at {_PANEL} (Ctrl+C stops the demo)", flush=True)
            print(f"To acknowledge alarms, sign in there as demo with PIN {pin}", flush=True)
            _wait_until(lambda: False, children)
        except KeyboardInterrupt:
            say("\nStopping the panel, the engine and the cabinet.")
    return 0


def _start_all(running: ExitStack, script: Path | None) -> tuple[list[Child], str]:
    """Start the programs, each when the one it needs is there; `running` stops them backwards."""
    bacs = WORKSPACE_ENV / "bin" / "bacs"
    bacs_hmi = WORKSPACE_ENV / "bin" / "bacs-hmi"
    token = ("--token-file", _STATE / "panel.token")
    children: list[Child] = []

    def start(name: str, command: Command, is_ready: Callable[[], bool]) -> None:
        with step(name):
            child = Child(name, command, _LOGS / f"{name.replace(' ', '-')}.log")
            running.callback(child.stop)
            children.append(child)
            _wait_until(is_ready, children, _START_SECONDS)

    start(
        "simulated cabinet",
        [
            bacs,
            "simulate",
            _SITE,
            "--ports",
            _PORTS,
            *(() if script is None else ("--script", script.resolve())),
        ],
        lambda: any(_PORTS.iterdir()),
    )
    start(
        "engine",
        [bacs, "run", _SITE, "--state", _STATE],
        lambda: _answers(f"{_ENGINE}/api/v1/health"),
    )
    person = running.enter_context(ThreadPoolExecutor()).submit(_add_person)
    start(
        "panel",
        [bacs_hmi, "--engine", _ENGINE, *token, "--port", str(_PANEL_PORT)],
        lambda: _answers(_PANEL),
    )
    return children, person.result()


def _add_person() -> str:
    """Let a technician sign in at the panel as "demo"; no two demos have the same PIN."""
    pin = str(secrets.randbelow(900_000) + 100_000)
    # With --keep the person is there already.
    _bacs("user", "add", "demo", "--role", "technician", secret=secrets.token_urlsafe(24))
    problem = _bacs("user", "set-pin", "demo", secret=pin)
    if problem:
        message = f"Nobody could be given a PIN for the demo: {problem}"
        raise DevError(message)
    return pin


def _bacs(*arguments: str, secret: str) -> str:
    """Run a `bacs` command that asks for a secret; return what was wrong, if anything."""
    done = subprocess.run(
        [WORKSPACE_ENV / "bin" / "bacs", *arguments, "--state", _STATE],
        input=f"{secret}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip() if done.returncode else ""


def _wait_until(
    is_reached: Callable[[], bool], children: list[Child], seconds: float | None = None
) -> None:
    """Wait for something while all children live; the last one is what is waited for."""
    started = time.monotonic()
    while not is_reached():
        for child in children:
            child.check()
        if seconds is not None and time.monotonic() - started > seconds:
            message = f"The {children[-1].name} was not ready within {seconds:.0f} s."
            raise DevError(f"{message} {children[-1].log_end()}")
        time.sleep(_LOOK_AGAIN_SECONDS)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):
            return True
    except OSError:
        return False


@contextmanager
def _only_demo() -> Iterator[None]:
    """Keep a second demo, or anything else on the demo's ports, from mixing with this one."""
    PRIVATE.mkdir(exist_ok=True)
    with (PRIVATE / "demo.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"A demo is already running in this folder, see {_PANEL}."
            raise DevError(message) from None
        for port in (_ENGINE_PORT, _PANEL_PORT):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError as error:
                    message = f"Port {port} of this machine is already in use by another program."
                    raise DevError(message) from error
        yield


def _prepare_folder(*, keep: bool) -> None:
    """Begin with an empty state, or with the last one; the virtual ports are always new."""
    shutil.rmtree(_PORTS if keep else _FOLDER, ignore_errors=True)
    for folder in (_PORTS, _LOGS):
        folder.mkdir(parents=True, exist_ok=True)
    if not _SITE.exists():
        shutil.copy(_DEMO_SITE, _SITE)
