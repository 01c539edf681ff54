"""Why a device is doubted, in English and as a code, so that a screen can say it in its language.

Arguments that are words (`module`, `the number of strings`) are English too; a screen translates
those that it knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Argument = str | int | float

#: By code; every `{argument}` is one of the reason's.
SENTENCES: Final = {
    "told": "{what}",
    "not_answered": "has not answered yet",
    "was_away": "was away",
    "other_map": "unit {unit} does not speak version {version} of our map",
    "other_kind": "unit {unit} is a {found}, the site file says {expected}",
    "other_value": "unit {unit}: {what} is {found}, the site file says {expected}",
    "exchanged": (
        "unit {unit}: another device (serial {found}) answers, {expected} was confirmed here: "
        "confirm it"
    ),
    "other_length": "its strings are not as long as the site file says",
    "instead_of": "{what} is {found} instead of {expected}",
    "deaf": "hears no broadcast and obeys no bypass",
    "threshold_differs": "{what} is {found} {unit}, in most of the string {expected} {unit}",
    "bypass_ends_too_high": (
        "no bypass below {found} V, but the string floats at {limit} V: it is never equalized"
    ),
    "bypass_ends_too_low": (
        "bypass ends only below {found} V, too low for a cell of {limit} V: it may be discharged"
    ),
    "bypass_ends_too_cold": (
        "no bypass from {found} °C on, but the string may be as warm as {limit} °C"
    ),
    "unverified": "scales and registers that the site file declares are unverified",
    "not_scaled": "string {string}: {what} is absent, {scale} is not declared",
}


class Reason(str):
    """A sentence in English; `code` names it in `SENTENCES`."""

    __slots__ = ("arguments", "code")

    code: str
    arguments: Mapping[str, Argument]


def reason(code: str, **arguments: Argument) -> Reason:
    """Say why; raises `KeyError` for a code or an argument that is not there."""
    return worded(SENTENCES, code, arguments)


def worded(
    sentences: Mapping[str, str],
    code: str,
    arguments: Mapping[str, Argument],
    shown: Mapping[str, str] | None = None,
) -> Reason:
    """Say a sentence of a table; `shown` stands in it for arguments that are names for machines."""
    texts = {name: plain(value) for name, value in arguments.items()} | {**(shown or {})}
    said = Reason(sentences[code].format(**texts))
    said.code, said.arguments = code, arguments
    return said


def plain(value: Argument) -> str:
    """Write an argument without needless decimals."""
    return f"{value:g}" if isinstance(value, float) else str(value)
