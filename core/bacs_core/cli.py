"""The `bacs` command. This is the boundary to people at a terminal: errors become one sentence.

Only the room of the command that is asked for gets loaded: a small panel computer would need
seconds for all of them.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bacs_core import __version__
from bacs_core.errors import BacsError


@dataclass(frozen=True, slots=True)
class Command:
    """One command: `module` declares its options in `arguments` and carries it out in `run`."""

    name: str
    help: str
    module: str
    arguments: str = "add_arguments"


COMMANDS: Final = (
    Command("run", "the engine for a site file", "bacs_core.run"),
    Command("simulate", "only the simulated cabinet", "bacs_core.simulator.command"),
    Command(
        "scan",
        "who answers on a line (through a running engine)",
        "bacs_core.commissioning.command",
    ),
    Command(
        "order",
        "one command to a running engine: identify, confirm, give addresses, ...",
        "bacs_core.commissioning.order_command",
    ),
    Command("status", "one-screen overview in a terminal", "bacs_core.status"),
    Command(
        "export",
        "write measurements, events and system data as CSV",
        "bacs_core.history.export.command",
    ),
    Command(
        "backup", "pack settings and state into one file", "bacs_core.history.backup.backup_command"
    ),
    Command("restore", "take back a backup", "bacs_core.history.backup.restore_command"),
    Command("report", "battery report of a string as one page", "bacs_core.reports.command"),
    Command(
        "stick",
        "mount a USB stick for the engine (started by the system)",
        "bacs_core.stick.command",
    ),
    Command("user", "the people who may sign in", "bacs_core.access.command", "add_user_arguments"),
    Command(
        "token",
        "the tokens of programs, e.g. Home Assistant",
        "bacs_core.access.command",
        "add_token_arguments",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = sys.argv[1:] if argv is None else argv
    args = _parser(words).parse_args(words)
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


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Declare all commands by name, and the options of the one that `words` ask for."""
    parser = argparse.ArgumentParser(
        prog="bacs", description="Runs stationary battery rooms: engine, simulator and tools."
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--verbose", action="store_true", help="log every error on the lines")
    parsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asked = next((word for word in words if not word.startswith("-")), None)
    for command in COMMANDS:
        declared = parsers.add_parser(command.name, help=command.help, description=command.help)
        if command.name == asked:
            room = importlib.import_module(command.module)
            getattr(room, command.arguments)(declared)
            declared.set_defaults(run=room.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
