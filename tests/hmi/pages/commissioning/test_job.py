"""What the engine says of a job of commissioning, in the panel's languages."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bacs_core.api.messages import (
    AddressingMode,
    CommandName,
    Commissioning,
    CommissioningState,
    FoundUnit,
    StartAddressing,
)
from bacs_core.commissioning import addressing, desk, own_map, probes, recognition, work
from bacs_core.commissioning.addressing import Order
from bacs_core.commissioning.found import Found, mixed_generations
from bacs_core.commissioning.scan import Speed
from bacs_core.devices import panel_module
from bacs_core.devices.device import Role
from bacs_core.settings import Parity
from bacs_hmi.pages.commissioning import job
from bacs_hmi.texts import numbers_of, texts_of

ENGLISH, GERMAN = texts_of("en"), texts_of("de")
SPEED = Speed(19200, Parity.NONE)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
#: As they stand in the source of the engine.
LITERAL = {
    work: (
        "waking sleeping modules",
        "looking who has an address already",
        "press the button of the next module",
        "addressing",
        "1 unit answers",
        "the last unit comes before the first",
        "the speed of this line is set in its serial server, not here",
    ),
    desk: (
        "the line is given back after the longest time it may be lent",
        "failed; the log of the engine says why",
    ),
    probes: (
        "carries the SunSpec marker; whether it has battery models was not read",
        "its general registers fit; how its modules are divided it does not tell",
    ),
    recognition: ("answers, unknown", "several devices at this address, or a bad line"),
}
#: With numbers and names in them; the pieces between stand in the source of the engine.
FILLED = {
    work: ("24 units answer", "the module answers at unit 31"),
    addressing: (
        "24 modules have an address",
        "6 of 24 modules have an address, no more came",
        "no module answers at unit 7",
        "unit 7 has serial number 4711, not 123456",
        "unit 7: several devices at this address, or a bad line",
        "unit 7 is no module but: Relay box of our own map",
        "module 4711 does not answer at its new address, unit 7",
    ),
    desk: ("ended by tina", "ended by the end of the engine"),
    own_map: ("speaks version 1 of our map, not 2",),
}


def module(unit: int, generation: int = 4, serial_number: int = 7) -> Found:
    return Found(
        unit,
        SPEED,
        panel_module.DEVICE.title,
        panel_module.NAME,
        Role.MODULE,
        serial_number=serial_number,
        hardware_generation=generation,
    )


def unit(number: int, **told: Any) -> FoundUnit:
    values = {
        "unit": number,
        "baud": 19200,
        "parity": Parity.NONE,
        "stop_bits": 1,
        "device": panel_module.NAME,
        "title": panel_module.DEVICE.title,
    }
    return FoundUnit.model_validate(values | told)


def running(command: CommandName = CommandName.START_SCAN, **told: Any) -> Commissioning:
    values = {"state": CommissioningState.RUNNING, "command": command, "line_id": "modules"}
    return Commissioning.model_validate(values | told)


@pytest.mark.parametrize(
    "sentence", [sentence for sentences in LITERAL.values() for sentence in sentences]
)
def test_what_the_engine_says_word_by_word_is_said_in_german(sentence: str) -> None:
    assert job.said(sentence, GERMAN) not in {sentence, ""}
    source = "".join(inspect.getsource(room) for room in LITERAL)
    assert re.sub(r'"\s*f?"', "", source).count(sentence) >= 1


@pytest.mark.parametrize(
    "sentence", [sentence for sentences in FILLED.values() for sentence in sentences]
)
def test_what_the_engine_says_with_numbers_is_said_in_german_with_the_same_numbers(
    sentence: str,
) -> None:
    told = job.said(sentence, GERMAN)
    assert told != sentence
    if "address, or a bad line" not in sentence:
        assert set(re.findall(r"\d+", told)) == set(re.findall(r"\d+", sentence))


def test_refusals_that_the_engine_makes_are_said_in_german() -> None:
    taken = addressing.address_taken(9)
    beyond = addressing.refusal(Order(1, 200, 60, 3.0, 60.0), [])
    assert beyond is not None
    for refusal in (taken, beyond):
        assert job.said(str(refusal), GERMAN) != str(refusal)


def test_an_unknown_sentence_is_shown_as_it_came() -> None:
    assert job.said("the moon is full", GERMAN) == "the moon is full"


def test_modules_of_two_generations_are_named_with_their_addresses() -> None:
    found = [unit(number, hardware_generation=3 if number < 3 else 4) for number in range(1, 6)]
    refusal = mixed_generations([module(1, 3), module(2, 4)])
    assert refusal is not None
    assert job.said(str(refusal), GERMAN) == GERMAN["work_mixed"]
    assert job.conflict(found) == {3: "1-2", 4: "3-5"}
    told = job.conflict_words(found, GERMAN)
    assert "Generation 3 an 1-2; Generation 4 an 3-5" in told
    assert job.conflict_words(found[2:], GERMAN) == ""


def test_devices_of_others_have_no_generation_that_conflicts() -> None:
    others = unit(2, device="panel_relay_box", hardware_generation=1)
    assert job.conflict([unit(1, hardware_generation=4), others]) == {}


def test_the_module_is_called_as_the_site_file_calls_it() -> None:
    assert job.MODULE == panel_module.NAME


def test_the_pause_of_protection_is_told_with_its_end() -> None:
    ends = NOW + timedelta(minutes=10)
    told = job.pause_words(running(ends_at_latest=ends), ENGLISH, NOW)
    assert "modules" in told
    assert f"{ends.astimezone():%H:%M}" in told
    preparing = running(state=CommissioningState.PREPARING)
    assert job.pause_words(preparing, ENGLISH, NOW) == ENGLISH["pause_begins"].format(
        line="modules"
    )


@pytest.mark.parametrize(
    "quiet",
    [
        running(state=CommissioningState.DONE, ends_at_latest=NOW),
        running(line_id=None, port="/dev/ttyUSB0", ends_at_latest=NOW),
        running(CommandName.SET_THRESHOLDS),
        Commissioning(),
    ],
)
def test_nothing_is_paused_by_a_port_of_its_own_or_by_a_job_that_is_over(
    quiet: Commissioning,
) -> None:
    assert job.pause_words(quiet, ENGLISH, NOW) == ""


def test_progress_is_told_only_as_far_as_it_is_known() -> None:
    numbers = numbers_of(ENGLISH)
    assert job.share(running()) is None
    half = running(done=20, total=40, baud=9600, parity=Parity.EVEN, remaining_s=31.4)
    assert job.share(half) == 0.5
    assert job.numbers_words(half, ENGLISH, numbers) == (
        "20 of 40 · 9600 baud, even parity · 0 found · at most 32\u00a0s more"
    )
    over = half.model_copy(update={"state": CommissioningState.DONE})
    assert "more" not in job.numbers_words(over, ENGLISH, numbers)


def test_the_next_address_is_told_while_this_panel_gives_addresses() -> None:
    order = StartAddressing(line_id="modules", mode=AddressingMode.MANUAL, first_unit=5, count=3)
    giving = running(CommandName.START_ADDRESSING, done=2, total=3)
    assert job.next_unit(giving, order) == 7
    assert job.next_unit(giving.model_copy(update={"done": 3}), order) is None
    assert job.next_unit(giving, None) is None
    assert job.next_unit(running(), order) is None


def test_a_button_is_asked_for_only_while_the_engine_waits_for_it() -> None:
    waits = running(CommandName.START_ADDRESSING, message="press the button of the next module")
    assert job.is_waiting_for_button(waits)
    over = waits.model_copy(update={"state": CommissioningState.CANCELLED})
    assert not job.is_waiting_for_button(over)
    assert not job.is_waiting_for_button(running(message="addressing"))


def test_a_found_unit_is_told_with_kind_serial_firmware_and_generation() -> None:
    found = unit(
        3, serial_number=4711, firmware_version="2.0", hardware_generation=4, module_type="C44"
    )
    assert job.unit_name(found, GERMAN) == GERMAN["device_panel_module"]
    assert job.unit_facts(found, GERMAN) == ("C44 · Generation 4 · Seriennr. 4711 · Firmware 2.0")
    unknown = unit(4, device=None, title="answers, unknown")
    assert job.unit_name(unknown, GERMAN) == GERMAN["remark_unknown"]
    several = unit(5, device=None, title=recognition.SEVERAL)
    assert job.unit_name(several, GERMAN) == GERMAN["work_several"]


def test_every_device_that_a_scan_recognises_has_a_name() -> None:
    names = {probe.device.name for probe in probes.PROBES} | {
        device.name for device in own_map._DEVICES.values()
    }
    for texts in (ENGLISH, GERMAN):
        assert [name for name in names if f"device_{name}" not in texts] == []


def test_every_state_and_command_of_a_job_has_words() -> None:
    commands = ("start_scan", "start_addressing", "readdress_module", "set_thresholds")
    names = [*CommissioningState, *commands]
    assert [name for name in names if f"work_{name}" not in ENGLISH] == []
