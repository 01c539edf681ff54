from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bacs_core.model import Basis, Quantity
from bacs_core.reports.content import Content, Estimated, Readings, Source
from bacs_core.reports.judgement import judge
from bacs_core.reports.language import language_of
from bacs_core.reports.page import render
from bacs_core.reports.plots.drawings import Drawings
from tests.core.reports.contents import (
    NOW,
    make_bare_content,
    make_content,
    make_identity,
    make_standing,
)
from tests.core.reports.markup import read

ZONE = "Europe/Berlin"


def page_of(content: Content, language: str) -> str:
    """Write the page without its plots, which are drawn in tests of their own."""
    return render(content, judge(content), Drawings(), language_of(language, ZONE))


def shown(page: str) -> str:
    """Return what a reader sees, in one line."""
    text = " ".join(read(page).text).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", text)


@pytest.fixture(scope="module")
def german() -> str:
    return page_of(make_content(32), "de")


@pytest.fixture(scope="module")
def english() -> str:
    return page_of(make_content(32), "en")


@pytest.fixture(scope="module")
def bare() -> str:
    return page_of(make_bare_content(), "en")


def test_every_page_is_valid_and_fetches_nothing(german: str, english: str, bare: str) -> None:
    for page in (german, english, bare):
        assert read(page).wrong == []
        assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in page
        assert "@import" not in page


def test_the_facts_stand_in_the_german_page(german: str) -> None:
    text = shown(german)
    for fact in (
        "Batteriebericht: String 1",
        "erstellt 21.11.2026 15:30",
        "22.10.2026 16:30 bis 21.11.2026 15:30",
        "CET (UTC+01:00)",
        "Handeln nötig",
        "Kapazität 76 % der Nennkapazität, in einer Entladung gemessen",
        "6,2 K wärmer als der Median des Strangs, steigend",
        "verschlossene Bleibatterie (VRLA)",
        "500 Ah bei 10 h",
        "32 × 2 V",
        "Erhaltungsladung seit 12.11.2026 12:30",
        "98 % ±2 (nachweislich voll)",
        "≥ 311,4 Ah",
        "1 Lücke in der Aufzeichnung",
        "Zelle 07: schwach",
        "hört keinen Rundruf und folgt keinem Bypass",
        "Zelle ersetzt",
        "Modul: 0,351 mΩ, 2,271 V; von Hand: 512 Ah",
        "99,3 % der Zeit",
        "nicht mit einem Zeitserver abgeglichen",
        "−12,4 s",
        "17 ältere Ereignisse",
    ):
        assert fact in text, fact


def test_the_facts_stand_in_the_english_page(english: str) -> None:
    text = shown(english)
    for fact in (
        "Battery report: String 1",
        "made 21 Nov 2026 15:30",
        "Needs action",
        "capacity 76 % of the rated one, measured in a discharge",
        "valve-regulated lead-acid (VRLA)",
        "float charge since 12 Nov 2026 12:30",
        "≥ 311.4 Ah",
        "cell 07: weak",
        "cell replaced",
        "serial no. 4711, firmware 2.4",
        "99.3 % of the time",
        "not synchronised with a time server since",
        "(the clock showed 1 Jan 1970 01:00:00)",
    ):
        assert fact in text, fact


def test_every_cell_has_its_row_and_its_module(german: str) -> None:
    text = shown(german)
    assert len(re.findall(r"\b2,2\d\d\b", text)) >= 32
    assert all(str(310_000 + cell) in text for cell in range(32))


def test_what_nobody_knows_is_said(bare: str) -> None:
    text = shown(bare)
    for sentence in (
        "Cannot be judged",
        "no measured values of this string are known",
        "There are no present values",
        "Whether cells stand out was not judged.",
        "No site file was given",
        "Rated capacity not known",
        "Nothing was measured in this time.",
        "Ri has no baseline yet",
        "No discharge is recorded",
        "is not known here",
        "No event of this string in this time.",
        "No maintenance is recorded.",
        "nothing is recorded in this time",
        "nothing is recorded about whether the clock was synchronised",
    ):
        assert sentence in text, sentence


def test_a_capacity_that_was_never_measured_is_never_shown_as_a_number() -> None:
    rated = Estimated((100.0,) * 12, (20.0,) * 12, (Basis.RATED,) * 12)
    standing = make_standing(12)
    assert standing.concluded is not None
    concluded = replace(standing.concluded, findings=(), capacity=rated, health=rated)
    standing = replace(standing, concluded=concluded)
    text = shown(page_of(make_content(12, standing=standing), "en"))
    assert "Known of no cell: Health, Capacity." in text
    assert "name plate, not measured: 12 cells" in text
    assert "the capacity of no cell has been measured" in text.lower()


def test_without_a_charge_of_the_string_the_mean_of_its_cells_is_told() -> None:
    standing = make_standing(12)
    assert standing.concluded is not None
    standing = replace(
        standing,
        concluded=replace(standing.concluded, charge_percent=None),
        summary=replace(standing.summary, mean_charge_percent=98.4),
    )
    text = shown(page_of(make_content(12, standing=standing), "en"))
    assert "98 % (mean of the cells)" in text


def test_a_stale_value_has_its_mark_and_is_counted() -> None:
    ages = (500.0,) + (2.0,) * 11
    standing = make_standing(12)
    voltage = replace(standing.readings[Quantity.VOLTAGE], age_s=ages)
    stale = replace(standing, readings={**standing.readings, Quantity.VOLTAGE: voltage})
    text = shown(page_of(make_content(12, standing=stale), "en"))
    assert f"{voltage.values[0]:.3f}†" in text
    assert "voltage: 11 of 12 cells, 1 too old, 0 never read" in text


def test_names_from_outside_cannot_become_markup_or_style() -> None:
    evil = "</style><script>alert(1)</script>\"'\\ & <b>"
    content = make_content(8, identity=make_identity(8, name=evil, site=evil))
    page = page_of(content, "en")
    assert read(page).wrong == []
    assert "<script" not in page
    assert evil in shown(page)
    style = page.split("<style>")[1].split("</style>")[0]
    assert "alert(1)" not in style.replace("\\", "")


def test_a_report_from_a_stored_sample_says_so() -> None:
    standing = make_standing(12, source=Source.STORED, alarms=None, at=NOW - timedelta(hours=3))
    text = shown(page_of(make_content(12, standing=standing), "en"))
    assert "The engine was not asked" in text
    assert "the last values are 3 h old" in text
    assert "which alarms were raised is not known without the engine" in text


def test_a_quantity_that_no_module_gives_is_named_and_not_drawn_as_zero() -> None:
    standing = make_standing(12)
    nothing = Readings((None,) * 12, (None,) * 12, 30.0)
    without = replace(standing, readings={**standing.readings, Quantity.RESISTANCE: nothing})
    text = shown(page_of(make_content(12, standing=without, baseline=None), "en"))
    assert "Known of no cell: Ri, Ri against baseline." in text
