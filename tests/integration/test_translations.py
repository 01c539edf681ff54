"""Every word that the code asks for exists in both languages."""

import json
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.selector import validate_selector
from homeassistant.util.yaml import load_yaml_dict

from bacs_core.model import (
    Basis,
    CellStatus,
    ChargePhase,
    EqualizationState,
    Inhibit,
    RunawayStage,
    TripCause,
    TripState,
)
from custom_components.bacs import binary_sensor, event, sensor, switch
from custom_components.bacs.actions import ACTIONS
from custom_components.bacs.alarm_events import AlarmEventType
from custom_components.bacs.cell_sensors import CELL_SENSORS
from custom_components.bacs.condition import CONDITIONS
from custom_components.bacs.connection import ERROR_KEYS
from custom_components.bacs.device_trigger import TYPES
from custom_components.bacs.orders import REFUSALS
from custom_components.bacs.plant_readings import LED_COLOURS
from custom_components.bacs.plant_sensors import ALARM_COUNT, ENVIRONMENT_SENSORS, LED
from custom_components.bacs.string_sensors import STRING_SENSORS
from custom_components.bacs.trigger import TRIGGERS

FOLDER = Path(sensor.__file__).parent
LANGUAGES = ("en", "de")
DESCRIPTIONS: dict[str, tuple[EntityDescription, ...]] = {
    "sensor": (*CELL_SENSORS, *STRING_SENSORS, *ENVIRONMENT_SENSORS, ALARM_COUNT, LED),
    "binary_sensor": (
        binary_sensor.PROBLEM,
        binary_sensor.ALARM,
        binary_sensor.BUZZER,
        binary_sensor.ONLINE,
        binary_sensor.LINE,
        *binary_sensor.CONTACTS.values(),
        *binary_sensor.UNNAMED_CONTACTS.values(),
    ),
    "event": (event.ALARMS,),
    "switch": (switch.RELAY, switch.UNNAMED_RELAY),
}
#: What the code names in a variable, so that a search does not find it.
NAMED_BY_CODE = {f"refused_{code}" for code in REFUSALS}
#: What only a person who types a code can do wrong.
IN_FORMS_ONLY = {"code_over_loopback", "invalid_code"}


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
    assert entities["charge_phase"]["state"].keys() == {p.name.lower() for p in ChargePhase if p}
    assert entities["runaway"]["state"].keys() == {stage.name.lower() for stage in RunawayStage}
    trip = entities["trip"]
    assert trip["state"].keys() == {*TripState}
    assert trip["state_attributes"]["causes"]["state"].keys() == {*TripCause}
    assert entities["led"]["state"].keys() == {*LED_COLOURS}
    for name in ("cell_health", "string_charge"):
        bases = entities[name]["state_attributes"]["basis"]["state"]
        assert bases.keys() == {basis.name.lower() for basis in Basis}
    (happened,) = load(f"translations/{language}.json")["entity"]["event"].values()
    types = happened["state_attributes"]["event_type"]["state"]
    assert types.keys() == {*AlarmEventType}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_a_sentence_in_flows_and_at_setup(language: str) -> None:
    words = load(f"translations/{language}.json")
    keys = {key for _, key in ERROR_KEYS}
    assert keys <= words["config"]["error"].keys()
    raised = keys - IN_FORMS_ONLY | NAMED_BY_CODE | raised_in_source()
    assert raised <= words["exceptions"].keys()


def test_no_sentence_for_an_error_is_left_over() -> None:
    used = {key for _, key in ERROR_KEYS} | NAMED_BY_CODE
    source = "".join(path.read_text() for path in FOLDER.rglob("*.py"))
    left_over = {
        key
        for key in load("translations/en.json")["exceptions"]
        if key not in used and f'"{key}"' not in source
    }
    assert left_over == set()


def raised_in_source() -> set[str]:
    """Find the sentences that errors are raised with."""
    raised = re.compile(r"\b(?:invalid|failed|\w+(?:Error|Failed|NotReady|Config))\(([^()]*)")
    key = re.compile(r'(?:^\s*|translation_key=)"([a-z_]+)"')
    return {
        found.group(1)
        for path in FOLDER.glob("*.py")
        for call in raised.finditer(path.read_text())
        if (found := key.search(call.group(1))) is not None
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_of_a_form_is_explained(language: str) -> None:
    for step in load(f"translations/{language}.json")["config"]["step"].values():
        assert step.get("data", {}).keys() == step.get("data_description", {}).keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_action_and_each_of_its_fields_is_explained(language: str) -> None:
    words = load(f"translations/{language}.json")["services"]
    described = load_yaml_dict(FOLDER / "services.yaml")
    icons = load("icons.json")["services"]
    assert words.keys() == described.keys() == icons.keys() == ACTIONS.keys()
    for name, (_, fields, _) in ACTIONS.items():
        asked = {str(field) for field in fields}
        assert words[name]["fields"].keys() == described[name]["fields"].keys() == asked
        assert all(
            field.keys() == {"name", "description"} for field in words[name]["fields"].values()
        )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("section", "known"), [("triggers", TRIGGERS), ("conditions", CONDITIONS)])
def test_every_trigger_and_condition_is_explained(
    language: str, section: str, known: Mapping[str, object]
) -> None:
    words = load(f"translations/{language}.json")[section]
    described = load_yaml_dict(FOLDER / f"{section}.yaml")
    described = {key: value for key, value in described.items() if not key.startswith(".")}
    assert words.keys() == described.keys() == load("icons.json")[section].keys() == known.keys()
    for name, row in words.items():
        assert row["fields"].keys() == described[name]["fields"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_device_trigger_issue_and_health_figure_is_explained(language: str) -> None:
    words = load(f"translations/{language}.json")
    assert words["device_automation"]["trigger_type"].keys() == TYPES.keys()
    issues = re.findall(r'(?:Issue\(|translation_key=)"(\w+)"', (FOLDER / "issues.py").read_text())
    assert words["issues"].keys() == set(issues)
    assert all(row.keys() == {"title", "description"} for row in words["issues"].values())
    told = re.findall(
        r'^        "(\w+)": ', (FOLDER / "system_health.py").read_text(), re.MULTILINE
    )
    assert words["system_health"]["info"].keys() == set(told)


@pytest.mark.parametrize("name", ["services", "triggers", "conditions"])
def test_every_field_has_an_input_that_home_assistant_knows(name: str) -> None:
    for row in load_yaml_dict(FOLDER / f"{name}.yaml").values():
        for field in row["fields"].values():
            validate_selector(field["selector"])


def test_icons_belong_to_entities_that_exist() -> None:
    for platform, icons in load("icons.json")["entity"].items():
        keys = {description.translation_key for description in DESCRIPTIONS[platform]}
        assert icons.keys() <= keys


def test_every_sensor_without_a_device_class_has_an_icon() -> None:
    icons = load("icons.json")["entity"]["sensor"]
    for description in DESCRIPTIONS["sensor"]:
        if description.device_class is None:
            assert description.translation_key in icons
