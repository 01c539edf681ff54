"""One browser's screen: header, alarm bar, buzzer, faults, and the view inside."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from nicegui import ui
from nicegui.element import Element

from bacs_core.api.messages import Alarm, Command, MuteBuzzer
from bacs_core.model import AlarmSeverity, Site
from bacs_hmi import wording
from bacs_hmi.asking import Asking
from bacs_hmi.backlight import Backlight
from bacs_hmi.broadcast import Broadcast
from bacs_hmi.door import SIGN_IN
from bacs_hmi.early import early_page
from bacs_hmi.keyboard import Keyboard
from bacs_hmi.live import Connection, ConnectionState, Link
from bacs_hmi.network import NetworkSide
from bacs_hmi.orders import Orders
from bacs_hmi.pages.book import BOOK, TABS
from bacs_hmi.pages.page import Page, Surroundings
from bacs_hmi.pages.waiting import commissioning, waiting
from bacs_hmi.parts import (
    LANGUAGE_KEY,
    box,
    button,
    buzzer_svg,
    choose,
    label,
    symbol,
    symbol_svg,
)
from bacs_hmi.preferences import PreferenceBook, for_elsewhere
from bacs_hmi.pulse import Pulse
from bacs_hmi.rest import Rest, RestActions
from bacs_hmi.room_trends import RoomTrends
from bacs_hmi.stick import StickBand
from bacs_hmi.texts import LANGUAGES, numbers_of, texts_of
from bacs_hmi.trip_notice import TripNotice
from bacs_hmi.views import View, ViewName, view_of
from bacs_hmi.visits import LANGUAGE_COOKIE, LOG_OFF_ELSEWHERE_S, Visit, Visits
from bacs_hmi.wording import PUT_ASIDE

COOKIE_AGE_S: Final = 10 * 365 * 86400
#: Brightness of a backlight while nobody is there, in percent; the page itself is dark then too.
DIM_PERCENT: Final = 10


@dataclass(frozen=True, slots=True)
class House:
    """What all browsers of the panel share."""

    link: Link
    broadcast: Broadcast
    visits: Visits
    preferences: PreferenceBook
    backlight: Backlight
    network: NetworkSide
    drawn: Callable[[], None]
    """Counts a report that the page at the cabinet is drawn."""
    rooms: RoomTrends


class Shell:
    """Builds the page and keeps it true until the browser is gone."""

    def __init__(self, house: House, language: str, visit: Visit, view: View) -> None:
        self._house = house
        self._link = house.link
        self._visit = visit
        self._view = view
        self._client = ui.context.client
        self._page: Page | None = None
        self._shown: tuple[object, ...] = ()
        self._site: Site | None = None
        self._alarms_version = -1
        self._carried = False
        self._is_out = False
        self._known: frozenset[str] | None = None
        self._mute: Element | None = None
        self._set_language(language)
        self._build()
        self._tick()
        self._leaves: Sequence[Callable[[], None]] = (
            house.broadcast.listen(self._tick),
            house.preferences.listen(self._preferences_changed),
            visit.listen(self._person_changed),
            house.visits.enter(visit),
        )
        self._client.on_delete(self._close)

    def open(self, view: View) -> None:
        """Change to another view; what lay in front of the one before goes with it."""
        self._over.clear()
        self._view = view
        self._run(f"history.pushState(null, '', {json.dumps(view.query())})")
        self._rebuild()

    def early(self) -> tuple[str, str]:
        """Write what is shown as HTML for the head and for the body, if it can be and is live."""
        if self._page is None or self._link.connection().state is not ConnectionState.LIVE:
            return "", ""
        return early_page(self._root)

    # -- building ------------------------------------------------------------------------------

    def _set_language(self, language: str) -> None:
        self._language = language
        self._texts = texts_of(language)
        self._client.storage[LANGUAGE_KEY] = language

    def _build(self) -> None:
        texts = self._texts
        with box("bacs") as self._root:
            with box("bacs-header", "header"):
                self._name = label("", "bacs-site")
                with box("bacs-nav", "nav"):
                    self._tabs = {
                        name: button(texts[name.value], partial(self.open, View(name)), "bacs-tab")
                        for name in TABS
                    }
                person = button(texts["sign_in"], lambda: None, "bacs-tab bacs-who")
                for other in LANGUAGES:
                    if other != self._language:
                        tab = button(
                            other.upper(), partial(self._speak, other), "bacs-tab bacs-language"
                        )
                        tab.props(f'aria-label="{texts_of(other)["language"]}" lang={other}')
                if ViewName.HELP in BOOK:
                    mark = button("?", self._help, "bacs-tab bacs-help")
                    mark.props["aria-label"] = texts["help"]
                label("", "bacs-clock")
            with box("bacs-top") as self._top:
                with box("bacs-alarmbar", "button").props("type=button") as self._bar:
                    self._bar_symbol = symbol(None)
                    label("", "bacs-alarmbar-unknown")
                    self._bar_text = label("", "bacs-alarmbar-text")
                    self._bar_counts = ui.html("", sanitize=False).classes("bacs-alarmbar-counts")
                self._bar.on("click", lambda _: self.open(View(ViewName.ALARMS)))
            self._mute = None
            self._pulse = Pulse(
                texts,
                self._link.connection(),
                on_travel=self._travelled,
                on_drawn=None if self._visit.elsewhere else self._house.drawn,
            )
            self._stick = StickBand(texts, numbers_of(texts), self._give)
            with box("bacs-room"):
                self._main = box("bacs-view", "main")
                self._over = box("bacs-over")
                self._trips = TripNotice(texts, self._visit, self.open, over=self._over)
            notice = box("bacs-notices").props("role=status")
            Keyboard(texts, self._language)
            self._rest = Rest(texts, self._rest_actions())
        self._orders = Orders(
            self._link,
            texts,
            self._house.visits,
            self._visit,
            over=self._over,
            notice=notice,
            person=person,
        )
        self._asking = Asking(
            lambda: self._link.client_for(self._visit),
            self._orders.session_token,
            texts,
            self._orders.session_is_over,
        )
        self._preferences_changed()

    def _rest_actions(self) -> RestActions:
        return RestActions(
            touched=lambda: self._house.visits.touch(self._visit),
            log_off=lambda: self._house.visits.sign_out(self._visit),
            go_back=self._go_back,
            dim=self._dim,
        )

    def _mute_button(self) -> Element:
        """Make the button that silences the buzzer; it is there while the buzzer sounds."""
        texts = self._texts
        with box("bacs-mute", "button").props("type=button") as element:
            ui.html(buzzer_svg(), sanitize=False)
            label(texts["mute"])
        element.props["aria-label"] = f"{texts['buzzer']}: {texts['mute']}"
        element.on("click", lambda _: self._orders.give(MuteBuzzer(), texts["mute"]))
        return element

    def _offer_mute(self, *, sounding: bool) -> None:
        """Offer to silence the buzzer; the button is built when it sounds for the first time."""
        if self._mute is None and sounding:
            with self._top:
                self._mute = self._mute_button()
        if self._mute is not None:
            self._mute.set_visibility(sounding)

    def _rebuild(self) -> None:
        """Build the view anew; never for somebody who was signed out elsewhere."""
        if self._is_out:
            return
        self._drop_page()
        self._main.clear()
        connection = self._link.connection()
        entry = BOOK[self._view.name]
        with self._main:
            if connection.state is ConnectionState.WAITING or self._site is None:
                waiting(self._link, connection, self._texts)
            elif entry.needs_plant and not self._site.managers:
                commissioning(self._texts, self.open)
            else:
                self._page = entry.make(self._around(self._site), self._view)
        for name, tab in self._tabs.items():
            is_chosen = name is entry.tab
            choose(tab, "chosen", is_chosen)
            if is_chosen:
                tab.props("aria-current=page")
            else:
                tab.props(remove="aria-current")
        self._follow_preferences()

    def _drop_page(self) -> None:
        self._asking.close()
        if self._page is not None:
            self._page.close()
            self._page = None

    def _around(self, site: Site) -> Surroundings:
        live = self._link.live
        assert live is not None  # noqa: S101 - a site was received, so there is a mirror
        return Surroundings(
            live=live,
            site=site,
            broadcast=self._house.broadcast,
            carry=self._carry,
            texts=self._texts,
            language=self._language,
            numbers=numbers_of(self._texts),
            open=self.open,
            note=self._note,
            order=self._orders.give,
            may=self._orders.may,
            ask=self._asking,
            over=self._over,
            session=self._orders.session,
            sign_in=self._orders.sign_in,
            tell=self._orders.tell,
            preferences=self._house.preferences,
            is_sending=self._orders.is_sending,
            speak=self._speak,
            elsewhere=self._visit.elsewhere,
            network=self._house.network,
            rooms=self._house.rooms,
        )

    # -- following -----------------------------------------------------------------------------

    def _carry(self, show: Callable[[str], None], frame: str) -> None:
        self._carried = True
        show(frame)

    def _tick(self) -> None:
        connection = self._link.connection()
        carried, self._carried = self._carried, False
        self._pulse.beat(connection, carried=carried)
        live = self._link.live
        info = None if live is None else live.info
        shown: tuple[object, ...] = (id(live),)
        if info is not None:
            shown = (id(live), info.site, info.lines, info.accessories)
        if connection.state is ConnectionState.WAITING:
            shown = (connection.obstacle,)
        changed = shown != self._shown
        if changed:
            self._shown = shown
            self._site = None if info is None else info.site
            self._name.set_text("" if self._site is None else self._site.name)
            self._rebuild()
        alarms_changed = changed or self._link.alarms_version != self._alarms_version
        if alarms_changed:
            self._alarms_version = self._link.alarms_version
        self._show_alarms(connection)
        self._show_stick(connection)
        self._trips.follow(live, self._site)
        if alarms_changed:
            self._wake_for_new_alarms()
        if self._page is not None:
            self._page.refresh(alarms_changed=alarms_changed)

    def _show_alarms(self, connection: Connection) -> None:
        """Say the worst alarm with its value of now; never that there is none if nobody knows."""
        live, site = self._link.live, self._site
        waiting_for_engine = connection.state is ConnectionState.WAITING
        choose(self._bar, "unknown", waiting_for_engine)
        told = None if live is None else live.annunciation
        is_live = connection.state is ConnectionState.LIVE
        self._offer_mute(sounding=is_live and told is not None and told.sounding)
        if live is None or site is None or waiting_for_engine:
            self._fill_bar([], self._texts["alarms_unknown_yet"])
            return
        every = live.alarms.values()
        alarms = wording.worst_first(each for each in every if each.state not in PUT_ASIDE)
        if alarms:
            text = wording.sentence(alarms[0], site, self._texts, live)
            if not alarms[0].active:
                # In the present tense it would send people to look for what is over.
                text = self._texts["alarm_is_over"].format(alarm=text)
        elif connection.state is ConnectionState.LOST:
            # The page itself says that nobody knows, and since when.
            text = ""
        else:
            text = self._texts["no_alarms" if site.managers else "no_plant_watched"]
            if every:
                text += f" ({self._texts['put_aside'].format(count=len(every))})"
        self._fill_bar(alarms, text)

    def _show_stick(self, connection: Connection) -> None:
        """Tell of a stick where somebody can reach it; never from values that are old."""
        live = self._link.live
        told = None if live is None else live.annunciation
        is_live = connection.state in {ConnectionState.LIVE, ConnectionState.COMMISSIONING}
        is_live = is_live and not self._visit.elsewhere
        self._stick.show(told.stick if is_live and told is not None else None)

    def _fill_bar(self, alarms: Sequence[Alarm], text: str) -> None:
        worst = alarms[0] if alarms else None
        severity = None if worst is None or not worst.active else worst.severity
        for kind in AlarmSeverity:
            choose(self._bar, kind.value, kind is severity)
        choose(self._bar, "quiet", worst is None)
        self._bar_symbol.set_content(symbol_svg(severity))
        self._bar_text.set_text(text)
        counts = [
            (kind, sum(1 for alarm in alarms if alarm.active and alarm.severity is kind))
            for kind in (AlarmSeverity.ALARM, AlarmSeverity.WARNING)
        ]
        words = {AlarmSeverity.ALARM: "alarms_count", AlarmSeverity.WARNING: "warnings"}
        self._bar_counts.set_content(
            "".join(
                f'<span aria-label="{count} {self._texts[words[kind]]}">'
                f"{symbol_svg(kind)}{count}</span>"
                for kind, count in counts
                if count
            )
        )

    def _travelled(self, query: str) -> None:
        """Follow the browser's back and forward buttons."""
        self._over.clear()
        self._view = view_of(query)
        self._rebuild()

    def _give(self, command: Command, what: str) -> None:
        self._orders.give(command, what)

    def _note(self, view: View) -> None:
        self._view = view
        self._run(f"history.replaceState(null, '', {json.dumps(view.query())})")

    def _help(self) -> None:
        part = self._view.part if self._view.name is ViewName.HELP else self._view.name.value
        self.open(View(ViewName.HELP, part=part))

    def _speak(self, language: str) -> None:
        """Change the language; view and sign-in stay as they are."""
        cookie = f"{LANGUAGE_COOKIE}={language};path=/;max-age={COOKIE_AGE_S};samesite=strict"
        self._run(
            f"document.cookie = {json.dumps(cookie)};"
            f"document.documentElement.lang = {json.dumps(language)}"
        )
        if self._house.preferences.is_kept and not self._visit.elsewhere:
            self._house.preferences.change(language=language)
        self._become(language)

    def _become(self, language: str) -> None:
        if language == self._language:
            return
        self._drop_page()
        self._root.delete()
        self._set_language(language)
        self._shown = ()
        with self._client:
            self._build()
        self._tick()

    def _wake_for_new_alarms(self) -> None:
        """End dimming for what is new; an alarm that was there before the page wakes nobody."""
        live = self._link.live
        if live is None:
            return
        raised = frozenset(
            alarm.id
            for alarm in live.alarms.values()
            if alarm.active and alarm.state not in PUT_ASIDE
        )
        if self._known is not None and raised - self._known:
            self._rest.wake()
        self._known = raised

    def _go_back(self) -> None:
        self._over.clear()
        if self._view != View():
            self.open(View())

    def _dim(self, dim: bool) -> None:  # noqa: FBT001 - told by the browser
        percent = self._house.preferences.now.brightness_percent
        self._light(min(DIM_PERCENT, percent) if dim else percent)

    def _preferences_changed(self) -> None:
        self._light(self._house.preferences.now.brightness_percent)
        self._follow_preferences()

    def _light(self, percent: int) -> None:
        """Set the brightness of the cabinet's screen; a browser elsewhere has no say in it."""
        if not self._visit.elsewhere:
            self._house.backlight.set(percent)

    def _follow_preferences(self) -> None:
        preferences, elsewhere = self._house.preferences.now, self._visit.elsewhere
        if elsewhere:
            preferences = for_elsewhere(preferences, LOG_OFF_ELSEWHERE_S)
        self._rest.follow(
            preferences,
            signed_in=self._visit.session is not None,
            away=self._view.name is not ViewName.OVERVIEW,
            darkens=not elsewhere and not self._house.backlight.works,
        )

    def _run(self, code: str) -> None:
        self._client.run_javascript(code)

    def _close(self) -> None:
        leaves, self._leaves = self._leaves, ()
        for leave in leaves:
            leave()
        self._drop_page()

    def _person_changed(self) -> None:
        if self._visit.elsewhere and self._visit.session is None:
            self._go_out()
            return
        self._orders.show_person()
        self._follow_preferences()
        if self._page is not None:
            self._page.refresh(alarms_changed=True)

    def _go_out(self) -> None:
        """Show nothing more to a browser elsewhere at which nobody is signed in.

        What is left asks by itself for the sign-in, should the network be off at this moment.
        """
        self._is_out = True
        self._close()
        for part in [each for each in self._root if each is not self._pulse]:
            part.delete()
        path = json.dumps(SIGN_IN + self._view.query())
        self._run(f"fetch({path}, {{method: 'HEAD'}}).then(() => location.assign({path}), () => 0)")
