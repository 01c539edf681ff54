"""The topics of the help, and what each says."""

from __future__ import annotations

from typing import Final, NamedTuple

from bacs_hmi.texts import Texts
from bacs_hmi.views import ViewName

EMERGENCY: Final = "emergency"
MARKS: Final = "marks"
#: These have pages of their own; the others are the views.
OWN: Final = (EMERGENCY, MARKS)


class Topic(NamedTuple):
    """A topic: its name in the address, and its title."""

    name: str
    title: str


def topics(texts: Texts) -> list[Topic]:
    """List the topics that have a text in this language, first what is needed in a hurry."""
    found = [Topic(name, texts[f"help_title_{name}"]) for name in OWN]
    found += [Topic(view.value, title(view, texts)) for view in ViewName if f"help_{view}" in texts]
    return found


def title(view: ViewName, texts: Texts) -> str:
    """Name a view as its tab or tile does."""
    return texts.get(f"help_title_{view}") or texts.get(view.value) or view.value.capitalize()


def paragraphs(name: str, texts: Texts) -> list[str]:
    """Return what a topic says, a sentence or two at a time."""
    return [line for line in texts.get(f"help_{name}", "").split("\n") if line.strip()]


def whom_to_call(contact: str, texts: Texts) -> str:
    """Say whom the site file names for an emergency, or that it names nobody."""
    if not contact:
        return texts["emergency_call"]
    return texts["emergency_contact"].format(contact=contact)


def emergency_steps(texts: Texts) -> list[str]:
    """Return what to do in an emergency, step by step."""
    return texts["emergency_steps"].split("\n")
