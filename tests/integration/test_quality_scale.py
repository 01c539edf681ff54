"""The quality scale claims nothing that cannot be looked up."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from homeassistant.components.sensor import SensorEntityDescription
from homeassistant.components.sensor.const import (
    DEVICE_CLASS_STATE_CLASSES,
    DEVICE_CLASS_UNITS,
    SensorDeviceClass,
)
from homeassistant.const import EntityCategory
from homeassistant.util.yaml import load_yaml_dict

import custom_components.bacs
from custom_components.bacs.runtime import PLATFORMS
from tests.integration.test_translations import DESCRIPTIONS

FOLDER = Path(custom_components.bacs.__file__).parent
ROOT = FOLDER.parents[2]
RULES = load_yaml_dict(FOLDER / "quality_scale.yaml")["rules"]
#: A file of the repository, and perhaps a test or a section in it.
EVIDENCE = re.compile(
    r"(?<![\w./])((?:core|docs|integration|tests|tools)/[\w@./-]*\w)(?:::(\w+)|#([\w-]+))?"
)
#: Of little interest to most, but no diagnosis.
OFF_ALL_THE_SAME = {"room_temperature_c"}
#: What Home Assistant has no device class for.
WITHOUT_CLASS = {
    "sensor": {
        # Resistance, ampere-hours, hydrogen, and shares of something that is no battery charge.
        *("cell_resistance", "highest_resistance", "cell_bled", "environment_hydrogen"),
        *("cell_health", "cell_duty"),
        # A count, and the number of a cell.
        *("alarm_count", "worst_cell"),
    },
    # What hangs on a contact only the person knows who named it.
    "binary_sensor": {"input", "relay", "unnamed_input", "unnamed_relay"},
    "event": {"alarms"},
}


def evidence(rule: str) -> Iterator[tuple[Path, str, str]]:
    for path, test, section in EVIDENCE.findall(RULES[rule]["comment"]):
        yield ROOT / path, test, section


def sections(text: str) -> set[str]:
    """Name the sections of a page as links do."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w-]", "", title.lower().replace(" ", "-")) for title in titles}


def test_all_rules_are_kept_or_have_a_reason_not_to_apply() -> None:
    assert len(RULES) == 54
    assert {rule["status"] for rule in RULES.values()} <= {"done", "exempt"}
    assert all(rule["comment"].strip() for rule in RULES.values())


@pytest.mark.parametrize("rule", [name for name, rule in RULES.items() if rule["status"] == "done"])
def test_what_shows_that_a_rule_is_kept_exists(rule: str) -> None:
    found = [*evidence(rule)]
    assert found
    for path, test, section in found:
        assert path.exists(), path
        assert not test or f"def {test}(" in path.read_text(), test
        assert not section or section in sections(path.read_text()), section


def test_every_platform_says_how_many_updates_may_run_at_once() -> None:
    for platform in PLATFORMS:
        source = (FOLDER / f"{platform.value}.py").read_text()
        assert re.search(r"^PARALLEL_UPDATES = \d+$", source, re.MULTILINE), platform


def test_what_is_off_at_first_is_diagnostic_or_of_little_interest() -> None:
    for description in (each for platform in DESCRIPTIONS.values() for each in platform):
        if not description.entity_registry_enabled_default:
            is_diagnostic = description.entity_category is EntityCategory.DIAGNOSTIC
            assert is_diagnostic or description.key in OFF_ALL_THE_SAME, description.key


@pytest.mark.parametrize("platform", DESCRIPTIONS)
def test_every_entity_has_the_class_of_its_kind(platform: str) -> None:
    without = {each.translation_key for each in DESCRIPTIONS[platform] if each.device_class is None}
    assert without == WITHOUT_CLASS.get(platform, set())


def test_classes_fit_units_and_statistics() -> None:
    for each in DESCRIPTIONS["sensor"]:
        description = cast("SensorEntityDescription", each)
        kind = description.device_class
        if kind is SensorDeviceClass.ENUM:
            assert description.options, description.key
            assert description.state_class is None, description.key
        elif kind is not None:
            unit, state_class = description.native_unit_of_measurement, description.state_class
            assert unit in DEVICE_CLASS_UNITS[kind], description.key
            assert state_class in DEVICE_CLASS_STATE_CLASSES[kind], description.key
