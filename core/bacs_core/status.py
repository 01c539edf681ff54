"""`bacs status`: a running engine on one screen of a terminal."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import aiohttp

from bacs_core.api.client import EngineClient
from bacs_core.api.messages import (
    DEFAULT_PORT,
    AccessoryInfo,
    AccessoryStatus,
    ClockStatus,
    LineInfo,
    LineStatus,
    ManagerStatus,
    SiteInfo,
    SnapshotMessage,
    StringScalars,
    StringValues,
)
from bacs_core.errors import SettingsError
from bacs_core.model import (
    AlarmSeverity,
    AlarmState,
    CellStatus,
    ChargePhase,
    Quantity,
    String,
    TripState,
    cell_label,
)

#: Not 2: that is what a wrong command line ends with.
ALARM_EXIT_CODE: Final = 3
_WORST_CELLS: Final = 8
_PUT_ASIDE: Final = (AlarmState.SHELVED, AlarmState.SUPPRESSED, AlarmState.OUT_OF_SERVICE)
_TRIPS: Final = {
    TripState.ARMED: "protection armed",
    TripState.DEFERRED: "TRIP PUT OFF",
    TripState.TRIPPING: "ORDERED TO OPEN",
    TripState.TRIPPED: "TRIPPED",
    TripState.FAILED: "BREAKER DOES NOT OPEN",
    TripState.OFF: "PROTECTION OFF",
}
_PHASES: Final = {
    ChargePhase.UNKNOWN: "charger not known yet",
    ChargePhase.DISCHARGE: "ON BATTERY",
    ChargePhase.REST: "at rest, not charged",
    ChargePhase.BULK: "recharges",
    ChargePhase.ABSORPTION: "charged at constant voltage",
    ChargePhase.FLOAT: "floats",
}
#: The sensor of a string may be too poor to tell by its current alone that the mains are back.
_RECHARGES: Final = "was ON BATTERY, waits for the charger to be confirmed"


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
    info, snapshot, clock = asyncio.run(_ask(url, token))
    sys.stdout.write("\n".join(overview(info, snapshot, clock)) + "\n")
    return ALARM_EXIT_CODE if any(alarm.active for alarm in snapshot.alarms) else 0


async def _ask(url: str, token: str) -> tuple[SiteInfo, SnapshotMessage, ClockStatus | None]:
    async with aiohttp.ClientSession() as session:
        client = EngineClient(session, url, token)
        health = await client.health()
        return await client.site(), await client.snapshot(), health.clock


def overview(
    info: SiteInfo, snapshot: SnapshotMessage, clock: ClockStatus | None = None
) -> Iterator[str]:
    """Write the screen line by line."""
    strings = {string.key: string for string in info.site.strings}
    at = snapshot.at.astimezone()
    yield f"{info.site.name}   {at:%Y-%m-%d %H:%M:%S %Z}   engine {info.version}"
    if clock is not None:
        yield _clock(clock, snapshot.at)
    yield ""
    yield from _alarms(snapshot)
    yield from _worst_cells(strings, snapshot)
    managers = {manager.id: manager for manager in snapshot.managers}
    for manager in info.site.managers:
        status = managers.get(manager.id)
        lines_down = _lines_down(info, snapshot, manager.id)
        state = "LINES DOWN" if lines_down else _manager_state(status)
        yield f"\n{manager.name}: {state}"
        yield from (f"  {text}" for text in (() if status is None else _beside(status)))
        for values in snapshot.strings:
            string = strings[values.key]
            if string.manager_id == manager.id:
                silent = lines_down or _is_silent(status)
                cells = "silent" if silent else _cells(string, values.status)
                yield f"  {_string_line(string, values.scalars)}  cells: {cells}"
                yield from _concluded(values)
                yield from _doubts(string, values.scalars)
    yield ""
    built = {line.id: line for line in info.lines}
    yield from (_line(line, built.get(line.id)) for line in snapshot.lines)
    known = {accessory.id: accessory for accessory in info.accessories}
    if snapshot.accessories:
        yield ""
        now = snapshot.at.timestamp()
        yield from (_accessory(told, known.get(told.id), now) for told in snapshot.accessories)


def _clock(clock: ClockStatus, now: datetime) -> str:
    """Tell how far the times on this screen can be trusted."""
    if not clock.was_set:
        return "clock: NOT SET, every time shown is wrong"
    if clock.synchronised is None:
        return "clock: nobody knows whether it is kept right"
    since = clock.since.astimezone()
    is_today = since.date() == now.astimezone().date()
    told = f"{since:%H:%M}" if is_today else f"{since:%Y-%m-%d %H:%M}"
    if clock.synchronised:
        return f"clock: kept right since {told}"
    return f"clock: not synchronised with a time server since {told}; times may be off"


def _alarms(snapshot: SnapshotMessage) -> Iterator[str]:
    active = sorted(
        (alarm for alarm in snapshot.alarms if alarm.active),
        key=lambda alarm: (alarm.severity is not AlarmSeverity.ALARM, alarm.raised_at),
    )
    gone = [alarm for alarm in snapshot.alarms if alarm.state is AlarmState.RETURNED]
    count = "1 active alarm" if len(active) == 1 else f"{len(active)} active alarms"
    yield count + (f", {len(gone)} gone but not acknowledged" if gone else "")
    for alarm in active:
        seen = f"acknowledged by {alarm.acknowledged_by}" if alarm.acknowledged_by else "new"
        first = ", came first" if alarm.first_out else ""
        yield f"{alarm.severity.upper():8} {alarm.text} ({seen}{first})"
    yield from (f"{'gone':8} {alarm.text}" for alarm in gone)
    aside = [alarm for alarm in snapshot.alarms if alarm.state in _PUT_ASIDE]
    yield from (f"{_words(alarm.state):8} {alarm.text}" for alarm in aside)


def _worst_cells(strings: Mapping[str, String], snapshot: SnapshotMessage) -> Iterator[str]:
    """Name the oddest cells of the site first, with the reason."""
    found = sorted(
        ((finding, values.key) for values in snapshot.strings for finding in values.findings),
        key=lambda row: -row[0].score,
    )
    if found:
        yield "\nworst cells"
    for finding, key in found[:_WORST_CELLS]:
        yield f"  {strings[key].name}, {finding.text}"
    if len(found) > _WORST_CELLS:
        yield f"  and {len(found) - _WORST_CELLS} more"


def _concluded(values: StringValues) -> Iterator[str]:
    """Tell what the charger does, how full the string is and where its protection stands."""
    brain = values.brain
    if brain is None:
        return
    takes = (values.scalars.current_a or 0.0) > 0
    waits = brain.phase is ChargePhase.DISCHARGE and takes
    parts = [_RECHARGES if waits else _PHASES[brain.phase]]
    if brain.charge_percent is not None:
        parts.append(
            f"charge {brain.charge_percent:.0f} %"
            + (
                f" ±{brain.charge_uncertainty_percent:.0f}"
                if brain.charge_uncertainty_percent is not None
                else ""
            )
            + f" ({_words(brain.charge_basis.name)})"
        )
    trip = brain.trip
    if trip.state is not TripState.NO_BREAKER:
        causes = ", ".join(_words(cause) for cause in trip.causes)
        parts.append(_TRIPS[trip.state] + (f" ({causes})" if causes else ""))
        contact = {True: "open", False: "closed", None: "UNKNOWN"}[trip.contact_open]
        parts.append(f"breaker {contact}")
    if brain.testing_until is not None:
        parts.append(f"battery test until {brain.testing_until.astimezone():%H:%M}")
    yield f"      {', '.join(parts)}"


def _words(name: str) -> str:
    return name.lower().replace("_", " ")


def _state(online: bool | None, problem: str | None) -> str:  # noqa: FBT001 - as it was told
    if problem is not None:
        return f"NOT BELIEVED, {problem}"
    return {True: "online", False: "SILENT", None: "not asked yet"}[online]


def _manager_state(status: ManagerStatus | None) -> str:
    return _state(None, None) if status is None else _state(status.online, status.problem)


def _is_silent(status: ManagerStatus | None) -> bool:
    return status is not None and status.online is False and status.problem is None


def _beside(status: ManagerStatus) -> Iterator[str]:
    """Tell what has to be known of its values, and what it tells beside cells and strings."""
    yield from status.remarks
    words = [word.replace("_", " ") for word in status.phases] + status.flags
    if words:
        yield f"says: {', '.join(words)}"
    blocks: dict[str, list[str]] = {}
    for name, value in status.registers.items():
        block, _, register = name.rpartition(".")
        told = blocks.setdefault(block, [])
        if value:
            told.append(f"{register.replace('_', ' ')} {value:g}")
    for block, told in blocks.items():
        yield f"{block}: {', '.join(told)}; all others 0" if told else f"{block}: all 0"


def _doubts(string: String, scalars: StringScalars) -> Iterator[str]:
    for doubt in scalars.doubts:
        label = cell_label(doubt.cell, string.cell_count)
        state = "DOUBTFUL" if doubt.believed else "NOT BELIEVED"
        yield f"      cell {label} {state}, {doubt.reason}"
    if scalars.doubt_count > len(scalars.doubts):
        yield f"      and {scalars.doubt_count - len(scalars.doubts)} more"


def _line(line: LineStatus, built: LineInfo | None) -> str:
    link = "" if built is None else f" ({built.link})"
    state = ["open" if line.port_open else line.message]
    if line.lent:
        state.append("LENT, nothing is polled")
    round_s = "-" if line.round_s is None else f"{line.round_s:.2f} s"
    state.append(f"round {round_s}")
    if line.wire_round_s is not None:
        state.append(f"wire {line.wire_round_s:.2f} s")
    state.append(
        f"{line.requests} requests, {line.timeouts} time-outs, {line.frame_errors} frame errors, "
        f"{line.refusals} refusals, {line.lost_bytes} lost bytes"
    )
    if line.silent_units:
        state.append(f"SILENT units {', '.join(map(str, line.silent_units))}")
    return f"line {line.id}{link}: {', '.join(state)}"


def _accessory(status: AccessoryStatus, built: AccessoryInfo | None, now: float) -> str:
    name = status.id if built is None else built.name
    parts = [_state(status.online, status.problem)]
    if built is not None:
        for title, contacts in (
            ("inputs", _contacts(built.inputs, status.inputs)),
            ("relays", _relays(built, status)),
        ):
            told = ", ".join(contacts)
            parts += [f"{title}: {told}"] if told else []
    for measured, unit, decimals in (
        (status.temperature_c, "°C", 1),
        (status.humidity_percent, "% humidity", 0),
        (status.hydrogen_percent, "% hydrogen", 2),
    ):
        if measured is not None:
            age_s = max(0.0, now - measured.read_at)
            parts.append(f"{measured.value:.{decimals}f} {unit} ({age_s:.0f} s old)")
    return f"{name}: {'; '.join(parts)}"


def _contacts(names: list[str], states: list[bool | None]) -> Iterator[str]:
    words = {True: "closed", False: "open", None: "unknown"}
    return (f"{name} {words[state]}" for name, state in zip(names, states, strict=False))


def _relays(built: AccessoryInfo, status: AccessoryStatus) -> Iterator[str]:
    # Of a relay that trips a breaker, open or closed would be taken for the breaker's own state.
    words = {True: "energised", False: "not energised", None: "unknown"}
    told = zip(built.relays, status.relays, strict=False)
    for number, (name, state) in enumerate(told, start=1):
        if number in built.breakers:
            yield f"{name} relay {words[state]}"
        else:
            yield from _contacts([name], [state])


def _lines_down(info: SiteInfo, snapshot: SnapshotMessage, manager_id: str) -> bool:
    """Tell whether no line of the modules of a manager is open."""
    keys = {string.key for string in info.site.strings if string.manager_id == manager_id}
    own = {line.id for line in info.lines if keys & set(line.strings)}
    told = [line for line in snapshot.lines if line.id in own]
    return bool(told) and not any(line.port_open for line in told)


def _cells(string: String, status: list[int]) -> str:
    if Quantity.VOLTAGE in string.absent:
        return "not given"
    return ", ".join(
        f"{status.count(kind)} {kind.name.lower()}" for kind in CellStatus if kind in status
    )


def _string_line(string: String, scalars: StringScalars) -> str:
    inhibits = ", ".join(_words(inhibit) for inhibit in scalars.inhibited_by)
    state = _words(scalars.equalization) + (f" ({inhibits})" if inhibits else "")
    return (
        f"{string.number:2}  {string.name:28} {_shown(scalars.sum_voltage_v, 'V', 2)} "
        f"{_shown(scalars.current_a, 'A', 2)}  target {_shown(scalars.target_voltage_v, 'V', 3)}  "
        f"equalization {state}"
    )


def _shown(value: float | None, unit: str, decimals: int) -> str:
    return f"{'-':>9} {unit}" if value is None else f"{value:9.{decimals}f} {unit}"
