"""From what somebody asks for to the finished page."""

from __future__ import annotations

from bacs_core.reports.content import Content, Request
from bacs_core.reports.gathering import gather
from bacs_core.reports.judgement import judge
from bacs_core.reports.language import Language, language_of
from bacs_core.reports.page import render
from bacs_core.reports.plots.drawings import draw


def make(request: Request) -> str:
    """Read the history and write the page; the same history, request and zone give the same page.

    Raises what `gather` raises.
    """
    return page_of(gather(request), language_of(request.language, request.zone))


def page_of(content: Content, language: Language) -> str:
    """Judge, draw and write."""
    verdict = judge(content)
    return render(content, verdict, draw(content, verdict, language), language)
