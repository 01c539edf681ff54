"""What a resistance is compared with is a value of this cell, and says since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bacs_core.api.history_messages import MaintenanceMessage, MeasuredMessage, SeriesMessage
from bacs_core.api.live import LiveString
from bacs_core.api.messages import CellFigure, StringScalars
from bacs_core.model import MaintenanceWork
from bacs_hmi.pages.cell_page.baseline import (
    Baseline,
    BaselineBasis,
    chosen,
    exchange,
    from_exchange,
    from_first_values,
    learnt,
    words,
)
from bacs_hmi.texts import LANGUAGES, numbers_of
from tests.hmi.standin_engine import small_site

AT = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)


def replaced(read_before: timedelta = timedelta(0), **changes: Any) -> MaintenanceMessage:
    measured = {
        "resistance_ohm": MeasuredMessage(value=0.5e-3, read_at=(AT - read_before).timestamp())
    }
    told: dict[str, Any] = {
        "id": 1,
        "at": AT,
        "string_key": "a/1",
        "cell": 7,
        "work": MaintenanceWork.CELL_REPLACED,
        "measured": measured,
    }
    return MaintenanceMessage(**(told | changes))


def test_the_newest_exchange_counts_and_no_other_work() -> None:
    cleaned = replaced(id=3, work=MaintenanceWork.CLEANED)
    assert exchange([cleaned, replaced(id=2), replaced(id=1)]) == replaced(id=2)
    assert exchange([cleaned]) is None


def test_what_a_person_gave_counts_before_what_the_module_told() -> None:
    given = replaced(given={"resistance_ohm": 0.48e-3})
    assert from_exchange(given) == Baseline(0.48e-3, AT, BaselineBasis.GIVEN)
    assert from_exchange(replaced()) == Baseline(0.5e-3, AT, BaselineBasis.AT_EXCHANGE)


def test_a_reading_from_long_before_the_exchange_is_of_the_old_cell() -> None:
    assert from_exchange(replaced(timedelta(days=3))) is None
    assert from_exchange(replaced(measured={})) is None


def test_without_an_exchange_the_first_recorded_values_count() -> None:
    series = SeriesMessage(
        tier="hour",
        width_s=86400.0,
        at=[0, round(AT.timestamp() * 1000)],
        minimum=[None, 0.4e-3],
        mean=[None, 0.45e-3],
        maximum=[None, 0.5e-3],
        count=[0, 9],
    )
    assert from_first_values(series) == Baseline(0.45e-3, AT, BaselineBasis.FIRST_RECORDED)


@pytest.mark.parametrize(
    ("now_ohm", "end"),
    [(0.55e-3, "now +10\u00a0%"), (0.45e-3, "now −10\u00a0%"), (0.5e-3, "now 0\u00a0%")],
)
def test_the_words_say_value_date_and_how_far_it_is_now(now_ohm: float, end: str) -> None:
    baseline = Baseline(0.5e-3, AT, BaselineBasis.AT_EXCHANGE)
    texts = LANGUAGES["en"]
    told = words(baseline, now_ohm, 2.0, texts, numbers_of(texts))
    assert told == f"0.500\u00a0mΩ, measured at the exchange on 12 Mar 2026 · {end}"


def mirror(
    baseline_ohm: list[float | None] | None = None, rise: list[float | None] | None = None
) -> LiveString:
    columns = {CellFigure.RESISTANCE_BASELINE: baseline_ohm, CellFigure.RESISTANCE_RISE: rise}
    figures: dict[str, list[float | None]] = {
        name: column for name, column in columns.items() if column is not None
    }
    scalars = cast("StringScalars", None)
    return LiveString(small_site().strings[0], scalars, {}, {}, [], figures=figures)


def test_what_this_site_learnt_counts_before_the_history_but_not_before_a_person() -> None:
    told = mirror([None, 0.5e-3], [None, 12.4])
    assert learnt(told, 0) is None
    own = learnt(told, 1)
    assert own == Baseline(0.5e-3, None, BaselineBasis.LEARNT, 12.4)
    assert learnt(mirror(), 1) is None
    first = Baseline(0.4e-3, AT, BaselineBasis.FIRST_RECORDED)
    given = Baseline(0.4e-3, AT, BaselineBasis.GIVEN)
    assert chosen(first, own) is own
    assert chosen(given, own) is given
    assert chosen(first, None) is first
    assert chosen(None, None) is None


def test_a_learnt_baseline_says_so_and_is_compared_at_its_own_temperature() -> None:
    own = Baseline(0.5e-3, None, BaselineBasis.LEARNT, 12.4)
    texts = LANGUAGES["en"]
    told = words(own, 0.5e-3, 2.0, texts, numbers_of(texts))
    assert told == "0.500\u00a0mΩ at 25 °C, learnt by this site · now +12\u00a0%"
    unknown = Baseline(0.5e-3, None, BaselineBasis.LEARNT)
    assert "now" not in words(unknown, 0.6e-3, 2.0, texts, numbers_of(texts))
