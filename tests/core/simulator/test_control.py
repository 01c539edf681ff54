"""What the control socket does to devices, and what it shows of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bacs_core.devices import panel_environment_sensor, panel_module, panel_relay_box
from bacs_core.devices.panel_map import IDENTITY
from bacs_core.settings import Accessory, Address
from bacs_core.simulator import control, control_server
from bacs_core.simulator.cabinet import SimulatedCabinet
from bacs_core.simulator.control import ControlError
from tests.core.simulator.plants import make_settings


@pytest.fixture
def cabinet(tmp_path: Path) -> Iterator[SimulatedCabinet]:
    settings = replace(
        make_settings(),
        accessories=(
            Accessory("box", "Box", panel_relay_box.NAME, Address("modules", 242)),
            Accessory("air", "Air", panel_environment_sensor.NAME, Address("modules", 243)),
        ),
    )
    with SimulatedCabinet(settings, tmp_path / "ports") as running:
        yield running


def do(cabinet: SimulatedCabinet, **command: Any) -> Any:
    return control_server.apply(cabinet, control.COMMAND.validate_python(command))


def view(cabinet: SimulatedCabinet, cell: int) -> dict[str, Any]:
    views: list[dict[str, Any]] = do(cabinet, do="modules", string="telecom/1")
    return views[cell - 1]


def read(cabinet: SimulatedCabinet, unit: int, block: Any) -> dict[str, float | None]:
    """Read a block past the wire."""
    with cabinet.lock:
        now = time.monotonic()
        roster = cabinet.ports["modules"].line.roster
        roster.look_again()
        roster.sense(now)
        (device,) = roster.at(unit)
        payload = device.read(3, block.address, block.count, now)
    values: dict[str, float | None] = block.decode(payload, unit=unit)
    return values


def test_a_module_falls_asleep_and_wakes(cabinet: SimulatedCabinet) -> None:
    do(cabinet, do="module", string="telecom/1", cell=2, asleep=True)
    assert (view(cabinet, 2)["addresses"], view(cabinet, 2)["asleep"]) == ([], True)
    do(cabinet, do="module", string="telecom/1", cell=2, asleep=False)
    assert (view(cabinet, 2)["addresses"], view(cabinet, 2)["asleep"]) == ([2], False)


def test_a_module_gets_the_address_of_another_one(cabinet: SimulatedCabinet) -> None:
    do(cabinet, do="module", string="telecom/1", cell=2, address=5)
    assert view(cabinet, 2)["addresses"] == view(cabinet, 5)["addresses"] == [5]
    roster = cabinet.ports["modules"].line.roster
    with cabinet.lock:
        roster.sense(time.monotonic())
        assert len(roster.at(5)) == 2


def test_the_module_whose_button_is_pressed_waits_for_its_address(
    cabinet: SimulatedCabinet,
) -> None:
    opening = {"mode": panel_module.ADDRESSING_MANUAL, "duration_s": 60}
    payload = panel_module.ADDRESSING.encode(opening, unit=0)
    with cabinet.lock:
        for module in cabinet.devices.modules["telecom/1"]:
            module.hear(panel_module.ADDRESSING.address, payload, time.monotonic())
    do(cabinet, do="module", string="telecom/1", cell=3, press_button=True)
    assert view(cabinet, 3)["addresses"] == [247]


def test_the_led_of_a_module_can_be_seen(cabinet: SimulatedCabinet) -> None:
    order = panel_module.SET_IDENTIFY
    with cabinet.lock:
        module = cabinet.devices.modules["telecom/1"][3]
        payload = order.encode({"blink_s": 30}, unit=4)
        module.write(order.address, payload, time.monotonic())
    assert [view(cabinet, cell)["blinks"] for cell in (3, 4)] == [False, True]


def test_a_module_can_become_one_of_another_generation(cabinet: SimulatedCabinet) -> None:
    do(cabinet, do="module", string="telecom/1", cell=1, generation=3, module_type="C43")
    identity = read(cabinet, 1, IDENTITY)
    assert (identity["hardware_generation"], identity["module_type"]) == (3, 43)


def test_a_module_measures_and_gets_hot(cabinet: SimulatedCabinet) -> None:
    do(
        cabinet,
        do="module",
        string="telecom/1",
        cell=1,
        measuring_resistance=True,
        electronics_warmer_k=60,
    )
    slow = read(cabinet, 1, panel_module.SLOW)
    assert (slow["module_temperature_c"] or 0) > 75
    status = int(read(cabinet, 1, panel_module.MEASUREMENT)["status"] or 0)
    assert status & panel_module.STATUS_MEASURING_RESISTANCE


def test_inputs_are_set_and_relays_are_seen(cabinet: SimulatedCabinet) -> None:
    do(cabinet, do="accessory", id="box", inputs=[True, False, True], stuck={2: True})
    seen = do(cabinet, do="relays", id="box")
    assert seen["inputs"] == [True, False, True, False]
    assert seen["contacts"] == [False, True, False, False]
    assert seen["ordered"] == [False] * 4
    do(cabinet, do="accessory", id="box", stuck={2: None})
    assert do(cabinet, do="relays", id="box")["contacts"] == [False] * 4


def test_the_air_of_the_room_is_set(cabinet: SimulatedCabinet) -> None:
    do(cabinet, do="accessory", id="air", humidity_percent=80, hydrogen_percent=None)
    air = read(cabinet, 243, panel_environment_sensor.MEASUREMENT)
    assert (air["humidity_percent"], air["hydrogen_percent"]) == (80, None)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ({"do": "accessory", "id": "air", "inputs": [True]}, "device air has no inputs"),
        ({"do": "accessory", "id": "box", "humidity_percent": 5}, "box has no humidity_percent"),
        ({"do": "relays", "id": "air"}, "device air has no relays"),
        ({"do": "module", "string": "ups/1", "cell": 1}, "no modules of our own map"),
        ({"do": "module", "string": "telecom/1", "cell": 7}, "telecom/1 has no cell 7"),
    ],
)
def test_what_a_device_does_not_have_is_refused(
    cabinet: SimulatedCabinet, command: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ControlError, match=reason):
        do(cabinet, **command)
