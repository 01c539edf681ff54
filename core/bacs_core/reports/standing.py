"""How a string stands now: from a snapshot of the engine to what a report tells."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from bacs_core import __version__
from bacs_core.api.messages import Alarm
from bacs_core.model import Basis, Site, String
from bacs_core.reasons import Reason
from bacs_core.reports.content import (
    Concluded,
    Doubted,
    Estimated,
    Identity,
    Readings,
    Source,
    Standing,
    Values,
)
from bacs_core.snapshot import (
    BrainSummary,
    CellEstimates,
    Column,
    Doubt,
    Floats,
    ManagerSnapshot,
    Snapshot,
    StringSnapshot,
)
from bacs_core.summary import fresh_value

#: A value is told in so many digits: enough for every quantity, and free of float dust.
_DIGITS: Final = 9
#: The temperature of a room changes slowly, and its sensor may be asked rarely.
_ROOM_STALE_AFTER_S: Final = 300.0


class Bits(Protocol):
    """An array of flags or codes."""

    def tolist(self) -> list[int]:
        """Return it as plain numbers."""


def standing_of(
    snapshot: StringSnapshot,
    alarms: Iterable[Alarm] | None,
    at: datetime,
    source: Source,
) -> Standing:
    """Tell how a string stands. `alarms` are those of its site, `None` where they are unknown."""
    string, own, brain = snapshot.string, snapshot.readings, snapshot.brain
    now = at.timestamp()
    return Standing(
        at=at,
        source=source,
        readings={
            quantity: _readings(column, now, string.stale_after_s.get(quantity))
            for quantity, column in own.columns.items()
        },
        status=tuple(snapshot.status.tolist()),
        summary=snapshot.summary,
        room_temperature_c=fresh_value(own.room_temperature_c, now, _ROOM_STALE_AFTER_S),
        current_error_a=own.current_error_a,
        equalization=snapshot.equalization.state,
        inhibited_by=snapshot.equalization.inhibited_by,
        doubts=tuple(map(_doubted, snapshot.doubts.told)),
        doubt_count=snapshot.doubts.count,
        alarms=None if alarms is None else _of_string(alarms, string),
        concluded=None if brain is None else _concluded(brain),
    )


def identity_of(
    site: Site,
    string_key: str,
    *,
    site_id: str | None = None,
    manager: ManagerSnapshot | None = None,
    serials: Mapping[str, int] | None = None,
) -> Identity:
    """Tell what a string of `site` is; raises `KeyError` where it has none of that key.

    `serials` are those of the devices that are known, by place (`commissioning.pins`).
    """
    string = next((each for each in site.strings if each.key == string_key), None)
    if string is None:
        raise KeyError(string_key)
    built = next(each for each in site.managers if each.id == string.manager_id)
    known = serials or {}
    told = known.get(f"manager {built.id}")
    return Identity(
        string_key=string_key,
        cell_count=string.cell_count,
        site_name=site.name,
        site_id=site_id,
        string=string,
        manager_name=built.name,
        manager_device=built.device,
        manager_serial=told if manager is None else manager.serial_number,
        manager_firmware=None if manager is None else manager.firmware_version,
        sensor_serial=known.get(f"sensor {string_key}"),
        module_serials=module_serials(known, string_key, string.cell_count),
        engine_version=__version__,
    )


def module_serials(
    known: Mapping[str, int], string_key: str, cell_count: int
) -> tuple[int | None, ...]:
    """Return the serial number of the module on each cell, nothing where none is known at all."""
    serials = tuple(known.get(f"cell {string_key}:{cell}") for cell in range(1, cell_count + 1))
    return serials if any(serial is not None for serial in serials) else ()


def from_tick(
    snapshot: Snapshot, alarms: Sequence[Alarm], string_key: str
) -> tuple[Standing, ManagerSnapshot | None]:
    """Tell how a string stands at a tick of the running engine, and how its manager does."""
    string = snapshot.strings[string_key]
    manager = snapshot.managers.get(string.string.manager_id)
    return standing_of(string, alarms, snapshot.at, Source.LIVE), manager


def plain(values: Floats) -> Values:
    """Write a column as plain numbers, NaN as `None`."""
    return tuple(
        round(value, _DIGITS) if math.isfinite(value) else None for value in values.tolist()
    )


def _readings(column: Column, now: float, stale_after_s: float | None) -> Readings:
    limit = None if stale_after_s is None or math.isinf(stale_after_s) else stale_after_s
    return Readings(plain(column.values), plain(now - column.read_at), limit)


def _doubted(doubt: Doubt) -> Doubted:
    told = doubt.reason
    if not isinstance(told, Reason):
        return Doubted(doubt.cell, told, doubt.believed)
    return Doubted(doubt.cell, str(told), doubt.believed, told.code, dict(told.arguments))


def _of_string(alarms: Iterable[Alarm], string: String) -> tuple[Alarm, ...]:
    """Return the alarms of a string, and those of its manager."""
    return tuple(
        alarm
        for alarm in alarms
        if alarm.string_key == string.key
        or (alarm.string_key is None and alarm.manager_id == string.manager_id)
    )


def _concluded(brain: BrainSummary) -> Concluded:
    return Concluded(
        phase=brain.phase,
        phase_since=_moment(brain.phase_since),
        mode=brain.mode,
        limit_percent=brain.limit_percent,
        charge_percent=brain.charge_percent,
        charge_uncertainty_percent=brain.charge_uncertainty_percent,
        charge_basis=brain.charge_basis,
        charge=_estimated(brain.charge),
        capacity=_estimated(brain.capacity),
        health=_estimated(brain.health),
        bled_ah=plain(brain.bled_ah),
        stage=tuple(brain.stage.tolist()),
        paused=_flags(brain.paused),
        exhausted=_flags(brain.exhausted),
        stuck_on=_flags(brain.stuck_on),
        stuck_off=_flags(brain.stuck_off),
        trip=brain.trip,
        testing_until=_moment(brain.testing_until),
        findings=brain.findings,
    )


def _estimated(cells: CellEstimates) -> Estimated:
    basis = tuple(Basis(code) for code in cells.basis.tolist())
    return Estimated(plain(cells.value), plain(cells.uncertainty), basis)


def _flags(bits: Bits) -> tuple[bool, ...]:
    return tuple(bool(bit) for bit in bits.tolist())


def _moment(unix_s: float | None) -> datetime | None:
    return None if unix_s is None else datetime.fromtimestamp(unix_s, UTC)
