"""The recorded discharges of a string, each with its analysis."""

from __future__ import annotations

from datetime import datetime

from bacs_core.api.discharge_messages import DischargeAnalysis, DischargeKind
from bacs_core.history.discharges import retelling
from bacs_core.history.reader import HistoryReader


def newest_discharges(
    reader: HistoryReader, string_key: str, until: datetime, limit: int
) -> tuple[DischargeAnalysis, ...]:
    """Return the discharges that began before `until`, the newest first; dips are left out."""
    found = reader.discharges(string_key=string_key, until=until)
    lasting = [discharge for discharge in found if discharge.kind is not DischargeKind.DIP]
    return tuple(retelling.analysis_of(reader, discharge.id) for discharge in lasting[:limit])
