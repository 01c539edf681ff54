"""Puts a report on its page: one HTML text with everything in it, the same for the same content."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from bacs_core.api.messages import Alarm
from bacs_core.reports.content import Content, Trend
from bacs_core.reports.judgement import Reason, Verdict, alarm_text
from bacs_core.reports.language import Language
from bacs_core.reports.plots.drawings import Drawings
from bacs_core.reports.plots.svg import Plot
from bacs_core.reports.trends import SPANS
from bacs_core.reports.views import cells, past, plant

_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9 ]")
#: From here on the tables are set smaller, so that a long string stays on few pages.
_LONG_FROM_CELLS: Final = 100


@dataclass(frozen=True, slots=True)
class TrendView:
    """A span on the page; without a plot where nothing was measured."""

    heading: str
    plot: Plot | None
    note: str


def render(content: Content, verdict: Verdict, drawings: Drawings, language: Language) -> str:
    """Write the report."""
    newest = content.discharges[0] if content.discharges else None
    return _template().render(
        t=language.text,
        language=language,
        content=content,
        identity=content.identity,
        verdict=verdict,
        plots=drawings,
        reasons=[_reason(one, content, language) for one in verdict.reasons],
        advice=[language.write(one) for one in verdict.advice],
        remarks=[language.write(one) for one in verdict.remarks],
        source=plant.source_text(content, language),
        identity_lines=plant.identity_lines(content, language),
        present_lines=plant.present_lines(content, language),
        cell_table=cells.cell_table(content, language),
        trends=[_trend(trend, drawings, language) for trend in content.trends],
        baseline_note=_baseline_note(content, language),
        discharge_table=past.discharge_table(content, language),
        discharge_notes=past.discharge_notes(content, language),
        faults=() if newest is None else past.fault_texts(newest, content, language),
        equalization_lines=plant.equalization_lines(content, language),
        bled_known=_bled_known(content),
        event_table=past.event_table(content, language),
        maintenance_table=past.maintenance_table(content, language),
        quality_lines=plant.quality_lines(content, language),
        estimate_table=plant.estimate_table(content, language),
        serials=plant.serial_table(content),
        is_long=content.identity.cell_count > _LONG_FROM_CELLS,
        css=_css_string,
    )


def _trend(trend: Trend, drawings: Drawings, language: Language) -> TrendView:
    heading = language.text(f"span_{trend.span}")
    if trend.empty:
        return TrendView(heading, None, language.text("no_trend"))
    length, points = SPANS[trend.span]
    width = timedelta(seconds=round(length.total_seconds() / points))
    return TrendView(
        heading, drawings.trends.get(trend.span), language.text("trend_note", width=width)
    )


def _bled_known(content: Content) -> bool:
    standing = content.standing
    known = None if standing is None else standing.concluded
    return known is not None and any(value is not None for value in known.bled_ah)


def _baseline_note(content: Content, language: Language) -> str:
    baseline = content.baseline
    known = 0 if baseline is None else sum(ohm is not None for ohm in baseline.ohm)
    if baseline is None or not known or baseline.kept_at is None:
        return language.text("no_baseline")
    count = content.identity.cell_count
    return language.text("baseline_kept", known=known, count=count, at=baseline.kept_at)


def _reason(reason: Reason, content: Content, language: Language) -> str:
    if isinstance(reason, Alarm):
        return alarm_text(reason, content, language)
    return language.write(reason)


def _css_string(text: str) -> str:
    """Write a text as a string of CSS that can end neither the string nor the style element."""
    return _NOT_PLAIN.sub(lambda found: f"\\{ord(found.group()):06x}", text)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("bacs_core.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
