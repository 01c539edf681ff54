"""A trend shows what was measured: mean, lowest and highest, and gaps as gaps."""

from __future__ import annotations

from bacs_core.api.history_messages import SeriesMessage
from bacs_core.model import Quantity
from bacs_hmi.charts.line_chart import Chart, Line
from bacs_hmi.pages.cell_page.trend_chart import Asked, Trend, chart_of
from bacs_hmi.texts import LANGUAGES
from tests.hmi.standin_engine import small_site

STRING = next(string for string in small_site().strings if string.key == "telecom/1")


def series(*means: float | None, first: int = 0) -> SeriesMessage:
    return SeriesMessage(
        tier="full",
        width_s=10.0,
        at=[first + 10_000 * place for place in range(len(means))],
        minimum=[None if mean is None else mean * 0.9 for mean in means],
        mean=list(means),
        maximum=[None if mean is None else mean * 1.1 for mean in means],
        count=[0 if mean is None else 1 for mean in means],
    )


def drawn(quantity: Quantity, trend: Trend) -> Chart:
    asked = Asked(quantity, STRING, "Cell 07", 0.0, 30.0)
    return chart_of(asked, trend, LANGUAGES["en"])


def line(chart: Chart, style: str) -> Line:
    return next(each for each in chart.lines if each.style == style)


def test_a_gap_stays_a_gap_in_every_curve() -> None:
    chart = drawn(Quantity.VOLTAGE, Trend(series(2.0, None, 2.2)))
    assert [each.values[1] for each in chart.lines] == [None] * len(chart.lines)
    assert line(chart, "main").values == [2.0, None, 2.2]


def test_the_band_belongs_to_the_mean_and_runs_from_lowest_to_highest() -> None:
    chart = drawn(Quantity.VOLTAGE, Trend(series(2.0)))
    ((upper, lower, of),) = chart.bands
    names = [chart.lines[place].name for place in (upper, lower, of)]
    assert names == ["Highest", "Lowest", "Mean"]
    assert (chart.lines[upper].values, chart.lines[lower].values) == ([2.2], [1.8])


def test_a_bucket_stands_in_its_middle() -> None:
    assert drawn(Quantity.VOLTAGE, Trend(series(2.0, 2.0))).at == [5.0, 15.0]


def test_a_resistance_is_drawn_in_milliohms() -> None:
    chart = drawn(Quantity.RESISTANCE, Trend(series(0.46e-3)))
    assert (line(chart, "main").values, chart.scales[0].unit) == ([0.46], "mΩ")


def test_the_string_is_drawn_at_the_places_of_the_cell() -> None:
    # The history answers both with one grid; where it does not, what does not fit is left out.
    chart = drawn(Quantity.VOLTAGE, Trend(series(2.0, 2.1), series(3.0, 3.1)))
    assert line(chart, "thin").values == [3.0, 3.1]
    shifted = drawn(Quantity.VOLTAGE, Trend(series(2.0, 2.1), series(3.1, first=10_000)))
    assert line(shifted, "thin").values == [None, 3.1]


def test_noise_does_not_fill_the_chart() -> None:
    small = drawn(Quantity.VOLTAGE, Trend(series(2.25))).scales[0]
    assert small.least == 0.02
