"""A trip fills the screen until somebody has seen it; alarm bar and buzzer stay above it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Final

from nicegui.element import Element

from bacs_core.api.live import LiveSite
from bacs_core.api.messages import Alarm, TripStatus
from bacs_core.model import AlarmSeverity, Site, String, TripCause, TripState, cell_label
from bacs_hmi import wording
from bacs_hmi.conclusions import causes, contact, headline, today_of
from bacs_hmi.format import minute_of
from bacs_hmi.pages.help.topics import EMERGENCY
from bacs_hmi.parts import box, button, choose, label, symbol
from bacs_hmi.texts import Texts
from bacs_hmi.views import View, ViewName
from bacs_hmi.visits import TripMark, Visit

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
    """Shows the worst trip that nobody at this browser has seen yet.

    What lay in front of the page is set aside for as long, with all that was typed in it. A sheet
    that is opened meanwhile lies above the trip: the buzzer is silenced by who has signed in.
    """

    def __init__(
        self, texts: Texts, visit: Visit, open_view: Callable[[View], None], *, over: Element
    ) -> None:
        self._texts = texts
        self._visit = visit
        self._open = open_view
        self._over = over
        self._live: LiveSite | None = None
        self._site: Site | None = None
        self._mark: TripMark | None = None
        self._lines: list[tuple[str, str]] = []
        self._told: Element | None = None
        self._box = box("bacs-trip").props("role=alertdialog aria-modal=true")
        self._box.set_visibility(False)

    def follow(self, live: LiveSite | None, site: Site | None) -> None:
        """Show or hide it; what a finger may be on stays as long as it means the same."""
        self._live, self._site = live, site
        unseen = [] if live is None else _unseen(live, self._visit)
        if unseen and live is not None and site is not None:
            string, trip = min(unseen, key=self._order)
            self._show((string.key, trip.state), string.name)
            self._tell(self._lines_of(live, site, string, trip, more=len(unseen) - 1))
        else:
            self._hide()

    def _order(self, each: tuple[String, TripStatus]) -> tuple[bool, bool, bool]:
        """Put a breaker that does not open first, then heat; of the equal ones what stands there.

        A notice that is being read changes only for something worse.
        """
        string, trip = each
        shown = (string.key, trip.state) == self._mark
        return trip.state is not TripState.FAILED, not _is_hot(trip), not shown

    def _show(self, mark: TripMark, name: str) -> None:
        """Show this trip in place of another or of nothing; sheets of before make room for it."""
        if mark == self._mark:
            return
        texts = self._texts
        self._mark, self._lines = mark, []
        title = texts[f"trip_notice_{mark[1].value}"]
        self._box.props["aria-label"] = f"{title}: {name}"
        self._box.clear()
        with self._box:
            with box("bacs-trip-head"):
                symbol(AlarmSeverity.ALARM)
                label(title, tag="h2")
            label(name, "bacs-trip-place")
            self._told = box("bacs-trip-told")
            with box("bacs-actions"):
                for text, leads in (
                    ("trip_notice_open", View(ViewName.STRING, mark[0])),
                    ("help_title_emergency", View(ViewName.HELP, part=EMERGENCY)),
                    ("trip_notice_seen", None),
                ):
                    see = partial(self._see, mark, leads)
                    button(texts[text], see, "bacs-button bacs-action")
        self._box.set_visibility(True)
        self._set_sheets_aside(True)

    def _hide(self) -> None:
        if self._mark is None:
            return
        self._mark = None
        self._box.clear()
        self._box.set_visibility(False)
        self._set_sheets_aside(False)

    def _set_sheets_aside(self, aside: bool) -> None:  # noqa: FBT001 - as `choose`
        for lying in self._over.default_slot.children:
            choose(lying, "bacs-aside", aside)

    def _tell(self, lines: list[tuple[str, str]]) -> None:
        if self._told is None or lines == self._lines:
            return
        self._lines = lines
        self._told.clear()
        with self._told:
            for text, style in lines:
                label(text, style)

    def _lines_of(
        self, live: LiveSite, site: Site, string: String, trip: TripStatus, *, more: int
    ) -> list[tuple[str, str]]:
        texts, line = self._texts, "bacs-trip-line"
        names = {manager.id: manager.name for manager in site.managers}
        place = names.get(string.manager_id, "")
        lines = [(place, line)] if place and place != string.name else []
        why = told(trip, string, site, live.alarms.values(), texts, today_of(live))
        lines += [(text[:1].upper() + text[1:], line) for text in why]
        lines += [(texts[key], f"{line} bacs-trip-do") for key in to_do(trip)]
        if more:
            text = texts["trip_notice_one_more" if more == 1 else "trip_notice_more"]
            lines.append((text.format(count=more), line))
        return lines

    def _see(self, mark: TripMark, leads: View | None) -> None:
        self._visit.seen.add(mark)
        self.follow(self._live, self._site)
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
    is_hot = _is_hot(trip)
    do = []
    if trip.state is TripState.FAILED:
        do.append("trip_do_open_hot" if is_hot else "trip_do_open")
    return [*do, "trip_do_heat"] if is_hot else do


def _unseen(live: LiveSite, visit: Visit) -> list[tuple[String, TripStatus]]:
    """Return what nobody at this browser has seen yet, in the order of the site."""
    found = []
    for key, mirror in live.strings.items():
        if mirror.brain is None:
            continue
        trip = mirror.brain.trip
        if visit.seen and trip.state in _OVER_STATES:
            visit.seen.difference_update((key, state) for state in _SHOWN_STATES)
        if trip.state in _SHOWN_STATES and (key, trip.state) not in visit.seen:
            found.append((mirror.string, trip))
    return found


def _is_hot(trip: TripStatus) -> bool:
    return not _HOT.isdisjoint(trip.causes)
