"""What of a foreign device counts as a reading."""

from __future__ import annotations

import math

import pytest

from bacs_core.devices import bacs_manager_snmp
from bacs_core.devices.places import StringValue
from bacs_core.devices.ranges import range_of
from bacs_core.model import Quantity
from tests.core.simulator.plants import make_string

STRING = make_string(6, cell_voltage_v=2.0, capacity_ah=100.0, module_type="C44")


@pytest.mark.parametrize(
    ("target", "readings", "others"),
    [
        (Quantity.VOLTAGE, (-0.4, 0.0, 1.2, 2.7), (-13.1, 65.535, 21474836.47)),
        (Quantity.TEMPERATURE, (-30.0, 85.0), (-273.15, -3276.8, -9999.9, 6280.3)),
        (Quantity.RESISTANCE, (2e-5, 0.3), (0.0, -1e-3, 65.535)),
        (Quantity.CHARGE, (0.0, 100.0, 104.0), (-0.1, 255.0, 6553.5)),
        (Quantity.DUTY, (0.0, 100.0), (127.5,)),
        (StringValue.CURRENT, (-900.0, 50.0), (-21474836.48, 2001.0)),
        (StringValue.AC_CURRENT, (0.0, 30.0), (-0.1, 6553.5)),
        (StringValue.SUM_VOLTAGE, (10.0, 13.6), (655.35,)),
        (StringValue.MEAN_VOLTAGE, (2.27,), (65.535,)),
        (StringValue.CHARGE, (100.0,), (6553.5,)),
        (StringValue.ROOM_TEMPERATURE, (25.0,), (-273.15,)),
    ],
)
def test_a_number_that_no_battery_can_have_is_no_reading(
    target: Quantity | StringValue, readings: tuple[float, ...], others: tuple[float, ...]
) -> None:
    range_ = range_of(target, STRING)
    assert tuple(map(range_.taken, readings)) == readings
    assert {range_.taken(value) for value in (*others, math.nan, math.inf, None)} == {None}


def test_a_module_can_have_measured_only_what_lets_it_live() -> None:
    twelve = make_string(6, cell_voltage_v=12.0, capacity_ah=100.0, module_type="C20")
    voltage, temperature, resistance = (
        bacs_manager_snmp.range_for(row, twelve) for row in bacs_manager_snmp.MODULE_COLUMNS
    )
    assert (voltage.taken(5.0), voltage.taken(20.0)) == (5.0, 20.0)
    assert {voltage.taken(value) for value in (0.0, -13.1, 25.0)} == {None}
    assert (temperature.taken(-5.0), temperature.taken(-99.9)) == (-5.0, None)
    assert (resistance.taken(3e-3), resistance.taken(0.0), resistance.taken(0.65535)) == (
        3e-3,
        None,
        None,
    )
