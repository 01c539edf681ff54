"""All plots of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bacs_core.reports.content import Content, Span
from bacs_core.reports.judgement import Verdict
from bacs_core.reports.language import Language
from bacs_core.reports.plots import canvas, cells, times
from bacs_core.reports.plots.svg import Plot


@dataclass(frozen=True, slots=True)
class Drawings:
    """The plots, `None` where there is nothing to draw."""

    ranking: Plot | None = None
    profile: Plot | None = None
    distribution: Plot | None = None
    bled: Plot | None = None
    curve: Plot | None = None
    bars: Plot | None = None
    alarms: Plot | None = None
    trends: Mapping[Span, Plot] = field(default_factory=dict)


def draw(content: Content, verdict: Verdict, language: Language) -> Drawings:
    """Draw everything that there is."""
    canvas.prepare()
    standing, identity = content.standing, content.identity
    odd = tuple(cell.cell for cell in verdict.odd_cells)
    newest = content.discharges[0] if content.discharges else None
    drawn = Drawings(
        curve=None
        if newest is None or content.curve is None
        else times.discharge_curve(content.curve, newest, identity, language),
        bars=None if newest is None else times.discharge_bars(newest, identity, language),
        alarms=times.alarms(content, language),
        trends={
            trend.span: times.trend(trend, identity, language)
            for trend in content.trends
            if not trend.empty
        },
    )
    if standing is None:
        return drawn
    concluded = standing.concluded
    return replace(
        drawn,
        ranking=cells.ranking(verdict.odd_cells, identity, language) if odd else None,
        profile=cells.profile(standing, odd, identity, language),
        distribution=cells.distribution(standing, odd, language),
        bled=None if concluded is None else cells.bled(concluded, identity, language),
    )
