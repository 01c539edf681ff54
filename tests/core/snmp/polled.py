"""An owner of an SNMP line with the process image that it fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bacs_core.chemistries import limits
from bacs_core.devices import bacs_manager_snmp
from bacs_core.model import Chemistry, EqualizedBy, Manager, Quantity, String
from bacs_core.polling.image import StringImage
from bacs_core.settings import Line, Link, Parity, SnmpAccess, SnmpVersion
from bacs_core.snmp.owner import SnmpOwner
from tests.core.snmp.agent import AUTH_KEY, COMMUNITY, HOST, PRIV_KEY, USER

LENGTHS = (36, 24)
NOW = 1_800_000_000.0
OPEN = f'community = "{COMMUNITY}"\n'
SECRET = (
    f'user = "{USER}"\nauth = "sha1"\nauth_key = "{AUTH_KEY}"\n'
    f'priv = "aes"\npriv_key = "{PRIV_KEY}"\n'
)


@dataclass
class Polled:
    """An owner, where its values go, and the time it stamps them with."""

    owner: SnmpOwner
    images: dict[str, StringImage]
    now: float = NOW

    def voltages(self) -> list[float]:
        """The voltages of all cells; NaN where there is none."""
        return [
            float(value)
            for image in self.images.values()
            for value in image.freeze(self.now).columns[Quantity.VOLTAGE].values
        ]


def string(number: int, cells: int, first_cell: int) -> String:
    return String(
        manager_id="ups",
        number=number,
        name=f"String {number}",
        chemistry=Chemistry.VRLA,
        cell_count=cells,
        cell_voltage_v=12.0,
        float_voltage_v=13.6,
        capacity_ah=100.0,
        module_type="C20",
        equalized_by=EqualizedBy.MANAGER,
        limits=limits(Chemistry.VRLA, 12.0),
        stale_after_s=dict.fromkeys(Quantity, bacs_manager_snmp.STALE_AFTER_S),
        first_cell=first_cell,
    )


def manager(lengths: Sequence[int] = LENGTHS) -> Manager:
    strings = tuple(
        string(number, cells, 1 + sum(lengths[: number - 1]))
        for number, cells in enumerate(lengths, start=1)
    )
    return Manager("ups", "UPS", bacs_manager_snmp.NAME, strings)


def line(port: int, folder: Path, text: str) -> Line:
    secrets = folder / "ups.snmp.toml"
    secrets.write_text(text, "utf-8")
    secrets.chmod(0o600)
    version = SnmpVersion.V2C if "community" in text else SnmpVersion.V3
    return Line(
        id="lan",
        port=f"{HOST}:{port}",
        baud=9600,
        parity=Parity.NONE,
        stop_bits=1,
        gap_s=0.0,
        max_turnaround_s=1.0,
        link=Link.SNMP,
        may_command=False,
        snmp=SnmpAccess(version, secrets),
    )


def prepared(port: int, folder: Path, text: str = OPEN, lengths: Sequence[int] = LENGTHS) -> Polled:
    plant_manager = manager(lengths)
    images = {string.key: StringImage(string) for string in plant_manager.strings}
    owner = SnmpOwner(line(port, folder, text), [plant_manager], images, lambda: polled.now)
    polled = Polled(owner, images)
    return polled
