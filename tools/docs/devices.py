"""Writes the table "Supported devices" into README.md from the device files."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from bacs_core.devices.catalogue import DEVICES
from bacs_core.devices.device import Device, Evidence
from bacs_core.model import Quantity
from bacs_core.settings import Link

README: Final = Path(__file__).parents[2] / "README.md"
BEGIN: Final = "<!-- devices:begin -->"
END: Final = "<!-- devices:end -->"
ADDRESS: Final = re.compile(r", (https?://\S+)$")

#: How people call what the site file and the model call otherwise.
LINKS: Final = {
    Link.SERIAL: "RS485",
    Link.RTU_OVER_TCP: "RTU over TCP",
    Link.MODBUS_TCP: "Modbus TCP",
    Link.SNMP: "SNMP",
}
QUANTITIES: Final = {
    Quantity.VOLTAGE: "voltage",
    Quantity.TEMPERATURE: "temperature",
    Quantity.RESISTANCE: "resistance",
    Quantity.CHARGE: "charge",
    Quantity.DUTY: "bypass duty",
}
HEADINGS: Final = (
    "device, name in the site file",
    "maker",
    "role",
    "through",
    "gives",
    "is without",
    "evidence",
    "source",
)


def table() -> str:
    """Return the table as Markdown, without a newline at its end."""
    rows = [_row(device) for device in DEVICES.values()]
    return "\n".join([_line(HEADINGS), _line(["---"] * len(HEADINGS)), *rows])


def written_into(text: str) -> str:
    """Return the page `text` with the table between its markers."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _row(device: Device) -> str:
    gives = ", ".join(QUANTITIES[quantity] for quantity in device.gives)
    of_cells = f"of each cell: {gives}" if gives else ""
    return _line(
        [
            f"{device.title}, `{device.name}`",
            device.maker,
            device.role.value.replace("_", " "),
            ", ".join(LINKS[link] for link in device.links),
            "; ".join(text for text in (of_cells, device.also) if text),
            device.without,
            device.evidence.value,
            _source(device),
        ]
    )


def _source(device: Device) -> str:
    if device.evidence is Evidence.OWN:
        return "[register map](docs/REGISTER-MAP.md)"
    match = ADDRESS.search(device.source)
    return f"[{device.source[: match.start()]}]({match[1]})" if match else device.source


def _line(fields: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(field.replace('|', '/') for field in fields)} |"


if __name__ == "__main__":
    README.write_text(written_into(README.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"wrote {README.name}\n")
