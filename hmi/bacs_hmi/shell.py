"""One browser's screen: header, alarm bar, buzzer, faults, and the view inside."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from nicegui import ui
from nicegui.element import Element

from bacs_core.api.messages import Alarm, Command, MuteBuzzer
from bacs_core.model import AlarmSeverity, Site
from bacs_hmi import wording
from bacs_hmi.asking import Asking
from bacs_hmi.broadcast import Broadcast
from bacs_hmi.live import Connection, ConnectionState, Link
from bacs_hmi.orders import Orders
from bacs_hmi.pages.book import BOOK, TABS
from bacs_hmi.pages.page import Page, Surroundings
from bacs_hmi.pages.waiting import commissioning, waiting
from bacs_hmi.parts import box, button, buzzer_svg, choose, label, symbol, symbol_svg
from bacs_hmi.pulse import Pulse
from bacs_hmi.stick import StickBand
from bacs_hmi.texts import LANGUAGES, numbers_of, texts_of
from bacs_hmi.views import View, ViewName, view_of
from bacs_hmi.wording import PUT_ASIDE

LANGUAGE_COOKIE: Final = "bacs-language"
COOKIE_AGE_S: Final = 10 * 365 * 86400


class Shell:
    """Builds the page and keeps it true until the browser is gone."""

    def __init__(self, link: Link, broadcast: Broadcast, language: str, view: View) -> None:
        self._link = link
        self._broadcast = broadcast
        self._language = language
        self._texts = texts_of(language)
        self._view = view
        self._client = ui.context.client
        self._page: Page | None = None
        self._shown: tuple[object, ...] = ()
        self._site: Site | None = None
        self._alarms_version = -1
        self._build()
        self._tick()
        leave = broadcast.listen(self._tick)
        self._client.on_delete(lambda: self._close(leave))

    def open(self, view: View) -> None:
        """Change to another view."""
        self._view = view
        self._run(f"history.pushState(null, '', {json.dumps(view.query())})")
        self._rebuild()

    # -- building ------------------------------------------------------------------------------

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
                person = button(texts["sign_in"], lambda: None, "bacs-tab")
                for other in LANGUAGES:
                    if other != self._language:
                        tab = button(other.upper(), partial(self._speak, other), "bacs-tab")
                        tab.props(f'aria-label="{texts_of(other)["language"]}" lang={other}')
                label("", "bacs-clock")
            with box("bacs-top"):
                with box("bacs-alarmbar", "button").props("type=button") as self._bar:
                    self._bar_symbol = symbol(None)
                    label("", "bacs-alarmbar-unknown")
                    self._bar_text = label("", "bacs-alarmbar-text")
                    self._bar_counts = ui.html("", sanitize=False).classes("bacs-alarmbar-counts")
                self._bar.on("click", lambda _: self.open(View(ViewName.ALARMS)))
                self._mute = self._mute_button()
            self._pulse = Pulse(texts, self._link.connection(), on_travel=self._travelled)
            self._stick = StickBand(texts, numbers_of(texts), self._give)
            self._main = box("bacs-view", "main")
            self._over = box("bacs-over")
            notice = box("bacs-notices").props("role=status")
        self._orders = Orders(
            self._link,
            self._language,
            texts,
            over=self._over,
            notice=notice,
            person=person,
            changed=self._person_changed,
        )
        self._asking = Asking(lambda: self._link.client, self._orders.session_token, texts)

    def _mute_button(self) -> Element:
        """Make the button that silences the buzzer; it is there while the buzzer sounds."""
        texts = self._texts
        with box("bacs-mute", "button").props("type=button") as element:
            ui.html(buzzer_svg(), sanitize=False)
            label(texts["mute"])
        element.props["aria-label"] = f"{texts['buzzer']}: {texts['mute']}"
        element.on("click", lambda _: self._orders.give(MuteBuzzer(), texts["mute"]))
        element.set_visibility(False)
        return element

    def _rebuild(self) -> None:
        """Build the view anew."""
        self._drop_page()
        self._main.clear()
        connection = self._link.connection()
        entry = BOOK[self._view.name]
        with self._main:
            if connection.state is ConnectionState.WAITING or self._site is None:
                waiting(self._link, connection, self._texts)
            elif entry.needs_plant and not self._site.managers:
                commissioning(self._texts)
            else:
                self._page = entry.make(self._around(self._site), self._view)
        for name, tab in self._tabs.items():
            choose(tab, "chosen", name is entry.tab)

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
            broadcast=self._broadcast,
            texts=self._texts,
            language=self._language,
            numbers=numbers_of(self._texts),
            open=self.open,
            note=self._note,
            order=self._orders.give,
            may=self._orders.may,
            ask=self._asking,
            over=self._over,
        )

    # -- following -----------------------------------------------------------------------------

    def _tick(self) -> None:
        connection = self._link.connection()
        self._pulse.beat(connection)
        self._orders.expire()
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
        if self._page is not None:
            self._page.refresh(alarms_changed=alarms_changed)

    def _show_alarms(self, connection: Connection) -> None:
        """Say the worst alarm with its value of now; never that there is none if nobody knows."""
        live, site = self._link.live, self._site
        waiting_for_engine = connection.state is ConnectionState.WAITING
        choose(self._bar, "unknown", waiting_for_engine)
        told = None if live is None else live.annunciation
        is_live = connection.state is ConnectionState.LIVE
        self._mute.set_visibility(is_live and told is not None and told.sounding)
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
        else:
            text = self._texts["no_alarms" if site.managers else "no_plant_watched"]
            if every:
                text += f" ({self._texts['put_aside'].format(count=len(every))})"
        self._fill_bar(alarms, text)

    def _show_stick(self, connection: Connection) -> None:
        """Tell of a stick; never from values that are old."""
        live = self._link.live
        told = None if live is None else live.annunciation
        is_live = connection.state in {ConnectionState.LIVE, ConnectionState.COMMISSIONING}
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
        self._view = view_of(query)
        self._rebuild()

    def _give(self, command: Command, what: str) -> None:
        self._orders.give(command, what)

    def _note(self, view: View) -> None:
        self._view = view
        self._run(f"history.replaceState(null, '', {json.dumps(view.query())})")

    def _speak(self, language: str) -> None:
        cookie = f"{LANGUAGE_COOKIE}={language};path=/;max-age={COOKIE_AGE_S};samesite=strict"
        self._run(f"document.cookie = {json.dumps(cookie)}; location.reload()")

    def _run(self, code: str) -> None:
        self._client.run_javascript(code)

    def _close(self, leave: Callable[[], None]) -> None:
        leave()
        self._drop_page()
        self._orders.close()

    def _person_changed(self) -> None:
        if self._page is not None:
            self._page.refresh(alarms_changed=True)
