import pytest

from bacs_core.api.messages import AddressingMode, ConfirmDevices, StartAddressing, SwitchRelay
from bacs_core.commissioning.order_command import command_from
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
