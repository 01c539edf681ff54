"""Every word that the code asks for exists in both languages."""

import json
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from homeassistant.helpers.entity import EntityDescription

from bacs_core.model import CellStatus, EqualizationState, Inhibit
from custom_components.bacs import binary_sensor, sensor
from custom_components.bacs.connection import ERROR_KEYS

FOLDER = Path(sensor.__file__).parent
LANGUAGES = ("en", "de")
DESCRIPTIONS: dict[str, tuple[EntityDescription, ...]] = {
    "sensor": (
        *sensor.CELL_SENSORS,
        sensor.CELL_STATUS,
        *sensor.STRING_SENSORS,
        sensor.EQUALIZATION,
        sensor.ALARM_COUNT,
    ),
    "binary_sensor": (
        binary_sensor.PROBLEM,
        binary_sensor.ALARM,
        binary_sensor.ONLINE,
        binary_sensor.LINE,
    ),
}


def load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / name).read_text())
    return content


def leaves(tree: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))
        else:
            yield ".".join((*path, key)), value


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_things_with_the_same_placeholders() -> None:
    english, german = (dict(leaves(load(f"translations/{name}.json"))) for name in LANGUAGES)
    assert english.keys() == german.keys()
    assert {key: placeholders(text) for key, text in english.items()} == {
        key: placeholders(text) for key, text in german.items()
    }
    assert all(text.strip() for text in (*english.values(), *german.values()))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("platform", DESCRIPTIONS)
def test_every_entity_has_a_name(language: str, platform: str) -> None:
    entities = load(f"translations/{language}.json")["entity"][platform]
    used = {description.translation_key for description in DESCRIPTIONS[platform]}
    assert used == entities.keys()
    assert all(entity["name"] for entity in entities.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_and_reason_has_a_word(language: str) -> None:
    entities = load(f"translations/{language}.json")["entity"]["sensor"]
    assert entities["cell_status"]["state"].keys() == {s.name.lower() for s in CellStatus}
    equalization = entities["equalization"]
    # "Unknown" is a state that Home Assistant itself has a word for.
    assert equalization["state"].keys() == {*EqualizationState} - {EqualizationState.UNKNOWN}
    assert equalization["state_attributes"]["inhibited_by"]["state"].keys() == {*Inhibit}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_a_sentence_in_flows_and_at_setup(language: str) -> None:
    words = load(f"translations/{language}.json")
    keys = {key for _, key in ERROR_KEYS}
    assert keys | {"invalid_fingerprint"} == words["config"]["error"].keys()
    others = {"manager_gone", "no_snapshot", "site_not_ready", "wrong_site"}
    assert keys | others == words["exceptions"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_of_a_form_is_explained(language: str) -> None:
    steps = load(f"translations/{language}.json")["config"]["step"]
    for step in steps.values():
        assert step.get("data", {}).keys() == step.get("data_description", {}).keys()
    assert steps["user"]["data"].keys() == {"host", "port", "token", "fingerprint"}
    assert steps["reconfigure"]["data"].keys() == {"host", "port", "fingerprint"}
    assert steps["reauth_confirm"]["data"].keys() == {"token"}


def test_icons_belong_to_entities_that_exist() -> None:
    for platform, icons in load("icons.json")["entity"].items():
        keys = {description.translation_key for description in DESCRIPTIONS[platform]}
        assert icons.keys() <= keys


def test_every_sensor_without_a_device_class_has_an_icon() -> None:
    icons = load("icons.json")["entity"]["sensor"]
    for description in DESCRIPTIONS["sensor"]:
        if description.device_class is None:
            assert description.translation_key in icons
