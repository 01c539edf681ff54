"""`bacs scan`: who answers on a line, asked through a running engine by a technician."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import getpass
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final, TypeVar

import aiohttp
from pydantic import ValidationError

from bacs_core.api.client import CommandRefusedError, EngineClient
from bacs_core.api.message_base import Message
from bacs_core.api.messages import (
    DEFAULT_PORT,
    CancelCommissioning,
    Commissioning,
    CommissioningState,
    FoundUnit,
    Login,
    StartScan,
)
from bacs_core.errors import SettingsError
from bacs_core.settings import Parity

#: As in `bacs status`: 2 is what a wrong command line ends with.
NOBODY_EXIT_CODE: Final = 3
ASK_EVERY_S: Final = 0.5
MAX_UNIT: Final = 247
_Said = TypeVar("_Said", bound=Message)
#: What a field of a message is called on the command line.
_OPTIONS: Final = {
    "user": "--user",
    "secret": "the password or PIN",
    "bauds": "--speeds",
    "parities": "--parity",
    "line_id": "LINE|PORT",
    "port": "LINE|PORT",
}
_RUNNING: Final = (CommissioningState.PREPARING, CommissioningState.RUNNING)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `bacs scan`."""
    parser.epilog = (
        "Protection and equalization on the line pause meanwhile, at most ten minutes. "
        "Exit code: 0 somebody answers, 1 refused or failed, 3 nobody answers."
    )
    parser.add_argument(
        "place",
        metavar="LINE|PORT",
        help="a line of the site file, or a port that no line owns: a path, usb:SERIAL, "
        "rtu-tcp://host:port, modbus-tcp://host:port",
    )
    parser.add_argument(
        "--units", type=_units, default=(1, MAX_UNIT), metavar="1-247", help="unit addresses"
    )
    parser.add_argument(
        "--speeds",
        type=_bauds,
        default=[],
        metavar="9600,19200",
        help="baud rates to try, all of them; usual: the line's own, then the common ones, as far "
        "as the first at which somebody answers",
    )
    parser.add_argument(
        "--parity", type=_parities, default=[], metavar="none,even", help="parities to try"
    )
    add_login_arguments(parser)


def add_login_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare who asks, and which engine."""
    parser.add_argument("--user", required=True, metavar="NAME", help="who asks, a technician")
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE", help="holds the password; usual: it is asked"
    )
    parser.add_argument(
        "--engine",
        metavar="URL",
        default=f"http://127.0.0.1:{DEFAULT_PORT}",
        help="address of the engine (default: %(default)s)",
    )
    parser.add_argument(
        "--token-file",
        metavar="FILE",
        type=Path,
        help="the engine's panel.token; with it a PIN does in place of a password",
    )


def run(args: argparse.Namespace) -> int:
    """Scan, and print who answers and what the site file would say of it."""
    first, last = args.units
    line_id, port = _place(args.place)
    order = checked(
        StartScan,
        line_id=line_id,
        port=port,
        first_unit=first,
        last_unit=last,
        bauds=args.speeds,
        parities=args.parity,
    )
    report = asyncio.run(_scan(args, order))
    if report.found or report.state is CommissioningState.DONE:
        sys.stdout.write("\n".join(overview(report)) + "\n")
    if report.state is not CommissioningState.DONE:
        sys.stderr.write(f"bacs: {report.state}: {report.message}\n")
        return 1
    return 0 if report.found else NOBODY_EXIT_CODE


async def _scan(args: argparse.Namespace, order: StartScan) -> Commissioning:
    async with signed_in(args) as client:
        await client.command(order)
        return await follow(client)


def checked(kind: type[_Said], **given: object) -> _Said:
    """Make a message of what stands on the command line; raises `SettingsError` in one line."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        flaw = error.errors(include_url=False, include_input=False)[0]
        name = _OPTIONS.get(str(flaw["loc"][0]) if flaw["loc"] else "", "the command")
        msg = f"{name}: {flaw['msg'].removeprefix('Value error, ')}"
        raise SettingsError(msg) from error


@contextlib.asynccontextmanager
async def signed_in(args: argparse.Namespace) -> AsyncIterator[EngineClient]:
    """Give a client that acts for the person; the session ends with the block."""
    token = None if args.token_file is None else _first_line(args.token_file)
    url = args.engine if "://" in args.engine else f"http://{args.engine}"
    login = checked(Login, user=args.user, secret=_secret(args))
    async with aiohttp.ClientSession() as http:
        client = EngineClient(http, url, token)
        await client.health()
        session = await client.login(login)
        client = EngineClient(http, url, session.token)
        try:
            yield client
        finally:
            await client.logout(session.token)


async def follow(client: EngineClient) -> Commissioning:
    """Show the progress until the work has ended, and return how; who breaks it off ends it."""
    try:
        return await _until_ended(client)
    except asyncio.CancelledError:
        await _give_back(client)
        raise


async def _until_ended(client: EngineClient) -> Commissioning:
    told = ""
    while True:
        report = await client.commissioning()
        line = progress(report)
        # Why it ended otherwise than well is told by whoever asked for it.
        ends_ill = report.state not in (*_RUNNING, CommissioningState.DONE)
        if line != told and not ends_ill:
            # A terminal shows one line that changes; a file gets each of them.
            sys.stderr.write(f"\r{line:<78}" if sys.stderr.isatty() else f"{line}\n")
            sys.stderr.flush()
            told = line
        if report.state not in _RUNNING:
            if told and sys.stderr.isatty():
                sys.stderr.write("\n")
            return report
        await asyncio.sleep(ASK_EVERY_S)


async def _give_back(client: EngineClient) -> None:
    try:
        await client.command(CancelCommissioning())
    except CommandRefusedError:
        # It has just ended by itself.
        return


def progress(report: Commissioning) -> str:
    """Write on one line how far a scan is."""
    if report.state is CommissioningState.PREPARING:
        return "bypass is being switched off"
    if report.message:
        return report.message
    parts = [f"{report.done} of {report.total}"]
    if report.baud is not None:
        parts.append(f"{report.baud} baud, {report.parity} parity")
    parts.append(f"{len(report.found)} found")
    if report.remaining_s is not None:
        parts.append(f"at most {report.remaining_s:.0f} s more")
    return ", ".join(parts)


def overview(report: Commissioning) -> Iterator[str]:
    """Write who was found, then the proposed tables."""
    if not report.found:
        yield "nobody answers"
        return
    yield f"{'unit':>4}  {'speed':<13} {'serial':>10}  {'firmware':<8}  device"
    yield from (_row(unit) for unit in report.found)
    if report.proposal is not None:
        yield ""
        yield "# proposed for the site file; lines that begin with #? are to be filled in\n"
        yield report.proposal.rstrip("\n")


def _row(unit: FoundUnit) -> str:
    serial = "-" if unit.serial_number is None else str(unit.serial_number)
    device = " ".join(filter(None, (unit.title, unit.module_type)))
    if unit.hardware_generation:
        device += f", generation {unit.hardware_generation}"
    if unit.remark:
        device += f" ({unit.remark})"
    return (
        f"{unit.unit:>4}  {unit.baud:>6} {unit.parity:<6} {serial:>10}  "
        f"{unit.firmware_version or '-':<8}  {device}"
    )


def _place(text: str) -> tuple[str | None, str | None]:
    """Tell a line of the site file from a port."""
    if Path(text).exists():
        return None, str(Path(text).absolute())
    return (None, text) if "/" in text or ":" in text else (text, None)


def _secret(args: argparse.Namespace) -> str:
    if args.password_file is not None:
        return _first_line(args.password_file)
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return getpass.getpass(f"Password or PIN of {args.user}: ")


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path} cannot be read: {error}"
        raise SettingsError(msg) from error


def _units(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    last = last if dash else first
    if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last) <= MAX_UNIT):
        msg = f'units are written like "1-24", from 1 to {MAX_UNIT}, not {text!r}'
        raise argparse.ArgumentTypeError(msg)
    return int(first), int(last)


def _bauds(text: str) -> list[int]:
    if not all(part.strip().isdecimal() for part in text.split(",")):
        msg = f'speeds are written like "9600,19200", not {text!r}'
        raise argparse.ArgumentTypeError(msg)
    return [int(part) for part in text.split(",")]


def _parities(text: str) -> list[Parity]:
    try:
        return [Parity(part.strip()) for part in text.split(",")]
    except ValueError:
        msg = f"a parity is {', '.join(Parity)}, not {text!r}"
        raise argparse.ArgumentTypeError(msg) from None
