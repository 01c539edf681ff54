"""What an entity shows, as pure functions of the mirrored site.

The rule of this file: an entity is unavailable rather than wrong. It is unavailable while the
stream is lost, while its manager does not answer, and while its own reading is too old.
"""

from collections.abc import Iterable, Mapping, Set as AbstractSet
from dataclasses import dataclass, field
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from homeassistant.helpers.typing import StateType

from bacs_core.api.live import LiveSite, LiveString, Update, UpdateKind
from bacs_core.api.messages import Alarm
from bacs_core.model import AlarmState, CellStatus, EqualizationState, Quantity

from .wording import ENGLISH, Speech, alarm_said

#: An attribute with every reason of a bad day would be too long for the recorder.
MAX_REASONS: Final = 20

#: Ω to mΩ must not turn 0.00045 into 0.45000000000000001.
SCALED_DIGITS: Final = 9


class Place(NamedTuple):
    """Where an alarm stands: the site (no key), manager, string, accessory, or cell from 1."""

    key: str = ""
    cell: int = 0


SITE: Final = Place()


def accessory_key(accessory_id: str) -> str:
    """Name an accessory beside managers and strings, whose ids may be the same."""
    return f"accessory/{accessory_id}"


#: Shelved by a person, kept back by design or out of service: known, but no problem.
PUT_ASIDE: Final = frozenset({AlarmState.SHELVED, AlarmState.SUPPRESSED, AlarmState.OUT_OF_SERVICE})

AlarmsByPlace = Mapping[Place, tuple[Alarm, ...]]


@dataclass(frozen=True, slots=True)
class View:
    """A connected site, with its alarms sorted by place: active ones, and those put aside.

    `by_string` has the alarms of each string in whatever state they are, and below `None` those of
    no string. What an update does not touch is the same object as before. People are told
    of it in the language `speech`.
    """

    live: LiveSite
    alarms: AlarmsByPlace
    put_aside: AlarmsByPlace = field(default_factory=dict)
    by_string: Mapping[str | None, tuple[Alarm, ...]] = field(default_factory=dict)
    speech: Speech = ENGLISH
    summed_up: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """What was worked out of the last message already, for all entities that show a part of it."""


#: One for all that have none: most values of cells.
NO_ATTRIBUTES: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Shown:
    """What an entity shows: `None` as value is a thing that is not known."""

    available: bool
    value: StateType = None
    attributes: Mapping[str, Any] = field(default=NO_ATTRIBUTES)


UNAVAILABLE: Final = Shown(available=False)
UNKNOWN: Final = Shown(available=True)


def places_of(alarm: Alarm) -> tuple[Place, ...]:
    """Name every place that `alarm` makes a problem of: its own, and all that contain it."""
    places = [SITE]
    if alarm.manager_id is not None:
        places.append(Place(alarm.manager_id))
    if alarm.string_key is not None:
        places.append(Place(alarm.string_key))
        if alarm.cell is not None:
            places.append(Place(alarm.string_key, alarm.cell))
    if alarm.accessory_id is not None:
        places.append(Place(accessory_key(alarm.accessory_id)))
    return tuple(places)


def look(live: LiveSite, speech: Speech = ENGLISH) -> View:
    """Take a view of a connected site."""
    return look_again(
        View(live, {}, speech=speech), Update(UpdateKind.CONNECTED, alarms_raised=_all(live))
    )


def _all(live: LiveSite) -> tuple[Alarm, ...]:
    return tuple(live.alarms.values())


def look_again(view: View, update: Update) -> View:
    """Take a new view after some alarms have changed; the others are not looked at.

    With ten thousand alarms it is this that lets one more be told at once.
    """
    touched = (*update.alarms_raised, *update.alarms_changed, *update.alarms_cleared)
    gone = {alarm.id for alarm in (*update.alarms_changed, *update.alarms_cleared)}
    new = (*update.alarms_raised, *update.alarms_changed)
    places = {place for alarm in touched for place in places_of(alarm)}
    active = by_place(alarm for alarm in new if alarm.active)
    aside = by_place(alarm for alarm in new if alarm.state in PUT_ASIDE)
    of_string = _grouped((alarm.string_key, alarm) for alarm in new)
    strings = {alarm.string_key for alarm in touched}
    return View(
        view.live,
        _replaced(view.alarms, gone, active, places),
        _replaced(view.put_aside, gone, aside, places),
        _replaced(view.by_string, gone, of_string, strings),
        view.speech,
    )


def _replaced[Key](
    before: Mapping[Key, tuple[Alarm, ...]],
    gone: AbstractSet[str],
    new: Mapping[Key, tuple[Alarm, ...]],
    keys: Iterable[Key],
) -> Mapping[Key, tuple[Alarm, ...]]:
    """Leave out alarms by their ids and add others, below these keys only."""
    found = dict(before)
    for key in keys:
        kept = before.get(key, ())
        if gone:
            kept = tuple(alarm for alarm in kept if alarm.id not in gone)
        if together := (*kept, *new.get(key, ())):
            found[key] = together
        else:
            found.pop(key, None)
    return found


def by_place(alarms: Iterable[Alarm]) -> AlarmsByPlace:
    """Sort `alarms` by place, so that 512 cells need not search them all."""
    return _grouped((place, alarm) for alarm in alarms for place in places_of(alarm))


def _grouped[Key](pairs: Iterable[tuple[Key, Alarm]]) -> Mapping[Key, tuple[Alarm, ...]]:
    found: dict[Key, list[Alarm]] = {}
    for key, alarm in pairs:
        found.setdefault(key, []).append(alarm)
    return {key: tuple(alarms) for key, alarms in found.items()}


def answering_string(view: View | None, key: str) -> LiveString | None:
    """Get the mirror of a string whose manager answers; `None` if nothing true can be said."""
    if view is None:
        return None
    mirror = view.live.strings.get(key)
    if mirror is None:
        return None
    manager = view.live.managers.get(mirror.string.manager_id)
    return mirror if manager is not None and manager.online is True else None


def cell_value(
    view: View | None, *, key: str, quantity: Quantity, index: int, scale: float = 1.0
) -> Shown:
    """Read one value of a cell (index from 0), multiplied by `scale` into the unit shown."""
    mirror = answering_string(view, key)
    if view is None or mirror is None or mirror.status[index] == CellStatus.SILENT:
        return UNAVAILABLE
    column = mirror.columns.get(quantity)
    value = None if column is None else column[index]
    if value is None:
        return UNKNOWN
    if view.live.stale(key, quantity, index):
        return UNAVAILABLE
    return Shown(available=True, value=round(value * scale, SCALED_DIGITS))


def cell_status(view: View | None, *, key: str, index: int) -> Shown:
    """Read the one mark that a cell has on every screen."""
    mirror = answering_string(view, key)
    if mirror is None:
        return UNAVAILABLE
    return Shown(available=True, value=CellStatus(mirror.status[index]).name.lower())


def cell_problem(view: View | None, *, key: str, index: int) -> Shown:
    """Tell whether a cell has a problem, and the reasons in words.

    A silent cell without an alarm of its own (its manager has the alarm, or it was never read) is
    neither good nor bad: that is unknown.
    """
    mirror = answering_string(view, key)
    if view is None or mirror is None:
        return UNAVAILABLE
    alarms = view.alarms.get(Place(key, index + 1), ())
    status = mirror.status[index]
    if alarms or status in (CellStatus.WARNING, CellStatus.ALARM):
        attributes = _told(view, Place(key, index + 1))
        return Shown(available=True, value=True, attributes=attributes)
    if status == CellStatus.SILENT:
        return UNKNOWN
    return Shown(available=True, value=False, attributes=_told(view, Place(key, index + 1)))


def string_scalar(view: View | None, *, key: str, name: str) -> Shown:
    """Read one value of the line below the table of a string, by its name in the messages."""
    mirror = answering_string(view, key)
    if mirror is None:
        return UNAVAILABLE
    return Shown(available=True, value=getattr(mirror.scalars, name))


def equalization(view: View | None, *, key: str) -> Shown:
    """Read what equalization of a string does, and what keeps it from working."""
    mirror = answering_string(view, key)
    if mirror is None:
        return UNAVAILABLE
    state = mirror.scalars.equalization
    return Shown(
        available=True,
        value=None if state is EqualizationState.UNKNOWN else state.value,
        attributes={"inhibited_by": [inhibit.value for inhibit in mirror.scalars.inhibited_by]},
    )


def string_problem(view: View | None, *, key: str) -> Shown:
    """Tell whether a string or one of its cells has an alarm."""
    return place_problem(None if answering_string(view, key) is None else view, place=Place(key))


def place_problem(view: View | None, *, place: Place) -> Shown:
    """Tell whether a place, or anything inside it, has an alarm.

    For managers and the site: their alarms hold also while the manager itself does not answer.
    """
    if view is None:
        return UNAVAILABLE
    alarms = view.alarms.get(place, ())
    return Shown(available=True, value=bool(alarms), attributes=_told(view, place))


def alarm_count(view: View | None, *, place: Place) -> Shown:
    """Count the active alarms of a place, and how many of them nobody has acknowledged."""
    if view is None:
        return UNAVAILABLE
    alarms = view.alarms.get(place, ())
    unacknowledged = sum(alarm.state is AlarmState.UNACKNOWLEDGED for alarm in alarms)
    return Shown(available=True, value=len(alarms), attributes={"unacknowledged": unacknowledged})


def manager_online(view: View | None, *, manager_id: str) -> Shown:
    """Tell whether a manager answers; unknown until it was asked for the first time."""
    if view is None:
        return UNAVAILABLE
    manager = view.live.managers.get(manager_id)
    return UNAVAILABLE if manager is None else Shown(available=True, value=manager.online)


def line_connected(view: View | None, *, line_id: str) -> Shown:
    """Tell whether the port of a line is open."""
    line = None if view is None else view.live.lines.get(line_id)
    if view is None or line is None:
        return UNAVAILABLE
    message = view.speech.sentence(line.message)
    return Shown(available=True, value=line.port_open, attributes={"message": message})


def _told(view: View, place: Place) -> dict[str, list[str]]:
    """Put the alarms of a place in words, and beside them those that somebody put aside."""
    told = {"reasons": reasons(view, view.alarms.get(place, ()))}
    aside = view.put_aside.get(place, ())
    return told | {"put_aside": reasons(view, aside)} if aside else told


def reasons(view: View, alarms: Iterable[Alarm]) -> list[str]:
    """Put alarms in words, the newest first, as many as an attribute can hold."""
    # They are nearly in the order in which they were raised: nothing is quicker to sort.
    newest_first = sorted(alarms, key=attrgetter("raised_at"), reverse=True)
    return [alarm_said(alarm, view.live, view.speech) for alarm in newest_first[:MAX_REASONS]]
