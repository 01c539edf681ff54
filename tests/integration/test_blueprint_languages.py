"""The German blueprints do what the English ones do: only what people read is different."""

from pathlib import Path
from typing import Any

import pytest
from homeassistant.util.yaml import load_yaml_dict

import custom_components.bacs

FOLDER = Path(custom_components.bacs.__file__).parents[2] / "blueprints/automation/bacs"
#: What is read and never worked with.
READ = frozenset({"name", "description", "label"})
#: Templates that make a text for people.
WRITTEN = frozenset({"place", "title", "text"})


def without_words(told: Any, *, left_out: frozenset[str] = READ) -> Any:
    """Leave out what people read."""
    match told:
        case dict():
            return {
                key: without_words(value, left_out=READ | (WRITTEN if key == "variables" else READ))
                for key, value in told.items()
                if key not in left_out
            }
        case list():
            return [without_words(each) for each in told]
    return told


def read(told: Any) -> list[str]:
    """List what people read in the form of a blueprint."""
    match told:
        case dict():
            own = [str(value) for key, value in told.items() if key in READ]
            return own + [text for value in told.values() for text in read(value)]
        case list():
            return [text for each in told for text in read(each)]
    return []


@pytest.mark.parametrize("name", ["notify_on_alarm", "ventilate"])
def test_a_german_blueprint_does_the_same_in_other_words(name: str) -> None:
    english = load_yaml_dict(FOLDER / f"{name}.yaml")
    german = load_yaml_dict(FOLDER / f"{name}.de.yaml")
    assert without_words(german) == without_words(english)
    said = list(zip(read(english), read(german), strict=True))
    assert {one for one, other in said if one == other} <= {"Alarm"}


def test_every_blueprint_is_there_in_german() -> None:
    names = {path.name.partition(".")[0] for path in FOLDER.glob("*.yaml")}
    assert {path.name for path in FOLDER.glob("*.de.yaml")} == {f"{name}.de.yaml" for name in names}
