"""Owns the way to one manager on the LAN: asks its agent every 30 s and fills the process image.

A poll counts as a whole: it is complete, or nothing of it is taken. All its values carry the time
at which it began. What does not agree with the site file is told and not believed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

from bacs_core.bus.frames import Request
from bacs_core.bus.network import host_and_port
from bacs_core.bus.owner import Borrower, Priority, Statistics
from bacs_core.devices import bacs_manager_snmp as device
from bacs_core.errors import BusError, BusTimeoutError, PortGoneError, RefusedError, SettingsError
from bacs_core.model import (
    MAX_CELLS_PER_MANAGER,
    MAX_STRINGS_PER_MANAGER,
    EqualizationState,
    Manager,
    Quantity,
)
from bacs_core.polling.foreign_values import told_serial_number
from bacs_core.polling.image import StringImage, reading
from bacs_core.settings import Line
from bacs_core.snmp import secrets
from bacs_core.snmp.client import SnmpClient, open_client
from bacs_core.snmp.tables import Column, Places, Value, column, places

_log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 1.0
#: A remark names so many modules or strings one by one.
TOLD_NUMBERS: Final = 3
#: A column, and the number of the module or string whose value in it was left out.
_Refused = tuple[device.Object, int]

_SCALARS: Final = tuple(row.oid for row in device.SCALARS)
_MODULES: Final = tuple(row.oid for row in (device.MODULE_INDEX, *device.MODULE_COLUMNS))
_STRINGS: Final = tuple(row.oid for row in (device.STRING_INDEX, *device.STRING_COLUMNS))


class SnmpOwner:
    """Polls the one manager of an SNMP line; `wall_clock` gives the unix time of its readings.

    `problem` tells why an agent that answers is not believed. Raises `SettingsError` where the line
    has no access, its secrets are refused, or it has not exactly one manager.
    """

    def __init__(
        self,
        line: Line,
        managers: Sequence[Manager],
        images: Mapping[str, StringImage],
        wall_clock: Callable[[], float],
    ) -> None:
        """Read the secrets; nothing is opened yet."""
        if line.snmp is None or len(managers) != 1:
            message = f"line {line.id!r}: one manager and its 'snmp' belong to an SNMP line"
            raise SettingsError(message)
        self.line = line
        self.statistics = Statistics()
        self.port_open = False
        self.message = "not asked yet"
        self.lent = False
        self.problem: str | None = None
        self.serial_number: int | None = None
        self.firmware_version: str | None = None
        self._access = secrets.load(line.snmp.secrets, line.snmp.version)
        self._strings = managers[0].strings
        self._images = [images[string.key] for string in self._strings]
        self._cell_count = sum(string.cell_count for string in self._strings)
        self._wall_clock = wall_clock
        self._client: SnmpClient | None = None
        self._answered: bool | None = None
        self._up_time = 0
        self._first_module: int | None = None
        self._first_string: int | None = None
        self._last_round_s: float | None = None

    @property
    def last_round_s(self) -> float | None:
        """How long the last poll took."""
        return self._last_round_s

    @property
    def wire_round_s(self) -> float | None:
        """A network has no round of its own."""
        return None

    def has_answered(self, unit: int) -> bool | None:  # noqa: ARG002
        """Tell whether the agent answers, whatever unit is meant: it stands for one manager."""
        return self._answered

    def silent_units(self) -> tuple[int, ...]:
        """Return nothing: an agent has no unit addresses."""
        return ()

    def is_believed(self) -> bool:
        """Whether the manager's values count."""
        return self._answered is True and self.problem is None

    def is_contradicted(self) -> bool:
        """Whether the agent answers, but is not what the site file says."""
        return self._answered is True and self.problem is not None

    def command(
        self,
        name: str,  # noqa: ARG002
        priority: Priority,  # noqa: ARG002
        make: Callable[[], Request],  # noqa: ARG002
    ) -> asyncio.Future[bytes]:
        """Refuse: such a manager is shown, never commanded."""
        refused: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        refused.set_exception(self._not_offered())
        # Whoever does not look at the end of a command has not missed anything.
        refused.exception()
        return refused

    def borrow(self) -> AbstractAsyncContextManager[Borrower]:
        """Refuse: there is nothing to commission through SNMP."""
        raise self._not_offered()

    async def run(self) -> None:
        """Poll for ever; an agent that does not answer is asked again after growing pauses."""
        failures = 0
        try:
            while True:
                started = time.monotonic()
                try:
                    await self.poll()
                except BusError as error:
                    self._lose(error)
                    pause_s = min(FIRST_PAUSE_S * 2**failures, device.POLL_EVERY_S)
                    failures = min(failures + 1, 16)
                else:
                    failures = 0
                    self._last_round_s = time.monotonic() - started
                    pause_s = max(device.POLL_EVERY_S - self._last_round_s, FIRST_PAUSE_S)
                await asyncio.sleep(pause_s)
        finally:
            self.close()

    async def poll(self) -> None:
        """Ask for everything once, and only then take any of it; raises `BusError`."""
        began = time.monotonic()
        if self._client is None:
            host, port = host_and_port(self.line.port)
            self._client = await open_client(host, port, self._access, self.statistics)
        values = await self._client.get(_SCALARS)
        scalars = dict(zip(device.SCALARS, values, strict=True))
        self._introduce(scalars)
        problem, missing = self._disagreement(scalars), None
        if problem is None:
            modules = await self._client.walk(_MODULES, MAX_CELLS_PER_MANAGER + 1)
            strings = await self._client.walk(_STRINGS, MAX_STRINGS_PER_MANAGER + 1)
            # The clock may have been set meanwhile: only its present state places the beginning.
            read_at = self._wall_clock() - (time.monotonic() - began)
            problem, missing = self._take(modules, strings, read_at)
        self._answered = self.port_open = True
        self.problem = problem
        self._tell(f"agent {self.line.port} {text}" if (text := problem or missing) else "")

    def _take(
        self, modules: Sequence[Column], strings: Sequence[Column], read_at: float
    ) -> tuple[str | None, str | None]:
        """Fill the image; return why nothing was taken, or what was not there to be taken."""
        module_places, string_places = self._place(modules[0], strings[0])
        problem = _told("module", module_places) or _told("string", string_places)
        if problem is not None:
            return problem, None
        self._first_module, self._first_string = module_places.first, string_places.first
        refused = [
            *self._put_cells(module_places, modules[1:], read_at),
            *self._put_strings(string_places, strings[1:], read_at),
        ]
        return None, (
            _left_out(refused)
            or _lacking("module", module_places, self._cell_count)
            or _lacking("string", string_places, len(self._strings))
        )

    def close(self) -> None:
        """Give the socket back; the next poll opens another."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _introduce(self, scalars: Mapping[device.Object, Value]) -> None:
        """Take serial number and version, and notice an agent that began anew."""
        up_time = scalars[device.UP_TIME]
        if not isinstance(up_time, int) or up_time < self._up_time:
            # Another firmware may count its rows in another way.
            self._forget_first()
        self._up_time = up_time if isinstance(up_time, int) else 0
        self.firmware_version = _text(scalars[device.FIRMWARE_VERSION])
        self.serial_number = told_serial_number(_text(scalars[device.SERIAL_NUMBER]) or "")

    def _disagreement(self, scalars: Mapping[device.Object, Value]) -> str | None:
        """Compare the numbers of strings and modules, where the agent tells them."""
        for row, what, expected in (
            (device.STRING_COUNT, "strings", len(self._strings)),
            (device.MODULE_COUNT, "modules", self._cell_count),
        ):
            count = scalars[row]
            if isinstance(count, int) and count != expected:
                return f"has {count} {what}, the site file {expected}"
        return None

    def _place(self, modules: Column, strings: Column) -> tuple[Places, Places]:
        return (
            places(modules, self._cell_count, self._first_module),
            # Not every agent has the table of strings; its modules count all the same.
            places(strings, len(self._strings), self._first_string)
            if strings
            else Places({}, None, len(self._strings)),
        )

    def _put_cells(
        self, found: Places, columns: Sequence[Column], read_at: float
    ) -> list[_Refused]:
        """Store the values of the modules; return what no module can have measured."""
        refused: list[_Refused] = []
        for row, raws in zip(device.MODULE_COLUMNS, columns, strict=True):
            placed = column(found, raws, self._cell_count)
            for string, image in zip(self._strings, self._images, strict=True):
                start = string.first_cell - 1
                told = placed[start : start + string.cell_count]
                range_ = device.range_for(row, string)
                values = [None if raw is None else range_.taken(row.value(raw)) for raw in told]
                if isinstance(row.quantity, Quantity):
                    image.put(row.quantity, 0, values, read_at)
                refused += (
                    (row, cell)
                    for cell, (raw, value) in enumerate(zip(told, values, strict=True), start + 1)
                    if raw is not None and value is None
                )
        return refused

    def _put_strings(
        self, found: Places, columns: Sequence[Column], read_at: float
    ) -> list[_Refused]:
        """Store the values of the strings; return what no string can have."""
        refused: list[_Refused] = []
        rows = [
            (row, column(found, raws, len(self._strings)))
            for row, raws in zip(device.STRING_COLUMNS, columns, strict=True)
        ]
        for place, (string, image) in enumerate(zip(self._strings, self._images, strict=True)):
            values: dict[device.Object, float | None] = {}
            for row, raws in rows:
                raw = raws[place]
                told = None if raw is None else row.value(raw)
                values[row] = device.range_for(row, string).taken(told)
                if told is not None and values[row] is None:
                    refused.append((row, string.number))
            image.current_a = reading(values[device.STRING_CURRENT], read_at)
            image.reported_sum_voltage_v = reading(values[device.STRING_SUM], read_at)
            image.reported_mean_voltage_v = reading(values[device.STRING_MEAN], read_at)
            image.reported_equalization = EqualizationState.UNKNOWN
            image.reported_at = read_at
        return refused

    def _lose(self, error: BusError) -> None:
        """Begin anew: whoever answers next may be another agent."""
        self.close()
        self._forget_first()
        self._up_time = 0
        self._answered = self.port_open = False
        self.problem = None
        self._tell(self._explained(error))

    def _explained(self, error: BusError) -> str:
        if isinstance(error, PortGoneError):
            return str(error)
        if isinstance(error, BusTimeoutError) and error.__cause__ is None:
            secret = "community" if isinstance(self._access, secrets.Community) else "privacy key"
            return f"agent {self.line.port} does not answer (wrong address, {secret} or firewall)"
        return f"agent {self.line.port}: {error}"

    def _forget_first(self) -> None:
        self._first_module = self._first_string = None

    def _tell(self, message: str) -> None:
        if message and message != self.message:
            _log.warning("line %s: %s", self.line.id, message)
        elif not message and self.message:
            _log.info("line %s: agent %s answers", self.line.id, self.line.port)
        self.message = message

    def _not_offered(self) -> RefusedError:
        return RefusedError(
            f"line {self.line.id!r} goes to a manager that is only read", code="not_offered"
        )


def _text(value: Value) -> str | None:
    if not isinstance(value, bytes):
        return None
    return value.decode("utf-8", "replace").strip() or None


def _told(what: str, found: Places) -> str | None:
    return None if found.problem is None else f"{found.problem} ({what} table)"


def _lacking(what: str, found: Places, count: int) -> str | None:
    if not found.missing:
        return None
    return f"shows only {count - found.missing} of {count} {what}s"


def _left_out(refused: Sequence[_Refused]) -> str | None:
    """Say which values were left out, by column and number of the module or string."""
    numbers: dict[str, list[int]] = {}
    for row, number in refused:
        numbers.setdefault(row.label.partition(",")[0], []).append(number)
    told = (
        f"{label} of {', '.join(map(str, which[:TOLD_NUMBERS]))}"
        + (f" and {more} more" if (more := len(which) - TOLD_NUMBERS) > 0 else "")
        for label, which in numbers.items()
    )
    return f"says what cannot be, left out: {'; '.join(told)}" if numbers else None
