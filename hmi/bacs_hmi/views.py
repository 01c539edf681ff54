"""Which view a browser shows, kept in its address so that a reload comes back to it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

from bacs_core.model import Quantity

LONGEST_FIELD: Final = 200
#: More digits than any cell or discharge has.
MOST_DIGITS: Final = 9


class ViewName(StrEnum):
    """The views of the panel."""

    OVERVIEW = "overview"
    STRING = "string"
    CELL = "cell"
    ALARMS = "alarms"
    DISCHARGES = "discharges"
    DISCHARGE = "discharge"
    MENU = "menu"
    EQUALIZATION = "equalization"
    RELAYS = "relays"
    ENVIRONMENT = "environment"
    LINES = "lines"
    COMMISSIONING = "commissioning"
    SETTINGS = "settings"
    SYSTEM = "system"
    HELP = "help"


class Sort(StrEnum):
    """The order of the cells of a string."""

    NUMBER = "number"
    WORST = "worst"


class Look(StrEnum):
    """How the cells of a string are drawn."""

    TABLE = "table"
    BARS = "bars"
    HEAT = "heat"


@dataclass(frozen=True, slots=True)
class View:
    """One view, with what it shows.

    `key` names a string, `cell` (from 1) a cell of it. `part` is a part of the view that the view
    itself names, such as a tab, a period or a topic of the help. `number` is the number of a
    discharge, `other` that of the one it is compared with.
    """

    name: ViewName = ViewName.OVERVIEW
    key: str = ""
    cell: int | None = None
    sort: Sort = Sort.NUMBER
    look: Look = Look.TABLE
    quantity: Quantity = Quantity.VOLTAGE
    part: str = ""
    number: int | None = None
    other: int | None = None

    def query(self) -> str:
        """Write the view as the query of an address: its name, and what is not as usual."""
        told = {"view": self.name.value}
        for field in fields(self)[1:]:
            value = getattr(self, field.name)
            if value != field.default:
                told[field.name] = str(value)
        return "?" + urlencode(told, safe="/")


_KINDS: Final[dict[str, type[StrEnum]]] = {"sort": Sort, "look": Look, "quantity": Quantity}
_NUMBERS: Final = ("cell", "number", "other")
_TEXTS: Final = ("key", "part")
#: Views of one string; without the string they lead to the overview.
_OF_A_STRING: Final = frozenset({ViewName.STRING, ViewName.CELL})


def view_of(query: str) -> View:
    """Read the view from the query of an address; anything odd leads to the overview."""
    told = {name: values[0] for name, values in parse_qs(query.removeprefix("?")).items()}
    name = told.get("view")
    if name not in set(ViewName):
        return View()
    read: dict[str, Any] = {each: told.get(each, "")[:LONGEST_FIELD] for each in _TEXTS}
    read |= {each: _number(told.get(each, "")) for each in _NUMBERS}
    read |= {each: kind(told[each]) for each, kind in _KINDS.items() if told.get(each) in set(kind)}
    view = View(ViewName(name), **read)
    lacking = (view.name in _OF_A_STRING and not view.key) or (
        view.name is ViewName.CELL and view.cell is None
    )
    return View() if lacking else view


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return int(text) if is_number else None
