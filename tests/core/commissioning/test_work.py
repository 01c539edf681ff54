"""Scans and addressing of simulated devices, in fake time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bacs_core.api.messages import AddressingMode, ReaddressModule, StartAddressing, StartScan
from bacs_core.commissioning.proposal import Wire
from bacs_core.commissioning.scan import Speed
from bacs_core.commissioning.work import Bench, Order, Progress, carry_out
from bacs_core.errors import RefusedError
from bacs_core.settings import Line, Parity
from bacs_core.simulator.modules import Module
from tests.core.commissioning.pair import Pair, hurried, modules_of, simulated

LINE = Line("rack", "/dev/null", 19200, Parity.EVEN, 1, gap_s=0.002, max_turnaround_s=0.05)
CHAIN = StartAddressing(line_id="rack", mode=AddressingMode.AUTOMATIC, first_unit=1, count=4)
BUTTONS = CHAIN.model_copy(update={"mode": AddressingMode.MANUAL})


def work(pair: Pair, order: Order, line: Line = LINE) -> Progress:
    progress = Progress()
    hurried(carry_out(Bench(line, pair, loan_s=600.0), order, progress))
    return progress


def factory_new(modules: list[Module]) -> None:
    """Modules leave the factory without an address: here one that nobody asks for."""
    for module in modules:
        module.unit = 247


def units(modules: list[Module]) -> list[int]:
    return [module.unit for module in modules]


def test_a_scan_finds_everybody_and_proposes_tables(tmp_path: Path) -> None:
    pair, _ = simulated(tmp_path)
    progress = work(pair, StartScan(line_id="rack"))
    assert [found.unit for found in progress.found] == [1, 2, 3, 4, 241, 242]
    assert progress.message == "6 units answer"
    assert progress.done == progress.total == 247
    progress.conclude(Wire("rack", "/dev/ttyUSB0"))
    assert progress.proposal is not None
    assert 'units = "1-4"' in progress.proposal


def test_a_line_that_talks_at_another_speed_is_found_at_that(tmp_path: Path) -> None:
    pair, _ = simulated(tmp_path)
    pair.speed = Speed(115200, Parity.EVEN)
    progress = work(pair, StartScan(line_id="rack", first_unit=1, last_unit=10))
    assert {(found.unit, found.speed) for found in progress.found} == {
        (unit, Speed(115200, Parity.EVEN)) for unit in (1, 2, 3, 4)
    }
    assert progress.speed == Speed(115200, Parity.EVEN)


def test_a_scan_that_finds_nobody_says_so_and_proposes_nothing() -> None:
    progress = work(Pair([]), StartScan(line_id="rack", last_unit=3))
    progress.conclude(Wire("rack", "x"))
    assert (progress.message, progress.proposal) == ("0 units answer", None)


def test_sleepers_are_woken_before_they_are_asked(tmp_path: Path) -> None:
    pair, devices = simulated(tmp_path)
    for module in modules_of(devices):
        module.fall_asleep()
    progress = work(pair, StartScan(line_id="rack", last_unit=4))
    assert len(progress.found) == 4


def test_mixed_generations_are_found_but_not_proposed(tmp_path: Path) -> None:
    pair, devices = simulated(tmp_path)
    modules_of(devices)[2].plate.generation = 3
    progress = work(pair, StartScan(line_id="rack", last_unit=4))
    progress.conclude(Wire("rack", "x"))
    assert len(progress.found) == 4
    assert progress.proposal is None
    assert "generation 3 at 3; generation 4 at 1-2, 4" in progress.detail


def test_a_chain_of_new_modules_is_addressed_in_its_order(tmp_path: Path) -> None:
    pair, devices = simulated(tmp_path)
    factory_new(modules_of(devices))
    progress = work(pair, CHAIN)
    assert units(modules_of(devices)) == [1, 2, 3, 4]
    assert [found.unit for found in progress.found] == [1, 2, 3, 4]
    assert progress.message == "4 modules have an address"
    assert all(module.addresses == {module.unit} for module in modules_of(devices))


def test_a_chain_that_ends_early_is_told(tmp_path: Path) -> None:
    pair, devices = simulated(tmp_path)
    factory_new(modules_of(devices))
    progress = work(pair, CHAIN.model_copy(update={"first_unit": 11, "count": 9}))
    assert units(modules_of(devices)) == [11, 12, 13, 14]
    assert progress.message == "4 of 9 modules have an address, no more came"


def test_a_chain_that_has_its_addresses_keeps_them(tmp_path: Path) -> None:
    pair, devices = simulated(tmp_path)
    work(pair, CHAIN)
    assert units(modules_of(devices)) == [1, 2, 3, 4]


def test_manual_addressing_follows_the_buttons(tmp_path: Path) -> None:
    pair, devices = simulated(tmp_path)
    modules = modules_of(devices)
    factory_new(modules)
    # A module that waits for its address must not answer where the one with the button does.
    for module, unit in zip(modules, (21, 22, 23, 24), strict=True):
        module.unit = unit

    async def press() -> Progress:
        progress = Progress()
        running = asyncio.create_task(carry_out(Bench(LINE, pair, 600.0), BUTTONS, progress))
        for number, cell in enumerate((2, 0, 3, 1), start=1):
            while progress.message != "press the button of the next module":
                await asyncio.sleep(1)
            await asyncio.sleep(30)
            assert progress.message == "press the button of the next module"
            modules[cell].press_button()
            await asyncio.sleep(3)
            assert progress.done == number
        await running
        return progress

    progress = hurried(press())
    assert units(modules) == [2, 4, 1, 3]
    assert progress.message == "4 modules have an address"


def test_two_buttons_at_once_are_refused_and_change_nothing(tmp_path: Path) -> None:
    pair, devices = simulated(tmp_path)
    modules = modules_of(devices)

    async def press() -> None:
        progress = Progress()
        order = BUTTONS.model_copy(update={"first_unit": 31})
        running = asyncio.create_task(carry_out(Bench(LINE, pair, 600.0), order, progress))
        while progress.message != "press the button of the next module":
            await asyncio.sleep(1)
        await asyncio.sleep(5)
        modules[0].press_button()
        modules[1].press_button()
        await asyncio.wait_for(running, 60)

    with pytest.raises(RefusedError, match="several devices"):
        hurried(press())
    assert units(modules) == [1, 2, 3, 4]
    assert all(module.addresses == {module.unit} for module in modules)


def test_an_address_that_another_device_has_is_refused_before_writing(tmp_path: Path) -> None:
    pair, devices = simulated(tmp_path)
    modules = modules_of(devices)
    modules[2].unit = 9
    with pytest.raises(RefusedError) as refused:
        work(
            pair,
            ReaddressModule(
                line_id="rack", unit=1, serial_number=modules[0].plate.serial_number, new_unit=9
            ),
        )
    assert refused.value.code == "address_taken"
    assert pair.written == []


def test_a_chain_in_another_order_is_refused_before_an_address_is_there_twice(
    tmp_path: Path,
) -> None:
    pair, devices = simulated(tmp_path)
    modules = modules_of(devices)
    modules[0].unit, modules[3].unit = 4, 1
    with pytest.raises(RefusedError) as refused:
        work(pair, CHAIN)
    assert refused.value.code == "address_taken"
    assert units(modules) == [4, 2, 3, 1]
    assert all(module.addresses == {module.unit} for module in modules)


def test_mixed_generations_are_not_addressed(tmp_path: Path) -> None:
    pair, devices = simulated(tmp_path)
    modules = modules_of(devices)
    factory_new(modules)
    modules[2].plate.generation = 3
    with pytest.raises(RefusedError) as refused:
        work(pair, CHAIN)
    assert refused.value.code == "mixed_generations"
    assert units(modules) == [1, 2, 247, 247]


def test_addresses_beyond_those_of_modules_are_refused(tmp_path: Path) -> None:
    pair, _ = simulated(tmp_path)
    with pytest.raises(RefusedError) as refused:
        work(pair, CHAIN.model_copy(update={"first_unit": 238}))
    assert refused.value.code == "bad_unit"


def test_an_interrupted_addressing_leaves_the_modules_as_they_are(tmp_path: Path) -> None:
    pair, devices = simulated(tmp_path)
    modules = modules_of(devices)

    async def interrupt() -> None:
        progress = Progress()
        order = BUTTONS.model_copy(update={"first_unit": 31})
        running = asyncio.create_task(carry_out(Bench(LINE, pair, 600.0), order, progress))
        while progress.message != "press the button of the next module":
            await asyncio.sleep(1)
        await asyncio.sleep(5)
        modules[0].press_button()
        await asyncio.sleep(5)
        assert progress.done == 1
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    hurried(interrupt())
    assert units(modules) == [31, 2, 3, 4]
    assert all(module.addresses == {module.unit} for module in modules)


def test_one_module_moves_and_answers_with_its_serial_number(tmp_path: Path) -> None:
    pair, devices = simulated(tmp_path)
    module = modules_of(devices)[3]
    serial = module.plate.serial_number
    progress = work(
        pair, ReaddressModule(line_id="rack", unit=4, serial_number=serial, new_unit=77)
    )
    assert module.unit == 77
    assert [(found.unit, found.serial_number) for found in progress.found] == [(77, serial)]


@pytest.mark.parametrize(
    ("unit", "code"), [(4, "another_device"), (9, "no_answer"), (241, "another_device")]
)
def test_only_the_named_module_is_moved(tmp_path: Path, unit: int, code: str) -> None:
    pair, _ = simulated(tmp_path)
    with pytest.raises(RefusedError) as refused:
        work(pair, ReaddressModule(line_id="rack", unit=unit, serial_number=1, new_unit=77))
    assert refused.value.code == code
    assert pair.written == []
