"""A panel computer made of a machine: bundle, installation, a screen, and a plant to show."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.kiosk.devtools import PORT as DEVTOOLS_PORT
from tests.kiosk.machine import KEPT, SUITE, Machine
from tests.kiosk.places import KIOSK
from tests.processes import ROOT

DISPLAY = ":99"
WIDTH, HEIGHT = 1024, 768
BUNDLE = KEPT / f"bundle-{SUITE}"
#: What stands in for hardware and for a person with rights, and nothing else: an X server for the
#: screen, no console, no login session; and DevTools, to look and to touch.
_STAND_IN = f"""[Service]
PAMName=
TTYPath=
TTYReset=no
TTYVHangup=no
TTYVTDisallocate=no
UtmpIdentifier=
StandardInput=null
Environment=DISPLAY={DISPLAY} WLR_BACKENDS=x11 WLR_RENDERER=pixman
EnvironmentFile=/etc/stand-in.env
"""
_FLAGS = f"BACS_BROWSER_FLAGS=--remote-debugging-port={DEVTOOLS_PORT}\n"
_ALLOWED = {"DeveloperToolsAvailability": 1, "RemoteDebuggingAllowed": True}
_PLANT = """
set -e
site=$(echo /opt/bacs/current/lib/python3*/site-packages/bacs_core/simulator/demo.toml)
mkdir -p /etc/bacs/ports
chown bacs /etc/bacs/ports
cp "$site" /etc/bacs/site.toml
systemd-run --quiet --unit=cabinet --uid=bacs \
  /opt/bacs/bin/bacs simulate /etc/bacs/site.toml --ports /etc/bacs/ports
"""


def bundle() -> Path:
    """Collect what the panel computer needs, as a person would; takes a network and minutes.

    BACS_BUNDLE names one that was made already.
    """
    if made := os.environ.get("BACS_BUNDLE"):
        return Path(made)
    collected: list[str | Path] = [
        "sh",
        KIOSK / "bundle.sh",
        "--suite",
        SUITE,
        "--packages",
        BUNDLE,
    ]
    subprocess.run(collected, cwd=ROOT, check=True)
    return BUNDLE


def stand_in(machine: Machine) -> None:
    """Give the machine what a panel computer has and it has not."""
    machine.write("/etc/systemd/system/bacs-kiosk.service.d/50-stand-in.conf", _STAND_IN)
    machine.write("/etc/stand-in.env", _FLAGS)
    machine.write("/etc/chromium/policies/managed/tests.json", json.dumps(_ALLOWED))


@contextmanager
def x_server(machine: Machine) -> Iterator[None]:
    """Run an X server in the machine's network, as the screen."""
    screen = ("-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp", "-noreset")
    server = subprocess.Popen(
        machine.beside("Xvfb", DISPLAY, *screen),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        server.kill()
        server.wait()


def connect_plant(machine: Machine) -> None:
    """Put the demonstration's site file in its place, and a simulated cabinet on its lines."""
    machine.shell(_PLANT)
    machine.until(lambda: machine.shell("ls /etc/bacs/ports"), "the lines of the cabinet")
    machine.run("systemctl", "restart", "bacs-engine")


_PACKAGES = {
    "Xvfb": "xvfb",
    "xdotool": "xdotool",
    "import": "imagemagick",
    "debootstrap": "debootstrap",
}


class Screen:
    """What a person in front of the panel sees and does."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._eye = subprocess.Popen(
            machine.beside(sys.executable, "-m", "tests.kiosk.devtools"),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def close(self) -> None:
        """Look away."""
        self._eye.kill()
        self._eye.wait()

    def picture(self, path: Path) -> Path:
        """Keep what the screen shows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._with_display("import", "-window", "root", str(path))
        return path

    def press(self, *keys: str) -> None:
        """Press keys of a keyboard, as the compositor gets them."""
        self._with_display("xdotool", "key", "--delay", "50", *keys)

    def write(self, text: str) -> None:
        """Write with a keyboard."""
        self._with_display("xdotool", "type", "--delay", "50", text)

    def click(self, button: int, x: int, y: int) -> None:
        """Press a button of a mouse."""
        self._with_display("xdotool", "mousemove", str(x), str(y), "click", str(button))

    def evaluate(self, expression: str) -> Any:
        """Ask the page that is shown; None where no page answers."""
        return self._devtools("evaluate", expression)

    def do(self, expression: str) -> Any:
        """Do in the page what pages may do only when a person has touched something."""
        return self._devtools("do", expression)

    def pages(self) -> list[str]:
        """Return the addresses of all pages, tabs and windows alike."""
        return self._devtools("pages") or []

    def touch(self, x: float, y: float) -> None:
        """Touch the screen with a finger."""
        self._devtools("touch", x, y)

    def is_live(self) -> bool:
        """Tell whether the panel is there and shows values that are true now."""
        asked = "document.body.dataset.server + '/' + document.body.dataset.truth"
        return bool(self.evaluate(asked) == "there/live")

    def reports(self) -> str:
        """Return the count of the reports that the page has sent."""
        return self._machine.shell("cat /run/bacs-hmi/page", check=False)

    def _devtools(self, *words: str | float) -> Any:
        assert self._eye.stdin is not None
        assert self._eye.stdout is not None
        self._eye.stdin.write(f"{json.dumps(words)}\n")
        self._eye.stdin.flush()
        return json.loads(self._eye.stdout.readline())

    def _with_display(self, *command: str) -> None:
        subprocess.run(
            self._machine.beside("env", f"DISPLAY={DISPLAY}", *command), check=True, timeout=60
        )


class Figures:
    """What was measured, for people and as JSON where BACS_FIGURES names a folder."""

    def __init__(self) -> None:
        self._measured: dict[str, object] = {"measured_at": time.strftime("%Y-%m-%dT%H:%M:%S")}

    def note(self, what: str, value: object) -> None:
        """Keep a figure, and how busy this computer was: times mean nothing without it."""
        load = round(os.getloadavg()[0], 1)
        self._measured[what] = {"value": value, "load": load}
        print(f"{what}: {value} (load {load})", flush=True)
        if folder := os.environ.get("BACS_FIGURES"):
            text = json.dumps(self._measured, indent=2)
            (Path(folder) / "kiosk.json").write_text(text, encoding="utf-8")


def missing_programs() -> list[str]:
    """Return Debian packages of programs that the machine needs on this computer."""
    packages = {
        "Xvfb": "xvfb",
        "xdotool": "xdotool",
        "import": "imagemagick",
        "debootstrap": "debootstrap",
    }
    return [package for program, package in packages.items() if shutil.which(program) is None]
