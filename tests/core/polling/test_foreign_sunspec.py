"""How the models of a SunSpec battery are found, and what happens where they do not fit."""

from __future__ import annotations

import pytest

from bacs_core.devices import sunspec_battery
from bacs_core.devices.sunspec_battery import BANK, Model, disagreement, questions
from bacs_core.model import EqualizationState, Quantity
from bacs_core.settings import ManagerOptions
from bacs_core.simulator import foreign_sunspec
from tests.core.polling.foreign_plants import (
    STRINGS,
    foreign_plant,
    lead_strings,
    lithium_strings,
)

NAME = sunspec_battery.NAME


@pytest.mark.parametrize("start", [40000, 50000, 0])
def test_every_cell_is_found_wherever_the_marker_stands(
    start: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign_sunspec, "MARKER_ADDRESSES", (start,))
    plant = foreign_plant(NAME)
    plant.line.round(8)
    assert plant.foreign.problem is None
    for number in (1, 2):
        read = plant.image(number).freeze(plant.line.now)
        truth = plant.plant.truth(f"ups/{number}")
        voltage = read.columns[Quantity.VOLTAGE].values
        assert voltage == pytest.approx(truth.voltage_v, abs=1e-3)
        temperature = read.columns[Quantity.TEMPERATURE].values
        assert temperature == pytest.approx(truth.temperature_c, abs=0.06)
        assert read.reported_sum_voltage_v is not None
        assert read.reported_sum_voltage_v.value == pytest.approx(voltage.sum(), abs=0.06)
        assert read.reported_charge_percent is not None
        assert read.reported_equalization is not None
        assert read.current_a is not None
    assert plant.foreign.firmware_version == "1.0"
    assert plant.foreign.serial_number == 1


def test_nothing_outside_known_models_is_asked() -> None:
    plant = foreign_plant(NAME)
    plant.line.round(8)
    assert plant.line.refused == []
    assert {function for _, function, _, _ in plant.line.asked} == {3}


def test_the_current_is_given_only_where_the_site_file_vouches_for_its_sign() -> None:
    plant = foreign_plant(NAME, options=ManagerOptions(), served=ManagerOptions())
    plant.line.round(8)
    assert plant.image().freeze(plant.line.now).current_a is None
    assert plant.foreign.missing[0].startswith("string 1: current_a is absent")


def test_balanced_cells_are_shown() -> None:
    plant = foreign_plant(NAME)
    plant.plant.strings["ups/2"].shift_float_reference(20, 0.05)
    plant.plant.advance(36_000)
    plant.line.round(8)
    read = plant.image(2).freeze(plant.line.now)
    assert read.module_status[20] == 1
    assert read.reported_equalization is EqualizationState.ACTIVE


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ((24,), "the number of strings is 2 instead of 1"),
        ((24, 23), "the cells of string 2 are 24 instead of 23"),
    ],
)
def test_a_battery_that_is_built_otherwise_is_not_believed(
    cells: tuple[int, ...], problem: str
) -> None:
    plant = foreign_plant(NAME, claimed=lithium_strings(*cells))
    plant.line.round(8)
    assert plant.foreign.problem == problem
    assert plant.image().freeze(plant.line.now).reported_sum_voltage_v is None


def test_a_battery_that_was_away_is_walked_again() -> None:
    plant = foreign_plant(NAME)
    plant.line.round(8)
    plant.line.away = True
    plant.line.round(2)
    assert plant.foreign.problem == "was away"
    plant.line.away = False
    last = len(plant.line.asked)
    plant.line.round(4)
    assert plant.line.asked[last][2] == 40000
    plant.line.round(4)
    assert plant.foreign.problem is None


def test_a_device_without_the_marker_is_named() -> None:
    plant = foreign_plant(NAME)
    plant.line.units = foreign_plant("bacs_manager", lead_strings(2)).line.units
    plant.line.round(8)
    assert plant.line.asked
    assert {address for _, _, address, _ in plant.line.asked} == {0, 40000, 50000}
    assert plant.foreign.problem is not None


def test_a_chain_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    plant = foreign_plant(NAME)
    read = plant.line.units[0].read

    def endless(function: int, address: int, count: int, now: float) -> bytes:
        if address < 40100:
            return read(function, address, count, now)
        return bytes([0, 9, 0x3F, 0xFF])[: 2 * count]

    monkeypatch.setattr(plant.line.units[0], "read", endless)
    plant.line.round(8)
    assert plant.foreign.problem == "the chain of models never ends"


def bank(**counts: float) -> Model:
    """Build a bank model as its head shows it; the numbers are synthetic."""
    values = {register.name: 0.0 for register in BANK.registers}
    return Model(40070, values | {"ID": 803.0, "L": 26.0 + 32 * counts["NStr"]} | counts)


def test_a_bank_without_further_models_still_shows_its_strings() -> None:
    strings = STRINGS[NAME]
    found = [bank(NStr=2, CellV_SF=-3, SoC_SF=-1, A_SF=-1)]
    assert disagreement(found, strings) is None
    asked = questions(found, strings, ManagerOptions(current_scale_a=1.0))
    assert [question.block.address for question in asked] == [40070 + 28, 40070 + 28 + 32]
    payload = bytearray(2 * 12)
    payload[8:10] = (987).to_bytes(2, "big")
    payload[12:14] = (-123).to_bytes(2, "big", signed=True)
    payload[22:24] = (3345).to_bytes(2, "big")
    values = asked[0].decode(bytes(payload))
    told = {place.target: place.value(values, asked[0].factors) for place in asked[0].places}
    assert told == {"current_a": -12.3, "mean_voltage_v": 3.345, "charge_percent": 98.7}


def module(number: int, cells: int) -> Model:
    values = {"ID": 805.0, "L": 42.0 + 4 * cells, "StrIdx": 1.0, "NCell": float(cells)}
    return Model(41000 + 100 * number, values | {"ModIdx": float(number)})


@pytest.mark.parametrize("numbers", [(0, 1), (2, 3), (1, 1), (1, 3)])
def test_modules_that_are_not_numbered_from_1_are_not_believed(numbers: tuple[int, int]) -> None:
    strings = STRINGS[NAME][:1]
    half, rest = strings[0].cell_count // 2, (strings[0].cell_count + 1) // 2
    wrong, right = (
        disagreement([bank(NStr=1), module(one, half), module(other, rest)], strings)
        for one, other in (numbers, (2, 1))
    )
    assert "not numbered 1 to 2" in str(wrong)
    assert right is None


def test_a_model_whose_length_contradicts_its_contents_is_refused() -> None:
    assert "contradicts" in str(disagreement([bank(NStr=2, L=26)], STRINGS[NAME]))
    assert "no model 803" in str(disagreement([], STRINGS[NAME]))
