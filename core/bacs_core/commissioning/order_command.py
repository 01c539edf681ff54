"""`bacs order`: one command to a running engine in the name of a person, followed to its end."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Final

from pydantic import TypeAdapter, ValidationError

from bacs_core.api.messages import (
    Command,
    CommandName,
    Commissioning,
    CommissioningState,
)
from bacs_core.commissioning.command import add_login_arguments, follow, signed_in
from bacs_core.errors import SettingsError

_COMMAND: Final[TypeAdapter[Command]] = TypeAdapter(Command)
#: Commands that only begin something; a scan has a command line of its own.
_FOLLOWED: Final = frozenset({CommandName.START_ADDRESSING, CommandName.READDRESS_MODULE})
_OFFERED: Final = tuple(name for name in CommandName if name is not CommandName.START_SCAN)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `bacs order`."""
    parser.epilog = (
        "For example: identify line_id=modules unit=7; confirm_devices key=telecom/1; "
        "start_addressing line_id=modules mode=automatic first_unit=1 count=24. "
        "Exit code: 0 done, 1 refused or failed."
    )
    parser.add_argument("name", metavar="NAME", choices=_OFFERED, help=", ".join(_OFFERED))
    parser.add_argument("values", metavar="key=value", nargs="*", help="what the command needs")
    add_login_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Give the command; the exit code is 1 where what it began did not end well."""
    report = asyncio.run(_give(args, command_from(args.name, args.values)))
    if report is None or report.state is CommissioningState.DONE:
        sys.stdout.write(f"{args.name}: done\n")
        return 0
    sys.stderr.write(f"bacs: {report.state}: {report.message}\n")
    return 1


def command_from(name: str, values: list[str]) -> Command:
    """Build a command from `key=value` words; raises `SettingsError` naming what is wrong."""
    given: dict[str, object] = {"command": name}
    for word in values:
        key, equals, text = word.partition("=")
        if not equals:
            msg = f"{word!r} is not written like key=value"
            raise SettingsError(msg)
        given[key] = _value(text)
    try:
        return _COMMAND.validate_json(json.dumps(given))
    except ValidationError as error:
        flaws = "; ".join(
            f"{'.'.join(map(str, flaw['loc'][1:])) or name}: {flaw['msg']}"
            for flaw in error.errors()
        )
        msg = f"{name}: {flaws}"
        raise SettingsError(msg) from error


def _value(text: str) -> object:
    """Take numbers, true, false and braces for what they are, and all else for text."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


async def _give(args: argparse.Namespace, command: Command) -> Commissioning | None:
    async with signed_in(args) as client:
        await client.command(command)
        return await follow(client) if command.command in _FOLLOWED else None
