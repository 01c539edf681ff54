"""A discharge that is over, played in the browser at a chosen speed."""

from __future__ import annotations

from bacs_core.api.discharge_messages import DischargeAnalysis, Replay
from bacs_hmi.charts.discharge_player import DischargePlayer
from bacs_hmi.charts.reading import ReadingNote
from bacs_hmi.pages.discharges import pictures
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box


class ReplayPart:
    """Fetches the replay once; from then on nothing is asked for."""

    def __init__(self, around: Surroundings, analysis: DischargeAnalysis) -> None:
        self._around = around
        self._analysis = analysis
        self._note = ReadingNote(around.texts, self._read)
        self._place = box("bacs-replay")
        self._read()

    def refresh(self) -> None:
        """Nothing changes any more once it was read."""
        self._note.tick()

    def follow(self, analysis: DischargeAnalysis) -> None:
        """It is over."""
        self._analysis = analysis

    def _read(self) -> None:
        self._note.reading()
        told = self._analysis.discharge
        points = pictures.frames_for(told.battery.cell_count)
        self._around.ask.history(
            "replay",
            lambda history: history.replay(told.id, points),
            self._arrived,
            self._note.failed,
        )

    def _arrived(self, replay: Replay) -> None:
        around, texts = self._around, self._around.texts
        if not replay.at:
            self._note.say(texts["no_replay"])
            return
        self._note.say("")
        order = pictures.collapsed_first(self._analysis)
        plan = pictures.player_plan(replay, self._analysis, order, texts, around.language)
        self._place.clear()
        with self._place:
            DischargePlayer(plan)
