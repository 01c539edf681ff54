"""Remembers which device sits where, by serial number, so that a swap is never taken for the plant.

A place is named `cell STRING_KEY:NUMBER`, `manager ID`, `sensor STRING_KEY` or `accessory ID`.
What stands under a place is the serial number of the device that was believed there first, or that
a technician confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Final

from pydantic import Field, TypeAdapter, ValidationError

MEMORY: Final = "device_serial_numbers"

_KEPT: Final = TypeAdapter(
    dict[
        Annotated[str, Field(pattern=r"^(cell|manager|sensor|accessory) .+$")],
        Annotated[int, Field(strict=True, ge=0, le=0xFFFFFFFF)],
    ]
)


def cell(string_key: str, number: int) -> str:
    """Name the place of the module on a cell, counted from 1."""
    return f"cell {string_key}:{number}"


def manager(manager_id: str) -> str:
    """Name the place of a web manager."""
    return f"manager {manager_id}"


def sensor(string_key: str) -> str:
    """Name the place of the current sensor of a string."""
    return f"sensor {string_key}"


def accessory(accessory_id: str) -> str:
    """Name the place of a relay box or environment sensor."""
    return f"accessory {accessory_id}"


def restore(kept: object) -> tuple[dict[str, int], str | None]:
    """Return the pins that were kept, and what is wrong with them; damaged ones are forgotten."""
    if kept is None:
        return {}, None
    try:
        return _KEPT.validate_python(kept), None
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]["msg"]
        return (
            {},
            f"the serial numbers of the devices are forgotten, what was kept of them: {wrong}",
        )


def spans(numbers: Iterable[int]) -> str:
    """Write cell numbers as people do: 1-3, 7."""
    return ", ".join(
        str(first) if first == last else f"{first}-{last}" for first, last in _runs(numbers)
    )


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    run: tuple[int, int] | None = None
    for number in sorted(set(numbers)):
        if run is not None and number == run[1] + 1:
            run = run[0], number
            continue
        if run is not None:
            yield run
        run = number, number
    if run is not None:
        yield run
