"""`bacs status`: a running engine on one screen of a terminal."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import aiohttp

from bacs_core.api.client import EngineClient
from bacs_core.api.messages import DEFAULT_PORT, SiteInfo, SnapshotMessage, StringScalars
from bacs_core.errors import SettingsError
from bacs_core.model import CellStatus, String

#: Not 2: that is what a wrong command line ends with.
ALARM_EXIT_CODE: Final = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `bacs status`."""
    parser.epilog = "Exit code: 0 no active alarm, 1 no answer, 3 an active alarm."
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
        default=Path("/var/lib/bacs/panel.token"),
        help="file with a token (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Print the overview once; the exit code is 3 while an alarm is active."""
    try:
        token = args.token_file.read_text(encoding="ascii").strip()
    except OSError as error:
        msg = (
            f"no token at {args.token_file} ({error.strerror}); the engine leaves it in its state "
            "directory while it runs, --token-file names another place"
        )
        raise SettingsError(msg) from error
    url = args.engine if "://" in args.engine else f"http://{args.engine}"
    info, snapshot = asyncio.run(_ask(url, token))
    sys.stdout.write("\n".join(overview(info, snapshot)) + "\n")
    return ALARM_EXIT_CODE if any(alarm.active for alarm in snapshot.alarms) else 0


async def _ask(url: str, token: str) -> tuple[SiteInfo, SnapshotMessage]:
    async with aiohttp.ClientSession() as session:
        client = EngineClient(session, url, token)
        return await client.site(), await client.snapshot()


def overview(info: SiteInfo, snapshot: SnapshotMessage) -> Iterator[str]:
    """Write the screen line by line."""
    strings = {string.key: string for string in info.site.strings}
    yield f"{info.site.name}   {snapshot.at.astimezone():%Y-%m-%d %H:%M:%S}   engine {info.version}"
    online = {manager.id: manager.online for manager in snapshot.managers}
    for manager in info.site.managers:
        word = {True: "online", False: "SILENT", None: "not asked yet"}[online.get(manager.id)]
        yield f"\n{manager.name}: {word}"
        for values in snapshot.strings:
            if strings[values.key].manager_id == manager.id:
                yield "  " + _string_line(strings[values.key], values.scalars, values.status)
    yield ""
    for line in snapshot.lines:
        word = "open" if line.port_open else line.message
        round_s = "-" if line.round_s is None else f"{line.round_s:.2f} s"
        yield (
            f"line {line.id}: {word}, round {round_s}, {line.requests} requests, "
            f"{line.timeouts} time-outs, {line.frame_errors} frame errors"
        )
    yield ""
    active = [alarm for alarm in snapshot.alarms if alarm.active]
    yield from (f"{alarm.severity.upper():8} {alarm.text}" for alarm in active)
    yield "1 active alarm" if len(active) == 1 else f"{len(active)} active alarms"


def _string_line(string: String, scalars: StringScalars, status: list[int]) -> str:
    counts = ", ".join(
        f"{status.count(kind)} {kind.name.lower()}" for kind in CellStatus if kind in status
    )
    inhibits = ", ".join(scalars.inhibited_by)
    state = f"{scalars.equalization}" + (f" ({inhibits})" if inhibits else "")
    return (
        f"{string.number:2}  {string.name:28} {_shown(scalars.sum_voltage_v, 'V', 2)} "
        f"{_shown(scalars.current_a, 'A', 2)}  target {_shown(scalars.target_voltage_v, 'V', 3)}  "
        f"equalization {state}  cells: {counts}"
    )


def _shown(value: float | None, unit: str, decimals: int) -> str:
    return f"{'-':>9} {unit}" if value is None else f"{value:9.{decimals}f} {unit}"
