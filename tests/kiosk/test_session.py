from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kiosk.places import SESSION

_PATIENCE_S = 60.0


@dataclass
class Session:
    """The real session, with a compositor that only waits and a log for the service manager."""

    folder: Path
    process: subprocess.Popen[str]

    def count(self, name: str, count: int) -> None:
        (self.folder / "watched" / name).write_text(f"{count}\n")

    def told(self) -> list[str]:
        log = self.folder / "told"
        return log.read_text().splitlines() if log.exists() else []

    def turn(self) -> None:
        """Wait for the next turn of the watch, or the end of the session."""
        before = len(self.told())
        give_up_at = time.monotonic() + _PATIENCE_S
        while len(self.told()) == before and self.process.poll() is None:
            assert time.monotonic() < give_up_at, "the watch does not turn"
            time.sleep(0.005)


@contextmanager
def _running(folder: Path) -> Iterator[Session]:
    programs = folder / "bin"
    programs.mkdir()
    (folder / "watched").mkdir()
    (folder / "runtime").mkdir()
    for name, script in {
        "cage": f"echo $$ >{folder}/compositor; exec sleep 600",
        "systemd-notify": f'echo "$*" >>{folder}/told',
    }.items():
        program = programs / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    process = subprocess.Popen(
        ["sh", SESSION],
        env={
            "PATH": f"{programs}:{os.environ['PATH']}",
            "NOTIFY_SOCKET": "/dev/null",
            "XDG_RUNTIME_DIR": str(folder / "runtime"),
            "BACS_WATCHED": str(folder / "watched"),
            "BACS_TURN_S": "0.05",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Session(folder, process)
    finally:
        process.terminate()
        process.wait(_PATIENCE_S)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with _running(tmp_path) as session:
        yield session


def test_a_page_that_reports_keeps_the_session_going(session: Session) -> None:
    for count in range(1, 12):
        session.count("server", count)
        session.count("page", count)
        session.turn()
    assert session.process.poll() is None
    assert session.told()[0].startswith("--ready")
    assert "WATCHDOG=1" in session.told()[-1]


def test_a_page_that_no_longer_reports_ends_the_session(session: Session) -> None:
    session.count("page", 1)
    session.turn()
    for count in range(1, 60):
        session.count("server", count)
        session.turn()
        if session.process.poll() is not None:
            break
    said, _ = session.process.communicate(timeout=_PATIENCE_S)
    assert session.process.returncode == 1
    assert "has not reported" in said


def test_a_browser_is_not_blamed_for_a_server_that_is_gone(session: Session) -> None:
    session.count("page", 1)
    session.count("server", 1)
    for _ in range(15):
        session.turn()
    assert session.process.poll() is None


def test_a_browser_that_starts_is_given_more_time(session: Session) -> None:
    for count in range(1, 15):
        session.count("server", count)
        session.turn()
    assert session.process.poll() is None


def test_the_session_ends_with_its_compositor(session: Session) -> None:
    compositor = session.folder / "compositor"
    while not (compositor.exists() and compositor.read_text()):
        session.turn()
    os.kill(int(compositor.read_text()), signal.SIGKILL)
    said, _ = session.process.communicate(timeout=_PATIENCE_S)
    assert session.process.returncode == 1
    assert "compositor has ended" in said
