from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bacs_core.annunciator.pins import Board, KernelChips, Lines
from bacs_core.annunciator.settings import AnnunciatorError, Pin, Pins, load
from bacs_core.annunciator.signs import AT_END, Outputs


class _Lines:
    def __init__(self) -> None:
        self.on: dict[int, bool] = {}
        self.orders = 0
        self.closed = False
        self.gone = False

    def set(self, on: Mapping[int, bool]) -> None:
        if self.gone:
            raise OSError("no such device")
        self.on.update(on)
        self.orders += 1

    def close(self) -> None:
        self.closed = True


class _Chips:
    """Chips whose lines only remember; this machine has none."""

    def __init__(self) -> None:
        self.lines: dict[str, _Lines] = {}

    def request(self, chip: str, pins: Mapping[int, Pin]) -> Lines:
        self.lines[chip] = _Lines()
        return self.lines[chip]


_ONE, _OTHER = "/dev/gpiochip0", "/dev/gpiochip1"
_ALARM = Outputs(buzzer=True, red=True, orange=False, green=False, relay=False)
_WELL = Outputs(buzzer=False, red=False, orange=False, green=True, relay=True)
_WARNING = Outputs(buzzer=False, red=False, orange=True, green=False, relay=True)


def test_each_output_reaches_its_own_pin_of_its_own_chip() -> None:
    chips = _Chips()
    board = Board(Pins(buzzer=Pin(_ONE, 17), red=Pin(_OTHER, 3), relay=Pin(_ONE, 27)), chips)
    board.show(_ALARM)
    assert chips.lines[_ONE].on == {17: True}
    assert chips.lines[_OTHER].on == {3: True}
    board.show(_WELL)
    assert chips.lines[_ONE].on == {17: False, 27: True}
    assert chips.lines[_OTHER].on == {3: False}


def test_what_does_not_change_is_not_switched_again() -> None:
    chips = _Chips()
    board = Board(Pins(red=Pin(_ONE, 3)), chips)
    for _ in range(5):
        board.show(_ALARM)
    assert chips.lines[_ONE].orders == 1


def test_a_led_of_two_colours_mixes_orange() -> None:
    chips = _Chips()
    Board(Pins(red=Pin(_ONE, 1), green=Pin(_ONE, 2)), chips).show(_WARNING)
    assert chips.lines[_ONE].on == {1: True, 2: True}


def test_a_led_of_three_colours_shows_orange_alone() -> None:
    chips = _Chips()
    pins = Pins(red=Pin(_ONE, 1), orange=Pin(_ONE, 2), green=Pin(_ONE, 3))
    Board(pins, chips).show(_WARNING)
    assert chips.lines[_ONE].on == {2: True}


def test_at_the_end_the_relay_drops_out_and_all_lines_are_given_back() -> None:
    chips = _Chips()
    board = Board(Pins(relay=Pin(_ONE, 1), buzzer=Pin(_OTHER, 2)), chips)
    board.show(_WELL)
    board.show(AT_END)
    board.close()
    assert chips.lines[_ONE].on == {1: False}
    assert all(lines.closed for lines in chips.lines.values())


def test_a_chip_that_is_gone_is_named() -> None:
    chips = _Chips()
    board = Board(Pins(relay=Pin(_ONE, 1)), chips)
    chips.lines[_ONE].gone = True
    with pytest.raises(AnnunciatorError, match="relay cannot be switched: no such device"):
        board.show(_WELL)


def test_a_chip_that_is_not_there_is_named() -> None:
    with pytest.raises(AnnunciatorError, match=r"/dev/gpiochip77|package gpiod"):
        KernelChips().request("/dev/gpiochip77", {4: Pin("/dev/gpiochip77", 4)})


def test_a_settings_file_says_which_pin_carries_what(tmp_path: Path) -> None:
    path = tmp_path / "annunciator.toml"
    path.write_text(
        'buzzer = { line = 17 }\nrelay = { chip = "/dev/gpiochip4", line = 0, active_low = true }\n'
        "sound = {}\n"
    )
    settings = load(path)
    assert settings.pins == Pins(
        buzzer=Pin("/dev/gpiochip0", 17), relay=Pin("/dev/gpiochip4", 0, active_low=True)
    )
    assert settings.sound == "default"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("buzzer = 17", "buzzer is written as"),
        ("buzzer = { line = -1 }", "number from 0"),
        ("buzzer = { line = true }", "number from 0"),
        ('buzzer = { line = "17" }', "number from 0"),
        ("buzzer = { line = 1, colour = 2 }", "buzzer is written as"),
        ('buzzer = { chip = "0", line = 1 }', "a device such as"),
        ('buzzer = { line = 1, active_low = "yes" }', "true or false"),
        ("bell = { line = 1 }", "nothing is called bell"),
        ("red = { line = 4 }\ngreen = { line = 4 }", "green and red are on the same line 4"),
        ("sound = true", "sound is written as"),
        ('sound = { device = "" }', "aplay -L"),
        ("buzzer =", "annunciator.toml"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "annunciator.toml"
    path.write_text(text)
    with pytest.raises(AnnunciatorError, match=reason):
        load(path)
