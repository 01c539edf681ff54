from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bacs_core.model import Quantity
from bacs_core.reports.content import Readings
from bacs_core.reports.judgement import judge
from bacs_core.reports.language import language_of
from bacs_core.reports.plots import canvas, cells, times
from bacs_core.reports.plots.drawings import Drawings, draw
from bacs_core.reports.plots.scales import decimals_of
from tests.core.reports.contents import (
    KEY,
    make_bare_content,
    make_content,
    make_curve,
    make_identity,
    make_standing,
)

GERMAN = language_of("de", "Europe/Berlin")


@pytest.mark.parametrize(
    ("places", "decimals"),
    [((0.0, 10.0), 0), ((2.2, 2.25, 2.3), 2), ((0.1, 0.2, 0.30000000000000004), 1), ((5.0,), 0)],
)
def test_ticks_have_the_decimals_that_tell_them_apart(
    places: tuple[float, ...], decimals: int
) -> None:
    assert decimals_of(places) == decimals


def test_numbers_of_an_axis_are_written_in_the_language() -> None:
    canvas.prepare()
    plot = cells.distribution(make_standing(24), (), GERMAN)
    assert re.search(r">2,2\d<|>2,2\d\d<", plot.svg)
    assert not re.search(r">\d+\.\d+<", plot.svg)


def test_identifiers_of_a_plot_are_its_own_and_nothing_is_fetched() -> None:
    canvas.prepare()
    plot = cells.distribution(make_standing(24), (), GERMAN)
    found = re.findall(r' id="([^"]+)"', plot.svg)
    assert found
    assert all(name.startswith("distribution-") for name in found)
    assert not re.search(r"<(style|metadata|script|image)", plot.svg)


def test_the_same_plot_is_drawn_alike_each_time() -> None:
    canvas.prepare()
    first, second = (times.alarms(make_content(12), GERMAN) for _ in range(2))
    assert first == second is not None


def test_text_in_a_plot_is_escaped() -> None:
    canvas.prepare()
    odd = judge(make_content(12)).odd_cells
    evil = replace(odd[0], reason=replace(odd[0].reason, key="title"))
    language = replace(GERMAN, texts={**GERMAN.texts, "title": "<script>&"})
    plot = cells.ranking((evil,), make_identity(12), language)
    assert "<script" not in plot.svg
    assert "&lt;script&gt;&amp;" in plot.svg


def test_what_was_not_measured_is_said_in_the_plot() -> None:
    canvas.prepare()
    standing = make_standing(12)
    nothing = Readings((None,) * 12, (None,) * 12, 30.0)
    without = replace(standing, readings={Quantity.VOLTAGE: nothing})
    plot = cells.profile(without, (), make_identity(12), GERMAN)
    assert "nicht gemessen" in plot.svg


@pytest.mark.parametrize(
    ("hours", "label"), [(0.01, "Sekunden"), (0.083, "Minuten"), (6.0, "Stunden")]
)
def test_a_discharge_is_drawn_over_the_unit_that_its_length_asks_for(
    hours: float, label: str
) -> None:
    canvas.prepare()
    content = make_content(8)
    curve = make_curve(8)
    shorter = replace(curve, hours=tuple(hours * each / curve.hours[-1] for each in curve.hours))
    plot = times.discharge_curve(shorter, content.discharges[0], content.identity, GERMAN)
    assert f"{label} seit Beginn" in plot.svg


def test_where_there_is_nothing_to_draw_nothing_is_drawn() -> None:
    content = make_bare_content()
    assert content.identity.string_key == KEY
    assert draw(content, judge(content), GERMAN) == Drawings()
