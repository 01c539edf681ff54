"""How foreign devices are told apart by reading alone: blocks, and what their registers must hold.

Only registers of a public source are asked for, and nothing is ever written. A device fits where
every ask of its row is answered as it says. Rows are tried in order: the surest marks come first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bacs_core.bus.frames import Request, read_registers
from bacs_core.commissioning.words import say
from bacs_core.devices import bacs_manager, huasu_cellcheck_tv, seplos_v3, sunspec_battery
from bacs_core.devices.device import Device
from bacs_core.devices.registers import Block
from bacs_core.errors import FrameError
from bacs_core.model import MAX_CELLS_PER_MANAGER, MAX_STRINGS_PER_MANAGER

Values = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Expect:
    """What a register may hold: one of `values`, or from `low` to `high`, in its own unit."""

    register: str
    values: tuple[float, ...] = ()
    low: float = 0.0
    high: float = 0.0
    is_unit: bool = False
    """It has to be the unit address that was asked."""

    def fits(self, values: Values, unit: int) -> bool:
        """Tell whether a device of this kind at `unit` would say so."""
        value = values[self.register]
        if value is None:
            return False
        if self.is_unit:
            return value == unit
        return value in self.values if self.values else self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Ask:
    """A read of one block, and what is checked of it."""

    block: Block
    expects: tuple[Expect, ...]

    def request(self, unit: int) -> Request:
        """Build the request for one unit."""
        return read_registers(unit, self.block.address, self.block.count, self.block.function)

    def values(self, payload: bytes, unit: int) -> Values | None:
        """Return the values of an answer, or `None` where this device would not answer so."""
        try:
            values = self.block.decode(payload)
        except FrameError:
            return None
        return values if all(expect.fits(values, unit) for expect in self.expects) else None


@dataclass(frozen=True, slots=True)
class Probe:
    """One kind of device. `remark` says what stays unknown although it fits.

    `strings` and `cells` name the registers that count them. `knocks_at` is the speed at which its
    first ask is put to units that keep silent, since this kind may ignore what it does not know.
    """

    device: Device
    asks: tuple[Ask, ...]
    remark: str = ""
    strings: str | None = None
    cells: str | None = None
    knocks_at: int | None = None


PROBES: Final = (
    *(
        Probe(
            sunspec_battery.DEVICE,
            (
                Ask(
                    sunspec_battery.START.at(address),
                    (Expect("marker", values=(sunspec_battery.MARKER,)),),
                ),
            ),
            remark=say("sunspec_marker"),
        )
        for address in sunspec_battery.MARKER_ADDRESSES
    ),
    Probe(
        huasu_cellcheck_tv.DEVICE,
        (
            Ask(huasu_cellcheck_tv.ADDRESS, (Expect("unit_address", is_unit=True),)),
            Ask(huasu_cellcheck_tv.MODULE_TYPE, (Expect("nominal_voltage_v", values=(2, 6, 12)),)),
        ),
    ),
    Probe(
        seplos_v3.DEVICE,
        (
            Ask(seplos_v3.CELL_COUNT, (Expect("cell_count", low=1, high=16),)),
            Ask(
                seplos_v3.PACK,
                (Expect("charge_percent", high=100), Expect("mean_voltage_v", low=0.5, high=5)),
            ),
        ),
        cells="cell_count",
        knocks_at=seplos_v3.DEVICE.baud,
    ),
    Probe(
        bacs_manager.DEVICE,
        (
            Ask(
                bacs_manager.GENERAL,
                (
                    # The two highest bits have no meaning in the published list.
                    Expect("general_status", high=0x3FFF),
                    Expect("string_count", low=1, high=MAX_STRINGS_PER_MANAGER),
                    Expect("module_count", low=1, high=MAX_CELLS_PER_MANAGER),
                ),
            ),
        ),
        remark=say("division_unknown"),
        strings="string_count",
        cells="module_count",
    ),
)
