"""Values out of synthetic answers, made by hand from the documented layouts of other makers."""

from __future__ import annotations

import struct

import pytest

from bacs_core.devices import bacs_manager, huasu_cellcheck_tv, seplos_v3, sunspec_battery
from bacs_core.devices.places import StringValue, names_of
from bacs_core.devices.registers import MAX_READ_REGISTERS
from bacs_core.model import Quantity
from bacs_core.settings import ManagerOptions, ModuleBlock
from tests.core.simulator.plants import make_string


def words(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}H", *(number & 0xFFFF for number in numbers))


def test_the_general_status_of_a_web_manager_has_the_published_names() -> None:
    # The makers' own example: running and float charging.
    assert names_of(bacs_manager.GENERAL_STATUS_BITS, 0x0041) == ("running", "float charging")
    assert names_of(bacs_manager.GENERAL_STATUS_BITS, 0x4080) == ("equalisation", "bit 0x4000")


def test_the_flags_of_a_web_manager_count_for_each_string_and_silence_inside_is_a_problem() -> None:
    strings = [make_string(6, number=1), make_string(4, number=2)]
    general, _ = bacs_manager.questions(strings, ManagerOptions())
    values = general.decode(words(0x0009, 7, 8, 2, 10))
    assert general.disagreement(values) is None
    told = {(place.string, place.target): place.value(values, {}) for place in general.places}
    assert told[1, StringValue.DISCHARGING] == told[2, StringValue.DISCHARGING] == 1.0
    assert told[1, StringValue.EQUALIZING] == 0.0
    silent = general.decode(words(0, 0, 0, 2, 10))
    assert "interrupted" in str(general.disagreement(silent))


def test_a_string_of_a_web_manager_has_five_registers_in_the_scale_of_its_installer() -> None:
    strings = [make_string(6, number=number) for number in (1, 2)]
    options = ManagerOptions(current_scale_a=0.1, voltage_scale_v=0.01)
    _, asked = bacs_manager.questions(strings, options)
    assert (asked.block.address, asked.block.count) == (1010, 9)
    assert bacs_manager.STRINGS.address + bacs_manager.STRINGS.count == 1059
    values = asked.decode(words(-123, 1362, 227, 15, 0xFFFF, 45, 1363, 227, 16))
    told = {
        (place.string, place.target): place.value(values, asked.factors) for place in asked.places
    }
    assert told[1, StringValue.CURRENT] == -12.3
    assert told[1, StringValue.SUM_VOLTAGE] == 13.62
    assert told[1, StringValue.MEAN_VOLTAGE] == 2.27
    assert told[2, StringValue.CURRENT] == 4.5
    assert told[2, StringValue.AC_CURRENT] == 1.6


def test_the_ups_part_of_a_web_manager_has_the_order_of_the_published_list() -> None:
    by_address = {97 + register.offset: register.name for register in bacs_manager.UPS.registers}
    assert by_address[103] == "battery_charge"
    assert by_address[109] == "status"
    assert by_address[114] == "power_failures"
    assert by_address[116] == "on_battery"
    assert by_address[138] == "test_in_progress"
    assert by_address[139] == "aux_1"
    assert by_address[150] == "sensor_8"
    assert set(by_address) == set(range(97, 151))
    # Published examples: normal operation 4, power failure 12.
    assert names_of(bacs_manager.UPS_STATUS_BITS, 12) == ("output active", "on battery")


@pytest.mark.parametrize("stride", [1, 3, 8, 124, 1000])
@pytest.mark.parametrize("distance", [1, 2, 200])
def test_a_declared_block_is_read_within_what_one_transaction_can_carry(
    stride: int, distance: int
) -> None:
    declared = ModuleBlock(
        address=3000,
        stride=stride,
        function=4,
        offsets={Quantity.VOLTAGE: 0, Quantity.TEMPERATURE: distance, Quantity.CHARGE: 0},
        scales=dict.fromkeys((Quantity.VOLTAGE, Quantity.TEMPERATURE, Quantity.CHARGE), 0.1),
    )
    strings = [make_string(50)]
    asked = bacs_manager.questions(strings, ManagerOptions(module_block=declared))[2:]
    assert all(question.block.count <= MAX_READ_REGISTERS for question in asked)
    for quantity, offset in declared.offsets.items():
        where = {
            place.cell: question.block.address
            + next(row.offset for row in question.block.registers if row.name == place.register)
            for question in asked
            for place in question.places
            if place.target == quantity
        }
        assert where == {cell: 3000 + stride * (cell - 1) + offset for cell in range(1, 51)}


@pytest.mark.parametrize(("raw", "temperature_c"), [(253, 25.3), (0x8000 | 53, -5.3), (0, 0.0)])
def test_the_temperature_of_a_module_has_its_sign_in_the_highest_bit(
    raw: int, temperature_c: float
) -> None:
    *_, measurement = huasu_cellcheck_tv.questions(9, make_string(1))
    assert measurement.decode(words(0x40A0, 2267, raw)) == {
        "firmware": 0x40A0,
        "voltage_v": 2.267,
        "temperature_c": temperature_c,
    }


def test_a_pack_is_decoded_in_its_units() -> None:
    asked = {
        row.block.name: row for row in seplos_v3.questions([make_string(16)], ManagerOptions())
    }
    pack = asked["pack"].decode(words(5123, -2500, 7000, 10000, 12, 701, 985, *range(8, 18)))
    assert pack["sum_voltage_v"] == 51.23
    assert pack["current_a"] == -25.0
    assert pack["charge_percent"] == 70.1
    assert (pack["cycles"], pack["mean_voltage_v"]) == (8, 0.009)
    cells = asked["cells"].decode(words(*range(3201, 3217), *[3031] * 4, *[0] * 4, 2981, 3131))
    assert cells["voltage_v_16"] == 3.216
    assert cells["sensor_c_1"] == pytest.approx(29.95)
    assert cells["surroundings_c"] == pytest.approx(24.95)
    # Coils: cells 1 and 9 are equalized, the pack discharges.
    events = asked["events"].decode(bytes([0x01, 0x01, 0x01, 0x00]))
    assert {name for name, value in events.items() if value} == {
        "equalization_1",
        "equalization_9",
        "discharging",
    }


def test_the_fixed_parts_of_the_models_have_the_published_lengths() -> None:
    heads = sunspec_battery.HEADS
    assert {number: heads[number].count for number in (802, 803, 804, 805)} == {
        802: 64,
        803: 28,
        804: 48,
        805: 44,
    }


def test_a_large_module_is_read_in_parts_that_keep_its_scales() -> None:
    values = {"ID": 805.0, "L": 42.0 + 4 * 60, "StrIdx": 1.0, "ModIdx": 1.0, "NCell": 60.0}
    bank = sunspec_battery.Model(40002, {"ID": 803.0, "L": 58.0, "NStr": 1.0})
    module = sunspec_battery.Model(40100, values | {"CellV_SF": -3.0, "Tmp_SF": -1.0})
    asked = sunspec_battery.questions([bank, module], [make_string(60)], ManagerOptions())[1:]
    assert [(row.block.address - 40100, row.block.count) for row in asked] == [
        (0, 124),
        (44 + 4 * 20, 124),
        (44 + 4 * 51, 36),
    ]
    last = asked[-1].decode(words(*[3345, 253, 0, 1] * 9))
    told = {(row.target, row.cell): row.value(last, {}) for row in asked[-1].places}
    assert told[Quantity.VOLTAGE, 60] == 3.345
    assert told[Quantity.TEMPERATURE, 52] == 25.3
    assert told[StringValue.CELL_BYPASS, 60] == 1.0
    absent = asked[-1].decode(words(*[0xFFFF, 0x8000, 0xFFFF, 0xFFFF] * 9))
    assert {row.value(absent, {}) for row in asked[-1].places} == {None}
