"""What the running engine tells a report of the present; it travels to its program as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter

from bacs_core.reports.content import Identity, Standing


@dataclass(frozen=True, slots=True)
class Told:
    """What the string is and how it stands, `None` before the first tick; `now` is the request."""

    identity: Identity
    standing: Standing | None
    now: datetime


TOLD: Final = TypeAdapter(Told)
