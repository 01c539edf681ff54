"""What happens at a browser that nobody touches: signing out, the overview, and a dim screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nicegui.element import Element

from bacs_hmi.preferences import Preferences
from bacs_hmi.texts import Texts

_TEXTS = ("rest_log_off", "rest_return", "rest_touch", "rest_wake")


@dataclass(frozen=True, slots=True)
class RestActions:
    """What the browser asks for by itself."""

    touched: Callable[[], None]
    """Somebody is there; told every few seconds at most."""
    log_off: Callable[[], None]
    go_back: Callable[[], None]
    """Nobody was there for long: show the overview."""
    dim: Callable[[bool], None]
    """The screen became dim, or bright again."""


class Rest(Element, component="rest.js"):
    """Watches for touches, darkens the page, and moves it a little against burn-in.

    A page that must not be left by itself has an element with the attribute `data-stay` while that
    is so.
    """

    def __init__(self, texts: Texts, actions: RestActions) -> None:
        super().__init__()
        self._props["texts"] = {name: texts[name] for name in _TEXTS}
        self.on("touched", lambda _: actions.touched())
        self.on("logoff", lambda _: actions.log_off())
        self.on("goback", lambda _: actions.go_back())
        self.on("dimmed", lambda event: actions.dim(event.args is True))

    def follow(
        self, preferences: Preferences, *, signed_in: bool, away: bool, darkens: bool
    ) -> None:
        """Set what the browser goes by; nothing is sent for what stays as it was.

        `away` says that another view than the overview is shown, `darkens` that the page itself has
        to be darker because there is no backlight to set.
        """
        wanted: dict[str, Any] = {
            "logOffS": preferences.log_off_s if signed_in else 0,
            "returnS": preferences.return_s if away else 0,
            "dimS": preferences.dim_s,
            "brightness": preferences.brightness_percent if darkens else 100,
            "palette": preferences.palette.value,
            "nightFromH": preferences.night_from_h,
            "nightToH": preferences.night_to_h,
        }
        changed = {name: value for name, value in wanted.items() if self._props.get(name) != value}
        if changed:
            self._props.update(changed)
            self.update()

    def wake(self) -> None:
        """End dimming and shifting: there is a new alarm."""
        self.run_method("wake")
