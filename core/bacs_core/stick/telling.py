"""What stands in the history about sticks."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bacs_core.history.events import Event, EventKind
from bacs_core.stick.states import StickPhase, StickProblem, StickState

#: Stands for a person where nobody had to ask.
UNATTENDED: Final = "unattended"

SENTENCES: Final = {
    StickProblem.FULL: "it is full",
    StickProblem.NOT_ENOUGH_SPACE: "it has too little space",
    StickProblem.FILE_TOO_LARGE: "a file is too large for its file system",
    StickProblem.READ_ONLY: "it is write-protected",
    StickProblem.BROKEN: "it cannot be read or written",
    StickProblem.DIFFERS: "it did not keep what was written",
    StickProblem.NAME_TAKEN: "something else on it is named BACS, as our folder",
    StickProblem.UNKNOWN_FILE_SYSTEM: "its file system is not known",
    StickProblem.SILENT: "it does not answer",
    StickProblem.PULLED: "it was pulled out too early",
    StickProblem.HISTORY: "the history cannot be read",
    StickProblem.FAILED: "the copy failed",
}


def event_of(before: StickState, after: StickState, at: datetime) -> Event | None:
    """Return the event of a change, `None` where it is none: found, written or failed."""
    if after.phase is before.phase:
        return None
    by = after.by or UNATTENDED
    match after.phase:
        case StickPhase.FOUND | StickPhase.HELD:
            text = f"a stick was plugged in: {after.label}"
            return Event(at, EventKind.STICK, text, by=UNATTENDED, data={"label": after.label})
        case StickPhase.DONE:
            text = f"{after.files} files ({after.size_bytes} bytes) were copied to {after.label}"
            if after.step_s:
                text = f"{text}; for lack of space only one sample of each {after.step_s} s"
            return Event(
                at,
                EventKind.STICK,
                text,
                by=by,
                data={
                    "label": after.label,
                    "folder": after.folder,
                    "files": after.files,
                    "bytes": after.size_bytes,
                    "step_s": after.step_s,
                },
            )
        case StickPhase.PROBLEM if after.problem is not None:
            text = f"nothing was completed on {after.label}: {SENTENCES[after.problem]}"
            if after.detail:
                text = f"{text} ({after.detail})"
            data = {"label": after.label, "problem": after.problem, "detail": after.detail}
            return Event(at, EventKind.STICK, text, by=by, data=data)
        case _:
            return None
