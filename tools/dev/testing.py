"""`./dev test`: every test, each under the Python and the pins it has to pass with."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.dev.console import Command, DevError, run_openly, say
from tools.dev.environment import environment
from tools.dev.home_assistant import make_home_assistant_env
from tools.dev.paths import HOME_ASSISTANT_PYTHON, INTEGRATION, ROOT, WORKSPACE_PYTHON
from tools.dev.system_packages import get_chromium_and
from tools.dev.workspace import make_workspace_env

_TESTS = ROOT / "tests"
_SOAK = ("-m", "soak or not soak")
# The options that choose some tests of a stage, and pytest's exit code when they leave none.
_CHOICES = {"-k", "-m", "--lf", "--last-failed"}
_NOTHING_RAN = 5


@dataclass(frozen=True)
class Stage:
    """One run of pytest: some folders of tests under one Python."""

    name: str
    folders: tuple[str, ...]
    python: Path
    options: tuple[str, ...] = ()
    folders_of_long_runs: tuple[str, ...] = ()
    #: Most tests wait for real leases, delays and line times: so many run side by side for each
    #: processor core. `-n 0` behind the paths runs them one by one.
    for_each_core: int = 3
    #: The kiosk's own browser, whose policies are tried; the others need no windows.
    kiosk_browser: bool = False

    def select(self, chosen: Sequence[Path], *, soak: bool) -> list[Path]:
        """Return what this stage has to run of the chosen paths; everything if none is chosen."""
        folders = self.folders_of_long_runs if soak else ()
        own = [_TESTS / folder for folder in folders or self.folders]
        if not chosen:
            return own
        whole = [folder for folder in own if any(folder.is_relative_to(path) for path in chosen)]
        inside = [path for path in chosen if any(path.is_relative_to(folder) for folder in own)]
        return list(dict.fromkeys(whole + inside))


_ON_HOME_ASSISTANT = ("-c", str(INTEGRATION / "pyproject.toml"), "--rootdir", str(ROOT))
#: What Home Assistant's process may load: the client, and what talks to managers without an
#: engine. The engine itself never runs there.
_LOADED_BY_HOME_ASSISTANT = (
    *(f"core/api/test_{room}.py" for room in ("client", "live")),
    "core/devices",
    "core/snmp",
)
_STAGES = (
    Stage("core", ("core",), WORKSPACE_PYTHON),
    # A browser keeps a core busy by itself: with more of them side by side each waits too long.
    Stage("panel and whole system", ("hmi", "system"), WORKSPACE_PYTHON, for_each_core=2),
    Stage(
        "core under Home Assistant's Python and pins",
        _LOADED_BY_HOME_ASSISTANT,
        HOME_ASSISTANT_PYTHON,
        # Home Assistant's test plugin holds every test to its own rules; the core has none of them.
        (*_ON_HOME_ASSISTANT, "-p", "no:homeassistant"),
        folders_of_long_runs=("core",),
    ),
    Stage("integration", ("integration",), HOME_ASSISTANT_PYTHON, _ON_HOME_ASSISTANT),
)
_KIOSK = Stage("kiosk", ("kiosk",), WORKSPACE_PYTHON, kiosk_browser=True)


def run_tests(arguments: Sequence[str], *, soak: bool) -> int:
    """Run the stages that the arguments select, each to its end; return the exit code."""
    chosen, options = _split(arguments)
    stages = (*_STAGES, _KIOSK) if (_TESTS / "kiosk").is_dir() else _STAGES
    selected = [(stage, paths) for stage in stages if (paths := stage.select(chosen, soak=soak))]
    if not selected:
        message = f"./dev test does not run {' '.join(map(str, chosen))}."
        raise DevError(message)

    make_workspace_env()
    told = {
        whole: environment(
            get_chromium_and(["mbpoll", "snmpd"], needed_for="./dev test", headless=not whole)
        )
        for whole in {stage.kiosk_browser for stage, _ in selected}
    }
    make_home_assistant_env()
    is_choice = bool(chosen) or not _CHOICES.isdisjoint(options)
    outcomes = []
    for stage, paths in selected:
        say(f"\n== tests: {stage.name}")
        started = time.monotonic()
        side_by_side = ("-n", str(stage.for_each_core * (os.cpu_count() or 1)))
        own = [*side_by_side, "--dist", "worksteal", *(_SOAK if soak else ()), *options]
        status = _run(stage, paths, own, told[stage.kiosk_browser])
        outcome = _outcome(status, is_choice=is_choice)
        outcomes.append((stage.name, outcome, time.monotonic() - started))
    say("")
    for name, outcome, seconds in outcomes:
        say(f"== {outcome:>15}: {name}, {seconds:.0f} s")
    results = {outcome for _, outcome, _ in outcomes}
    return 0 if "passed" in results and "FAILED" not in results else 1


def _split(arguments: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Part the paths of tests from the options for pytest."""
    chosen, options = [], []
    for argument in arguments:
        path = ROOT / argument
        if not path.is_relative_to(_TESTS):
            options.append(argument)
            continue
        if not Path(str(path).partition("::")[0]).exists():
            message = f"There is no {argument}."
            raise DevError(message)
        chosen.append(path)
    return chosen, options


def _run(stage: Stage, paths: Sequence[Path], options: list[str], told: Mapping[str, str]) -> int:
    """Run one stage; a folder without tests counts as a failure."""
    empty = [path for path in paths if _is_empty(path)]
    for path in empty:
        say(f"{path.relative_to(ROOT)} holds no tests.")
    if len(empty) == len(paths):
        return 1
    names = [path.relative_to(ROOT) for path in paths if path not in empty]
    command: Command = [stage.python, "-m", "pytest", *stage.options, *options, *names]
    status = run_openly(command, told)
    return 1 if empty else status


def _is_empty(path: Path) -> bool:
    if "::" in path.name or path.is_file():
        return False
    return next(path.rglob("test_*.py"), None) is None


def _outcome(status: int, *, is_choice: bool) -> str:
    if status == 0:
        return "passed"
    return "nothing to run" if status == _NOTHING_RAN and is_choice else "FAILED"
