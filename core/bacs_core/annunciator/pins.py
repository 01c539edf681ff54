"""The pins, through libgpiod: asked for once, all at their safe side, and given back at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from bacs_core.annunciator.settings import AnnunciatorError, Pin, Pins
from bacs_core.annunciator.signs import Outputs

if TYPE_CHECKING:
    import gpiod

_CONSUMER = "bacs-annunciator"


class Lines(Protocol):
    """The lines of one chip as they were asked for."""

    def set(self, on: Mapping[int, bool]) -> None:
        """Switch lines, by their number."""

    def close(self) -> None:
        """Give them back."""


class Chips(Protocol):
    """Who gives lines of chips."""

    def request(self, chip: str, pins: Mapping[int, Pin]) -> Lines:
        """Ask for lines as outputs that are off. Raises `AnnunciatorError`."""


class Board:
    """All pins of the annunciator; only what changes is switched."""

    def __init__(self, pins: Pins, chips: Chips) -> None:
        """Ask for the lines. Raises `AnnunciatorError`."""
        self._pins = pins.named()
        self._lines: dict[str, Lines] = {}
        self._on: dict[str, bool] = dict.fromkeys(self._pins, False)
        by_chip = sorted(self._pins.values(), key=lambda pin: pin.chip)
        for chip, of_chip in groupby(by_chip, key=lambda pin: pin.chip):
            self._lines[chip] = chips.request(chip, {pin.line: pin for pin in of_chip})

    def show(self, wanted: Outputs) -> None:
        """Switch what has changed. Raises `AnnunciatorError` if a chip is gone."""
        on = self._wanted(wanted)
        changed = [name for name, state in on.items() if state is not self._on[name]]
        for name in changed:
            pin = self._pins[name]
            try:
                self._lines[pin.chip].set({pin.line: on[name]})
            except OSError as error:
                raise AnnunciatorError(f"{name} cannot be switched: {error}") from error
            self._on[name] = on[name]

    def close(self) -> None:
        """Give all lines back."""
        for lines in self._lines.values():
            lines.close()

    def _wanted(self, wanted: Outputs) -> dict[str, bool]:
        mixed = wanted.orange and "orange" not in self._pins
        states = {
            "buzzer": wanted.buzzer,
            "red": wanted.red or mixed,
            "orange": wanted.orange,
            "green": wanted.green or mixed,
            "relay": wanted.relay,
        }
        return {name: states[name] for name in self._pins}


class KernelChips:
    """The chips of this computer."""

    def request(self, chip: str, pins: Mapping[int, Pin]) -> Lines:
        """Ask the kernel. Raises `AnnunciatorError`."""
        try:
            # Loaded only where pins are used: other installations need not have it.
            import gpiod  # noqa: PLC0415
            from gpiod.line import Direction, Value  # noqa: PLC0415
        except ImportError as error:
            raise AnnunciatorError(f"pins need the package gpiod: {error}") from error
        config: dict[Iterable[int | str] | int | str, gpiod.LineSettings | None] = {
            line: gpiod.LineSettings(
                direction=Direction.OUTPUT,
                output_value=Value.INACTIVE,
                active_low=pin.active_low,
            )
            for line, pin in pins.items()
        }
        try:
            return KernelLines(gpiod.request_lines(chip, consumer=_CONSUMER, config=config))
        except (OSError, ValueError) as error:
            raise AnnunciatorError(f"{chip}, lines {sorted(pins)}: {error}") from error


class KernelLines:
    """Lines of the kernel."""

    def __init__(self, request: gpiod.LineRequest) -> None:
        """Switch the lines of a request."""
        self._request = request

    def set(self, on: Mapping[int, bool]) -> None:
        """Switch lines. Raises `OSError`."""
        from gpiod.line import Value  # noqa: PLC0415 - see KernelChips

        self._request.set_values(
            {line: Value.ACTIVE if state else Value.INACTIVE for line, state in on.items()}
        )

    def close(self) -> None:
        """Give them back."""
        self._request.release()
