"""The reasons that a finger chooses, and how they are read in the language of another screen.

The engine keeps a reason in the words of the screen at which it was given.
"""

from __future__ import annotations

from typing import Final

from bacs_hmi.texts import LANGUAGES, Texts

#: Why protection is switched off.
PROTECTION_OFF: Final = ("reason_maintenance", "reason_test", "reason_sensor")
#: Why an alarm is taken out of service; another reason can be typed.
OUT_OF_SERVICE: Final = ("out_for_work", "out_for_sensor", "out_for_test")

_NAMES: Final = {
    language[name]: name
    for language in LANGUAGES.values()
    for name in (*OUT_OF_SERVICE, *PROTECTION_OFF)
}


def reason_words(reason: str, texts: Texts) -> str:
    """Say a reason in the language of the screen; what somebody wrote stays as it was written."""
    name = _NAMES.get(reason)
    return reason if name is None else texts[name]
