"""The part of the settings about the screen: language, colours, brightness, times, cleaning."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from nicegui.elements.mixins.text_element import TextElement

from bacs_core.model import Role
from bacs_hmi.choosing import OneOf, Option
from bacs_hmi.format import NO_BREAK
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.settings.cleaning import CleaningLock
from bacs_hmi.pages.settings.in_person import has_role
from bacs_hmi.parts import box, button, label
from bacs_hmi.preferences import HOUR_S, MINUTE_S, RANGES, Palette
from bacs_hmi.texts import LANGUAGES, Texts, texts_of
from bacs_hmi.views import View

#: Times go up in these steps, so that a few touches lead from a minute to hours.
TIME_STEPS_S: Final = (
    0,
    MINUTE_S,
    2 * MINUTE_S,
    3 * MINUTE_S,
    5 * MINUTE_S,
    10 * MINUTE_S,
    15 * MINUTE_S,
    20 * MINUTE_S,
    30 * MINUTE_S,
    HOUR_S,
    2 * HOUR_S,
    4 * HOUR_S,
)
HOURS: Final = tuple(range(24))
PERCENTS: Final = tuple(range(10, 101, 10))


def _steps(name: str) -> tuple[int, ...]:
    lowest, highest = RANGES[name]
    kind = HOURS if name.endswith("_h") else PERCENTS if name.endswith("_percent") else TIME_STEPS_S
    return tuple(value for value in kind if lowest <= value <= highest)


#: What only changes how the eyes read the screen, and anybody may set; the others need a person.
FREE: Final = frozenset({"night_from_h", "night_to_h"})
#: What each number can be, by its field of `Preferences`.
STEPS: Final[Mapping[str, tuple[int, ...]]] = {name: _steps(name) for name in RANGES}


class ScreenPart:
    """Sets how this panel looks and rests; nothing here concerns the plant.

    Language and colours are for anybody who has to read the screen. Brightness, and how long it
    waits before it rests and signs out, are set by who may operate.
    """

    def __init__(self, around: Surroundings, view: View) -> None:  # noqa: ARG002 - one form only
        self._around = around
        self._shown: dict[str, TextElement] = {}
        self._lock: CleaningLock | None = None
        texts, now = around.texts, around.preferences.now
        with box("bacs-form"):
            OneOf(
                texts["language_title"],
                [Option(name, texts_of(name)["language"]) for name in LANGUAGES],
                around.language,
                around.speak,
            )
            OneOf(
                texts["palette_title"],
                [Option(palette.value, texts[f"palette_{palette}"]) for palette in Palette],
                now.palette.value,
                self._choose_palette,
            )
            with box("bacs-fields-row") as self._hours:
                self._dial("night_from_h")
                self._dial("night_to_h")
            self._hours.set_visibility(now.palette is Palette.CLOCK)
            self._dial("brightness_percent")
        with box("bacs-form"):
            for name in ("log_off_s", "return_s", "dim_s"):
                self._dial(name)
            if not around.preferences.is_kept:
                label(texts["screen_not_kept"], "bacs-quiet", tag="p")
        with box("bacs-form"):
            label(texts["cleaning_title"], tag="h2")
            label(texts["cleaning_what"], "bacs-quiet", tag="p")
            button(texts["cleaning_start"], self._clean, "bacs-button bacs-action primary")

    def refresh(self, *, alarms_changed: bool) -> None:
        """End cleaning for a new alarm."""
        if self._lock is not None and alarms_changed:
            self._lock.follow(self._around.live.alarms.values())

    def _dial(self, name: str) -> None:
        texts = self._around.texts
        with box("bacs-dial").props(f'role=group data-dial="{name}"') as element:
            label(texts[f"dial_{name}"], "bacs-dial-name")
            less = button("−", partial(self._turn, name, -1), "bacs-button bacs-action")
            less.props(f'aria-label="{texts["less"]}"')
            value = label("", "bacs-dial-value")
            more = button("+", partial(self._turn, name, 1), "bacs-button bacs-action")
            more.props(f'aria-label="{texts["more"]}"')
        element.props(f'aria-label="{texts[f"dial_{name}"]}"')
        self._shown[name] = value
        self._show(name)

    def _show(self, name: str) -> None:
        value = getattr(self._around.preferences.now, name)
        self._shown[name].set_text(value_words(name, value, self._around.texts))

    def _turn(self, name: str, way: int) -> None:
        if name in FREE:
            self._set(name, way)
            return
        texts = self._around.texts
        title = texts["sign_in_for"].format(what=texts[f"dial_{name}"])
        self._around.sign_in(title, partial(self._set_as_person, name, way))

    def _set_as_person(self, name: str, way: int) -> None:
        around, texts = self._around, self._around.texts
        if has_role(around, Role.OPERATOR):
            self._set(name, way)
        else:
            role = texts[f"role_{Role.OPERATOR}"]
            refused = texts["needs_role"].format(what=texts[f"dial_{name}"], role=role)
            around.tell(refused, False)

    def _set(self, name: str, way: int) -> None:
        now = getattr(self._around.preferences.now, name)
        self._around.preferences.change(**{name: turned(name, now, way)})
        self._show(name)

    def _choose_palette(self, value: str) -> None:
        self._around.preferences.change(palette=Palette(value))
        self._hours.set_visibility(value == Palette.CLOCK)

    def _clean(self) -> None:
        around = self._around
        self._lock = CleaningLock(around.over, around.texts, around.live.alarms.values())


def turned(name: str, now: int, way: int) -> int:
    """Return the next value up or down; hours go round, others stop at their ends."""
    steps = STEPS[name]
    if name.endswith("_h"):
        return steps[(steps.index(now) + way) % len(steps)]
    if way > 0:
        return next((step for step in steps if step > now), steps[-1])
    return next((step for step in reversed(steps) if step < now), steps[0])


def value_words(name: str, value: int, texts: Texts) -> str:
    """Write a value with its unit; 0 switches a time off."""
    if name.endswith("_percent"):
        return f"{value}{NO_BREAK}%"
    if name.endswith("_h"):
        return f"{value:02d}:00"
    if value == 0:
        return texts["never"]
    if value >= HOUR_S:
        return f"{value // HOUR_S}{NO_BREAK}h"
    return f"{value // MINUTE_S}{NO_BREAK}min"
