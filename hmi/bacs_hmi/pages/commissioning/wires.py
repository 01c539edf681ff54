"""Which wires can be commissioned: lines of the site, and ports of this computer that none owns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bacs_core.api.messages import LineInfo
from bacs_core.settings import Link
from bacs_hmi.choosing import Option
from bacs_hmi.texts import Texts

#: Where Linux lists serial adapters by maker, model, number and interface.
ADAPTERS: Final = Path("/dev/serial/by-id")
#: systemd, rules.d/60-serial.rules: bus-vendor_model_serial-ifNN[-portN].
_ADAPTER: Final = re.compile(r"usb-(?P<model>.+)_(?P<serial>[^_]+)-if\d+(?P<port>-port\d+)?")


@dataclass(frozen=True, slots=True)
class Adapter:
    """A serial adapter of this computer: how the site file calls its port, and what it is."""

    port: str
    model: str


def adapter_of(name: str) -> Adapter | None:
    """Read an entry of `ADAPTERS`; one that is no USB adapter with a number is not offered."""
    match = _ADAPTER.fullmatch(name)
    if match is None:
        return None
    return Adapter(f"usb:{match['serial']}", match["model"].replace("_", " "))


def adapters(folder: Path = ADAPTERS) -> tuple[Adapter, ...]:
    """List the adapters of this computer.

    One with several ports is left out: its number alone would not say which of them is meant.
    """
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return ()
    found = [adapter for name in names if (adapter := adapter_of(name)) is not None]
    ports = [adapter.port for adapter in found]
    return tuple(adapter for adapter in found if ports.count(adapter.port) == 1)


def line_options(lines: Iterable[LineInfo], texts: Texts) -> list[Option]:
    """Offer the lines of the site that have unit addresses."""
    return [
        Option(line.id, f"{texts['line_named'].format(line=line.id)}\n{_wire(line, texts)}")
        for line in lines
        if line.link is not Link.SNMP
    ]


def port_options(found: Sequence[Adapter], lines: Iterable[LineInfo]) -> list[Option]:
    """Offer the adapters that no line owns."""
    owned = {line.port for line in lines}
    return [
        Option(adapter.port, f"{adapter.port}\n{adapter.model}")
        for adapter in found
        if adapter.port not in owned
    ]


def _wire(line: LineInfo, texts: Texts) -> str:
    speed = "" if line.baud is None else f", {line.baud} {texts['baud']}"
    return f"{line.port}{speed}"
