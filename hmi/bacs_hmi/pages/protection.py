"""Protection of one string: a red band while its breaker does not stand ready, and the sheets.

The engine decides who may do what and where; the panel asks and shows what it answers.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from nicegui.element import Element

from bacs_core.api.messages import (
    DeferTrip,
    RecloseBreaker,
    SwitchProtectionOff,
    SwitchProtectionOn,
    TripStatus,
)
from bacs_core.model import AlarmSeverity, RunawayStage, String, TripCause, TripState
from bacs_hmi.conclusions import (
    TOLD_STATES,
    causes,
    contact,
    headline,
    today_of,
    trip_of,
    why,
    worst_stage,
)
from bacs_hmi.given_reasons import PROTECTION_OFF
from bacs_hmi.hold import hold_button
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box, button, choose, label, sheet, symbol

_Order = DeferTrip | RecloseBreaker | SwitchProtectionOn
HOURS: Final = (1, 4, 8, 24)
_OFFERS: Final = {
    TripState.TRIPPED: RecloseBreaker,
    TripState.FAILED: RecloseBreaker,
    TripState.OFF: SwitchProtectionOn,
}

#: What has to be over before a trip is ended.
_CHECKS: Final = {
    TripCause.THERMAL_RUNAWAY: "confirm_reclose_heat",
    TripCause.OVER_TEMPERATURE: "confirm_reclose_heat",
    TripCause.OVER_VOLTAGE: "confirm_reclose_voltage_high",
    TripCause.UNDER_VOLTAGE: "confirm_reclose_voltage_low",
}


class ProtectionBand:
    """Stands above the values of a string while its protection is not simply armed."""

    def __init__(self, around: Surroundings, string: String) -> None:
        self._around = around
        self._string = string
        self._said: list[tuple[str, str]] = []
        self._offered: list[_Order] = []
        self._band = box("bacs-protection").props("role=status")
        self._parts: tuple[Element, Element] | None = None
        self.refresh()

    def refresh(self) -> None:
        """Follow what protection says; a button stays under its finger while it means the same."""
        trip, threatened = self._trip(), self._is_threatened()
        told = trip.state in TOLD_STATES or threatened or _is_found_open(trip)
        self._band.set_visibility(told)
        if not told:
            return
        if self._parts is None:
            with self._band:
                symbol(AlarmSeverity.ALARM)
                self._parts = box("bacs-protection-text"), box("bacs-protection-orders")
        said, orders = self._parts
        lines, offers = self._lines(trip), self._offers(trip, threatened=threatened)
        if lines != self._said:
            self._said = lines
            said.clear()
            with said:
                for text, style in lines:
                    label(text, style)
        if offers != self._offered:
            self._offered = offers
            orders.clear()
            with orders:
                self._offer(offers)

    def _offer(self, offers: list[_Order]) -> None:
        texts = self._around.texts
        for command in offers:
            text = texts[command.command.value]
            if isinstance(command, RecloseBreaker):
                button(text, self._confirm_reclose, "bacs-button bacs-action")
            else:
                hold_button(text, partial(self._around.order, command, text))

    def _lines(self, trip: TripStatus) -> list[tuple[str, str]]:
        around, texts = self._around, self._around.texts
        today = today_of(around.live)
        if trip.state in TOLD_STATES:
            first = headline(trip, texts, today)
            parts = [why(trip, self._string, texts, today), contact(trip, texts)]
        elif _is_found_open(trip):
            found = texts["rule_breaker_found_open"]
            first, parts = found[:1].upper() + found[1:], []
        else:
            first, parts = texts["trip_threatened"], [contact(trip, texts)]
        second = " · ".join(part for part in parts if part)
        return [(first, "bacs-protection-state"), (second, "bacs-protection-why")]

    def _offers(self, trip: TripStatus, *, threatened: bool) -> list[_Order]:
        key = self._string.key
        offers: list[_Order] = []
        if trip.state in _OFFERS:
            offers.append(_OFFERS[trip.state](string_key=key))
        if threatened:
            offers.append(DeferTrip(string_key=key))
        return [command for command in offers if self._around.may(command.command)]

    def _confirm_reclose(self) -> None:
        around, texts = self._around, self._around.texts
        trip = self._trip()
        reasons = causes(trip, self._string, texts) or texts["trip_tripped"]
        with sheet(around.over, texts["confirm_reclose"].format(string=self._string.name)):
            label(texts["confirm_reclose_why"].format(causes=reasons), tag="p")
            for check in dict.fromkeys(_CHECKS[cause] for cause in trip.causes):
                label(texts[check], tag="p")
            with box("bacs-actions"):
                button(texts["cancel"], around.over.clear)
                hold_button(texts["reclose_breaker"], self._reclose, "bacs-button primary")

    def _reclose(self) -> None:
        self._around.over.clear()
        command = RecloseBreaker(string_key=self._string.key)
        self._around.order(command, self._around.texts["reclose_breaker"])

    def _trip(self) -> TripStatus:
        return trip_of(self._around.live, self._string.key)

    def _is_threatened(self) -> bool:
        """Tell whether a trip may come that can still be deferred."""
        mirror = self._around.live.strings[self._string.key]
        armed = self._trip().state is TripState.ARMED
        return armed and worst_stage(mirror) >= RunawayStage.ALARM


def _is_found_open(trip: TripStatus) -> bool:
    return trip.state is TripState.ARMED and trip.contact_open is True


class SwitchOffSheet:
    """Asks for how long, and why, the protection of a string is to be off."""

    def __init__(self, around: Surroundings, string: String) -> None:
        self._around = around
        self._string = string
        self._reason, self._hours = PROTECTION_OFF[0], HOURS[0]
        texts = around.texts
        with sheet(around.over, texts["why_off"].format(string=string.name)):
            label(texts["why_off_what"], tag="p")
            label(texts["reason"], "bacs-quiet")
            with box("bacs-choice").props("role=group"):
                self._reasons = {
                    name: button(texts[name], partial(self._choose, name, None))
                    for name in PROTECTION_OFF
                }
            label(texts["for_how_long"], "bacs-quiet")
            with box("bacs-choice").props("role=group"):
                self._times = {
                    hours: button(
                        texts["hours"].format(hours=hours), partial(self._choose, None, hours)
                    )
                    for hours in HOURS
                }
            with box("bacs-actions"):
                button(texts["cancel"], around.over.clear)
                hold_button(texts["switch_protection_off"], self._send, "bacs-button primary")
        self._choose(None, None)

    def _choose(self, reason: str | None, hours: int | None) -> None:
        self._reason, self._hours = reason or self._reason, hours or self._hours
        for name, element in self._reasons.items():
            choose(element, "chosen", name == self._reason)
        for time, element in self._times.items():
            choose(element, "chosen", time == self._hours)

    def _send(self) -> None:
        texts = self._around.texts
        self._around.over.clear()
        command = SwitchProtectionOff(
            string_key=self._string.key, reason=texts[self._reason], hours=float(self._hours)
        )
        self._around.order(command, texts["switch_protection_off"])
