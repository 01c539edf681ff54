import argparse

import pytest

from bacs_core.api.messages import (
    AddMaintenance,
    AddressingMode,
    CommandName,
    ConfirmDevices,
    GivenByHand,
    StartAddressing,
    SwitchRelay,
)
from bacs_core.commissioning.order_command import add_arguments, command_from, keys_of
from bacs_core.errors import SettingsError


def test_words_become_the_command_that_the_api_knows() -> None:
    words = ["line_id=modules", "mode=manual", "first_unit=3", "count=2"]
    command = command_from("start_addressing", words)
    assert command == StartAddressing(
        line_id="modules", mode=AddressingMode.MANUAL, first_unit=3, count=2
    )
    assert command_from("confirm_devices", ["key=telecom/1"]) == ConfirmDevices(key="telecom/1")
    switched = command_from("switch_relay", ["device_id=box", "relay=2", "closed=true"])
    assert switched == SwitchRelay(device_id="box", relay=2, closed=True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["key"], "key=value"),
        ([], "key"),
        (["key=all", "keys=all"], "keys"),
    ],
)
def test_a_word_that_does_not_fit_is_named(words: list[str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        command_from("confirm_devices", words)


def test_the_keys_of_a_command_are_told_with_what_each_may_be() -> None:
    told = keys_of("start_addressing")
    assert "  mode=automatic|manual (needed)" in told
    assert "  count=1..240 (needed)" in told
    assert any(line.startswith("  baud=") and "else null" in line for line in told)
    assert keys_of("mute_buzzer")[-1] == "  It takes no key."


def test_every_command_can_tell_its_keys() -> None:
    for name in CommandName:
        assert keys_of(name)[0].startswith(f"{name}: ")


def test_help_and_usage_after_a_name_are_those_of_that_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for words, told in (
        (["confirm_devices", "--help"], "key=STRING (needed; string key"),
        (["confirm_devices"], "usage: bacs order confirm_devices key=STRING --user NAME"),
    ):
        parser = argparse.ArgumentParser("bacs order")
        add_arguments(parser)
        with pytest.raises(SystemExit):
            parser.parse_args(words)
        shown = capsys.readouterr()
        assert told in shown.out + shown.err


def test_a_command_without_its_keys_is_told_which_it_needs() -> None:
    with pytest.raises(SettingsError, match=r"key=STRING \(needed"):
        command_from("confirm_devices", [])


def test_what_was_measured_by_hand_may_have_its_unit() -> None:
    words = ["string_key=a/1", "cell=1", "work=measured_by_hand"]
    given = 'given={"resistance_ohm": "0.36 mΩ", "voltage_v": 2.271}'
    command = command_from("add_maintenance", [*words, given])
    assert isinstance(command, AddMaintenance)
    assert command.given == GivenByHand(resistance_ohm=0.00036, voltage_v=2.271)
    for wrong in ('given={"voltage_v": 2,271}', 'given={"voltage_v": "2,271 V"}'):
        with pytest.raises(SettingsError, match=r"a number has a point: 2\.271; example: given="):
            command_from("add_maintenance", [*words, wrong])


def test_work_that_has_a_command_of_its_own_is_not_offered() -> None:
    told = "\n".join(keys_of("add_maintenance"))
    assert "measured_by_hand" in told
    assert "cell_replaced" not in told
