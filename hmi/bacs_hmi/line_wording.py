"""Sentences of lines and foreign devices that come without a code, in the language of the screen.

What is not known here, such as an error of the operating system, is said as it came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from bacs_hmi.texts import Texts

#: By text of the panel; a group that is a sentence itself is named `why`.
_SENTENCES: Final[Mapping[str, re.Pattern[str]]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "not_opened": r"not (?:opened|asked) yet",
        "cannot_be_opened": r"port (?P<port>.+) cannot be opened: (?P<why>.+)",
        "port_gone": r"port (?P<port>.+) is gone: (?P<why>.+)",
        "server_gone": r"the serial server (?P<port>.+) is gone: (?P<why>.+)",
        "connection_lost": r"the connection to (?P<port>\S+) was (?:lost: )?(?P<why>.+)",
        "not_reached": r"(?P<port>\S+) does not answer within (?P<seconds>\S+) s: .+",
        "cannot_be_reached": r"(?P<port>\S+) cannot be reached: (?P<why>.+)",
        "name_unknown": r"the name (?P<port>\S+) cannot be resolved: (?P<why>.+)",
        "answers_late": r"answers later than its max_turnaround: unit (?P<units>.+)",
        "agent_silent": r"(?:agent (?P<port>\S+)|the agent) does not answer.*",
        "agent_says": r"agent (?P<port>\S+?):? (?P<why>.+)",
        "has_other_count": r"has (?P<count>\d+) (?P<what>\w+), the site file (?P<expected>\d+)",
        "shows_only": r"shows only (?P<found>\d+) of (?P<count>\d+) (?P<what>\w+)",
        "left_out": r"says what cannot be, left out: (?P<values>.+)",
        "no_marker": r"shows no SunSpec marker at .+",
        "chain_breaks": r"the chain of models breaks at register (?P<register>\d+)",
        "chain_endless": r"the chain of models never ends",
        "no_serial_port": r"it is no serial port",
        "has_it_open": r"(?P<who>.+) has it open",
        "closed_by_it": r"(?:it closed the connection|closed by it)",
        "at_register": r"(?P<name>\S+) at register (?P<register>\d+)",
    }.items()
}
#: Values that were left out: what they are, the numbers they have, and how many more there are.
_LEFT_OUT: Final = re.compile(r"(?P<what>.+?) of (?P<numbers>[\d, ]+?)(?: and (?P<more>\d+) more)?")
_NUMBERED: Final = re.compile(r"(?P<name>.+?)_(?P<number>\d+)")


def sentence(text: str, texts: Texts) -> str:
    """Say a sentence of a line or device; one that is not known as it came."""
    for name, pattern in _SENTENCES.items():
        if (found := pattern.fullmatch(text)) is None:
            continue
        told = {key: value or "" for key, value in found.groupdict().items()}
        if "why" in told:
            told["why"] = sentence(told["why"], texts)
        if "what" in told:
            told["what"] = texts.get(f"word_{told['what']}", told["what"])
        if "values" in told:
            values = told["values"].split("; ")
            told["values"] = "; ".join(_left_out(each, texts) for each in values)
        return texts[f"line_{name}"].format(**told).strip()
    return text


def _left_out(told: str, texts: Texts) -> str:
    if (found := _LEFT_OUT.fullmatch(told)) is None:
        return told
    what = texts.get(f"word_{found['what'].replace(' ', '_')}", found["what"])
    more = found["more"] and " " + texts["line_and_more"].format(count=found["more"])
    return f"{what} {found['numbers']}{more or ''}"


def register_name(full_name: str, texts: Texts) -> str:
    """Name a number that a device tells beside its strings: `ups.output_voltage_2`.

    Names that stand in no text are identifiers of the device's own model and stay as they are.
    """
    block, _, name = full_name.rpartition(".")
    known, number = texts.get(f"register_{name}"), ""
    numbered = _NUMBERED.fullmatch(name)
    if known is None and numbered is not None:
        known, number = texts.get(f"register_{numbered['name']}"), f" {numbered['number']}"
    if known is None:
        return full_name
    of = texts.get(f"block_{block}", block)
    return f"{of}: {known}{number}" if of else f"{known}{number}"
