"""The band of the job: what runs, how far it is, what is paused for it, and how to end it."""

from __future__ import annotations

from nicegui import ui

from bacs_core.api.messages import CancelCommissioning, Commissioning, CommissioningState
from bacs_core.model import AlarmSeverity
from bacs_hmi.conclusions import today_of
from bacs_hmi.pages.commissioning import job as words
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box, button, choose, label, symbol_svg

_ENDED_BADLY = frozenset({CommissioningState.FAILED, CommissioningState.TIME_LIMIT})


class JobBand:
    """Stands above the steps; quiet until something was started."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._shown: Commissioning | None = None
        texts = around.texts
        with box("bacs-pause").props("role=status") as self._pause:
            ui.html(symbol_svg(AlarmSeverity.ALARM), sanitize=False)
            self._paused = label("")
        self._pause.set_visibility(False)
        with box("bacs-job").props("role=status") as self._band:
            with box("bacs-job-words"):
                self._what = label("", "bacs-job-what")
                self._state = label("")
                self._numbers = label("", "bacs-quiet")
                self._conflict = label("", "bacs-job-conflict")
            self._cancel = button(
                texts["cancel_commissioning"], self._end, "bacs-button bacs-action"
            )
            with box("bacs-meter") as self._meter:
                self._filled = box("bacs-meter-filled")
        self._note = label(texts["being_read"], "bacs-job-note")
        self._band.set_visibility(False)

    def show(self, job: Commissioning) -> None:
        """Follow the job that runs or ran last."""
        if job == self._shown:
            return
        self._shown = job
        texts, numbers = self._around.texts, self._around.numbers
        at_work = job.state in words.AT_WORK
        pause = words.pause_words(job, texts, today_of(self._around.live))
        self._paused.set_text(pause)
        self._pause.set_visibility(bool(pause))
        self._note.set_visibility(job.state is CommissioningState.IDLE)
        self._note.set_text(texts["work_idle"])
        self._band.set_visibility(job.state is not CommissioningState.IDLE)
        choose(self._band, "failed", job.state in _ENDED_BADLY)
        choose(self._band, "working", at_work)
        self._what.set_text(words.headline(job, texts))
        self._state.set_text(words.state_words(job, texts, numbers))
        self._numbers.set_text(words.numbers_words(job, texts, numbers))
        conflict = words.conflict_words(job.found, texts)
        self._conflict.set_text(conflict)
        self._conflict.set_visibility(bool(conflict))
        share = words.share(job) if at_work else None
        self._meter.set_visibility(share is not None)
        self._filled.style(f"width: {100 * (share or 0):.0f}%")
        self._cancel.set_visibility(at_work)
        self._stay(at_work)

    def refuse(self, problem: str) -> None:
        """Say why nothing is told of a job."""
        self.hide()
        self._note.set_text(problem)
        self._note.set_visibility(True)

    def hide(self) -> None:
        """Show nothing: no job concerns who looks here."""
        self._shown = None
        self._stay(False)
        for element in (self._pause, self._band, self._note):
            element.set_visibility(False)

    def _stay(self, wanted: bool) -> None:  # noqa: FBT001
        """Lead nobody away from work that runs."""
        if wanted:
            self._band.props("data-stay")
        else:
            self._band.props(remove="data-stay")

    def _end(self) -> None:
        texts = self._around.texts
        self._around.order(CancelCommissioning(), texts["cancel_commissioning"])
