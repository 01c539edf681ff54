"""Whether relays and inputs are there, and belong to one purpose only: breakers, alarm, people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bacs_core.devices import panel_relay_box
from bacs_core.model import string_key
from bacs_core.sitefile.devices import CONTACTS
from bacs_core.sitefile.plan import breaker_of, may_command
from bacs_core.sitefile.tables import BreakerTable, DeviceTable, SiteFile
from bacs_core.sitefile.toml_lines import Path, Refusal


@dataclass(frozen=True, slots=True)
class _Declared:
    """A breaker of the file: where it stands, and which string hangs on it."""

    place: Path
    string: str
    table: BreakerTable


def refusals(tables: SiteFile) -> Iterator[Refusal]:
    """Yield what is wrong with the contacts of the whole file."""
    for index, device in enumerate(tables.device):
        yield from _wrong_contacts(device, ("device", index))
    breakers = [
        _Declared(
            ("manager", index, "string", number, "breaker"),
            string_key(manager.id, string.number),
            string.breaker,
        )
        for index, manager in enumerate(tables.manager)
        for number, string in enumerate(manager.string)
        if string.breaker is not None
    ]
    for declared in breakers:
        yield from _wrong_breaker(declared, tables)
    yield from _wrongly_shared(breakers)
    yield from _wrong_alarm_relay(tables)


def _wrong_contacts(device: DeviceTable, place: Path) -> Iterator[Refusal]:
    for key, count in zip(("inputs", "relays"), CONTACTS.get(device.device, (0, 0)), strict=True):
        if len(getattr(device, key)) > count:
            yield Refusal((*place, key), f"{device.device} has {count or 'no'} {key}")
    for key in ("released", "breakers"):
        for number in getattr(device, key):
            if number > len(device.relays):
                reason = f"{key}: there is no relay {number}, 'relays' names {len(device.relays)}"
                yield Refusal((*place, key), reason)
    for number in sorted(set(device.released) & set(device.breakers)):
        yield Refusal((*place, "released"), f"relay {number} trips a breaker: it is never released")


def _box(tables: SiteFile, name: str) -> DeviceTable | None:
    boxes = (table for table in tables.device if table.device == panel_relay_box.NAME)
    return next((box for box in boxes if box.id == name), None)


def _wrong_breaker(declared: _Declared, tables: SiteFile) -> Iterator[Refusal]:
    table, place = declared.table, declared.place
    box = _box(tables, table.box)
    if box is None:
        yield Refusal(place, f"box: there is no relay box {table.box!r}")
        return
    if table.relay not in box.breakers:
        yield Refusal(
            place, f"relay: {table.relay} does not stand in the 'breakers' of {table.box!r}"
        )
    inputs, _ = CONTACTS[box.device]
    if table.input > inputs:
        yield Refusal(place, f"input: {box.device} has {inputs} inputs")
    line = next((line for line in tables.line if line.id == box.line), None)
    if line is not None and not may_command(line):
        yield Refusal(
            place,
            f"box: no trip goes over {line.port.link} line {line.id!r} unless its "
            "'commands_over_network' says so",
        )


def _wrongly_shared(breakers: list[_Declared]) -> Iterator[Refusal]:
    """Find contacts that two strings use without saying, or use in two ways."""
    for index, declared in enumerate(breakers):
        table = declared.table
        others = [other for other in breakers[:index] if other.table.box == table.box]
        for other in others:
            same_relay = other.table.relay == table.relay
            if not same_relay and other.table.input == table.input:
                reason = f"input: {table.input} of {table.box!r} already tells of {other.string}"
                yield Refusal(declared.place, reason)
            if not same_relay:
                continue
            if breaker_of(other.table) != breaker_of(table):
                reason = f"this is the breaker of {other.string}, which describes it otherwise"
                yield Refusal(declared.place, reason)
            elif not (table.shared and other.table.shared):
                yield Refusal(
                    declared.place,
                    f"relay: {table.relay} of {table.box!r} already trips the breaker of "
                    f"{other.string}; where both hang on it, both say shared = true",
                )
        alone = all(
            (other.table.box, other.table.relay) != (table.box, table.relay)
            for other in breakers
            if other is not declared
        )
        if table.shared and alone:
            yield Refusal(declared.place, "shared: no other string hangs on this breaker")


def _wrong_alarm_relay(tables: SiteFile) -> Iterator[Refusal]:
    table, place = tables.site.alarm_relay, ("site", "alarm_relay")
    if table is None:
        return
    box = _box(tables, table.box)
    if box is None:
        yield Refusal(place, f"box: there is no relay box {table.box!r}")
        return
    if table.relay > len(box.relays):
        reason = f"relay: there is no relay {table.relay}, 'relays' names {len(box.relays)}"
        yield Refusal(place, reason)
    for key, what in (("breakers", "trips a breaker"), ("released", "is released to people")):
        if table.relay in getattr(box, key):
            yield Refusal(place, f"relay: {table.relay} of {table.box!r} {what}")
