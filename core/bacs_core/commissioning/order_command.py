"""`bacs order`: one command to a running engine in the name of a person, followed to its end."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any, Final, get_args

from pydantic import TypeAdapter, ValidationError

from bacs_core.api.messages import (
    Command,
    CommandMessage,
    CommandName,
    Commissioning,
    CommissioningState,
)
from bacs_core.commissioning.command import add_login_arguments, follow, signed_in
from bacs_core.errors import SettingsError
from bacs_core.model import MaintenanceWork
from bacs_core.sitefile.quantities import Capacity, Resistance, Temperature, Voltage

_COMMAND: Final[TypeAdapter[Command]] = TypeAdapter(Command)
_KINDS: Final[tuple[type[CommandMessage], ...]] = get_args(get_args(Command)[0])
#: Commands that only begin something; a scan has a command line of its own.
_FOLLOWED: Final = frozenset({CommandName.START_ADDRESSING, CommandName.READDRESS_MODULE})
#: What may be given of a cell as text with its unit.
_QUANTITIES: Final[Mapping[str, TypeAdapter[float]]] = {
    "voltage_v": TypeAdapter(Voltage),
    "resistance_ohm": TypeAdapter(Resistance),
    "temperature_c": TypeAdapter(Temperature),
    "capacity_ah": TypeAdapter(Capacity),
}
HOW_GIVEN: Final = (
    "a number has a point: 2.271; example: "
    'given=\'{"voltage_v": 2.271, "resistance_ohm": "0.36 mΩ"}\''
)
#: Words that a key takes in a command of its own only.
_ELSEWHERE: Final[Mapping[tuple[CommandName, str], frozenset[str]]] = {
    (CommandName.ADD_MAINTENANCE, "work"): frozenset({MaintenanceWork.CELL_REPLACED})
}
_OFFERED: Final = tuple(name for name in CommandName if name is not CommandName.START_SCAN)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `bacs order`."""
    parser.epilog = (
        "For example: identify line_id=modules unit=7; confirm_devices key=telecom/1; "
        "start_addressing line_id=modules mode=automatic first_unit=1 count=24. "
        "Exit code: 0 done, 1 refused or failed."
    )
    names = ", ".join(_OFFERED)
    parser.add_argument("name", metavar="NAME", choices=_OFFERED, action=_Named, help=names)
    needs = "what the command needs; `bacs order NAME --help` tells it"
    parser.add_argument("values", metavar="key=value", nargs="*", help=needs)
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
    measured = given.get("given")
    if isinstance(measured, dict):
        given["given"] = {key: _in_unit(key, value) for key, value in measured.items()}
    elif isinstance(measured, str):
        msg = f"given={measured} is not understood; {HOW_GIVEN}"
        raise SettingsError(msg)
    try:
        return _COMMAND.validate_json(json.dumps(given))
    except ValidationError as error:
        flaws = "; ".join(
            f"{'.'.join(map(str, flaw['loc'][1:])) or name}: {flaw['msg']}"
            for flaw in error.errors()
        )
        msg = "\n".join([f"{name}: {flaws}", *keys_of(name)])
        raise SettingsError(msg) from error


def _in_unit(key: str, value: object) -> object:
    """Read a value with its unit as the site file has it, e.g. "0.36 mΩ", and else leave it."""
    if not isinstance(value, str) or key not in _QUANTITIES:
        return value
    try:
        return _QUANTITIES[key].validate_python(value)
    except ValidationError as error:
        told = error.errors()[0]["msg"].removeprefix("Value error, ")
        msg = f"given.{key}: {told}; {HOW_GIVEN}"
        raise SettingsError(msg) from error


def keys_of(name: str) -> list[str]:
    """Return what a command does and each key that it takes, as lines of text."""
    message = next(kind for kind in _KINDS if kind.model_fields["command"].default == name)
    schema = message.model_json_schema()
    needed = schema.get("required", ())
    lines = [f"{name}: {schema['description']}"]
    for key, told in schema["properties"].items():
        if key == "command":
            continue
        what = _kind_of(told, schema.get("$defs", {}))
        elsewhere = _ELSEWHERE.get((CommandName(name), key), frozenset())
        what = "|".join(word for word in what.split("|") if word not in elsewhere)
        described = f"; {told['description']}" if "description" in told else ""
        least = "needed" if key in needed else f"else {json.dumps(told.get('default'))}"
        lines.append(f"  {key}={what} ({least}{described})")
    return lines if len(lines) > 1 else [*lines, "  It takes no key."]


def _kind_of(told: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    """Say what a value of a JSON schema may be."""
    if "$ref" in told:
        return _kind_of(known[told["$ref"].rpartition("/")[2]], known)
    if "anyOf" in told:
        kinds = [_kind_of(one, known) for one in told["anyOf"] if one.get("type") != "null"]
        return "|".join(kinds)
    if "const" in told or "enum" in told:
        return "|".join(map(str, told.get("enum", [told.get("const")])))
    least, most = told.get("minimum"), told.get("maximum")
    if least is not None and most is not None:
        return f"{least}..{most}"
    if least is not None:
        return f"{told['type'].upper()} from {least}"
    return str(told.get("type", "value")).upper()


class _Named(argparse.Action):
    """Takes the name of the command; from then on help and usage tell what that command takes."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,  # noqa: ARG002 - as argparse calls it
    ) -> None:
        name = str(values)
        setattr(namespace, self.dest, name)
        told = keys_of(name)
        needed = [line.split()[0] for line in told if "(needed" in line]
        parser.usage = " ".join([parser.prog, name, *needed, "--user NAME"])
        # Without a word in front the keys would come after all options.
        parser.description, parser.epilog = "\n".join(told), None
        parser.formatter_class = argparse.RawDescriptionHelpFormatter


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
