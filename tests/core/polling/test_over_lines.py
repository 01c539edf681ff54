"""What lines deliver into the process image, over real pseudo-terminals, in good times and bad."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import numpy as np

from bacs_core.bus.frames import Request, write_registers
from bacs_core.bus.owner import Priority
from bacs_core.model import Quantity
from bacs_core.polling.accessories import switch_request
from bacs_core.simulator.faults import FaultKind
from bacs_core.snapshot import Column
from tests.core.polling.conftest import PATIENCE_S, Room

HEALTHY_V = (2.1, 2.5)


def column(room: Room, key: str, quantity: Quantity = Quantity.VOLTAGE) -> Column:
    return room.wiring.images[key].freeze(time.time()).columns[quantity]


def complete(room: Room, key: str) -> bool:
    """Whether every quantity that the simulator has was read for every cell."""
    columns = room.wiring.images[key].freeze(time.time()).columns
    return all(np.isfinite(column.values).all() for column in columns.values())


async def more_requests(room: Room, count: int) -> None:
    """Wait until each line has sent so many further requests."""
    wanted = [
        (owner.statistics, owner.statistics.requests + count)
        for owner in room.wiring.lines.values()
    ]
    await room.until(
        lambda: all(statistics.requests >= requests for statistics, requests in wanted),
        "more requests on each line",
    )


def read_since(room: Room, key: str, moment: float) -> bool:
    return bool((column(room, key).read_at > moment).all())


async def test_every_cell_of_every_string_is_read_with_its_own_value(room: Room) -> None:
    for key in ("ups/1", "ups/2", "telecom/1"):
        await room.until(lambda key=key: complete(room, key), f"all values of {key}")  # type: ignore[misc]
    for key in ("ups/1", "ups/2", "telecom/1"):
        with room.cabinet.lock:
            truth_v = room.cabinet.plant.truth(key).voltage_v
        # 1 mV resolution, 0.5 mV noise and the drift of a second against 15 mV of spread.
        assert np.abs(column(room, key).values - truth_v).max() < 0.01, key


async def test_a_manager_shows_who_it_is(room: Room) -> None:
    manager = room.wiring.settings.site.managers[0]
    assert room.wiring.manager_snapshot(manager, time.time()).online is not True
    await room.until(
        lambda: room.wiring.manager_snapshot(manager, time.time()).online is True,
        "the manager's identity",
    )
    assert room.wiring.manager_snapshot(manager, time.time()).serial_number is not None


async def test_a_silent_module_keeps_its_last_reading_time_and_disturbs_nobody(room: Room) -> None:
    await room.until(lambda: complete(room, "telecom/1"), "first values")
    room.fault("modules", FaultKind.SILENT, unit=13)
    owner = room.wiring.lines["modules"]
    await room.until(lambda: owner.has_answered(13) is False, "the loss of unit 13")
    silent_since = column(room, "telecom/1").read_at[2]
    moment = time.time()
    others = np.arange(8) != 2
    await room.until(
        lambda: bool((column(room, "telecom/1").read_at[others] > moment + 2).all()),
        "further values of the others",
    )
    assert column(room, "telecom/1").read_at[2] == silent_since
    room.clear("modules")
    await room.until(lambda: read_since(room, "telecom/1", moment), "the return of unit 13")


async def test_spoiled_answers_never_become_values(room: Room) -> None:
    await room.until(lambda: complete(room, "telecom/1"), "first values")
    faults: list[tuple[FaultKind, dict[str, float]]] = [
        (FaultKind.GARBLED, {"size": 1}),
        (FaultKind.TRUNCATED, {"size": 6}),
        (FaultKind.FOREIGN_UNIT, {"value": 200}),
        (FaultKind.FEWER_REGISTERS, {"size": 1}),
        (FaultKind.WRONG_BYTE_COUNT, {"value": 2}),
        (FaultKind.NOISE_AFTER, {"size": 3}),
        (FaultKind.LATE, {"delay_s": 0.4}),
        (FaultKind.EXCEPTION, {"value": 4}),
    ]
    for unit, (kind, parameters) in enumerate(faults, start=11):
        room.fault("modules", kind, unit=unit, **parameters)
    owner = room.wiring.lines["modules"]
    for unit, (kind, _) in enumerate(faults[:-1], start=11):
        await room.until(lambda unit=unit: owner.has_answered(unit) is False, kind)  # type: ignore[misc]
    refusals = owner.statistics.refusals
    await room.until(lambda: owner.statistics.refusals >= refusals + 2, "two refusals")
    low_v, high_v = HEALTHY_V
    values = column(room, "telecom/1").values
    assert ((low_v < values) & (values < high_v)).all()
    room.clear("modules")
    moment = time.time()
    await room.until(lambda: read_since(room, "telecom/1", moment), "values after the faults")


async def test_devices_that_are_late_for_ever_are_never_believed(room: Room) -> None:
    for key in ("ups/1", "telecom/1"):
        await room.until(lambda key=key: complete(room, key), f"first values of {key}")  # type: ignore[misc]
    wiring = room.wiring
    await room.until(lambda: wiring.images["telecom/1"].current_a is not None, "a current")
    serials = [identity.serial_number for identity in wiring.identities.values()]
    with room.cabinet.lock:
        for unit in room.cabinet.devices.on_line["managers"]:
            unit.plate.serial_number = 1  # type: ignore[attr-defined]
    for line_id in ("managers", "modules"):
        # Beyond the window of a request; many come while a later one is open.
        room.fault(line_id, FaultKind.LATE, delay_s=0.4, delay_to_s=1.5)
    # What was asked before the fault is over with the next request but one.
    await more_requests(room, 2)
    moment = time.time()
    await more_requests(room, 4)
    current = wiring.images["telecom/1"].current_a
    assert current is not None
    assert current.read_at < moment
    assert wiring.images["ups/1"].reported_at < moment
    for key in ("ups/1", "ups/2", "telecom/1"):
        for quantity in Quantity:
            assert not (column(room, key, quantity).read_at > moment).any(), (key, quantity)
    assert [identity.serial_number for identity in wiring.identities.values()] == serials


async def test_modules_that_sleep_come_alive_by_the_bus_alone(room: Room) -> None:
    await room.until(lambda: complete(room, "telecom/1"), "first values")
    with room.cabinet.lock:
        modules = room.cabinet.devices.modules["telecom/1"]
        for module in modules:
            module.fall_asleep()
        assert all(module.addresses == frozenset() for module in modules)
        # Whoever answers later than now was woken: one answer at most is on its way.
        moment = time.time()
    await room.until(lambda: read_since(room, "telecom/1", moment), "values of awake modules")


async def test_accessories_are_polled_and_a_relay_is_switched_over_the_line(room: Room) -> None:
    relays, air = (room.wiring.accessories[name] for name in ("relays", "air"))
    await room.until(lambda: air.temperature_c is not None, "the temperature of the room")
    await room.until(lambda: relays.contacts is not None, "the state of the relays")
    request = switch_request(relays, 2, closed=True)
    owner = room.wiring.lines["modules"]
    await asyncio.wait_for(owner.command("relay 2", Priority.ORDER, lambda: request), 30)
    await room.until(
        lambda: relays.freeze(time.time(), online=True).relays == (False, True, False, False),
        "the contact of relay 2",
    )


async def test_an_adapter_that_echoes_is_understood(room: Room) -> None:
    room.fault("modules", FaultKind.ECHO)
    await room.until(lambda: complete(room, "telecom/1"), "values in spite of the echo")


async def test_a_port_that_vanishes_is_told_and_comes_back(room: Room) -> None:
    await room.until(lambda: complete(room, "telecom/1"), "first values")
    owner = room.wiring.lines["modules"]
    room.cabinet.ports["modules"].vanish(duration_s=PATIENCE_S)
    await room.until(lambda: not owner.port_open, "the loss of the port")
    assert "ports/modules" in owner.message
    room.cabinet.ports["modules"].vanish(duration_s=0.0)
    moment = time.time()
    await room.until(lambda: read_since(room, "telecom/1", moment), "values after the return")
    assert owner.message == ""


async def test_a_unit_that_is_not_what_the_site_file_says_is_not_believed(room: Room) -> None:
    module = room.wiring.modules["telecom/1"][0]
    module.identity.expected = {"module_type": 24.0}
    await room.until(lambda: "module type" in (module.identity.problem or ""), "the refusal")
    await room.until(
        lambda: bool(np.isfinite(column(room, "telecom/1").values[1:]).all()), "others"
    )
    assert np.isnan(column(room, "telecom/1").values[0])
    # Somebody puts the right module in its place.
    module.identity.expected = {"module_type": 44.0}
    await room.until(lambda: complete(room, "telecom/1"), "the right module")


async def test_a_voltage_that_was_not_latched_by_the_hold_does_not_count(room: Room) -> None:
    await room.until(lambda: complete(room, "telecom/1"), "first values")
    # The simulated modules serve what they latched for a while, then live values.
    room.fault("modules", FaultKind.DEAF)
    modules = room.wiring.modules["telecom/1"]
    await room.until(
        lambda: all(module.missed_holds > 0 for module in modules), "a round without the hold"
    )
    moment = time.time()
    temperature = Quantity.TEMPERATURE
    await room.until(
        lambda: bool((column(room, "telecom/1", temperature).read_at > moment).all()),
        "temperatures",
    )
    assert (column(room, "telecom/1").read_at < moment).all()


async def test_a_manager_whose_strings_have_other_lengths_is_not_believed(room: Room) -> None:
    manager = room.wiring.settings.site.managers[0]
    image = room.wiring.images["ups/2"]
    # The totals are equal, but every cell behind string 1 is another one.
    image.string = replace(image.string, cell_count=image.string.cell_count + 1)
    await room.until(
        lambda: room.wiring.manager_snapshot(manager, time.time()).online is False,
        "the contradiction",
    )
    await asyncio.sleep(2)
    assert room.wiring.manager_snapshot(manager, time.time()).online is False
    for key in ("ups/1", "ups/2"):
        assert np.isnan(column(room, key).values).all(), key


async def test_a_command_goes_before_all_polls_and_the_newest_in_its_place_wins(room: Room) -> None:
    owner = room.wiring.lines["modules"]
    sent: list[str] = []

    def make(name: str) -> Request:
        sent.append(name)
        return write_registers(0, 0x0180, bytes(4))

    old = owner.command("bypass", Priority.BYPASS, lambda: make("old"))
    new = owner.command("bypass", Priority.BYPASS, lambda: make("new"))
    trip = owner.command("trip", Priority.TRIP, lambda: make("trip"))
    await asyncio.wait_for(asyncio.gather(new, trip), 30)
    assert old.cancelled()
    assert sent == ["trip", "new"]
