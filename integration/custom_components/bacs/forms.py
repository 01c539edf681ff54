"""What the dialogs ask: a schema per form, and what an entry keeps of the answers."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import probatio as vol
from homeassistant.const import CONF_HOST, CONF_NAME, CONF_PORT, CONF_TOKEN
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    SerialPortSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from bacs_core.api.messages import DEFAULT_PORT
from bacs_core.model import MODULE_TYPES, Chemistry
from bacs_core.settings import Link, Parity

from .const import (
    CONF_BATTERY,
    CONF_BAUD,
    CONF_DEVICE_KIND,
    CONF_FINGERPRINT,
    CONF_LINK,
    CONF_PARITY,
    CONF_SERIAL_NUMBER,
    CONF_SERIAL_PORT,
    CONF_SNMP,
    CONF_UNIT,
)
from .monitoring import Answer

SNMP_PORT: Final = 161
MODBUS_PORT: Final = 502
MAX_PORT: Final = 65535
MAX_UNIT: Final = 247
#: What a site file takes as a name.
MAX_NAME: Final = 60
LINK_NAMES: Final = {Link.SNMP: "SNMP", Link.MODBUS_TCP: "Modbus TCP", Link.SERIAL: "RS485"}
SCHEME: Final = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")
BAUDS: Final = ("9600", "19200", "38400", "57600", "115200")
AUTHENTICATION: Final = ("sha1", "sha224", "sha256", "sha384", "sha512", "md5")
PRIVACY: Final = ("aes",)


def _secret(autocomplete: str = "off") -> TextSelector:
    return TextSelector(
        TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete=autocomplete)
    )


def _whole(least: int, most: int) -> vol.All[int]:
    box = NumberSelectorConfig(min=least, max=most, step=1, mode=NumberSelectorMode.BOX)
    return vol.All(NumberSelector(box), vol.Coerce(int))


def _quantity(least: float, most: float, unit: str) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=least, max=most, step="any", mode=NumberSelectorMode.BOX, unit_of_measurement=unit
        )
    )


def _choice(options: Iterable[str], translation_key: str | None = None) -> SelectSelector:
    config = SelectSelectorConfig(options=list(options), mode=SelectSelectorMode.DROPDOWN)
    if translation_key is not None:
        config["translation_key"] = translation_key
    return SelectSelector(config)


def _address(port: int) -> dict[vol.Marker, Any]:
    return {
        vol.Required(CONF_HOST): TextSelector(),
        vol.Required(CONF_PORT, default=port): _whole(1, MAX_PORT),
    }


ADDRESS_SCHEMA: Final = vol.Schema(
    {**_address(DEFAULT_PORT), vol.Optional(CONF_FINGERPRINT): TextSelector()}
)
TOKEN_SCHEMA: Final = vol.Schema({vol.Required(CONF_TOKEN): _secret()})
#: What stands on a screen in the room is no secret to whoever types it.
CODE_SCHEMA: Final = vol.Schema({vol.Required(CONF_TOKEN): TextSelector()})
MOVE_SCHEMA: Final = ADDRESS_SCHEMA.extend({vol.Optional(CONF_TOKEN): _secret()})
ENGINE_SCHEMA: Final = ADDRESS_SCHEMA.extend(TOKEN_SCHEMA.schema)

type Typed = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LinkForm:
    """How a manager is reached without an engine: what is asked, and what is kept of it."""

    schema: vol.Schema
    kept: Callable[[Typed], dict[str, Any]]


def _kept_of_snmp(version: str) -> Callable[[Typed], dict[str, Any]]:
    def kept(typed: Typed) -> dict[str, Any]:
        address = {key: typed[key] for key in (CONF_HOST, CONF_PORT)}
        secrets = {key: typed[key] for key in typed if key not in address}
        return {CONF_LINK: Link.SNMP.value, **address, CONF_SNMP: {"version": version, **secrets}}

    return kept


#: By the name of their step.
LINK_FORMS: Final[Mapping[str, LinkForm]] = {
    "snmp_v2c": LinkForm(
        vol.Schema({**_address(SNMP_PORT), vol.Required("community"): _secret()}),
        _kept_of_snmp("2c"),
    ),
    "snmp_v3": LinkForm(
        vol.Schema(
            {
                **_address(SNMP_PORT),
                vol.Required("user"): TextSelector(),
                vol.Required("auth", default=AUTHENTICATION[0]): _choice(AUTHENTICATION),
                vol.Required("auth_key"): _secret(),
                vol.Optional("priv"): _choice(PRIVACY),
                vol.Optional("priv_key"): _secret(),
            }
        ),
        _kept_of_snmp("3"),
    ),
    "modbus_tcp": LinkForm(
        vol.Schema(
            {**_address(MODBUS_PORT), vol.Required(CONF_UNIT, default=1): _whole(1, MAX_UNIT)}
        ),
        lambda typed: {CONF_LINK: Link.MODBUS_TCP.value, **typed},
    ),
    "serial": LinkForm(
        vol.Schema(
            {
                vol.Required(CONF_SERIAL_PORT): SerialPortSelector(),
                vol.Required(CONF_BAUD, default="19200"): vol.All(_choice(BAUDS), vol.Coerce(int)),
                vol.Required(CONF_PARITY, default=Parity.NONE.value): _choice(
                    [parity.value for parity in Parity], "parity"
                ),
                vol.Required(CONF_UNIT, default=1): _whole(1, MAX_UNIT),
            }
        ),
        lambda typed: {CONF_LINK: Link.SERIAL.value, **typed},
    ),
}


def read_host(text: str) -> str:
    """Read a name or an address as people type or paste it; ValueError if it is neither."""
    host = SCHEME.sub("", text.strip()).rstrip("/")
    has_port = host.count(":") == 1
    if not host or has_port or any(each.isspace() or each in "/?#@" for each in host):
        raise ValueError(f"{text!r} is neither a name nor an address")
    return host


def with_plain_host(typed: Typed) -> dict[str, Any]:
    """Return what was typed with a plain host, if there is one; ValueError as of `read_host`."""
    host = {CONF_HOST: read_host(typed[CONF_HOST])} if CONF_HOST in typed else {}
    return {**typed, **host}


def without_token(data: Typed) -> dict[str, Any]:
    """Return what may be suggested of the connection to an engine."""
    return {key: value for key, value in data.items() if key != CONF_TOKEN}


def site_name(data: Typed) -> str:
    """Name the site of a manager without an engine, apart from the manager itself."""
    way = f" ({LINK_NAMES[Link(data[CONF_LINK])]})"
    return f"{data[CONF_BATTERY][CONF_NAME][: MAX_NAME - len(way)]}{way}"


def link_step(data: Typed) -> str:
    """Name the step that asked for the way to a manager."""
    match data[CONF_LINK]:
        case Link.SNMP:
            return "snmp_v3" if data[CONF_SNMP]["version"] == "3" else "snmp_v2c"
        case Link.MODBUS_TCP:
            return "modbus_tcp"
    return "serial"


def typed_of(data: Typed) -> dict[str, Any]:
    """Return what a person typed to get this entry; secrets are asked for again."""
    typed = {key: data[key] for key in (CONF_HOST, CONF_PORT, CONF_UNIT) if key in data}
    if CONF_SERIAL_PORT in data:
        typed |= {key: data[key] for key in (CONF_SERIAL_PORT, CONF_PARITY)}
        typed[CONF_BAUD] = str(data[CONF_BAUD])
    shown = ("user", "auth", "priv")
    return typed | {key: value for key, value in data.get(CONF_SNMP, {}).items() if key in shown}


def battery_schema(asks: Collection[str]) -> vol.Schema:
    """Ask what no manager tells of its battery, and of `asks` what this kind of it does not."""
    asked: dict[vol.Marker, Any] = {
        vol.Required("module_type"): _choice(MODULE_TYPES),
        vol.Optional("current_scale"): _quantity(-10, 10, "A"),
        vol.Optional("voltage_scale"): _quantity(0, 10, "V"),
    }
    return vol.Schema(
        {
            vol.Required(CONF_NAME): TextSelector(),
            vol.Required("cells"): TextSelector(),
            vol.Required("chemistry", default=Chemistry.VRLA.value): _choice(
                [chemistry.value for chemistry in Chemistry], "chemistry"
            ),
            vol.Required("cell_voltage"): _quantity(0.5, 24, "V"),
            vol.Required("capacity"): _quantity(0.1, 100_000, "Ah"),
            vol.Optional("float_voltage"): _quantity(0.5, 32, "V"),
            **{marker: field for marker, field in asked.items() if str(marker) in asks},
        }
    )


LIMITS_SCHEMA: Final = vol.Schema(
    {
        vol.Optional("voltage_low"): _quantity(0.1, 32, "V"),
        vol.Optional("voltage_high"): _quantity(0.1, 32, "V"),
        vol.Optional("temperature_high"): _quantity(-40, 100, "°C"),
        vol.Optional("temperature_critical"): _quantity(-40, 80, "°C"),
        vol.Optional("resistance_high"): _quantity(0.001, 1000, "mΩ"),
    }
)


def read_cells(text: str) -> list[int]:
    """Read the cells of each string, `24, 24`; ValueError if that is not what was written."""
    parts = [part.strip() for part in text.replace(";", ",").split(",")]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise ValueError(f"{text!r} does not tell the cells of each string")
    return [int(part) for part in parts]


def kept_of(link: Typed, answer: Answer, typed: Typed) -> dict[str, Any]:
    """Put together what the entry of a manager keeps; ValueError if the cells cannot be read."""
    return {
        **link,
        CONF_DEVICE_KIND: answer.device_kind,
        CONF_SERIAL_NUMBER: answer.serial_number,
        CONF_BATTERY: {**typed, "cells": read_cells(typed["cells"])},
    }


def battery_suggested(answer: Answer, data: Typed | None) -> dict[str, Any]:
    """Suggest what the manager tells of its battery, or what the entry has kept of it."""
    if data is None:
        told = [str(cells or "?") for cells in answer.string_cells]
        return {CONF_NAME: answer.title, "cells": ", ".join(told)}
    battery = data[CONF_BATTERY]
    return {**battery, "cells": ", ".join(map(str, battery["cells"]))}
