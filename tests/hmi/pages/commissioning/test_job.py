"""What the engine says of a job of commissioning, in the panel's languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Any

import pytest

from bacs_core.api.message_base import wording_of
from bacs_core.api.messages import (
    AddressingMode,
    CommandName,
    Commissioning,
    CommissioningState,
    FoundUnit,
    StartAddressing,
    Told,
    Wording,
)
from bacs_core.commissioning import addressing, own_map, probes, recognition
from bacs_core.commissioning.words import SENTENCES, say
from bacs_core.devices import panel_module
from bacs_core.settings import Parity
from bacs_hmi.pages.commissioning import job
from bacs_hmi.texts import Texts, numbers_of, texts_of

ENGLISH, GERMAN = texts_of("en"), texts_of("de")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
GERMAN_NUMBERS = numbers_of(GERMAN)


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


def told_of(sentence: str) -> Told:
    return Told(text=sentence, wording=wording_of(sentence))


def in_german(sentence: str) -> str:
    return job.said(told_of(sentence), GERMAN, GERMAN_NUMBERS)


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("texts", [ENGLISH, GERMAN])
def test_every_sentence_of_the_engine_has_a_text_that_needs_nothing_else(texts: Texts) -> None:
    own = {code: texts.get(f"said_{code}") for code in SENTENCES}
    assert [code for code, text in own.items() if text is None] == []
    assert [
        code for code, text in own.items() if not places(text or "") <= places(SENTENCES[code])
    ] == []


def test_no_sentence_is_kept_that_the_engine_never_says() -> None:
    known = {key.removeprefix("said_") for key in ENGLISH if key.startswith("said_")}
    assert known == set(SENTENCES)


def test_what_the_engine_says_is_said_in_german_with_the_same_figures() -> None:
    assert in_german(say("chain_ended", count=3, wanted=24)) == (
        "3 von 24 Modulen haben eine Adresse, weitere kamen nicht"
    )
    assert in_german(addressing.address_taken(9).reason) == (
        "unter Adresse 9 antwortet schon ein anderes Gerät; sie wurde nicht noch einmal vergeben"
    )
    assert in_german(say("no_module", unit=7, device="panel_relay_box")) == (
        f"das Gerät unter Adresse 7 ist kein Modul, sondern: {GERMAN['device_panel_relay_box']}"
    )
    assert "58,5" in in_german(
        say("threshold_kept", unit=7, threshold="sleep_after_s", found=58.5, wanted=60.0)
    )


def test_a_name_in_a_sentence_stays_as_it_is() -> None:
    assert in_german(say("ended_by", name="module")) == "beendet von module"


def test_a_sentence_without_a_code_is_shown_as_it_came() -> None:
    assert in_german("the moon is full") == "the moon is full"
    newer = Told(text="the moon is full", wording=Wording(code="moon", arguments={"full": 1}))
    assert job.said(newer, GERMAN, GERMAN_NUMBERS) == "the moon is full"


def test_all_that_a_job_says_is_told_and_its_state_only_once() -> None:
    done = running(
        state=CommissioningState.DONE,
        told=[told_of(say("one_answers")), told_of(say("mixed_generations", units="x"))],
    )
    assert job.state_words(done, ENGLISH, numbers_of(ENGLISH)) == (
        "Done: 1 unit answers; modules of different generations must not share a line"
    )
    late = running(state=CommissioningState.TIME_LIMIT, told=[told_of(say("time_limit"))])
    assert job.state_words(late, GERMAN, GERMAN_NUMBERS) == GERMAN["work_time_limit"]


def test_modules_of_two_generations_are_named_with_their_addresses() -> None:
    found = [unit(number, hardware_generation=3 if number < 3 else 4) for number in range(1, 6)]
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
    looking = giving.model_copy(update={"told": [told_of(say("looking"))]})
    assert job.next_unit(looking, order) is None
    assert job.next_unit(running(), order) is None


def test_a_button_is_asked_for_only_while_the_engine_waits_for_it() -> None:
    waits = running(CommandName.START_ADDRESSING, told=[told_of(say("press_button"))])
    assert job.is_waiting_for_button(waits)
    over = waits.model_copy(update={"state": CommissioningState.CANCELLED})
    assert not job.is_waiting_for_button(over)
    assert not job.is_waiting_for_button(running(told=[told_of(say("addressing"))]))


def test_a_found_unit_is_told_with_kind_serial_firmware_and_generation() -> None:
    found = unit(
        3, serial_number=4711, firmware_version="2.0", hardware_generation=4, module_type="C44"
    )
    assert job.unit_name(found, GERMAN, GERMAN_NUMBERS) == GERMAN["device_panel_module"]
    assert job.unit_facts(found, GERMAN, GERMAN_NUMBERS) == (
        "C44 · Generation 4 · Seriennr. 4711 · Firmware 2.0"
    )
    doubt = say("other_version", found=1, wanted=2)
    odd = unit(6, remark=doubt, remark_wording=wording_of(doubt))
    assert "spricht Version 1" in job.unit_facts(odd, GERMAN, GERMAN_NUMBERS)
    for title in (recognition.UNKNOWN, recognition.SEVERAL):
        found = unit(4, device=None, title=title, title_wording=wording_of(title))
        assert job.unit_name(found, GERMAN, GERMAN_NUMBERS) == GERMAN[f"said_{title.code}"]


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
