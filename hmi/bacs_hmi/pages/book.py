"""Every view of the panel and the page that shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bacs_hmi import wording
from bacs_hmi.pages.alarms import AlarmsPage
from bacs_hmi.pages.lines import LinesPage
from bacs_hmi.pages.menu import MenuPage
from bacs_hmi.pages.overview import OverviewPage
from bacs_hmi.pages.page import Page, Surroundings
from bacs_hmi.pages.string import StringPage
from bacs_hmi.views import View, ViewName


@dataclass(frozen=True, slots=True)
class Entry:
    """How a view is made, and where it stands.

    A page with `needs_plant` is shown only once the engine has a site with managers. `tab` is the
    tab of the header that is marked; views with `in_menu` have a tile in the menu, in this order.
    """

    make: Callable[[Surroundings, View], Page]
    tab: ViewName
    needs_plant: bool = True
    in_menu: bool = False


def _string(around: Surroundings, view: View) -> Page:
    string = wording.string_of(around.site, view.key)
    return OverviewPage(around) if string is None else StringPage(around, string, view)


BOOK: Final[Mapping[ViewName, Entry]] = {
    ViewName.OVERVIEW: Entry(lambda around, _: OverviewPage(around), ViewName.OVERVIEW),
    ViewName.STRING: Entry(_string, ViewName.OVERVIEW),
    ViewName.ALARMS: Entry(lambda around, _: AlarmsPage(around), ViewName.ALARMS),
    ViewName.MENU: Entry(
        lambda around, _: MenuPage(around, _tiles()), ViewName.MENU, needs_plant=False
    ),
    ViewName.LINES: Entry(lambda around, _: LinesPage(around), ViewName.MENU, in_menu=True),
}
#: The tabs of the header.
TABS: Final = (ViewName.OVERVIEW, ViewName.ALARMS, ViewName.MENU)


def _tiles() -> list[ViewName]:
    return [name for name, entry in BOOK.items() if entry.in_menu]
