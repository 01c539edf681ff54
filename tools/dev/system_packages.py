"""What tests and pictures need from the operating system: a Chromium, and small programs."""

import os
import platform
import shutil
from collections.abc import Sequence
from ctypes.util import find_library
from pathlib import Path

from tools.dev import apt
from tools.dev.console import Command, DevError, run_quietly, step
from tools.dev.paths import PRIVATE, WORKSPACE_ENV
from tools.dev.setup_lock import setup_lock

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium without windows: what a test shows takes a third less of the processor. Debian has it.
_HEADLESS = "chromium-headless-shell"
_DOWNLOADED = PRIVATE / "browsers"
# Servers lie where only root's search path leads.
_SEARCH_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def get_chromium_and(programs: Sequence[str], needed_for: str, *, headless: bool = False) -> Path:
    """Return a Chromium that can be driven; install it and the programs where they are missing.

    `headless` asks for the one without windows, where this machine can have it.
    """
    with setup_lock():
        missing = [program for program in programs if not _is_there(program)]
        chromium = _find_headless() if headless else _find_chromium()
        if chromium is None and not _is_ubuntu():
            missing.append(_HEADLESS if headless else "chromium")
        # Playwright drives the browser from a program of its own that needs this library.
        if find_library("atomic") is None:
            missing.append("libatomic1")
        if missing:
            apt.install(missing, needed_for)
        if chromium is None and _is_ubuntu():
            _download_chromium()
        chromium = chromium or _find_headless() or _find_chromium()
    if chromium is None:
        message = "Chromium was installed, but it is not found as chromium."
        raise DevError(message)
    return chromium


def get_programs(programs: Sequence[str], needed_for: str) -> None:
    """Install programs whose packages have their names, where they are missing."""
    if missing := [program for program in programs if not _is_there(program)]:
        with setup_lock():
            apt.install(missing, needed_for)


def get_compiler(needed_for: str) -> None:
    """Install a C compiler where there is none."""
    if not _is_there("cc"):
        with setup_lock():
            apt.install(["gcc", "libc6-dev"], needed_for)


def _is_there(program: str) -> bool:
    return shutil.which(program, path=_SEARCH_PATH) is not None


def _find_chromium() -> Path | None:
    for name in _BROWSERS:
        path = shutil.which(name)
        if path and not _is_snap(Path(path)):
            return Path(path)
    return next(iter(sorted(_DOWNLOADED.glob("chromium-*/chrome-linux*/chrome"))), None)


def _find_headless() -> Path | None:
    """Find the one without windows; any other where it cannot be installed."""
    path = shutil.which(_HEADLESS)
    if path is None and (_is_ubuntu() or apt.as_root() is None):
        return _find_chromium()
    return None if path is None else Path(path)


def _is_snap(program: Path) -> bool:
    """Tell whether a program is a snap or the script that asks for one; neither can be driven."""
    resolved = program.resolve()
    if resolved.name == "snap" or "snap" in resolved.parts:
        return True
    with resolved.open("rb") as file:
        return b"/snap/" in file.read(4096)


def _is_ubuntu() -> bool:
    """Tell whether apt's chromium is only a script that asks for the snap."""
    return platform.freedesktop_os_release()["ID"] == "ubuntu"


def _download_chromium() -> None:
    # Without root, Playwright would stop at a password prompt for the libraries Chromium needs.
    deps = ["--with-deps"] if apt.as_root() is not None else []
    playwright = WORKSPACE_ENV / "bin" / "playwright"
    command: Command = [playwright, "install", *deps, "--no-shell", "chromium"]
    with step("Chromium, downloaded by Playwright into .dev/browsers"):
        try:
            run_quietly(command, "playwright", env={"PLAYWRIGHT_BROWSERS_PATH": str(_DOWNLOADED)})
        except DevError as error:
            message = (
                f"{error}\nPlease install Chromium or Google Chrome as a package (a snap cannot be"
                " driven by tests), then run this again."
            )
            raise DevError(message) from None
