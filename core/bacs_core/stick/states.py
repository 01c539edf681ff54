"""What the engine says about a stick, and what each happening makes of it. Pure.

"Done" is said only after the helper has unmounted the stick; a stick that is pulled out before that
leaves a problem behind. Times are unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Literal

#: How long a stick that was pulled out too early is told of, if nobody plugs one in again.
PULLED_TOLD_S: Final = 600.0


class StickPhase(StrEnum):
    """Where a stick stands."""

    NONE = "none"
    FOUND = "found"
    HELD = "held"
    """Nothing is copied before a person asks for it."""
    CHECKING = "checking"
    WRITING = "writing"
    FLUSHING = "flushing"
    """Everything is written; now it is brought to the medium, read back and unmounted."""
    DONE = "done"
    """It may be removed."""
    PROBLEM = "problem"


class StickProblem(StrEnum):
    """Why a stick did not get everything."""

    FULL = "full"
    NOT_ENOUGH_SPACE = "not_enough_space"
    FILE_TOO_LARGE = "file_too_large"
    READ_ONLY = "read_only"
    BROKEN = "broken"
    DIFFERS = "differs"
    """What was read back is not what was written."""
    NAME_TAKEN = "name_taken"
    """What bears the name of our folder is none."""
    UNKNOWN_FILE_SYSTEM = "unknown_file_system"
    SILENT = "silent"
    PULLED = "pulled"
    HISTORY = "history"
    """The history cannot be read."""
    FAILED = "failed"


#: Phases in which pulling the stick out loses something.
AT_WORK: Final = frozenset({StickPhase.CHECKING, StickPhase.WRITING, StickPhase.FLUSHING})


@dataclass(frozen=True, slots=True)
class StickState:
    """What is told of the stick that is looked after; `waiting` counts the others.

    `label` is its name, else its device. `by` is who asked for the copy, `None` where nobody had
    to. `folder` is the name of the copy on the stick; with a `step_s` only the first sample of each
    step fitted on it. `detail` has the raw facts of a problem.
    `unattended` tells whether a stick is written without being asked to.
    """

    phase: StickPhase = StickPhase.NONE
    since: float | None = None
    label: str = ""
    by: str | None = None
    percent: int = 0
    folder: str = ""
    files: int = 0
    size_bytes: int = 0
    step_s: int = 0
    problem: StickProblem | None = None
    detail: str = ""
    needed_bytes: int | None = None
    free_bytes: int | None = None
    waiting: int = 0
    unattended: bool = True


@dataclass(frozen=True, slots=True)
class Appeared:
    """A stick was plugged in, or it is its turn now."""

    label: str
    held: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """The copy begins; `by` is who asked for it."""

    by: str | None = None


@dataclass(frozen=True, slots=True)
class Progressed:
    """So much of the phase is done."""

    phase: StickPhase
    percent: int = 0
    kind: Literal["progressed"] = "progressed"


@dataclass(frozen=True, slots=True)
class Written:
    """Everything lies on the medium and was read back; the stick is still mounted.

    With a `step_s` only the first sample of each step fitted.
    """

    folder: str
    files: int
    size_bytes: int
    step_s: int = 0
    kind: Literal["written"] = "written"


@dataclass(frozen=True, slots=True)
class Failed:
    """The copy ended without being complete; the stick may still be mounted."""

    problem: StickProblem
    detail: str = ""
    needed_bytes: int | None = None
    free_bytes: int | None = None
    kind: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Settled:
    """The stick is unmounted, or nobody can any more, after what came out of the copy."""

    result: Written | Failed


@dataclass(frozen=True, slots=True)
class Removed:
    """The stick is gone."""


Happening = Appeared | Begun | Progressed | Settled | Removed


def after(state: StickState, happening: Happening, now: float) -> StickState:
    """Return what is told after a happening at `now`."""
    at_work = state.phase in AT_WORK
    told = state
    match happening:
        case Appeared(label, held):
            phase = StickPhase.HELD if held else StickPhase.FOUND
            told = replace(_empty(state), phase=phase, since=now, label=label)
        case Begun(by):
            begun = replace(_empty(state), phase=StickPhase.CHECKING, since=now)
            told = replace(begun, label=state.label, by=by)
        case Progressed(phase, percent) if at_work:
            since = state.since if phase is state.phase else now
            told = replace(state, phase=phase, since=since, percent=percent)
        case Settled(Written(folder, files, size_bytes, step_s)) if at_work:
            done = replace(state, phase=StickPhase.DONE, since=now, percent=100, step_s=step_s)
            told = replace(done, folder=folder, files=files, size_bytes=size_bytes)
        case Settled(Failed() as failed) if at_work:
            told = _with_problem(state, failed, now)
        case Removed():
            pulled = Failed(StickProblem.PULLED)
            told = _with_problem(state, pulled, now) if at_work else _empty(state)
        case Progressed() | Settled():
            """The stick was pulled out meanwhile, which is told already."""
    return told


def at(state: StickState, now: float) -> StickState:
    """Return what is still told at `now`."""
    is_over = (
        state.problem is StickProblem.PULLED
        and state.since is not None
        and abs(now - state.since) > PULLED_TOLD_S
    )
    return _empty(state) if is_over else state


def _with_problem(state: StickState, failed: Failed, now: float) -> StickState:
    return replace(
        state,
        phase=StickPhase.PROBLEM,
        since=now,
        problem=failed.problem,
        detail=failed.detail,
        needed_bytes=failed.needed_bytes,
        free_bytes=failed.free_bytes,
    )


def _empty(state: StickState) -> StickState:
    return StickState(waiting=state.waiting, unattended=state.unattended)
