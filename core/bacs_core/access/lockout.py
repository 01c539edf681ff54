"""How long logging in is locked after failures: pure arithmetic, the time is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Seconds to wait after that many failures; the last row holds for all more. With six digits and
#: one try an hour a PIN holds out for decades.
USER_DELAYS_S: Final = (0, 0, 0, 5, 15, 30, 60, 300, 900, 3600)
#: The same over all names together; short, because it also hits people who did nothing.
OVERALL_DELAYS_S: Final = (0,) * 10 + (2, 5, 10, 20, 30, 60)
FORGET_AFTER_S: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Failures:
    """How often logging in failed since the last success, and the unix time of the last time."""

    count: int = 0
    failed_at: float = 0.0


def one_more(failures: Failures, now: float) -> Failures:
    """Count a failure; what lies a day back is forgotten."""
    before = 0 if now - failures.failed_at >= FORGET_AFTER_S else failures.count
    return Failures(before + 1, now)


def settled(failures: Failures, now: float) -> Failures:
    """Bring a failure out of the future to now: a clock set back must not lock for years."""
    return Failures(failures.count, min(failures.failed_at, now))


def wait_s(failures: Failures, delays_s: tuple[int, ...], now: float) -> float:
    """Return the seconds until the next try is allowed, 0 if it is allowed now."""
    delay = delays_s[min(failures.count, len(delays_s) - 1)]
    return max(0.0, failures.failed_at + delay - now)
