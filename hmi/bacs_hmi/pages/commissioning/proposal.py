"""The step that shows the proposed blocks for the site file, and how they get there."""

from __future__ import annotations

from typing import Final

from bacs_core.api.messages import CommandName, Commissioning
from bacs_hmi.pages.commissioning import job as words
from bacs_hmi.pages.commissioning.guide import Guide
from bacs_hmi.parts import box, button, label

#: How lines begin that a person has to fill in.
GAP: Final = "#?"
PUT_IN: Final = ("put_in_1", "put_in_2", "put_in_3", "put_in_4")


class ProposalStep:
    """Shows what the last search proposes."""

    def __init__(self, guide: Guide) -> None:
        self._guide = guide
        self._shown: str | None = None
        with box("bacs-form") as self._how:
            label(guide.around.texts["put_in_title"], tag="h2")
            with box("bacs-numbered", "ol"):
                for step in PUT_IN:
                    label(guide.around.texts[step], tag="li")
        self._area = box("bacs-proposal")
        self.show(None)

    def show(self, job: Commissioning | None) -> None:
        """Follow the newest search."""
        texts = self._guide.around.texts
        proposal = None if job is None else job.proposal
        self._how.set_visibility(proposal is not None)
        conflict = "" if job is None else words.conflict_words(job.found, texts)
        shown = proposal or conflict or texts[_why_none(job)]
        if shown == self._shown:
            return
        self._shown = shown
        self._area.clear()
        with self._area:
            if proposal is None:
                label(shown, "bacs-empty", tag="p")
                button(texts["step_search"], lambda: self._guide.go("search"))
                return
            gaps = gap_count(proposal)
            if gaps:
                label(texts["gaps_left"].format(count=gaps), "bacs-gaps")
            with box("bacs-toml", "pre").props("tabindex=0"):
                for text, is_gap in lines_of(proposal):
                    label(text, "gap" if is_gap else "")


def lines_of(proposal: str) -> list[tuple[str, bool]]:
    """Split a proposal into stretches of lines, and tell which of them are to be filled in."""
    stretches: list[tuple[str, bool]] = []
    for line in proposal.splitlines(keepends=True):
        is_gap = line.lstrip().startswith(GAP)
        if stretches and stretches[-1][1] == is_gap:
            stretches[-1] = (stretches[-1][0] + line, is_gap)
        else:
            stretches.append((line, is_gap))
    return stretches


def gap_count(proposal: str) -> int:
    """Count the lines that a person has to fill in."""
    return sum(line.lstrip().startswith(GAP) for line in proposal.splitlines())


def _why_none(job: Commissioning | None) -> str:
    if job is None:
        return "proposal_unknown"
    if job.command is CommandName.START_SCAN and job.state in words.AT_WORK:
        return "proposal_later"
    return "proposal_none"
