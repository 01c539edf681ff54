"""Whether a line may be lent to somebody who commissions it: its protection is paused meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from bacs_core.api.messages import Alarm
from bacs_core.errors import RefusedError
from bacs_core.settings import Settings

#: A line comes back after this time, whatever its borrower does.
LONGEST_LOAN_S: Final = 600.0
#: Rules that tell of a cell in a stage of thermal runaway: it must not be left alone.
RUNAWAY_RULES: Final = frozenset(
    {
        "runaway_pre_alert",
        "runaway_alarm",
        "runaway_trip",
        "trip_temperature",
        "cell_temperature_critical",
    }
)


def strings_on(settings: Settings, line_id: str) -> frozenset[str]:
    """Return the keys of all strings that are read, switched or protected over a line."""
    managed = {
        string.key
        for manager in settings.site.managers
        if (address := settings.managers.get(manager.id)) and address.line_id == line_id
        for string in manager.strings
    }
    driven = {
        key
        for key, addresses in settings.modules.items()
        if any(address.line_id == line_id for address in addresses)
    }
    sensed = {
        key for key, address in settings.current_sensors.items() if address.line_id == line_id
    }
    return frozenset(managed | driven | sensed)


def may_lend(
    line_id: str, strings: frozenset[str], alarms: Iterable[Alarm], names: Mapping[str, str]
) -> RefusedError | None:
    """Say why the line must not be lent now, or return `None`.

    `strings` are the keys of the strings on it, `names` what people call them.
    """
    hot = sorted(
        {
            names.get(alarm.string_key, alarm.string_key)
            for alarm in alarms
            if alarm.active and alarm.rule in RUNAWAY_RULES and alarm.string_key in strings
        }
    )
    if not hot:
        return None
    reason = (
        f"line {line_id} is not lent: a cell of {', '.join(hot)} is critically hot, and nobody "
        "would watch it meanwhile"
    )
    return RefusedError(reason, code="runaway")
