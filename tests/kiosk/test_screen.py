from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.kiosk.places import READ_ONLY, SCREEN


class _Screen:
    def __init__(self, folder: Path) -> None:
        self.conf = folder / "screen.conf"
        self.rules = folder / "calibration.rules"
        self.light = folder / "backlights" / "panel"
        self.light.mkdir(parents=True)
        (self.light / "max_brightness").write_text("937\n")
        (self.light / "brightness").write_text("937\n")
        self._environment = {
            "PATH": os.environ["PATH"],
            "BACS_SCREEN_CONF": str(self.conf),
            "BACS_CALIBRATION_RULES": str(self.rules),
            "BACS_BACKLIGHTS": str(folder / "backlights"),
        }

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", SCREEN, *words],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def screen(tmp_path: Path) -> _Screen:
    return _Screen(tmp_path)


def test_picture_and_touch_are_turned_together(screen: _Screen) -> None:
    screen.conf.write_text("# mine\nBACS_ROTATE=0\nBACS_SCALE=2\n")
    assert screen("rotate", "90").returncode == 0
    assert screen.conf.read_text() == "# mine\nBACS_SCALE=2\nBACS_ROTATE=90\n"
    # libinput maps (x, y) of the unit square: a quarter turn clockwise is (1 - y, x).
    assert 'ENV{LIBINPUT_CALIBRATION_MATRIX}="0 -1 1 1 0 0"' in screen.rules.read_text()


def test_a_calibration_is_six_numbers_and_can_be_taken_back(screen: _Screen) -> None:
    assert screen("calibrate", "1.02", "0", "-0.01", "0", "0.98", "0.01").returncode == 0
    assert '"1.02 0 -0.01 0 0.98 0.01"' in screen.rules.read_text()
    assert screen("calibrate").returncode == 0
    assert not screen.rules.exists()


def test_the_brightness_is_a_part_of_what_the_screen_can(screen: _Screen) -> None:
    assert screen("brightness", "50").returncode == 0
    assert (screen.light / "brightness").read_text() == "468\n"


@pytest.mark.parametrize(
    "words",
    [
        ("rotate", "45"),
        ("mode", "big"),
        ("scale", "x"),
        ("calibrate", "1", "2"),
        ("calibrate", "1", "2", "3", "4", "5", '6", RUN+="reboot'),
        ("brightness", "0"),
        ("brightness", "101"),
        ("spin",),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    screen: _Screen, words: tuple[str, ...]
) -> None:
    refused = screen(*words)
    assert refused.returncode == 2
    assert refused.stderr.startswith("bacs-screen: ")
    assert not screen.conf.exists()
    assert not screen.rules.exists()
    assert (screen.light / "brightness").read_text() == "937\n"


def test_the_root_becomes_read_only_and_writable_again(tmp_path: Path) -> None:
    conf = tmp_path / "overlay.conf"
    program = tmp_path / "overlayroot-chroot"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "BACS_OVERLAY_CONF": str(conf)}
    for word, kept in {
        "on": 'overlayroot="tmpfs:swap=1,recurse=0"',
        "off": 'overlayroot="disabled"',
    }.items():
        subprocess.run(["sh", READ_ONLY, word], env=environment, check=True, capture_output=True)
        assert conf.read_text().splitlines()[-1] == kept
