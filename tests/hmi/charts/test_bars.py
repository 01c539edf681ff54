"""Bars and curves as the browser reads them."""

from __future__ import annotations

from bacs_hmi.charts.cell_bars import Bars, Level
from bacs_hmi.charts.line_chart import Axis, Chart, Limit, Line, Scale
from bacs_hmi.texts import LANGUAGES


def test_cells_count_from_one_here_and_from_zero_there() -> None:
    bars = Bars("x", [3, 1, 2], 0.0, 2.0, 0.0, "V", 3, (Level(1.8, "alarm"),))
    plain = bars.plain(LANGUAGES["de"])
    assert (plain["order"], plain["numbered"]) == ([2, 0, 1], False)
    assert (plain["mark"], plain["digits"], plain["cell"]) == (",", 2, "Zelle {cell}")
    assert plain["levels"] == [{"value": 1.8, "kind": "alarm"}]


def test_a_chart_travels_as_columns_with_its_gaps() -> None:
    chart = Chart(
        label="Voltage",
        axis=Axis("time", 0.0, 20.0),
        at=[0.0, 10.0, 20.0],
        lines=(Line("low", [1.0, None, 3.0], "edge"), Line("mean", [2.0, None, 4.0])),
        scales=(Scale("V", 3, 0.02),),
        limits=(Limit(2.5, "alarm", "Alarm"),),
    )
    plain = chart.plain(LANGUAGES["en"], "en")
    assert plain["columns"] == [[0.0, 10.0, 20.0], [1.0, None, 3.0], [2.0, None, 4.0]]
    assert [line["style"] for line in plain["lines"]] == ["edge", "main"]
    assert (plain["locale"], plain["limits"][0]["severity"]) == ("en-GB", "alarm")
