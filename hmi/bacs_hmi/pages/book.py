"""Every view of the panel and the page that shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bacs_hmi import wording
from bacs_hmi.pages.alarms import AlarmsPage
from bacs_hmi.pages.cell_page.page import CellPage
from bacs_hmi.pages.commissioning.page import CommissioningPage
from bacs_hmi.pages.discharges.listing import DischargesPage
from bacs_hmi.pages.discharges.page import DischargePage
from bacs_hmi.pages.environment import EnvironmentPage
from bacs_hmi.pages.equalization import equalization_page
from bacs_hmi.pages.help.page import HelpPage
from bacs_hmi.pages.lines import LinesPage
from bacs_hmi.pages.menu import MenuPage
from bacs_hmi.pages.overview import OverviewPage
from bacs_hmi.pages.page import Page, Surroundings
from bacs_hmi.pages.relays import RelaysPage
from bacs_hmi.pages.settings.page import SettingsPage
from bacs_hmi.pages.string import StringPage
from bacs_hmi.pages.system.page import SystemPage
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


def _cell(around: Surroundings, view: View) -> Page:
    string, cell = wording.string_of(around.site, view.key), view.cell
    if string is None or cell is None or not 1 <= cell <= string.cell_count:
        return _string(around, view)
    return CellPage(around, string, cell, view)


BOOK: Final[Mapping[ViewName, Entry]] = {
    ViewName.OVERVIEW: Entry(lambda around, _: OverviewPage(around), ViewName.OVERVIEW),
    ViewName.STRING: Entry(_string, ViewName.OVERVIEW),
    ViewName.CELL: Entry(_cell, ViewName.OVERVIEW),
    ViewName.DISCHARGES: Entry(DischargesPage, ViewName.DISCHARGES),
    ViewName.DISCHARGE: Entry(DischargePage, ViewName.DISCHARGES),
    ViewName.ALARMS: Entry(AlarmsPage, ViewName.ALARMS),
    ViewName.MENU: Entry(
        lambda around, _: MenuPage(around, _tiles()), ViewName.MENU, needs_plant=False
    ),
    ViewName.EQUALIZATION: Entry(equalization_page, ViewName.MENU, in_menu=True),
    ViewName.RELAYS: Entry(RelaysPage, ViewName.MENU, in_menu=True),
    ViewName.ENVIRONMENT: Entry(EnvironmentPage, ViewName.MENU, in_menu=True),
    ViewName.LINES: Entry(lambda around, _: LinesPage(around), ViewName.MENU, in_menu=True),
    ViewName.COMMISSIONING: Entry(
        CommissioningPage, ViewName.MENU, needs_plant=False, in_menu=True
    ),
    ViewName.SETTINGS: Entry(SettingsPage, ViewName.MENU, needs_plant=False, in_menu=True),
    ViewName.SYSTEM: Entry(SystemPage, ViewName.MENU, needs_plant=False, in_menu=True),
    ViewName.HELP: Entry(HelpPage, ViewName.MENU, needs_plant=False, in_menu=True),
}
#: The tabs of the header.
TABS: Final = tuple(
    name
    for name in (ViewName.OVERVIEW, ViewName.ALARMS, ViewName.DISCHARGES, ViewName.MENU)
    if name in BOOK
)


def _tiles() -> list[ViewName]:
    return [name for name, entry in BOOK.items() if entry.in_menu]
