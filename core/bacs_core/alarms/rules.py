"""All alarm rules, wider places first: the order in which they are judged."""

from __future__ import annotations

from typing import Final

from bacs_core.alarms.declaration import (
    ANY,
    AROUND,
    COUNTS,
    SCOPES,
    Beyond,
    Figure,
    Range,
    Rule,
    Scope,
    Signal,
    Suppression,
    Urgent,
    check,
)
from bacs_core.alarms.rules_of_cells import CELL_RULES
from bacs_core.alarms.rules_of_devices import DEVICE_RULES
from bacs_core.alarms.rules_of_protection import PROTECTION_RULES
from bacs_core.alarms.rules_of_strings import STRING_RULES

__all__ = [
    "ANY",
    "AROUND",
    "COUNTS",
    "RULES",
    "RULE_OF",
    "SCOPES",
    "Beyond",
    "Figure",
    "Range",
    "Rule",
    "Scope",
    "Signal",
    "Suppression",
    "Urgent",
    "check",
]

RULES: Final = (*DEVICE_RULES, *PROTECTION_RULES, *STRING_RULES, *CELL_RULES)
RULE_OF: Final = {rule.name: rule for rule in RULES}

check(RULES)
