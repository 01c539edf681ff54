"""Every value says which device it comes from."""

from __future__ import annotations

import pytest

from bacs_core.api.live import LiveString
from bacs_core.api.messages import CellCode, CellFigure, StringScalars
from bacs_core.model import Basis, EqualizationState, Quantity
from bacs_hmi.pages.cell_page.sources import ModulePlace, module_of, source
from bacs_hmi.texts import LANGUAGES, numbers_of
from tests.hmi.standin_engine import LINES, small_site

TEXTS = LANGUAGES["en"]


def mirror(key: str, basis: Basis = Basis.NONE) -> LiveString:
    string = next(string for string in small_site().strings if string.key == key)
    scalars = StringScalars(
        sum_voltage_v=None,
        target_voltage_v=None,
        mean_charge_percent=None,
        current_a=None,
        ac_current_a=None,
        power_w=None,
        room_temperature_c=None,
        equalization=EqualizationState.IDLE,
        inhibited_by=[],
    )
    return LiveString(
        string=string,
        scalars=scalars,
        columns={},
        read_at={},
        status=[0] * string.cell_count,
        figures={CellFigure.CHARGE_UNCERTAINTY: [3.0] * string.cell_count},
        codes={CellCode.CHARGE_BASIS: [int(basis)] * string.cell_count},
    )


def told(key: str, quantity: Quantity, basis: Basis = Basis.NONE) -> str:
    return source(quantity, mirror(key, basis), 7, small_site(), LINES, TEXTS, numbers_of(TEXTS))


def test_a_module_is_named_by_line_and_address() -> None:
    assert module_of(LINES, "telecom/1", 7) == ModulePlace("modules", 7)
    assert told("telecom/1", Quantity.VOLTAGE) == "module with address 7 on line modules"


@pytest.mark.parametrize(("key", "cell"), [("ups-a/1", 7), ("telecom/1", 99), ("telecom/1", 0)])
def test_a_cell_whose_module_nobody_names_has_none(key: str, cell: int) -> None:
    assert module_of(LINES, key, cell) is None


def test_an_older_engine_that_names_no_addresses_still_names_the_line() -> None:
    lines = [line.model_copy(update={"units": {}}) for line in LINES]
    words = source(
        Quantity.VOLTAGE, mirror("telecom/1"), 7, small_site(), lines, TEXTS, numbers_of(TEXTS)
    )
    assert words == "module on line modules"


def test_a_manager_is_named_with_its_line() -> None:
    assert told("ups-a/1", Quantity.VOLTAGE) == "told by UPS A on line managers"


def test_a_charge_says_whether_it_was_told_or_estimated_and_by_what() -> None:
    assert told("ups-a/1", Quantity.CHARGE, Basis.DEVICE) == "told by UPS A on line managers"
    estimate = told("ups-a/1", Quantity.CHARGE, Basis.COUNTED)
    assert estimate == "estimate of the engine ±\u00a03\u00a0% (counted)"
