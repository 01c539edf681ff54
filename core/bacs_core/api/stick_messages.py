"""What the API tells of a stick, and the commands about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field, StrictBool

from bacs_core.api.message_base import CommandMessage, CommandName, Message
from bacs_core.stick.states import StickPhase, StickProblem, StickState


class ExportToStick(CommandMessage):
    """Copy everything to the stick that is plugged in; `GET stick` tells how far it is."""

    command: Literal[CommandName.EXPORT_TO_STICK] = CommandName.EXPORT_TO_STICK


class SetStickExport(CommandMessage):
    """Let a stick that is plugged in be written by itself, or only when somebody asks."""

    command: Literal[CommandName.SET_STICK_EXPORT] = CommandName.SET_STICK_EXPORT
    enabled: StrictBool


class StickStatus(Message):
    """How far the copy to a stick is; only in the phase `done` it may be removed.

    `label` is its name, else its device, `folder` the copy on it, `by` who asked for it (`None`
    where nobody had to). `detail` has the raw facts of a problem, in English. `waiting` counts
    further sticks, each of which is written once the one before it is removed. `unattended` tells
    whether a stick is written by itself.
    """

    phase: StickPhase = StickPhase.NONE
    since: datetime | None = None
    label: str = ""
    by: str | None = None
    percent: Annotated[int, Field(description="how much of the phase is done")] = 0
    folder: str = ""
    files: int = 0
    size_bytes: int = 0
    step_s: Annotated[
        int,
        Field(description="only the first sample of each step fitted; 0: every sample is there"),
    ] = 0
    problem: StickProblem | None = None
    detail: str = ""
    needed_bytes: int | None = None
    free_bytes: int | None = None
    waiting: int = 0
    unattended: bool = True


def status_of(state: StickState) -> StickStatus:
    """Put what the engine knows of a stick into a message."""
    since = None if state.since is None else datetime.fromtimestamp(state.since, UTC)
    return StickStatus(
        phase=state.phase,
        since=since,
        label=state.label,
        by=state.by,
        percent=state.percent,
        folder=state.folder,
        files=state.files,
        size_bytes=state.size_bytes,
        step_s=state.step_s,
        problem=state.problem,
        detail=state.detail,
        needed_bytes=state.needed_bytes,
        free_bytes=state.free_bytes,
        waiting=state.waiting,
        unattended=state.unattended,
    )
