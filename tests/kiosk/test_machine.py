"""A panel from bare Debian: installed from a stick, driven, broken and taken back.

On a Debian that was bootstrapped, with a real systemd that reads the real units (tests/kiosk/
machine.py says what it is not). One long test: each step goes on from the one before.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.kiosk import machine as machines
from tests.kiosk.beside import beside, switch_network
from tests.kiosk.machine import KEPT, Machine, machine
from tests.kiosk.panel_computer import (
    HEIGHT,
    WIDTH,
    Figures,
    Screen,
    bundle,
    connect_plant,
    missing_programs,
    stand_in,
    x_server,
)
from tools.dev import apt

PICTURES = Path(os.environ.get("BACS_PICTURES", KEPT / "pictures"))
_OVERVIEW_OF_A_STRING = (300, 480)
#: Ways out of a browser, a compositor and a console, as a keyboard knows them.
_KEYS = (
    *("ctrl+t", "ctrl+n", "ctrl+shift+n", "ctrl+w", "ctrl+shift+w", "ctrl+l", "ctrl+o", "ctrl+p"),
    *("ctrl+s", "ctrl+u", "ctrl+j", "ctrl+h", "ctrl+shift+i", "ctrl+shift+j", "ctrl+shift+Delete"),
    *(
        "F1",
        "F3",
        "F5",
        "F6",
        "F7",
        "F11",
        "F12",
        "alt+Left",
        "alt+Home",
        "alt+F4",
        "alt+d",
        "alt+f",
    ),
    *("Escape", "super", "alt+Tab", "ctrl+alt+F2", "ctrl+alt+Delete", "ctrl+alt+BackSpace"),
    *("shift+Escape", "ctrl+Tab", "alt+Escape", "ctrl+alt+t", "Menu", "alt+d", "alt+f"),
)
_GRAPHICS = "[t]ype=gpu-process"
_REPORT = "history/reports/telecom/1"
_ASK = """
import sys, urllib.request
token = open("/run/bacs-engine/panel.token").read().strip()
address = f"http://127.0.0.1:8480/api/v1/{sys.argv[1]}"
asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
print(urllib.request.urlopen(asked, timeout=120).read().decode())
"""
#: The panel has no such link, and its scripts cannot open windows: the worst that could slip in.
_TOUCHED_LINK = """
Object.assign(document.body.appendChild(document.createElement("a")),
  { href: "https://example.com/", target: "_blank" }).click()
"""
_MEASURED_S = 60.0
_LONGEST_UNSEEN_S = 30.0
_FULL_DISK = """
set -e
systemctl stop bacs-engine
mkdir /tmp/kept
cp -a /var/lib/bacs/. /tmp/kept/
mount -t tmpfs -o size=24m tmpfs /var/lib/bacs
chown bacs:bacs /var/lib/bacs
chmod 0700 /var/lib/bacs
cp -a /tmp/kept/. /var/lib/bacs/
systemctl start bacs-engine
sleep 3
dd if=/dev/zero of=/var/lib/bacs/ballast bs=64k 2>/dev/null || true
"""


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[Machine]:
    if os.geteuid() == 0 and (missing := missing_programs()):
        apt.install(missing, needed_for="the long test of the kiosk")
    if reason := machines.why_not():
        pytest.skip(reason)
    with machine(tmp_path / "machine", bundle()) as panel, x_server(panel):
        yield panel


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_panel_from_bare_debian_never_needs_a_keyboard(panel: Machine) -> None:
    figures = Figures()
    install(panel, figures)
    connect_plant(panel)
    with closing(Screen(panel)) as screen:
        _use(panel, screen, figures)
    undo(panel)


def _use(panel: Machine, screen: Screen, figures: Figures) -> None:
    figures.note("first live picture after the plant came, s", panel.until(screen.is_live, "live"))
    the_panel_runs_as_the_units_say(panel, screen)
    touches_open_a_string(panel, screen)
    keys_do_not_escape(panel, screen)
    figures.note("a page that covered the panel: live again after, s", covered(panel, screen))
    unlocked = windows_beside_a_blocked_page(panel, screen)
    figures.note("an unlocked window with the panel in it: live again after, s", unlocked)
    the_engine_works_within_its_limits(panel)
    the_network_is_what_the_switch_says(panel)
    figures.note("written per day, MB", written_per_day(panel))
    whatever_dies_comes_back(panel, screen, figures)
    a_full_disk_is_survived(panel, screen, figures)
    a_read_only_root_is_survived(panel, screen, figures)


def install(panel: Machine, figures: Figures) -> None:
    stand_in(panel)
    before = _files(panel)
    began = time.monotonic()
    first = panel.run("sh", "/work/bundle/install.sh")
    figures.note("installation without a network, s", round(time.monotonic() - began, 1))
    assert "The panel is installed" in first.stdout
    installed = _files(panel)
    again = panel.run("sh", "/work/bundle/install.sh").stdout
    assert "0 files are new or changed" in again
    assert "is there already" in again
    assert _files(panel) == installed
    assert installed - before
    units = ("bacs-engine", "bacs-hmi", "bacs-kiosk")
    panel.until(
        lambda: all(panel.shown(unit, "ActiveState") == "active" for unit in units), "all units"
    )


def undo(panel: Machine) -> None:
    panel.run("systemctl", "stop", "cabinet")
    undone = panel.run("sh", "/work/bundle/install.sh", "--uninstall", "--purge")
    assert "The kiosk is uninstalled" in undone.stdout
    left = [file for file in _files(panel) if "bacs" in file]
    # What the test itself has put there.
    own = "/etc/systemd/system/bacs-kiosk.service.d/50-stand-in.conf"
    assert left == [own]
    assert "bacs" not in panel.shell("getent passwd; getent group; nft list tables")


def _files(panel: Machine) -> set[str]:
    places = "/etc /opt /usr/local /usr/share/plymouth/themes /var/lib/bacs /var/lib/bacs-hmi"
    found = panel.shell(f"find {places} ! -type d 2>/dev/null", check=False).splitlines()
    changing = ("/var/lib/bacs", "/etc/mtab", "/etc/ld.so.cache", "/etc/.pwd.lock")
    return {file for file in found if not file.startswith(changing) and not file.endswith("-")}


def touches_open_a_string(panel: Machine, screen: Screen) -> None:
    assert "string" not in screen.evaluate("location.search")
    screen.touch(*_OVERVIEW_OF_A_STRING)
    panel.until(lambda: "string" in (screen.evaluate("location.search") or ""), "a string")
    screen.picture(PICTURES / "kiosk-string.png")
    screen.evaluate("history.back()")
    panel.until(lambda: "string" not in (screen.evaluate("location.search") or ""), "the overview")


def keys_do_not_escape(panel: Machine, screen: Screen) -> None:
    pages = screen.pages()
    session = panel.main_pid("bacs-kiosk")
    assert len(pages) == 1
    for key in _KEYS:
        screen.press(key)
    for button in (2, 3, 8, 9):
        screen.click(button, WIDTH // 2, HEIGHT - 20)
    screen.picture(PICTURES / "kiosk-overview.png")
    assert screen.pages() == pages
    assert panel.main_pid("bacs-kiosk") == session
    shown = screen.evaluate("[innerWidth, innerHeight, document.visibilityState]")
    assert shown == [WIDTH, HEIGHT, "visible"]
    assert screen.is_live()


def windows_beside_a_blocked_page(panel: Machine, screen: Screen) -> float:
    """Open the panel in a window with an address bar, and return how long it stays (s)."""
    session = panel.main_pid("bacs-kiosk")
    began = time.monotonic()
    screen.evaluate("location = 'https://example.com/'; 'gone'")
    panel.until(lambda: not screen.is_live(), "a blocked page")
    screen.press("ctrl+n", "ctrl+l")
    screen.write("127.0.0.1:8080\n")
    panel.until(lambda: panel.main_pid("bacs-kiosk") != session, "a new session")
    panel.until(lambda: len(screen.pages()) == 1 and screen.is_live(), "only the panel")
    _until_reported(panel, screen)
    return round(time.monotonic() - began, 1)


def the_engine_works_within_its_limits(panel: Machine) -> None:
    health = json.loads(_asked(panel, "health"))
    # It may ask the kernel for the clock ...
    assert health["clock"]["synchronised"] is not None
    # ... and start the program that draws a report, which keeps its fonts in the cache.
    assert "<svg" in _asked(panel, _REPORT)
    assert panel.shell("ls -A /var/cache/bacs")


def _asked(panel: Machine, path: str) -> str:
    """Ask the engine as the panel does."""
    return panel.run("/opt/bacs/bin/python", "-c", _ASK, path).stdout


def the_panel_runs_as_the_units_say(panel: Machine, screen: Screen) -> None:
    # Keys are taken before the browser only where the panel fills the screen (bacs_hmi.watchdog).
    assert screen.evaluate("matchMedia('(display-mode: fullscreen)').matches")
    command = panel.shell(f"tr '\\0' ' ' </proc/{panel.main_pid('bacs-hmi')}/cmdline")
    assert "--state /var/lib/bacs-hmi" in command
    assert "--no-sandbox" not in panel.shell("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    # It loads what the engine needs from the same environment as its service.
    panel.write("/etc/bacs/annunciator.toml", 'sound = { device = "null" }\n')
    panel.run("systemctl", "start", "bacs-annunciator")
    assert panel.shown("bacs-annunciator", "ActiveState") == "active"


def covered(panel: Machine, screen: Screen) -> float:
    """Let a page open others, as if a person had touched a link, and return how long it takes."""
    for forbidden in ("file:///etc/passwd", "chrome://settings", "https://example.com/"):
        assert screen.do(f"String(window.open('{forbidden}'))") == "null"
    assert len(screen.pages()) == 1
    began = time.monotonic()
    screen.do(_TOUCHED_LINK)
    panel.until(lambda: len(screen.pages()) > 1, "a second page")
    panel.until(lambda: len(screen.pages()) == 1 and screen.is_live(), "only the panel")
    _until_reported(panel, screen)
    return round(time.monotonic() - began, 1)


def the_network_is_what_the_switch_says(panel: Machine) -> None:
    with beside(panel) as neighbour:
        assert set(neighbour.answers().values()) == {0}
        switch_network(panel, on=True)
        panel.until(lambda: 0 not in neighbour.answers().values(), "panel and engine for all")
        # The panel shows nothing to whoever has not signed in.
        answers = neighbour.answers()
        assert 200 not in {answers[address] for address in answers if address.endswith("8080")}
        assert "5353" in panel.shell("nft list chain inet bacs input")
        switch_network(panel, on=False)
        panel.until(lambda: not any(neighbour.answers().values()), "nobody for the neighbour")
    listening = panel.shell("ss --no-header --listening --numeric --tcp --udp")
    ours = [
        line
        for line in listening.splitlines()
        if "8080" in line or "8480" in line or "5353" in line
    ]
    assert ours
    assert all("127.0.0.1:" in line or "[::1]:" in line for line in ours)


def written_per_day(panel: Machine) -> dict[str, float]:
    """Measure what each program gives to the disk over a while, and say it per day (MB)."""

    def written() -> dict[str, int]:
        told = {}
        for unit in ("bacs-engine", "bacs-hmi", "bacs-kiosk"):
            control_group = panel.shown(unit, "ControlGroup")
            pids = f"/sys/fs/cgroup{control_group}/cgroup.procs"
            script = f"for p in $(cat {pids}); do grep -h ^write_bytes /proc/$p/io; done"
            lines = panel.shell(script, check=False).splitlines()
            told[unit] = sum(int(line.split()[-1]) for line in lines)
        return told

    before = written()
    time.sleep(_MEASURED_S)
    after = written()
    per_day = 86_400 / _MEASURED_S / 1e6
    return {unit: round((after[unit] - before[unit]) * per_day, 1) for unit in before}


def whatever_dies_comes_back(panel: Machine, screen: Screen, figures: Figures) -> None:
    def kill(pattern: str) -> Callable[[], object]:
        return lambda: panel.shell(f"pkill -KILL --full -- '{pattern}'")

    def of_unit(signal: str, unit: str) -> Callable[[], object]:
        return lambda: panel.shell(f"kill -{signal} {panel.main_pid(unit)}")

    deaths: dict[str, Callable[[], object]] = {
        "renderer killed": kill("[t]ype=renderer"),
        "browser killed": kill("^/usr/lib/chromium/chromium --[^t]"),
        "graphics process killed": kill(_GRAPHICS),
        "graphics process killed three times": lambda: _kill_graphics(panel, times=3),
        "compositor killed": kill("^cage"),
        "session killed": of_unit("KILL", "bacs-kiosk"),
        "page hung in a loop": lambda: screen.evaluate(
            "setTimeout(() => { for (;;); }, 100); 'hangs'"
        ),
        "page gone astray": lambda: screen.evaluate("location = 'https://example.com/'; 'gone'"),
        "graphics process stopped": lambda: panel.shell(f"pkill -STOP --full -- '{_GRAPHICS}'"),
        "renderer stopped": lambda: panel.shell("pkill -STOP --full -- [t]ype=renderer"),
        "compositor stopped": lambda: panel.shell("pkill -STOP --full -- '^cage'"),
        "panel server killed": of_unit("KILL", "bacs-hmi"),
        "panel server hung": of_unit("STOP", "bacs-hmi"),
        "engine killed": of_unit("KILL", "bacs-engine"),
        "engine hung": of_unit("STOP", "bacs-engine"),
    }
    for name, die in deaths.items():
        figures.note(f"{name}: live again after, s", time_back(panel, screen, die))


def time_back(panel: Machine, screen: Screen, die: Callable[[], object]) -> float:
    """Let something happen; return how long it took until the picture was live again (s).

    0 means that the picture did not go: Chromium replaces its graphics process without anybody
    seeing it.
    """
    panel.until(screen.is_live, "a live picture before")
    began = time.monotonic()
    die()
    # It has to be seen to fail first, or a dead screen would count as one that came back.
    while screen.is_live():
        if time.monotonic() - began > _LONGEST_UNSEEN_S:
            _until_reported(panel, screen)
            return 0.0
    panel.until(screen.is_live, "a live picture")
    _until_reported(panel, screen)
    return round(time.monotonic() - began, 1)


def _kill_graphics(panel: Machine, *, times: int) -> None:
    """Kill each graphics process; at the third one Chromium gives up."""
    killed: list[int] = []

    def newest() -> list[int]:
        return [pid for pid in panel.pids(_GRAPHICS) if pid not in killed]

    for _ in range(times):
        panel.until(newest, "a new graphics process")
        killed += newest()
        panel.shell(f"kill -KILL {killed[-1]}", check=False)


def _until_reported(panel: Machine, screen: Screen) -> None:
    reports = screen.reports()
    panel.until(lambda: screen.reports() != reports, "a report of the page")


def a_full_disk_is_survived(panel: Machine, screen: Screen, figures: Figures) -> None:
    # A small disk takes the place of the large one, with what the engine knows, and is filled.
    panel.shell(_FULL_DISK)
    assert panel.shell("df --output=avail /var/lib/bacs | tail -1") == "0"
    began = time.monotonic()
    for unit in ("bacs-engine", "bacs-hmi", "bacs-kiosk"):
        panel.shell(f"kill -KILL {panel.main_pid(unit)}")
    panel.until(screen.is_live, "a live picture on a full disk")
    figures.note(
        "all killed on a full disk: live again after, s", round(time.monotonic() - began, 1)
    )
    panel.shell("rm -f /var/lib/bacs/ballast")


def a_read_only_root_is_survived(panel: Machine, screen: Screen, figures: Figures) -> None:
    # What lasts lies on a disk of its own since the step before, as with a data partition.
    units = "bacs-engine bacs-hmi bacs-kiosk"
    panel.shell(f"systemctl stop {units} && mount -o remount,bind,ro / && systemctl start {units}")
    assert "Read-only" in panel.run("touch", "/etc/touched", check=False).stderr
    panel.until(screen.is_live, "a live picture on a read-only root")
    began = time.monotonic()
    for unit in units.split():
        panel.shell(f"kill -KILL {panel.main_pid(unit)}")
    panel.until(lambda: not screen.is_live(), "a dead picture")
    panel.until(screen.is_live, "a live picture on a read-only root, after a crash")
    taken = round(time.monotonic() - began, 1)
    figures.note("all killed on a read-only root: live again after, s", taken)
    panel.shell("mount -o remount,bind,rw /")
