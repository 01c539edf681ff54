"""The `bacs` command. This is the boundary to people at a terminal: errors become one sentence."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from bacs_core import __version__, run, sitefile, status
from bacs_core.access import command as access_command
from bacs_core.commissioning import command as scan_command, order_command
from bacs_core.errors import BacsError
from bacs_core.history import csv_export
from bacs_core.simulator import command as simulator_command


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = _parser().parse_args(argv)
    logging.basicConfig(
        level=logging.DEBUG if args.verbose else logging.INFO,
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    try:
        return int(args.run(args))
    except BacsError as error:
        sys.stderr.write(f"bacs: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        sys.stderr.write(f"bacs: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bacs", description="Runs stationary battery rooms: engine, simulator and tools."
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--verbose", action="store_true", help="log every error on the lines")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text, add_arguments, action in (
        ("run", "the engine for a site file", run.add_arguments, run.run),
        (
            "simulate",
            "only the simulated cabinet",
            simulator_command.add_arguments,
            _simulate,
        ),
        (
            "scan",
            "who answers on a line (through a running engine)",
            scan_command.add_arguments,
            scan_command.run,
        ),
        (
            "order",
            "one command to a running engine: identify, confirm, give addresses, ...",
            order_command.add_arguments,
            order_command.run,
        ),
        ("status", "one-screen overview in a terminal", status.add_arguments, status.run),
    ):
        command = commands.add_parser(name, help=text, description=text)
        add_arguments(command)
        command.set_defaults(run=action)
    csv_export.add_arguments(commands)
    access_command.add_arguments(commands)
    return parser


def _simulate(args: argparse.Namespace) -> int:
    options = simulator_command.options_from(args)
    return simulator_command.run_simulator(sitefile.load(args.site), args.ports, options)


if __name__ == "__main__":
    sys.exit(main())
