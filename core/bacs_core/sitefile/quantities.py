"""How a site file writes single values: quantities with their unit, unit addresses, ports, names.

Each type here turns what a person wrote into a value in unprefixed SI, or says what is wrong with
it. What two values mean together is judged elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from bacs_core.model import MAX_CELLS_PER_MANAGER
from bacs_core.settings import Link

#: Symbols a person may write, with the factor to the unprefixed SI unit.
UNITS: Final[dict[str, dict[str, float]]] = {
    "voltage": {"V": 1.0, "mV": 1e-3},
    "current": {"A": 1.0, "mA": 1e-3},
    "capacity": {"Ah": 1.0},
    "resistance": {"Ω": 1.0, "mΩ": 1e-3, "µΩ": 1e-6, "Ohm": 1.0, "mOhm": 1e-3, "uOhm": 1e-6},
    "temperature": {"°C": 1.0, "degC": 1.0},
    "share": {"%": 1.0},
    "duration": {"s": 1.0, "ms": 1e-3},
    "discharge time": {"h": 1.0, "min": 1 / 60},
}
MAX_UNIT: Final = 247
#: What commands say for all managers or devices.
EVERYBODY: Final = "all"
MAX_PORT: Final = 65535
#: No quantity needs more; a longer text is a mistake and would only cost time.
MAX_TEXT: Final = 40

_QUANTITY = re.compile(r"^\s*([+-]?\d+(?:\.\d+)?)\s*([^\d\s].*?)\s*$", re.ASCII)
_UNIT_RANGE = re.compile(r"^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$", re.ASCII)
_HOST_PORT = re.compile(
    r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}))(?::(\d{1,5}))?$"
)
#: RFC 1035, 2.3.4: no part of a name is longer.
_HOST_LABELS = re.compile(r"^(?:[^.]{1,63}\.)*[^.]{1,63}\.?$")
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]{0,20})://(.*)$", re.DOTALL)
_USB: Final = "usb:"
_NETWORK: Final = (Link.RTU_OVER_TCP, Link.MODBUS_TCP, Link.SNMP)


@dataclass(frozen=True, slots=True)
class Port:
    """Where a line is: a path or `usb:SERIAL` where `link` is serial, else `host:port`."""

    link: Link
    where: str


def _quantity(kind: str) -> BeforeValidator:
    symbols = UNITS[kind]

    def parse(value: object) -> float:
        allowed = ", ".join(symbols)
        short = isinstance(value, str) and len(value) <= MAX_TEXT
        match = _QUANTITY.match(str(value)) if short else None
        if match is None:
            example = f"12 {next(iter(symbols))}"
            msg = f'a {kind} is written as text with its unit ({allowed}), e.g. "{example}"'
            raise ValueError(msg)
        if match[2] not in symbols:
            msg = f"{match[2]!r} is not a unit of {kind}; use one of {allowed}"
            raise ValueError(msg)
        return round(float(match[1]) * symbols[match[2]], 9)

    return BeforeValidator(parse)


def _units(value: object) -> tuple[int, ...]:
    """Read unit addresses: `"1-24"`, `"1-10, 12"` or a list of numbers, in cell order."""
    if isinstance(value, list) and all(type(unit) is int for unit in value):
        return _at_most_cells(value)
    if not isinstance(value, str):
        msg = 'unit addresses are written like "1-24" or [1, 2, 3]'
        raise ValueError(msg)  # noqa: TRY004 - pydantic turns only ValueError into a refusal
    units: list[int] = []
    for part in value.split(","):
        match = _UNIT_RANGE.match(part) if len(part) <= MAX_TEXT else None
        if match is None:
            msg = f'{part.strip()[:MAX_TEXT]!r} is not a unit address or a range like "1-24"'
            raise ValueError(msg)
        first, last = int(match[1]), int(match[2] or match[1])
        if not first <= last <= MAX_UNIT:
            msg = f"{part.strip()!r} is not a rising range of unit addresses up to {MAX_UNIT}"
            raise ValueError(msg)
        units.extend(range(first, last + 1))
        _at_most_cells(units)
    return tuple(units)


def _at_most_cells(units: list[int]) -> tuple[int, ...]:
    if len(units) > MAX_CELLS_PER_MANAGER:
        msg = f"more than {MAX_CELLS_PER_MANAGER} unit addresses"
        raise ValueError(msg)
    return tuple(units)


def _port(value: object) -> Port:
    """Read a port: a path, `usb:SERIAL`, or a scheme with host and port number."""
    text = value.strip() if isinstance(value, str) else ""
    if not text or not text.isprintable():
        msg = 'a port is written like "/dev/ttyUSB0", "usb:A10LWZ3C" or "modbus-tcp://10.0.0.6:502"'
        raise ValueError(msg)
    if text.startswith(_USB):
        return _usb(text)
    schemes = {link.value: link for link in _NETWORK}
    known = ", ".join(f"{scheme}://" for scheme in schemes)
    if (network := _SCHEME.match(text)) is None:
        if (bare := _HOST_PORT.match(text)) is not None and bare[2] is not None:
            msg = f"{text!r} does not say how to reach it; write one of {known} in front"
            raise ValueError(msg)
        return Port(Link.SERIAL, text)
    link = schemes.get(network[1])
    if link is None:
        msg = f"{network[1]}:// is not a way to reach a line; use a path, usb:SERIAL, {known}"
        raise ValueError(msg)
    match = _HOST_PORT.match(network[2])
    if match is None or not (match[1].startswith("[") or _HOST_LABELS.match(match[1])):
        msg = f'{network[2][:MAX_TEXT]!r} is not a host and port number like "10.0.0.5:4001"'
        raise ValueError(msg)
    if match[2] is None:
        msg = f'the port number is missing, e.g. "{link.value}://{match[1]}:{_USUAL_PORT[link]}"'
        raise ValueError(msg)
    if not 1 <= int(match[2]) <= MAX_PORT:
        msg = f"{match[2]} is not a port number between 1 and {MAX_PORT}"
        raise ValueError(msg)
    return Port(link, f"{match[1]}:{int(match[2])}")


_USUAL_PORT: Final = {Link.RTU_OVER_TCP: 4001, Link.MODBUS_TCP: 502, Link.SNMP: 161}


def _usb(text: str) -> Port:
    serial = text.removeprefix(_USB).strip()
    if not serial or "/" in serial:
        msg = 'after "usb:" comes the serial number of the adapter, e.g. "usb:A10LWZ3C"'
        raise ValueError(msg)
    return Port(Link.SERIAL, _USB + serial)


def _printable(value: str) -> str:
    if not value.isprintable():
        msg = "has a control character in it"
        raise ValueError(msg)
    return value


def _not_all(value: str) -> str:
    if value == EVERYBODY:
        msg = f'"{EVERYBODY}" cannot be the name of one, it means all of them'
        raise ValueError(msg)
    return value


def _not_zero(value: float) -> float:
    if value == 0:
        msg = "must not be 0"
        raise ValueError(msg)
    return value


Voltage = Annotated[float, _quantity("voltage"), Field(gt=0, le=1000)]
Capacity = Annotated[float, _quantity("capacity"), Field(gt=0, le=100_000)]
Resistance = Annotated[float, _quantity("resistance"), Field(gt=0, le=1)]
Temperature = Annotated[float, _quantity("temperature"), Field(ge=-40, le=100)]
#: Above it a cell is burning; an alarm that waits so long is none.
CriticalTemperature = Annotated[Temperature, Field(le=80)]
#: Batteries of uninterruptible supplies are rated for minutes, those of telecom for 10 or 20 h.
DischargeTime = Annotated[float, _quantity("discharge time"), Field(ge=0.05, le=240)]
Duration = Annotated[float, _quantity("duration"), Field(ge=0, le=2)]
Silence = Annotated[Duration, Field(le=0.1)]
#: What one count of a register stands for.
VoltageScale = Annotated[float, _quantity("voltage"), Field(gt=0, le=10)]
CellVoltageScale = Annotated[VoltageScale, Field(le=0.1)]
CurrentScale = Annotated[
    float, _quantity("current"), AfterValidator(_not_zero), Field(ge=-10, le=10)
]
ResistanceScale = Annotated[float, _quantity("resistance"), Field(gt=0, le=1e-3)]
TemperatureScale = Annotated[float, _quantity("temperature"), Field(gt=0, le=1)]
ShareScale = Annotated[float, _quantity("share"), Field(gt=0, le=1)]

Unit = Annotated[int, Field(ge=1, le=MAX_UNIT)]
Units = Annotated[tuple[Unit, ...], BeforeValidator(_units)]
LinePort = Annotated[Port, BeforeValidator(_port)]
FileName = Annotated[str, StringConstraints(min_length=1), AfterValidator(_printable)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
DeviceIdentifier = Annotated[Identifier, AfterValidator(_not_all)]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=60, strip_whitespace=True),
    AfterValidator(_printable),
]
