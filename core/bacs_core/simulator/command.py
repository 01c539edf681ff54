"""The command `bacs simulate`: the simulated cabinet alone, until it is told to stop."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bacs_core import sitefile
from bacs_core.errors import SettingsError
from bacs_core.settings import Settings
from bacs_core.simulator import script
from bacs_core.simulator.building import PlantOptions
from bacs_core.simulator.cabinet import (
    FASTEST_SPEED,
    SLOWEST_SPEED,
    CabinetOptions,
    SimulatedCabinet,
    with_oddities,
)
from bacs_core.simulator.control_server import ControlServer
from bacs_core.simulator.script import ScriptRunner
from bacs_core.simulator.sensors import Tolerances

VOLT_PER_MILLIVOLT: Final = 1e-3
STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
#: Threads that keep the pace of a line must not wait 5 ms for one that computes.
SWITCH_INTERVAL_S: Final = 0.0005


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """What `bacs simulate` was asked for beside the site and the folder of the ports."""

    cabinet: CabinetOptions
    control: Path | None = None
    script: Path | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `bacs simulate`."""
    usual = Tolerances()
    parser.add_argument("site", type=Path, metavar="SITE.toml", help="the site to simulate")
    parser.add_argument(
        "--ports",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder in which each line gets its serial port, named like the line",
    )
    parser.add_argument("--seed", type=int, default=1, help="another number, another plant")
    parser.add_argument(
        "--speed",
        type=float,
        default=1.0,
        metavar="X",
        help=f"plant seconds per second, {SLOWEST_SPEED:g} to {FASTEST_SPEED:g}; "
        "line timing and leases stay real",
    )
    parser.add_argument(
        "--spread-mv",
        type=float,
        metavar="MV",
        help="largest deviation of a cell's float voltage; usual: 15 for 2 V, 60 for 12 V",
    )
    parser.add_argument(
        "--noise-mv",
        type=float,
        default=usual.voltage_noise_v / VOLT_PER_MILLIVOLT,
        metavar="MV",
        help="standard deviation of the voltage noise",
    )
    parser.add_argument(
        "--control",
        type=Path,
        metavar="PATH",
        help="unix socket for switching faults and reading the truth",
    )
    parser.add_argument(
        "--script",
        type=Path,
        metavar="FILE",
        help="faults and other commands, each at its moment; see below",
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = script.HELP


def options_from(arguments: argparse.Namespace) -> SimulatorOptions:
    """Turn parsed arguments into options; raises `SettingsError` where a number cannot be."""
    spread_mv = arguments.spread_mv
    plant = PlantOptions(
        seed=arguments.seed,
        spread_v=None if spread_mv is None else spread_mv * VOLT_PER_MILLIVOLT,
        tolerances=replace(Tolerances(), voltage_noise_v=arguments.noise_mv * VOLT_PER_MILLIVOLT),
    )
    cabinet = CabinetOptions(plant, arguments.speed)
    return SimulatorOptions(cabinet, arguments.control, arguments.script)


def _take_over(ports_dir: Path) -> None:
    """Hold the folder of the ports until this process ends; two simulators would share paths."""
    ports_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(ports_dir, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        msg = f"another simulator already serves the ports in {ports_dir}"
        raise SettingsError(msg) from None


def run(arguments: argparse.Namespace) -> int:
    """Carry out `bacs simulate`."""
    settings = sitefile.load(arguments.site)
    return run_simulator(settings, arguments.ports, options_from(arguments))


def run_simulator(settings: Settings, ports_dir: Path, options: SimulatorOptions) -> int:
    """Simulate until SIGTERM or SIGINT and return the exit code.

    Prints what is simulated, and where, when all ports exist. Raises `SettingsError` where the site
    cannot be simulated.
    """
    # A pipe, not `sigwait`: threads of numpy's libraries exist already and would take the signal.
    told_to_stop, tell = os.pipe()
    for number in STOP_SIGNALS:
        signal.signal(number, lambda _number, _frame: os.write(tell, b"\0"))
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    _take_over(ports_dir)
    cabinet = SimulatedCabinet(settings, ports_dir, with_oddities(options.cabinet, settings))
    helpers: list[ControlServer | ScriptRunner] = []
    if options.script is not None:
        steps = script.load(options.script)
        script.check_all(options.script, steps, cabinet)
        helpers.append(ScriptRunner(cabinet, steps))
    if options.control is not None:
        helpers.append(ControlServer(cabinet, options.control))
    with cabinet:
        for helper in helpers:
            helper.start()
        lines = ", ".join(settings.lines)
        sys.stdout.write(f"simulating {cabinet.cell_count} cells on lines {lines}\n")
        for line_id, port in cabinet.ports.items():
            sys.stdout.write(f"  {line_id}: {port.place}\n")
        sys.stdout.flush()
        os.read(told_to_stop, 1)
        for helper in helpers:
            helper.stop()
    return 0
