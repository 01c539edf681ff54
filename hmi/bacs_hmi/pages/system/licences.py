"""Which programs of others are installed with the panel, and under which licence, as they say."""

from __future__ import annotations

from functools import cache
from importlib import metadata
from typing import NamedTuple

OWN = frozenset({"bacs-core", "bacs-hmi", "bacs-panel"})
_CLASSIFIER = "License :: OSI Approved :: "
#: A licence that is told as its whole text is no name.
LONGEST_NAME = 60


class Licence(NamedTuple):
    """A program with its version and its licence; the licence is empty where it tells none."""

    name: str
    version: str
    licence: str


@cache
def installed() -> tuple[Licence, ...]:
    """List the programs of others that are installed, by name. Reads their metadata files."""
    found: dict[str, Licence] = {}
    for each in metadata.distributions():
        name = str(each.metadata["Name"] or "").lower()
        if name and name not in OWN:
            found[name] = Licence(name, each.version, licence_of(each.metadata))
    return tuple(found[name] for name in sorted(found))


def licence_of(told: metadata.PackageMetadata) -> str:
    """Read the licence: its expression, else its short name, else its classifiers."""
    for key in ("License-Expression", "License"):
        name = str(told[key] or "").strip() if key in told else ""
        if name and len(name) <= LONGEST_NAME and "\n" not in name:
            return name
    names = [
        line.removeprefix(_CLASSIFIER)
        for line in told.get_all("Classifier") or ()
        if line.startswith(_CLASSIFIER)
    ]
    return ", ".join(names)
