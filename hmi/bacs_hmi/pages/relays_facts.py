"""Inputs and relays of the boxes: what each contact does, what it is for, who ordered it last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bacs_core.api.history_messages import EventMessage
from bacs_core.api.live import LiveSite
from bacs_core.api.messages import AccessoryInfo, AccessoryStatus
from bacs_core.model import AlarmSeverity, String, TripState
from bacs_hmi.conclusions import trip_of
from bacs_hmi.format import Numbers, age
from bacs_hmi.texts import Texts, numbers_of
from bacs_hmi.wires import device_name

#: The engine holds what an accessory told for so long, and then says that nobody knows.
HELD_S: Final = 30.0
_SWITCH: Final = "switch_relay"


class RelayRole(StrEnum):
    """What a relay is for, as far as clients are told."""

    BREAKER = "breaker"
    ALARM = "alarm"
    """Closed while all is well; it drops out on an alarm and without the engine."""
    RELEASED = "released"
    RESERVED = "reserved"
    """The engine's own, or unused: the site file releases it to nobody."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One input or relay (`number` from 1); `closed` is none where nobody knows."""

    number: int
    name: str
    closed: bool | None


@dataclass(frozen=True, slots=True)
class Relay(Contact):
    """A relay and what it is for; `strings` are the keys of those whose breaker it trips.

    They are none where the engine does not tell them.
    """

    role: RelayRole
    strings: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """A relay box with its contacts; `severity` marks one that does not answer or is doubted."""

    id: str
    name: str
    facts: str
    state: str
    severity: AlarmSeverity | None
    inputs: tuple[Contact, ...]
    relays: tuple[Relay, ...]


@dataclass(frozen=True, slots=True)
class Switched:
    """Who ordered a relay last, when, and to what."""

    by: str
    at: datetime
    closed: bool


def boxes(live: LiveSite, texts: Texts) -> list[Box]:
    """Read all boxes that have contacts, in the order of the site file."""
    info = live.info
    if info is None:
        return []
    return [
        _box(accessory, live, texts)
        for accessory in info.accessories
        if accessory.inputs or accessory.relays
    ]


def at_most(live: LiveSite, held_s: float, texts: Texts, numbers: Numbers) -> str:
    """Say how old a value can be whose time is not told, but that is held only for so long."""
    silent_s = live.age_of(live.at) or 0.0
    return texts["age_at_most"].format(age=age(numbers, held_s + silent_s))


def _box(info: AccessoryInfo, live: LiveSite, texts: Texts) -> Box:
    status: AccessoryStatus | None = live.accessories.get(info.id)
    online = None if status is None else status.online
    words = {True: "online", False: "offline", None: "not_asked"}
    state, severity = texts[words[online]], None if online else AlarmSeverity.WARNING
    if status is not None and status.problem is not None:
        state, severity = texts["not_believed"], AlarmSeverity.WARNING
    line = texts["line_named"].format(line=info.line_id)
    unit = texts["unit"].format(unit=info.unit)
    inputs = _states(info.inputs, None if status is None else status.inputs)
    relays = _states(info.relays, None if status is None else status.relays)
    if any(closed is not None for _, _, closed in (*inputs, *relays)):
        state = f"{state} · {at_most(live, HELD_S, texts, numbers_of(texts))}"
    return Box(
        info.id,
        info.name,
        f"{device_name(info.device, texts)} · {line}, {unit}",
        state,
        severity if online is not None or status is not None else None,
        tuple(Contact(*each) for each in inputs),
        tuple(Relay(*each, _role(info, each[0]), _strings(info, each[0])) for each in relays),
    )


def _states(
    names: Sequence[str], states: Sequence[bool | None] | None
) -> list[tuple[int, str, bool | None]]:
    """Put names and states together; without a state nobody knows."""
    told = [*(states or ()), *[None] * len(names)]
    return [
        (number, name, state)
        for number, (name, state) in enumerate(zip(names, told, strict=False), start=1)
    ]


def _role(info: AccessoryInfo, number: int) -> RelayRole:
    if number in info.breakers:
        return RelayRole.BREAKER
    if number == info.alarm_relay:
        return RelayRole.ALARM
    return RelayRole.RELEASED if number in info.released else RelayRole.RESERVED


def _strings(info: AccessoryInfo, number: int) -> tuple[str, ...] | None:
    told = info.breaker_strings.get(number)
    return None if told is None else tuple(told)


def last_switched(events: Iterable[EventMessage]) -> Mapping[tuple[str, int], Switched]:
    """Find in commands, the newest first, who ordered each relay last, by box and number."""
    found: dict[tuple[str, int], Switched] = {}
    for event in events:
        data = event.data
        device, relay, closed = (data.get(name) for name in ("device_id", "relay", "closed"))
        is_order = data.get("command") == _SWITCH and event.by is not None
        if not is_order or not isinstance(relay, int) or not isinstance(closed, bool):
            continue
        found.setdefault((str(device), relay), Switched(str(event.by), event.at, closed))
    return found


def with_breaker(live: LiveSite, strings: Iterable[String], relay: Relay) -> list[String]:
    """Return the strings whose breaker a relay trips; all with a breaker if nobody tells."""
    if relay.strings is not None:
        return [string for string in strings if string.key in relay.strings]
    return [
        string for string in strings if trip_of(live, string.key).state is not TripState.NO_BREAKER
    ]
