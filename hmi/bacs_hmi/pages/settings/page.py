"""The page of settings: its parts, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, Protocol

from bacs_hmi.heading import Heading
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.settings.limits_part import LimitsPart
from bacs_hmi.pages.settings.modules_part import ModulesPart
from bacs_hmi.pages.settings.network_part import NetworkPart
from bacs_hmi.pages.settings.people_part import PeoplePart
from bacs_hmi.pages.settings.screen_part import ScreenPart
from bacs_hmi.pages.settings.stick_part import StickPart
from bacs_hmi.parts import box
from bacs_hmi.views import View, ViewName


class Part(Protocol):
    """One part of the settings, built where it stands."""

    def refresh(self, *, alarms_changed: bool) -> None:
        """Follow the newest values; called at each tick."""


PARTS: Final[Mapping[str, Callable[[Surroundings, View], Part]]] = {
    "limits": LimitsPart,
    "modules": ModulesPart,
    "screen": ScreenPart,
    "users": PeoplePart,
    "network": NetworkPart,
    "stick": StickPart,
}
#: These need strings.
OF_A_PLANT: Final = frozenset({"limits", "modules"})
#: These concern the screen and the sockets of the panel computer.
AT_THE_PANEL: Final = frozenset({"screen", "stick"})


class SettingsPage:
    """Shows one part of the settings; `View.part` names it."""

    def __init__(self, around: Surroundings, view: View) -> None:
        self._around = around
        left_out = frozenset() if around.site.managers else OF_A_PLANT
        if around.elsewhere:
            left_out |= AT_THE_PANEL
        offered = [name for name in PARTS if name not in left_out]
        part = view.part if view.part in offered else offered[0]
        self._view = replace(view, part=part)
        texts = around.texts
        heading = Heading(
            around,
            texts["settings"],
            {name: texts[f"settings_{name}"] for name in offered},
            self._go,
        )
        heading.show(part)
        with box("bacs-part"):
            self._part = PARTS[part](around, self._view)
        self.refresh(alarms_changed=True)

    def refresh(self, *, alarms_changed: bool) -> None:
        """Follow the newest values."""
        self._part.refresh(alarms_changed=alarms_changed)

    def close(self) -> None:
        """Nothing to stop: the shell drops what was asked."""

    def _go(self, part: str) -> None:
        self._around.open(View(ViewName.SETTINGS, part=part))
