"""The declaration of the real manager behind SNMP, held against what its sources print."""

from __future__ import annotations

import pytest

from bacs_core.devices import bacs_manager_snmp
from bacs_core.devices.bacs_manager_snmp import Object
from bacs_core.errors import DeclarationError
from bacs_core.model import Quantity
from bacs_core.settings import Link

BACS = "1.3.6.1.2.1.33.5"
ROWS = (
    *bacs_manager_snmp.SCALARS,
    bacs_manager_snmp.MODULE_INDEX,
    *bacs_manager_snmp.MODULE_COLUMNS,
    bacs_manager_snmp.STRING_INDEX,
    *bacs_manager_snmp.STRING_COLUMNS,
    *bacs_manager_snmp.NOT_READ,
)


@pytest.mark.parametrize(
    ("oid", "raw", "value"),
    [
        (f"{BACS}.1.8.0", 110, 1.1e-3),
        (f"{BACS}.1.9.0", 5000, 50e-3),
        (f"{BACS}.2.5.1.2", 227, 2.27),
        (f"{BACS}.2.5.1.3", -5, -0.5),
        (f"{BACS}.2.5.1.5", 48, 0.48e-3),
        (f"{BACS}.2.7.1.2", -150, -1.5),
        (f"{BACS}.2.7.1.3", 54480, 544.8),
        (f"{BACS}.2.7.1.4", 1362, 13.62),
    ],
)
def test_a_raw_number_means_what_the_source_says(oid: str, raw: int, value: float) -> None:
    (row,) = (row for row in ROWS if row.oid == oid)
    assert row.value(raw) == value


def test_no_object_stands_twice_and_each_names_its_source() -> None:
    assert len({row.oid for row in ROWS}) == len({row.name for row in ROWS} | {""}) - 1 == len(ROWS)
    assert all(row.source for row in ROWS)


def test_what_the_source_does_not_show_is_not_declared() -> None:
    declared = {row.oid for row in ROWS}
    assert f"{BACS}.2.5.1.4" not in declared
    assert not {f"{BACS}.1.10.0", f"{BACS}.1.11.0"} & declared


def test_the_device_gives_what_its_columns_are_for() -> None:
    device = bacs_manager_snmp.DEVICE
    assert device.links == (Link.SNMP,)
    assert device.read_only
    assert device.gives == tuple(row.quantity for row in bacs_manager_snmp.MODULE_COLUMNS)
    assert Quantity.CHARGE not in device.gives


@pytest.mark.parametrize(("oid", "per_unit"), [("1.3.x", 1), ("1..3", 1), ("1.3.6", 0)])
def test_a_row_that_cannot_be_true_is_refused(oid: str, per_unit: int) -> None:
    with pytest.raises(DeclarationError):
        Object("row", oid, "row", "nowhere", per_unit=per_unit)
