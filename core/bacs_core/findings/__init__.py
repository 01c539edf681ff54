"""Weak cells, found before they raise an alarm: which ones, how odd they are, and why."""

from bacs_core.findings.ranking import Finding, differences, rank
from bacs_core.findings.sentences import SENTENCES
from bacs_core.findings.trends import Trends, follow, initial, keep, replaced, restore, shifted

__all__ = [
    "SENTENCES",
    "Finding",
    "Trends",
    "differences",
    "follow",
    "initial",
    "keep",
    "rank",
    "replaced",
    "restore",
    "shifted",
]
