"""The choice of the wire: a line of the site, an adapter of this computer, or a named port."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bacs_core.api.messages import LineInfo
from bacs_hmi.choosing import OneOf, Option
from bacs_hmi.fields import Field, text_field
from bacs_hmi.pages.commissioning.wires import adapters, line_options, port_options
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box, label

#: Chosen in place of a name that is typed.
OTHER = "?"


class PlaceChoice:
    """Asks where; `on_place` gets the id of a line or a port, or nothing while none is named.

    With `ports` a port that no line owns can be chosen too, without only lines of modules.
    """

    def __init__(
        self, around: Surroundings, place: str, on_place: Callable[[str], None], *, ports: bool
    ) -> None:
        texts = around.texts
        self._on_place = on_place
        lines = [] if around.live.info is None else around.live.info.lines
        options = line_options(lines if ports else _with_modules(lines), texts)
        if ports:
            options += port_options(adapters(), lines)
            options.append(Option(OTHER, texts["other_port"]))
        known = {option.value for option in options}
        self._typed = "" if place in known else place
        with box("bacs-choice-block"):
            if not options:
                label(texts["no_lines"], "bacs-quiet", tag="p")
                return
            chosen = place if place in known else (OTHER if place and ports else None)
            self._choice = OneOf(texts["where"], options, chosen, self._touched)
            self._field: Field | None = None
            if ports:
                self._field = text_field(texts["port"], self._typed, self._type)
                self._field.tell(texts["port_hint"])
                self._field.set_visibility(chosen == OTHER)

    def _touched(self, value: str) -> None:
        if self._field is not None:
            self._field.set_visibility(value == OTHER)
        self._on_place(self._typed if value == OTHER else value)

    def _type(self, text: str) -> None:
        self._typed = text.strip()
        self._on_place(self._typed)


def _with_modules(lines: Sequence[LineInfo]) -> list[LineInfo]:
    """Choose the lines on which the engine drives modules."""
    return [line for line in lines if line.strings]
