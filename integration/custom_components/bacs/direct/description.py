"""From what a person typed in to a site file with one line and one manager, and its settings.

It is read by the reader of the engine, so that both take and refuse the same.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from homeassistant.const import CONF_HOST, CONF_NAME, CONF_PORT
from pydantic import ValidationError

from bacs_core import sitefile
from bacs_core.errors import SettingsError
from bacs_core.settings import Line, Link, Settings, SnmpVersion
from bacs_core.sitefile.plan import line_of
from bacs_core.sitefile.tables import LineTable
from bacs_core.snmp import secrets
from bacs_core.snmp.secrets import Community, User
from custom_components.bacs.const import (
    CONF_BATTERY,
    CONF_BAUD,
    CONF_DEVICE_KIND,
    CONF_LINK,
    CONF_PARITY,
    CONF_SERIAL_PORT,
    CONF_SNMP,
    CONF_UNIT,
    MANAGER_ID,
)
from custom_components.bacs.forms import site_name
from custom_components.bacs.monitoring import MonitoringError

LINE_ID: Final = "line"
SECRETS_FILE: Final = "snmp.toml"

#: The units of what a battery is described by; the others are texts or whole numbers.
_BATTERY_UNITS: Final = {"cell_voltage": "V", "capacity": "Ah", "float_voltage": "V"}
_LIMIT_UNITS: Final = {
    "voltage_low": "V",
    "voltage_high": "V",
    "temperature_high": "°C",
    "temperature_critical": "°C",
    "resistance_high": "mΩ",
}
_SCALE_UNITS: Final = {"current_scale": "A", "voltage_scale": "V"}
_PLACE: Final = re.compile(r"^.*?, line \d+: ")

type Data = Mapping[str, Any]


def settings_of(data: Data, limits: Data) -> Settings:
    """Read the site file of an entry. Blocks; raises `MonitoringError`."""
    with TemporaryDirectory() as folder:
        return in_folder(Path(folder), data, limits)


def in_folder(folder: Path, data: Data, limits: Data) -> Settings:
    """Write the site file and its secrets into `folder`, and read it. Blocks.

    The owner of an SNMP line reads the secrets itself, so the folder has to outlive its making.
    """
    if CONF_SNMP in data:
        write_secrets(folder, data[CONF_SNMP])
    file = folder / "site.toml"
    file.write_text("\n".join(site_file(data, limits)), encoding="utf-8")
    try:
        return sitefile.load(file)
    except SettingsError as error:
        raise MonitoringError("not_possible", reasons(error, folder)) from error


def access_of(snmp: Mapping[str, str]) -> Community | User:
    """Read the secrets of an agent. Blocks; raises `MonitoringError`."""
    with TemporaryDirectory() as folder:
        file = write_secrets(Path(folder), snmp)
        try:
            return secrets.load(file, SnmpVersion(snmp["version"]))
        except SettingsError as error:
            raise MonitoringError("not_possible", reasons(error, Path(folder))) from error


def write_secrets(folder: Path, snmp: Mapping[str, str]) -> Path:
    """Write the secrets of an agent as the engine reads them."""
    file = folder / SECRETS_FILE
    file.touch(mode=0o600)
    lines = [f"{key} = {_text(value)}" for key, value in snmp.items() if key != "version"]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def reasons(error: SettingsError, folder: Path) -> str:
    """Return why a site file was refused, without places that nobody outside of it knows."""
    secrets_place = f"{folder / SECRETS_FILE}: "
    lines = (_without_kind(_PLACE.sub("", line)) for line in str(error).splitlines())
    # All strings are alike, and so are their mistakes.
    return "; ".join(dict.fromkeys(line.replace(secrets_place, "") for line in lines))


def _without_kind(told: str) -> str:
    """Leave out what pydantic puts before the text of an error of ours."""
    return told.replace("Value error, ", "")


def line_to(data: Data) -> Line:
    """Return the line on which a manager is looked for; raises `MonitoringError`."""
    table: dict[str, object] = {"id": LINE_ID, "port": port_of(data)}
    if data[CONF_LINK] == Link.SERIAL:
        table |= {"baud": data[CONF_BAUD], "parity": data[CONF_PARITY]}
    try:
        return line_of(LineTable.model_validate(table), Path())
    except ValidationError as error:
        raise MonitoringError("not_possible", _without_kind(error.errors()[0]["msg"])) from error


def port_of(data: Data) -> str:
    """Write where a manager is as a site file does."""
    link = Link(data[CONF_LINK])
    if link is Link.SERIAL:
        return str(data[CONF_SERIAL_PORT])
    host = str(data[CONF_HOST]).strip().strip("[]")
    return f"{link}://{f'[{host}]' if ':' in host else host}:{data[CONF_PORT]}"


def site_file(data: Data, limits: Data) -> Iterator[str]:
    """Write the lines of the site file of one manager."""
    battery = data[CONF_BATTERY]
    name = _text(battery[CONF_NAME])
    yield from ("[site]", f"name = {_text(site_name(data))}", "[[line]]", f'id = "{LINE_ID}"')
    yield f"port = {_text(port_of(data))}"
    if data[CONF_LINK] == Link.SERIAL:
        yield f"baud = {data[CONF_BAUD]}"
        yield f"parity = {_text(data[CONF_PARITY])}"
    if CONF_SNMP in data:
        version = _text(data[CONF_SNMP]["version"])
        yield f'snmp = {{ version = {version}, secrets = "{SECRETS_FILE}" }}'
    yield from ("[[manager]]", f'id = "{MANAGER_ID}"', f"name = {name}", f'line = "{LINE_ID}"')
    yield f"device = {_text(data[CONF_DEVICE_KIND])}"
    if CONF_UNIT in data:
        yield f"unit = {data[CONF_UNIT]}"
    if scales := dict(_quantities(battery, _SCALE_UNITS)):
        yield f"registers = {_table(scales)}"
    for number, cells in enumerate(battery["cells"], start=1):
        yield from ("[[manager.string]]", f"number = {number}", f"cells = {cells}")
        yield f"chemistry = {_text(battery['chemistry'])}"
        if module_type := battery.get("module_type"):
            yield f"module_type = {_text(module_type)}"
        for key, value in _quantities(battery, _BATTERY_UNITS):
            yield f"{key} = {value}"
        if given := dict(_quantities(limits, _LIMIT_UNITS)):
            yield f"limits = {_table(given)}"


def _quantities(values: Data, units: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, unit in units.items():
        if (value := values.get(key)) is not None:
            yield key, _text(f"{value:.9f} {unit}")


def _table(values: Mapping[str, str]) -> str:
    return f"{{ {', '.join(f'{key} = {value}' for key, value in values.items())} }}"


def _text(value: object) -> str:
    # What JSON writes of a text is also TOML; beyond the basic plane its escapes are not.
    return json.dumps(str(value), ensure_ascii=False)
