"""Input fields: each opens the keyboard of the page, and tells every change at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from nicegui.element import Element

from bacs_hmi.format import MINUS
from bacs_hmi.parts import texts_here
from bacs_hmi.texts import Texts, numbers_of

Keys = Literal["text", "number", "whole", "pin"]

LONGEST_TEXT: Final = 200


class Field(Element, component="field.js"):
    """One labelled line to type in; `keys` names the layout of the keyboard that it opens."""

    def __init__(self, label: str, text: str, keys: Keys, on_text: Callable[[str], bool]) -> None:
        """`on_text` gets each text that was typed, and tells whether it can be one."""
        super().__init__()
        self._on_text = on_text
        self.classes("bacs-field")
        self._props["label"] = label
        self._props["text"] = text
        self._props["shown"] = 0
        self._props["keys"] = keys
        self._props["longest"] = LONGEST_TEXT
        self.on("typed", lambda event: self._typed(str(event.args)[:LONGEST_TEXT]))

    def set_text(self, text: str) -> None:
        """Put another text into the field, whatever was typed before."""
        self._props["text"] = text
        self._props["shown"] += 1
        self.update()

    def refuse(self, problem: str) -> None:
        """Say under the field what is wrong with it; an empty text takes that back."""
        if self._props.get("problem", "") != problem:
            self._props["problem"] = problem
            self.update()

    def tell(self, hint: str) -> None:
        """Say quietly under the field what is expected."""
        self._props["hint"] = hint
        self.update()

    def _typed(self, text: str) -> None:
        is_wrong = not self._on_text(text)
        if self._props.get("wrong", False) != is_wrong:
            self._props["wrong"] = is_wrong
            self.update()


def text_field(label: str, value: str, on_change: Callable[[str], Any]) -> Field:
    """Make a field for words; `on_change` gets the text at each change."""
    return Field(label, value, "text", _always(on_change))


def secret_field(label: str, on_change: Callable[[str], Any], *, pin: bool = False) -> Field:
    """Make an empty field whose text is not shown; with `pin` it has the keys of a number pad."""
    field = Field(label, "", "pin" if pin else "text", _always(on_change))
    field.props["secret"] = True
    return field


def number_field(
    label: str,
    value: float | None,
    on_change: Callable[[float | None], Any],
    *,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    decimals: int = 0,
) -> Field:
    """Make a field for a number of at most `decimals` decimals from `minimum` to `maximum`.

    `on_change` gets the number at each change, or None while the field is empty or holds something
    else; the field itself says what is allowed.
    """
    texts = texts_here()

    def typed(text: str) -> bool:
        number = number_of(text, decimals)
        is_good = number is not None and is_within(number, minimum, maximum)
        on_change(number if is_good else None)
        return is_good or not text.strip()

    text = "" if value is None else numbers_of(texts).text(value, decimals)
    field = Field(label, text, "number" if decimals else "whole", typed)
    field.props["unit"] = unit
    field.props["mark"] = texts["decimal_mark"]
    field.props["minus"] = minimum is None or minimum < 0
    field.props["hint"] = range_text(minimum, maximum, unit, decimals, texts)
    return field


def _always(on_change: Callable[[str], Any]) -> Callable[[str], bool]:
    def typed(text: str) -> bool:
        on_change(text)
        return True

    return typed


def number_of(text: str, decimals: int) -> float | None:
    """Read a number as people type it, with a point or a comma.

    None if it is none, or has more than so many decimals.
    """
    plain = text.strip().replace(MINUS, "-").replace(",", ".")
    whole, _, rest = plain.removeprefix("-").partition(".")
    digits = whole + rest
    if not (digits.isascii() and digits.isdigit()) or len(rest) > decimals:
        return None
    return float(plain)


def is_within(number: float, minimum: float | None, maximum: float | None) -> bool:
    """Tell whether a number lies between two bounds; None is no bound."""
    return (minimum is None or number >= minimum) and (maximum is None or number <= maximum)


def range_text(
    minimum: float | None, maximum: float | None, unit: str, decimals: int, texts: Texts
) -> str:
    """Say which numbers are allowed, in words; empty if all are."""
    numbers = numbers_of(texts)

    def told(value: float) -> str:
        return numbers.with_unit(value, decimals, unit) if unit else numbers.text(value, decimals)

    if minimum is not None and maximum is not None:
        return texts["field_from_to"].format(minimum=told(minimum), maximum=told(maximum))
    if minimum is not None:
        return texts["field_from"].format(minimum=told(minimum))
    if maximum is not None:
        return texts["field_to"].format(maximum=told(maximum))
    return ""
