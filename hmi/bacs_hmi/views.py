"""Which view a browser shows, kept in its address so that a reload comes back to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs, urlencode


class ViewName(StrEnum):
    """The views of the panel."""

    OVERVIEW = "overview"
    STRING = "string"
    ALARMS = "alarms"
    LINES = "lines"


class Sort(StrEnum):
    """The order of the rows of a string."""

    NUMBER = "number"
    WORST = "worst"


@dataclass(frozen=True, slots=True)
class View:
    """One view; `key` names the string of a string page, `cell` (from 1) the open cell panel."""

    name: ViewName = ViewName.OVERVIEW
    key: str = ""
    cell: int | None = None
    sort: Sort = Sort.NUMBER

    def query(self) -> str:
        """Write the view as the query of an address."""
        if self.name is not ViewName.STRING:
            return f"?view={self.name.value}"
        fields = {"view": self.name.value, "string": self.key, "sort": self.sort.value}
        if self.cell is not None:
            fields["cell"] = str(self.cell)
        return "?" + urlencode(fields, safe="/")


def view_of(query: str) -> View:
    """Read the view from the query of an address; anything odd leads to the overview."""
    fields = {name: values[0] for name, values in parse_qs(query.removeprefix("?")).items()}
    name = fields.get("view")
    key = fields.get("string", "")
    if name in {ViewName.ALARMS, ViewName.LINES}:
        return View(ViewName(name))
    if name != ViewName.STRING or not key:
        return View()
    cell = fields.get("cell", "")
    sort = Sort.WORST if fields.get("sort") == Sort.WORST else Sort.NUMBER
    return View(
        ViewName.STRING, key, int(cell) if cell.isascii() and cell.isdigit() else None, sort
    )
