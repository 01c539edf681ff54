"""What the engine gives to the process that copies, and what that tells, a line of JSON each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bacs_core.stick.states import Failed, Progressed, Written


class Job(BaseModel):
    """What is copied from where into which folder of the stick."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state_dir: Path
    site_id: str
    site_name: str
    target: Path


Report = Annotated[Progressed | Written | Failed, Field(discriminator="kind")]
REPORT: Final[TypeAdapter[Report]] = TypeAdapter(Report)
