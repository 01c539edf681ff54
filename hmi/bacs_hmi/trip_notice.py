"""A trip fills the screen until somebody has seen it; alarm bar and buzzer stay above it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Final

from bacs_core.api.live import LiveSite
from bacs_core.api.messages import Alarm, TripStatus
from bacs_core.model import AlarmSeverity, Site, String, TripCause, TripState, cell_label
from bacs_hmi import wording
from bacs_hmi.conclusions import causes, contact, headline, today_of
from bacs_hmi.format import minute_of
from bacs_hmi.pages.help.topics import EMERGENCY
from bacs_hmi.parts import box, button, label, symbol
from bacs_hmi.texts import Texts
from bacs_hmi.views import View, ViewName
from bacs_hmi.visits import Visit

#: The breaker acted, or failed to.
_SHOWN_STATES: Final = frozenset({TripState.TRIPPED, TripState.FAILED})
#: A trip is over only when the engine says one of these: after its start it says nothing at first.
_OVER_STATES: Final = frozenset({TripState.ARMED, TripState.DEFERRED, TripState.OFF})
#: A room with such a string is dangerous to enter.
_HOT: Final = frozenset({TripCause.THERMAL_RUNAWAY, TripCause.OVER_TEMPERATURE})
_RULES: Final = {
    TripCause.THERMAL_RUNAWAY: "runaway_trip",
    TripCause.OVER_TEMPERATURE: "trip_temperature",
    TripCause.OVER_VOLTAGE: "trip_voltage_high",
    TripCause.UNDER_VOLTAGE: "trip_voltage_low",
}
_CONTACTS: Final = {
    True: "trip_contact_open",
    False: "trip_contact_closed",
    None: "trip_contact_unknown",
}


class TripNotice:
    """Shows the first trip that nobody at this browser has seen yet."""

    def __init__(self, texts: Texts, visit: Visit, open_view: Callable[[View], None]) -> None:
        self._texts = texts
        self._visit = visit
        self._open = open_view
        self._shown: tuple[object, ...] | None = None
        self._names: dict[str, str] = {}
        self._box = box("bacs-trip").props("role=alertdialog aria-modal=true")
        self._box.set_visibility(False)

    def follow(self, live: LiveSite | None, site: Site | None) -> None:
        """Show or hide it; nothing is built anew for what stayed as it was."""
        unseen = [] if live is None or site is None else list(_unseen(live, self._visit))
        shown: tuple[object, ...] = (len(unseen), *unseen[:1])
        if unseen and live is not None and site is not None:
            string, trip = unseen[0]
            alarms = live.alarms.values()
            shown = (*shown, *told(trip, string, site, alarms, self._texts, today_of(live)))
        if shown == self._shown:
            return
        self._shown = shown
        self._box.clear()
        self._box.set_visibility(bool(unseen))
        if unseen and live is not None and site is not None:
            self._names = {manager.id: manager.name for manager in site.managers}
            string, trip = unseen[0]
            self._fill(live, site, string, trip, more=len(unseen) - 1)

    def _fill(
        self, live: LiveSite, site: Site, string: String, trip: TripStatus, *, more: int
    ) -> None:
        texts = self._texts
        place = self._names.get(string.manager_id, "")
        title = texts[f"trip_notice_{trip.state.value}"]
        self._box.props["aria-label"] = f"{title}: {string.name}"
        with self._box:
            with box("bacs-trip-head"):
                symbol(AlarmSeverity.ALARM)
                label(title, tag="h2")
            label(string.name, "bacs-trip-place")
            if place and place != string.name:
                label(place, "bacs-trip-line")
            alarms = live.alarms.values()
            for text in told(trip, string, site, alarms, texts, today_of(live)):
                label(text[:1].upper() + text[1:], "bacs-trip-line")
            for key in to_do(trip):
                label(texts[key], "bacs-trip-line bacs-trip-do")
            if more:
                label(texts["trip_notice_more"].format(count=more), "bacs-trip-line")
            with box("bacs-actions"):
                for text, leads in (
                    ("trip_notice_open", View(ViewName.STRING, string.key)),
                    ("help_title_emergency", View(ViewName.HELP, part=EMERGENCY)),
                    ("trip_notice_seen", None),
                ):
                    see = partial(self._see, live, string, trip, leads)
                    button(texts[text], see, "bacs-button bacs-action")

    def _see(self, live: LiveSite, string: String, trip: TripStatus, leads: View | None) -> None:
        self._visit.seen.add((string.key, trip.state))
        self.follow(live, live.info.site if live.info is not None else None)
        if leads is not None:
            self._open(leads)


def told(
    trip: TripStatus,
    string: String,
    site: Site,
    alarms: Iterable[Alarm],
    texts: Texts,
    today: datetime,
) -> list[str]:
    """Say why it tripped, with value and limit, at how many cells, since when, and the contact."""
    rules = {_RULES[cause] for cause in trip.causes}
    own = sorted(
        (alarm for alarm in alarms if alarm.rule in rules and alarm.string_key == string.key),
        key=lambda alarm: (alarm.cell != trip.cell, alarm.raised_at, alarm.id),
    )
    cells = {alarm.cell for alarm in own if alarm.cell is not None} | {trip.cell} - {None}
    why = causes(trip, string, texts)
    if trip.cell is not None and len(cells) > 1:
        why = texts["trip_cells_more"].format(
            causes=", ".join(texts[f"cause_{cause.value}"] for cause in trip.causes),
            cell=cell_label(trip.cell, string.cell_count),
            count=len(cells) - 1,
        )
    figures = wording.raised_figures(own[0], site, texts) if own else ""
    why = ": ".join(part for part in (why, figures) if part)
    if trip.state is not TripState.FAILED:
        return [text for text in (why, headline(trip, texts, today), contact(trip, texts)) if text]
    ordered = ""
    if trip.since is not None:
        since = minute_of(trip.since, today, texts["day_format"])
        ordered = texts["trip_ordered"].format(since=since)
    failed = "; ".join(part for part in (ordered, texts[_CONTACTS[trip.contact_open]]) if part)
    return [text for text in (why, failed) if text]


def to_do(trip: TripStatus) -> list[str]:
    """Name the texts that say what to do now, the most urgent first."""
    is_hot = not _HOT.isdisjoint(trip.causes)
    do = []
    if trip.state is TripState.FAILED:
        do.append("trip_do_open_hot" if is_hot else "trip_do_open")
    return [*do, "trip_do_heat"] if is_hot else do


def _unseen(live: LiveSite, visit: Visit) -> Iterator[tuple[String, TripStatus]]:
    for key, mirror in live.strings.items():
        if mirror.brain is None:
            continue
        trip = mirror.brain.trip
        if visit.seen and trip.state in _OVER_STATES:
            visit.seen.difference_update((key, state) for state in _SHOWN_STATES)
        if trip.state in _SHOWN_STATES and (key, trip.state) not in visit.seen:
            yield mirror.string, trip
