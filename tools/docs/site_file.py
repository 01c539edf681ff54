"""Writes docs/SITE-FILE.md from the tables that read a site file, so that page and code agree."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from bacs_core.devices.catalogue import DEVICES
from bacs_core.devices.device import Role
from bacs_core.sitefile import quantities as written
from bacs_core.sitefile.checks import LINKS_OF_KEY
from bacs_core.sitefile.devices import CONTACTS
from bacs_core.sitefile.tables import (
    AlarmRelayTable,
    BreakerTable,
    DeviceTable,
    HistoryTable,
    LimitsTable,
    LineTable,
    ManagerTable,
    ModuleBlockTable,
    ModulesTable,
    ModuleValueTable,
    RegistersTable,
    Scale,
    SensorTable,
    SiteTable,
    SnmpTable,
    StringTable,
    Table,
)
from bacs_core.snmp.secrets import AUTHENTICATION, PRIVACY

PAGE: Final = Path(__file__).parents[2] / "docs" / "SITE-FILE.md"
EXAMPLES: Final = Path(__file__).with_name("site_files")

INTRODUCTION: Final = """\
# The site file

This page is generated from `core/bacs_core/sitefile/tables.py` by `./dev docs`; do not edit it.

The site file says how the plant is built and wired. It is [TOML](https://toml.io). It is understood
as a whole or refused as a whole, with the line and the reason of every mistake:

* a key that does not stand on this page is taken for a typing error;
* a quantity is a text with its unit, `"12 V"`, never a bare number, but for `[history]`;
* what cannot be meant is refused: two devices at one address, a device on a link that it does not
  have, a limit that can never be reached;
* relative paths start at the folder of the file.

`bacs run SITE.toml` runs it, `bacs simulate SITE.toml` simulates what it describes.
"""

_DIGESTS: Final = ", ".join(f'`"{name}"`' for name in AUTHENTICATION)
_CIPHERS: Final = ", ".join(f'`"{name}"`' for name in PRIVACY)
SECRETS: Final = f"""\
## The file that `secrets` names

It belongs to the user that runs the engine, and nobody else may read it (`chmod 600`).

| version | keys |
|---|---|
| `"2c"` | `community` |
| `"3"` | `user`; `auth`, one of {_DIGESTS}; `auth_key`; for encrypted messages `priv`, one of \
{_CIPHERS}, and `priv_key` |
"""

TITLES: Final[dict[type[Table], str]] = {
    SiteTable: "`[site]`",
    AlarmRelayTable: "`alarm_relay` of the site",
    LineTable: "`[[line]]`",
    SnmpTable: "`snmp` of a line",
    ManagerTable: "`[[manager]]`",
    RegistersTable: "`registers` of a manager",
    ModuleBlockTable: "`module_block` of a manager",
    ModuleValueTable: "A quantity in `module_block`",
    StringTable: "`[[manager.string]]`",
    ModulesTable: "`modules` of a string",
    SensorTable: "`current_sensor` of a string",
    BreakerTable: "`breaker` of a string",
    LimitsTable: "`limits` of a string",
    DeviceTable: "`[[device]]`",
    HistoryTable: "`[history]`",
}

_PLAIN: Final[dict[object, str]] = {
    bool: "`true`, `false`",
    int: "number",
    float: "number",
    str: "text",
    Scale: "quantity",
}
#: How each kind of value is written. A kind is known by the first thing that its type carries.
_SAMPLES: Final = (
    (written.Voltage, '`"2.27 V"`, `"5 mV"`'),
    (written.Capacity, '`"100 Ah"`'),
    (written.Resistance, '`"6.5 mΩ"`, `"500 µΩ"`'),
    (written.Temperature, '`"35 °C"`'),
    (written.DischargeTime, '`"10 h"`, `"15 min"`'),
    (written.Duration, '`"200 ms"`, `"1 s"`'),
    (written.VoltageScale, '`"10 mV"`'),
    (written.CurrentScale, '`"0.1 A"`'),
    (written.ResistanceScale, '`"0.01 mΩ"`'),
    (written.TemperatureScale, '`"0.1 °C"`'),
    (written.ShareScale, '`"0.1 %"`'),
    (written.Units, '`"1-24"`, `"1-10, 12"`, `[1, 2, 3]`'),
    (written.LinePort, '`"/dev/ttyUSB0"`, `"usb:A10LWZ3C"`, `"modbus-tcp://10.0.0.6:502"`'),
    (written.Identifier, "lower-case letters, digits, `-`, `_`"),
)


def page() -> str:
    """Return the whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield INTRODUCTION
    for table, title in TITLES.items():
        yield f"## {title}\n"
        if (text := _told(table)) is not None:
            yield f"{text}\n"
        yield "| key | written as | without it | meaning |\n|---|---|---|---|"
        hints = get_type_hints(table, include_extras=True)
        for key, field in table.model_fields.items():
            meaning = field.description or ""
            yield f"| `{key}` | {_written(hints[key])} | {_default(field)} | {meaning} |"
        yield ""
    yield from _devices()
    yield SECRETS
    yield "## Whole files\n"
    for path in sorted(EXAMPLES.glob("*.toml")):
        yield f"```toml\n{path.read_text(encoding='utf-8').rstrip()}\n```\n"


def _told(table: type[Table]) -> str | None:
    if table is LineTable:
        only = (f"`{key}` ({', '.join(links)})" for key, links in LINKS_OF_KEY.items())
        return f"Some keys mean something on some links only: {', '.join(only)}."
    if table is HistoryTable:
        return (
            "Its values are bare numbers: `budget_gb` in gigabytes (10⁹ bytes), all others in days."
        )
    return None


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**needed**"
    value = field.default
    if value is None or value == [] or isinstance(value, Table):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


def _written(hint: Any) -> str:  # noqa: ANN401 - whatever a field is declared as
    """Say how a value of this type is written."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(*arguments)
    if origin in (Union, UnionType):
        return _written(next(part for part in arguments if part is not type(None)))
    if origin is Literal:
        return _choices(arguments)
    if origin is list:
        return f"list of: {_written(arguments[0])}"
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _choices(tuple(hint))
    return _PLAIN.get(hint, "table")


def _annotated(inside: Any, *extras: Any) -> str:  # noqa: ANN401 - as above
    for known, sample in _SAMPLES:
        if extras[0] == get_args(known)[1]:
            return sample
    return _written(inside) + (_range(extras) if inside in (int, float) else "")


def _choices(values: tuple[object, ...]) -> str:
    return ", ".join(f'`"{value}"`' if isinstance(value, str) else f"`{value}`" for value in values)


def _range(extras: tuple[Any, ...]) -> str:
    bounds: list[object] = []
    for extra in extras:
        bounds += extra.metadata if isinstance(extra, FieldInfo) else [extra]
    low = next((bound.ge for bound in bounds if isinstance(bound, Ge)), None)
    high = next((bound.le for bound in bounds if isinstance(bound, Le)), None)
    if low is None:
        return ""
    return f" from {low}" if high is None else f" {low}-{high}"


def _devices() -> Iterator[str]:
    yield "## What `device` may be\n"
    yield "| where | device | what | reached by |\n|---|---|---|---|"
    yield '| `[[manager]]` | `"engine"` | the engine drives the modules itself | |'
    places = {
        Role.MANAGER: "`[[manager]]`",
        Role.MODULE: "`modules`",
        Role.RELAY_BOX: "`[[device]]`",
        Role.ENVIRONMENT_SENSOR: "`[[device]]`",
    }
    for role, place in places.items():
        for device in DEVICES.values():
            if device.role is role:
                inputs, relays = CONTACTS.get(device.name, (0, 0))
                contacts = f", {inputs} inputs, {relays} relays" if relays else ""
                links = ", ".join(device.links)
                yield f'| {place} | `"{device.name}"` | {device.title}{contacts} | {links} |'
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
