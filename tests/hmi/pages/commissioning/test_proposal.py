"""The proposal for the site file, and devices that were exchanged."""

from __future__ import annotations

from unittest.mock import create_autospec

from bacs_core.api.client import EngineClient
from bacs_core.api.live import LiveSite
from bacs_core.api.messages import EngineState, SiteInfo
from bacs_core.commissioning.found import Found
from bacs_core.commissioning.proposal import Wire, propose
from bacs_core.commissioning.scan import Speed
from bacs_core.devices import panel_module
from bacs_core.devices.device import Role
from bacs_core.settings import Parity
from bacs_hmi.pages.commissioning.exchanged import Exchanged, exchanged, note_words
from bacs_hmi.pages.commissioning.proposal import gap_count, lines_of
from bacs_hmi.texts import texts_of
from tests.hmi.standin_engine import ACCESSORIES, Plant, small_site

GERMAN = texts_of("de")


def test_the_lines_that_a_person_fills_in_stand_out_and_are_counted() -> None:
    found = Found(
        1, Speed(19200, Parity.NONE), "module", panel_module.NAME, Role.MODULE, serial_number=1
    )
    proposal = propose(Wire("line-1", "usb:A10LWZ3C", with_site=True), [found])
    stretches = lines_of(proposal)
    assert "".join(text for text, _ in stretches) == proposal
    assert all(("#?" in text) is is_gap for text, is_gap in stretches)
    assert gap_count(proposal) == proposal.count("#?") > 3


def test_exchanged_devices_are_listed_by_what_confirms_them() -> None:
    plant = Plant(small_site())
    string = plant.raise_alarm("devices_exchanged", "telecom/1")
    plant.alarms[string.id] = string.model_copy(
        update={"note": "cells 1-3, 7 and 2 more, current sensor"}
    )
    manager = plant.raise_alarm("manager_exchanged", "ups-a/1")
    plant.alarms[manager.id] = manager.model_copy(update={"string_key": None})
    boxes = plant.raise_alarm("accessories_exchanged", "telecom/1")
    plant.alarms[boxes.id] = boxes.model_copy(
        update={"string_key": None, "manager_id": None, "line_id": "modules", "note": "box, room"}
    )
    plant.raise_alarm("cell_voltage_low", "ups-b/1", 12)
    live = LiveSite(create_autospec(EngineClient, instance=True))
    live.info = SiteInfo(
        site_id="stand-in",
        version="0",
        state=EngineState.RUNNING,
        site=plant.site,
        network_enabled=False,
        accessories=ACCESSORIES,
    )
    live.alarms = plant.alarms
    one = GERMAN["one_device"]
    assert exchanged(live, plant.site, GERMAN) == [
        Exchanged("box", "Relay box", one),
        Exchanged("room", "Battery room", one),
        Exchanged("telecom/1", "Telecom string", "Zellen 1-3, 7 und 2 weitere, Stromsensor"),
        Exchanged("ups-a", "UPS A", one),
    ]


def test_a_sensor_alone_is_named() -> None:
    alarm = Plant(small_site()).raise_alarm("devices_exchanged", "telecom/1")
    noted = alarm.model_copy(update={"note": "current sensor"})
    assert note_words(noted, GERMAN) == "Stromsensor"
