"""Whether a foreign device has shown that it is what the site file says.

Such a device has no identity block; what can be compared is compared: its own address, numbers of
strings, modules and cells. A unit that was dead or whose port was away may be another device now,
and has to show it all again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from bacs_core.polling.identity import Answers
from bacs_core.reasons import reason

NOT_ANSWERED: Final = reason("not_answered")
WAS_AWAY: Final = reason("was_away")


@dataclass(slots=True)
class Belief:
    """What one unit has shown. `problem` tells why it is not believed; `checks` has to agree."""

    answers: Answers
    checks: frozenset[str] = frozenset()
    problem: str | None = NOT_ANSWERED
    _agreed: set[str] = field(default_factory=set)

    def holds(self) -> bool:
        """Whether the values of the unit count."""
        return self.problem is None and self._is_alive()

    def is_doubtful(self) -> bool:
        """Whether the unit has not shown yet that it is the promised device."""
        return self.problem is not None

    def is_contradicted(self) -> bool:
        """Whether it answers, but is not what the site file says."""
        return self._is_alive() and self.problem not in (None, NOT_ANSWERED, WAS_AWAY)

    def asked(self) -> None:
        """Note that a check is being asked; one that was away begins anew."""
        if not self._is_alive():
            self.forget()

    def forget(self) -> None:
        """Take back what the unit has shown."""
        if self.problem is None:
            self.problem = WAS_AWAY
        self._agreed.clear()

    def judge(self, check: str, disagreement: str | None) -> None:
        """Take the outcome of one check."""
        if disagreement is not None:
            self._agreed.discard(check)
            self.problem = disagreement
            return
        self._agreed.add(check)
        if self._agreed >= self.checks:
            self.problem = None

    def _is_alive(self) -> bool:
        return self.answers() is True
