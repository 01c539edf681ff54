"""What is measured of the rooms: by sensors of their own, and with the strings that stand there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bacs_core.api.history_messages import SeriesMessage
from bacs_core.api.live import LiveSite
from bacs_core.api.messages import AccessoryInfo, AccessoryStatus, Measured
from bacs_core.api.rule_messages import AlarmRule, Rules
from bacs_core.model import AlarmSeverity, Manager, Quantity
from bacs_hmi import wording
from bacs_hmi.format import ABSENT, Numbers, age
from bacs_hmi.pages.relays_facts import HELD_S, at_most
from bacs_hmi.room_trends import Trend
from bacs_hmi.texts import Texts
from bacs_hmi.wires import STALE_AFTER_S

#: A day in buckets of a quarter of an hour.
POINTS: Final = 96
_WIDTH: Final = 240.0
_HEIGHT: Final = 48.0
#: Under this name the history keeps the room temperature of a string.
ROOM: Final = "room_temperature_c"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured value of a room.

    `trend` names the string whose history has it, if any does; `sensor` the sensor and its value
    that `room_trends` remembers.
    """

    key: str
    place: str
    name: str
    value: str
    age: str = ""
    old: bool = False
    limits: str = ""
    severity: AlarmSeverity | None = None
    trend: str | None = None
    sensor: tuple[str, str] | None = None
    unit: str = "°C"
    decimals: int = 1


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of value is shown, and the rules that watch it: the alarm before the warning."""

    name: str
    text: str
    unit: str
    decimals: int
    rules: tuple[str, ...]


_OF_SENSORS: Final = (
    _Kind(
        "temperature_c",
        "measured_temperature",
        "°C",
        1,
        ("room_temperature_low", "room_temperature_high"),
    ),
    _Kind("humidity_percent", "measured_humidity", "%", 0, ()),
    _Kind("hydrogen_percent", "measured_hydrogen", "%", 2, ("hydrogen_raised", "hydrogen_high")),
)
_OF_STRINGS: Final = _Kind(
    ROOM, "measured_temperature", "°C", 1, ("manager_room_temperature_high",)
)


def measurements(
    live: LiveSite, rules: Rules | None, texts: Texts, numbers: Numbers
) -> list[Measurement]:
    """Read everything that is measured of the rooms, sensors first."""
    info = live.info
    if info is None:
        return []
    found: list[Measurement] = []
    for accessory in info.accessories:
        status = live.accessories.get(accessory.id)
        if not (accessory.inputs or accessory.relays):
            found += _of_sensor(accessory, status, live, rules, texts, numbers)
    for manager in info.site.managers:
        found += _of_strings(manager, live, rules, texts, numbers)
    return found


def _of_sensor(
    info: AccessoryInfo,
    status: AccessoryStatus | None,
    live: LiveSite,
    rules: Rules | None,
    texts: Texts,
    numbers: Numbers,
) -> Iterator[Measurement]:
    told = [(kind, _measured(status, kind.name)) for kind in _OF_SENSORS]
    known = [(kind, measured) for kind, measured in told if measured is not None]
    if not known:
        online = None if status is None else status.online
        words = {True: "online", False: "offline", None: "not_asked"}
        severity = AlarmSeverity.WARNING if online is False else None
        yield Measurement(info.id, info.name, texts[words[online]], ABSENT, severity=severity)
    for kind, measured in known:
        age_s = live.age_of(measured.read_at)
        yield Measurement(
            f"{info.id}/{kind.name}",
            info.name,
            texts[kind.text],
            numbers.with_unit(measured.value, kind.decimals, kind.unit),
            texts["age_of"].format(age=age(numbers, age_s)),
            age_s is None or age_s > STALE_AFTER_S,
            _limits(kind, rules, texts, accessory_id=info.id, manager_id=None),
            _severity(live, kind, accessory_id=info.id, manager_id=None),
            sensor=(info.id, kind.name),
            unit=kind.unit,
            decimals=kind.decimals,
        )


def _measured(status: AccessoryStatus | None, name: str) -> Measured | None:
    return None if status is None else getattr(status, name)


def _of_strings(
    manager: Manager, live: LiveSite, rules: Rules | None, texts: Texts, numbers: Numbers
) -> Iterator[Measurement]:
    """Tell the rooms of the strings of a manager; those that are told the same are one row."""
    same: dict[str, list[str]] = {}
    for string in manager.strings:
        mirror = live.strings.get(string.key)
        value = None if mirror is None else mirror.scalars.room_temperature_c
        if value is not None:
            same.setdefault(numbers.with_unit(value, 1, "°C"), []).append(string.key)
    names = {string.key: string.name for string in manager.strings}
    held = {string.key: string.stale_after_s[Quantity.VOLTAGE] for string in manager.strings}
    for shown, keys in same.items():
        place = names[keys[0]] if len(keys) == 1 else manager.name
        if len(keys) > 1 and len(same) > 1:
            place = ", ".join(names[key] for key in keys)
        # Where the string itself tells none, it is the temperature of the sensors of the room.
        held_s = max(HELD_S, *(held[key] for key in keys))
        yield Measurement(
            f"{keys[0]}/{ROOM}",
            place,
            texts["room_at_strings"],
            shown,
            at_most(live, held_s, texts, numbers),
            (live.age_of(live.at) or 0.0) > STALE_AFTER_S,
            limits=_limits(_OF_STRINGS, rules, texts, accessory_id=None, manager_id=manager.id),
            severity=_severity(live, _OF_STRINGS, accessory_id=None, manager_id=manager.id),
            trend=keys[0],
        )


def _severity(
    live: LiveSite, kind: _Kind, *, accessory_id: str | None, manager_id: str | None
) -> AlarmSeverity | None:
    """Return the worst alarm that is active about one value."""
    own = [
        alarm.severity
        for alarm in live.alarms.values()
        if alarm.active
        and alarm.rule in kind.rules
        and (
            alarm.accessory_id == accessory_id
            if accessory_id is not None
            else alarm.manager_id == manager_id
        )
    ]
    return AlarmSeverity.ALARM if AlarmSeverity.ALARM in own else next(iter(own), None)


def _limits(
    kind: _Kind,
    rules: Rules | None,
    texts: Texts,
    *,
    accessory_id: str | None,
    manager_id: str | None,
) -> str:
    """Say from where on an alarm or a warning is raised: `warning above 35.0 °C`."""
    told = []
    for rule in () if rules is None else rules.rules:
        if rule.name not in kind.rules:
            continue
        limit = limit_at(rule, accessory_id=accessory_id, manager_id=manager_id)
        if limit is None:
            continue
        key = f"{rule.severity.value}_{rule.beyond}"
        told.append(texts[key].format(limit=wording.figure(rule.name, limit, 0.0, texts)))
    return "\n".join(told)


def limit_at(rule: AlarmRule, *, accessory_id: str | None, manager_id: str | None) -> float | None:
    """Return the limit in force at a sensor or a manager; `None` where the rule is off there."""
    wide = next((each for each in rule.limits), None)
    limit = None if wide is None or wide.off else wide.limit
    for changed in rule.changed:
        place = changed.place
        is_here = (accessory_id is not None and place.accessory_id == accessory_id) or (
            manager_id is not None and place.manager_id == manager_id and place.string_key is None
        )
        if is_here:
            return None if changed.off else changed.limit if changed.limit is not None else limit
    return limit


def sparkline(
    series: SeriesMessage | Trend, of: Measurement, numbers: Numbers, texts: Texts
) -> str:
    """Draw the mean of a day, at most `POINTS` of them; gaps stay gaps.

    Returns SVG with the lowest and highest value beside it, or nothing where nothing is known.
    """
    lows, highs = _finite(series.minimum), _finite(series.maximum)
    if not lows or not highs:
        return ""
    low, high = min(lows), max(highs)
    span = max(high - low, 0.5)
    step = _WIDTH / max(1, len(series.mean) - 1)

    def y(value: float) -> float:
        return round(_HEIGHT - 4 - (value - low) / span * (_HEIGHT - 8), 1)

    lines = "".join(
        f'<polyline points="{" ".join(f"{place * step:.1f},{y(value)}" for place, value in run)}"/>'
        for run in _runs(series.mean)
    )
    name = texts["trend_of_day"].format(
        low=numbers.with_unit(low, of.decimals, of.unit),
        high=numbers.with_unit(high, of.decimals, of.unit),
    )
    return (
        f'<svg class="bacs-spark" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}"'
        f' preserveAspectRatio="none" role="img" aria-label="{name}">{lines}</svg>'
        f'<span class="bacs-spark-words bacs-quiet">{name}</span>'
    )


def _runs(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    """Split values into stretches without a gap; a single one is drawn as a short line."""
    run: list[tuple[int, float]] = []
    for place, value in enumerate([*values, None]):
        if value is not None:
            run.append((place, value))
        elif run:
            yield run if len(run) > 1 else [run[0], (run[0][0] + 1, run[0][1])]
            run = []


def _finite(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]
