"""English texts of the alarms, by rule: those of the rules themselves."""

from __future__ import annotations

from typing import Final

from bacs_core.alarms.rules import RULES

TEXTS: Final[dict[str, str]] = {rule.name: rule.text for rule in RULES}
