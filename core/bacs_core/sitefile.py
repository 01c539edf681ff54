"""Reads a site file: TOML, every key known, every quantity written with its unit.

A file that is not entirely understood is refused as a whole, with the line and the reason. Nothing
is guessed: an unknown key is taken for a typing error.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError as PydanticError,
)

from bacs_core import toml_lines
from bacs_core.devices.panel_map import MAX_MODULE_UNIT
from bacs_core.errors import SettingsError
from bacs_core.model import (
    MAX_CELLS_PER_MANAGER,
    MAX_MANAGERS,
    MAX_STRINGS_PER_MANAGER,
    MODULE_TYPES,
    Chemistry,
    EqualizedBy,
)
from bacs_core.settings import Parity, Settings
from bacs_core.siteplan import Refusal, build

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

#: Symbols a person may write, with the factor to the unprefixed SI unit.
UNITS: dict[str, dict[str, float]] = {
    "voltage": {"V": 1.0, "mV": 1e-3},
    "capacity": {"Ah": 1.0},
    "resistance": {"Ω": 1.0, "mΩ": 1e-3, "µΩ": 1e-6, "Ohm": 1.0, "mOhm": 1e-3, "uOhm": 1e-6},
    "temperature": {"°C": 1.0, "degC": 1.0},
    "duration": {"s": 1.0, "ms": 1e-3},
}
_QUANTITY = re.compile(r"^\s*([+-]?\d+(?:\.\d+)?)\s*([^\d\s].*?)\s*$")
_UNIT_RANGE = re.compile(r"^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$")
MAX_UNIT = 247


def _quantity(kind: str) -> BeforeValidator:
    symbols = UNITS[kind]

    def parse(value: object) -> float:
        allowed = ", ".join(symbols)
        match = _QUANTITY.match(value) if isinstance(value, str) else None
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
        return tuple(value)
    if not isinstance(value, str):
        msg = 'unit addresses are written like "1-24" or [1, 2, 3]'
        raise ValueError(msg)  # noqa: TRY004 - pydantic turns only ValueError into a refusal
    units: list[int] = []
    for part in value.split(","):
        match = _UNIT_RANGE.match(part)
        if match is None:
            msg = f'{part.strip()!r} is not a unit address or a range like "1-24"'
            raise ValueError(msg)
        first, last = int(match[1]), int(match[2] or match[1])
        if not first <= last <= MAX_UNIT:
            msg = f"{part.strip()!r} is not a rising range of unit addresses up to {MAX_UNIT}"
            raise ValueError(msg)
        units.extend(range(first, last + 1))
    return tuple(units)


Voltage = Annotated[float, _quantity("voltage"), Field(gt=0, le=1000)]
Capacity = Annotated[float, _quantity("capacity"), Field(gt=0, le=100_000)]
Resistance = Annotated[float, _quantity("resistance"), Field(gt=0, le=1)]
Temperature = Annotated[float, _quantity("temperature"), Field(ge=-40, le=100)]
Duration = Annotated[float, _quantity("duration"), Field(ge=0, le=2)]
Units = Annotated[
    tuple[Annotated[int, Field(ge=1, le=MAX_MODULE_UNIT)], ...], BeforeValidator(_units)
]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]


class Table(BaseModel):
    """A table of the file: every key is known, every type is exact."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SiteTable(Table):
    """`[site]`."""

    name: Name


class LineTable(Table):
    """`[[line]]`: one RS485 pair behind one serial port."""

    id: Identifier
    port: str
    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600] = (
        19200
    )
    parity: Annotated[Parity, Field(strict=False)] = Parity.NONE
    stop_bits: Literal[1, 2] = 1
    silence: Duration | None = None
    max_turnaround: Duration = 0.2


class ModulesTable(Table):
    """Where the modules of a string are, in cell order; several where a string spans lines."""

    line: str
    units: Units


class AddressTable(Table):
    """Where one device is."""

    line: str
    unit: Annotated[int, Field(ge=1, le=MAX_UNIT)]


class LimitsTable(Table):
    """Alarm limits of a string, per cell; what is left out keeps its default."""

    voltage_low: Voltage | None = None
    voltage_high: Voltage | None = None
    temperature_high: Temperature | None = None
    temperature_critical: Temperature | None = None
    resistance_high: Resistance | None = None


class StringTable(Table):
    """`[[manager.string]]`."""

    number: Annotated[int, Field(ge=1, le=MAX_STRINGS_PER_MANAGER)]
    name: Name | None = None
    chemistry: Annotated[Chemistry, Field(strict=False)]
    cells: Annotated[int, Field(ge=1, le=MAX_CELLS_PER_MANAGER)]
    cell_voltage: Voltage
    capacity: Capacity
    module_type: Literal[tuple(MODULE_TYPES)]  # type: ignore[valid-type]
    float_voltage: Voltage | None = None
    equalized_by: Annotated[EqualizedBy | None, Field(strict=False)] = None
    modules: ModulesTable | list[ModulesTable] | None = None
    current_sensor: AddressTable | None = None
    limits: LimitsTable = LimitsTable()


class ManagerTable(Table):
    """`[[manager]]`: a web manager, or `device = "engine"` for modules the engine drives."""

    id: Identifier
    name: Name
    device: Literal["panel_manager", "engine"]
    line: str | None = None
    unit: Annotated[int | None, Field(ge=1, le=MAX_UNIT)] = None
    string: Annotated[list[StringTable], Field(min_length=1)]


class SiteFile(Table):
    """The whole file."""

    site: SiteTable
    line: Annotated[list[LineTable], Field(min_length=1)]
    manager: Annotated[list[ManagerTable], Field(min_length=1, max_length=MAX_MANAGERS)]


def load(path: Path) -> Settings:
    """Read the site file at `path`.

    Raises `SettingsError` whose message has one line per mistake: file, line and reason.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read: {error}"
        raise SettingsError(msg) from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{path}: {error}"
        raise SettingsError(msg) from error
    lines = toml_lines.key_lines(text)
    try:
        tables = SiteFile.model_validate(content)
    except PydanticError as error:
        refusals = [_refusal(detail) for detail in error.errors()]
        raise _refused(path, lines, refusals) from error
    settings, refusals = build(tables, folder=path.parent)
    if settings is None:
        raise _refused(path, lines, refusals)
    return settings


def _refusal(detail: ErrorDetails) -> Refusal:
    place = tuple(detail["loc"])
    match detail["type"]:
        case "extra_forbidden":
            return Refusal(place, f"unknown key {place[-1]!r}")
        case "missing":
            return Refusal(place, f"{place[-1]!r} is missing")
        case "value_error":
            return Refusal(place, f"{_key(place)}: {detail['msg'].removeprefix('Value error, ')}")
        case _:
            return Refusal(place, f"{_key(place)} = {detail['input']!r}: {detail['msg']}")


def _key(place: tuple[str | int, ...]) -> str:
    return next((part for part in reversed(place) if isinstance(part, str)), "file")


def _refused(
    path: Path, lines: dict[toml_lines.Path, int], refusals: list[Refusal]
) -> SettingsError:
    numbered = sorted({(toml_lines.line_of(lines, item.place), item.reason) for item in refusals})
    return SettingsError("\n".join(f"{path}, line {line}: {reason}" for line, reason in numbered))
