"""What is read of devices that others made, and what is not believed of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bacs_core.devices import bacs_manager, example, huasu_cellcheck_tv, seplos_v3
from bacs_core.devices.catalogue import MANAGER_QUESTIONS
from bacs_core.devices.panel_module import STATUS_BYPASS_ON
from bacs_core.devices.places import StringValue
from bacs_core.errors import SettingsError
from bacs_core.model import EqualizationState, Quantity
from bacs_core.polling.belief import Belief
from bacs_core.polling.foreign import module_jobs
from bacs_core.polling.foreign_values import Beside
from bacs_core.polling.image import StringImage
from bacs_core.settings import Address, ManagerOptions, ModuleBlock
from bacs_core.simulator.building import PlantOptions
from bacs_core.simulator.foreign import foreign_module
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.room import Room
from bacs_core.simulator.sensors import IDEAL
from bacs_core.snapshot import Floats
from tests.core.polling.by_hand import START, HandLine
from tests.core.polling.foreign_plants import (
    SCALES,
    UNIT,
    ForeignPlant,
    foreign_plant,
    lead_strings,
    lithium_strings,
)

BLOCK = ModuleBlock(
    address=2000,
    stride=4,
    function=4,
    offsets={Quantity.VOLTAGE: 0, Quantity.TEMPERATURE: 1, Quantity.RESISTANCE: 3},
    scales={Quantity.VOLTAGE: 0.001, Quantity.TEMPERATURE: 0.1, Quantity.RESISTANCE: 1e-6},
    signed=frozenset({Quantity.TEMPERATURE}),
)


def values(plant: ForeignPlant, number: int, quantity: Quantity) -> Floats:
    return plant.image(number).freeze(plant.line.now).columns[quantity].values


def test_a_web_manager_shows_its_strings_in_the_scales_of_the_site_file() -> None:
    plant = foreign_plant(bacs_manager.NAME)
    plant.line.round(2)
    for number, cells in ((1, 6), (2, 4)):
        read = plant.image(number).freeze(plant.line.now)
        truth = plant.plant.truth(f"ups/{number}")
        assert read.reported_sum_voltage_v is not None
        assert read.reported_sum_voltage_v.value == pytest.approx(truth.voltage_v.sum(), abs=0.06)
        assert read.reported_mean_voltage_v is not None
        assert read.reported_mean_voltage_v.value == pytest.approx(2.3, abs=0.06)
        assert read.current_a is not None
        assert read.ac_current_a is not None
        assert len(truth.voltage_v) == cells
        assert not np.isfinite(values(plant, number, Quantity.VOLTAGE)).any()
    assert plant.foreign.problem is None
    assert plant.foreign.missing == ()
    assert plant.foreign.told.phases[1, StringValue.FLOAT_CHARGING].value == 1.0


def test_without_a_declared_scale_a_value_is_absent_and_the_reason_is_named() -> None:
    plant = foreign_plant(bacs_manager.NAME, options=ManagerOptions(), served=SCALES)
    plant.line.round(2)
    read = plant.image().freeze(plant.line.now)
    assert read.current_a is None
    assert read.reported_sum_voltage_v is None
    assert read.reported_equalization is not None
    assert "string 1: current_a is absent, current_scale_a is not declared" in plant.foreign.missing


def test_what_a_web_manager_tells_beside_its_strings_is_told_in_words_while_it_is_fresh() -> None:
    plant = foreign_plant(bacs_manager.NAME, options=replace(SCALES, ups=True))
    plant.line.round(3)
    told = plant.foreign.beside(plant.line.now)
    assert told.phases == ("float_charging",)
    assert "running" in told.flags
    assert "float charging" not in told.flags
    assert told.registers["ups.on_battery"] == 0
    # Strings tell of these, and of the numbers of strings and modules the site file.
    assert not {"strings.current_1", "general.string_count"} & set(told.registers)
    assert plant.foreign.beside(plant.line.now + 60).phases == ()
    assert plant.foreign.beside(plant.line.now + 600) == Beside()
    plant.foreign.belief.forget()
    assert plant.foreign.beside(plant.line.now) == Beside()


def test_a_number_whose_scale_nobody_declared_is_told_as_it_is() -> None:
    plant = foreign_plant(bacs_manager.NAME, options=ManagerOptions(), served=SCALES)
    plant.line.round(2)
    assert "strings.current_1" in plant.foreign.beside(plant.line.now).registers


def test_equalization_of_a_web_manager_is_shown_from_its_flag() -> None:
    plant = foreign_plant(bacs_manager.NAME)
    plant.plant.strings["ups/1"].shift_float_reference(0, 0.1)
    plant.plant.advance(36_000)
    plant.line.round(3)
    read = plant.image().freeze(plant.line.now)
    assert read.reported_equalization is EqualizationState.ACTIVE


@pytest.mark.parametrize(
    ("claimed", "problem"),
    [
        (lead_strings(6), "the number of strings is 2 instead of 1"),
        (lead_strings(6, 5), "the number of modules is 10 instead of 11"),
    ],
)
def test_a_web_manager_that_is_built_otherwise_is_not_believed(
    claimed: tuple[object, ...], problem: str
) -> None:
    plant = foreign_plant(bacs_manager.NAME, claimed=claimed)  # type: ignore[arg-type]
    plant.line.round(3)
    assert plant.foreign.problem == problem
    assert plant.foreign.is_contradicted()
    assert plant.image().freeze(plant.line.now).current_a is None


def test_no_other_register_of_a_web_manager_is_asked_than_published_ones() -> None:
    plant = foreign_plant(bacs_manager.NAME, lead_strings(*[2] * 12), replace(SCALES, ups=True))
    plant.line.round(3)
    assert {(function, address, count) for _, function, address, count in plant.line.asked} == {
        (3, 1000, 5),
        (3, 1010, 49),
        (3, 97, 54),
    }
    assert plant.image(10).freeze(plant.line.now).current_a is not None
    # The registers of strings 11-16 are not published.
    assert plant.image(11).freeze(plant.line.now).current_a is None
    assert plant.foreign.told.registers["ups.on_battery"].value == 0


def test_cells_of_a_web_manager_come_only_from_a_block_that_the_installer_declares() -> None:
    strings = lead_strings(40, 7)
    plant = foreign_plant(bacs_manager.NAME, strings, replace(SCALES, module_block=BLOCK))
    names = [job.name for job in plant.foreign.jobs]
    assert len(set(names)) == len(names)
    plant.line.round(2)
    for number in (1, 2):
        truth = plant.plant.truth(f"ups/{number}")
        assert values(plant, number, Quantity.VOLTAGE) == pytest.approx(truth.voltage_v, abs=1e-3)
        assert values(plant, number, Quantity.TEMPERATURE) == pytest.approx(
            truth.temperature_c, abs=0.1
        )
        assert values(plant, number, Quantity.RESISTANCE) == pytest.approx(
            truth.resistance_ohm, abs=2e-6
        )
        assert np.isnan(values(plant, number, Quantity.DUTY)).all()
    declared = range(2000, 2000 + 4 * 47)
    cells = [row for row in plant.line.asked if row[2] >= 2000]
    assert all(address in declared for _, _, address, _ in cells)
    assert all(address + count - 1 in declared for _, _, address, count in cells)
    assert all(count <= 125 for _, _, _, count in cells)


def test_a_declared_block_may_have_a_column_for_each_quantity() -> None:
    columns = replace(
        BLOCK,
        stride=1,
        offsets={Quantity.VOLTAGE: 0, Quantity.TEMPERATURE: 512, Quantity.RESISTANCE: 1024},
    )
    plant = foreign_plant(
        bacs_manager.NAME, lead_strings(130), replace(SCALES, module_block=columns)
    )
    plant.line.round(2)
    truth = plant.plant.truth("ups/1")
    assert values(plant, 1, Quantity.VOLTAGE) == pytest.approx(truth.voltage_v, abs=1e-3)
    assert np.isfinite(values(plant, 1, Quantity.RESISTANCE)).all()


def test_a_device_that_was_away_has_to_show_again_what_it_is() -> None:
    plant = foreign_plant(bacs_manager.NAME)
    plant.line.round(2)
    plant.line.away = True
    plant.line.round(2)
    assert plant.foreign.problem == "was away"
    assert not plant.foreign.is_contradicted()
    assert plant.line.asked[-1][2] == 1010
    plant.line.away = False
    last = len(plant.line.asked)
    plant.line.round(2)
    assert plant.line.asked[last][2] == 1000
    assert plant.foreign.problem is None


def test_a_pack_shows_its_cells_and_which_of_them_it_equalizes() -> None:
    plant = foreign_plant(seplos_v3.NAME)
    plant.plant.strings["ups/1"].shift_float_reference(11, 0.05)
    plant.plant.advance(36_000)
    plant.line.round(3)
    truth = plant.plant.truth("ups/1")
    assert values(plant, 1, Quantity.VOLTAGE) == pytest.approx(truth.voltage_v, abs=2e-3)
    read = plant.image().freeze(plant.line.now)
    assert read.reported_equalization is EqualizationState.ACTIVE
    assert read.module_status[11] & STATUS_BYPASS_ON
    assert read.current_a is not None
    assert read.reported_charge_percent is not None
    assert read.room_temperature_c is not None
    assert read.room_temperature_c.value == pytest.approx(25, abs=10)
    # No source says on which cells the four sensors sit.
    assert np.isnan(values(plant, 1, Quantity.TEMPERATURE)).all()
    assert {function for _, function, _, _ in plant.line.asked} == {1, 4}


def test_a_pack_cannot_be_two_strings() -> None:
    with pytest.raises(SettingsError, match="one string of at most 16 cells"):
        foreign_plant(seplos_v3.NAME, lithium_strings(8, 8))


def test_a_device_of_ones_own_needs_a_file_and_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MANAGER_QUESTIONS, example.NAME, example.questions)
    plant = foreign_plant(example.NAME, lead_strings(4))
    plant.line.round(2)
    truth = plant.plant.truth("ups/1")
    assert values(plant, 1, Quantity.VOLTAGE) == pytest.approx(truth.voltage_v, abs=1e-3)
    assert plant.image().freeze(plant.line.now).current_a is not None


def huasu_line(
    *cell_voltages_v: float, beliefs: dict[int, Belief] | None = None
) -> tuple[HandLine, StringImage, Plant]:
    """Two modules of each kind on a line; the site file says that all cells are of the first."""
    strings = [
        replace(string, manager_id=f"kind{kind}", cell_voltage_v=cell_voltages_v[kind])
        for kind, string in enumerate(lead_strings(2) * len(cell_voltages_v))
    ]
    plant = Plant(strings, PlantOptions(tolerances=IDEAL))
    room = Room(plant, 1.0, START)
    units = [
        foreign_module(huasu_cellcheck_tv.NAME, unit, plant.strings[string.key], cell, room)
        for unit, (string, cell) in enumerate(
            [(string, cell) for string in strings for cell in range(2)], start=1
        )
    ]
    declared = replace(strings[0], cell_count=len(units))
    image = StringImage(declared)
    line = HandLine(units)
    addresses = [Address("line", unit) for unit in range(1, len(units) + 1)]
    line.jobs = module_jobs(
        declared, addresses, huasu_cellcheck_tv.NAME, image, line.answers, beliefs=beliefs
    )
    return line, image, plant


def test_every_module_of_others_shows_the_cell_it_sits_on() -> None:
    line, image, plant = huasu_line(2.0)
    plant.strings["kind0/1"].shift_float_reference(1, 0.02)
    line.round(2)
    truth = plant.truth("kind0/1")
    columns = image.freeze(line.now).columns
    assert columns[Quantity.VOLTAGE].values == pytest.approx(truth.voltage_v, abs=1e-3)
    assert columns[Quantity.TEMPERATURE].values == pytest.approx(truth.temperature_c, abs=0.06)
    assert {row[2:] for row in line.asked} == {(0x0E, 1), (0x12, 1), (0, 3)}


def test_a_module_for_another_voltage_is_not_believed() -> None:
    beliefs: dict[int, Belief] = {}
    line, image, _ = huasu_line(2.0, 12.0, beliefs=beliefs)
    line.round(2)
    read = np.isfinite(image.freeze(line.now).columns[Quantity.VOLTAGE].values)
    assert read.tolist() == [True, True, False, False]
    assert beliefs[1].problem is None
    assert beliefs[2].problem == "the module's nominal voltage is 12 instead of 2"


def test_a_string_that_spans_lines_is_read_from_each_of_them() -> None:
    string = lead_strings(3)[0]
    addresses = [Address("a", 1), Address("b", 1), Address("a", 2)]
    image = StringImage(string)
    jobs = [
        module_jobs(
            string, addresses, huasu_cellcheck_tv.NAME, image, lambda _unit: True, line_id=line_id
        )
        for line_id in ("a", "b")
    ]
    assert [{job.unit for job in on_line} for on_line in jobs] == [{1, 2}, {1}]


def test_modules_that_do_not_exist_for_a_cell_are_refused() -> None:
    string = replace(lead_strings(1)[0], cell_voltage_v=4.0)
    with pytest.raises(SettingsError, match="2 V, 6 V and 12 V"):
        module_jobs(
            string,
            [Address("a", UNIT)],
            huasu_cellcheck_tv.NAME,
            StringImage(string),
            lambda _unit: True,
        )


def test_a_step_of_the_clock_moves_what_was_told() -> None:
    plant = foreign_plant(bacs_manager.NAME)
    plant.line.round(2)
    before = plant.foreign.told.registers["general.general_status"].read_at
    plant.foreign.shift(3600.0)
    assert plant.foreign.told.registers["general.general_status"].read_at == before + 3600
