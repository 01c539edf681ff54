"""What is said, before a language writes it: texts by their keys, with what is put into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

#: Kelvin and ampere-hours of a finding have a decimal, percent and millivolts have none.
_FINE: Final = ("warmer_than", "bled_")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit, before a language writes it; `None` is written as a dash."""

    value: float | None
    decimals: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text by its key, with what is put into it."""

    key: str
    values: Mapping[str, Argument]


Argument = str | int | Amount | datetime | timedelta | Sentence


def say(key: str, **values: Argument) -> Sentence:
    """Make a sentence."""
    return Sentence(key, values)


def counted(key: str, count: int, **values: Argument) -> Sentence:
    """Make a sentence about `count` things: `key`, or `key_one` where it is one."""
    return Sentence(f"{key}_one" if count == 1 else key, {**values, "count": count})


class Words(Protocol):
    """A language, as far as the note of an alarm needs one."""

    def text(self, key: str, /, **values: Argument) -> str:
        """Write the text `key`; raises `KeyError` for one that is not there."""

    def word(self, kind: str, code: str) -> str:
        """Write a word for a code of the engine; one that is not known stands for itself."""


def finding_sentence(code: str, amount: float) -> Sentence:
    """Say why a cell stands out, by the code of the finding."""
    return say(f"finding_{code}", amount=Amount(amount, 1 if code.startswith(_FINE) else 0))
