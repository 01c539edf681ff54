"""What the documentation says of actions, triggers, conditions and limits is what there is."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util.json import load_json_object
from homeassistant.util.yaml import parse_yaml
from pytest_homeassistant_custom_component.common import MockConfigEntry

import custom_components.bacs
from custom_components.bacs.actions import ACTIONS
from custom_components.bacs.condition import CONDITIONS
from custom_components.bacs.const import DOMAIN
from custom_components.bacs.forms import LIMITS_SCHEMA
from custom_components.bacs.trigger import TRIGGERS

FOLDER = Path(custom_components.bacs.__file__).parent
PAGE = (FOLDER.parents[2] / "docs/home-assistant.md").read_text(encoding="utf-8")
WORDS = load_json_object(FOLDER / "translations/en.json")


def section(title: str) -> str:
    """Cut out a section, up to the next title of whatever level."""
    (found,) = re.findall(rf"^#+ {re.escape(title)}$(.*?)(?=^#)", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def fields_of_actions() -> dict[str, set[str]]:
    """Read the table of fields below the bold names of actions."""
    text = section("Actions")
    titles = [*re.finditer(r"^\*\*(`bacs\..*)\*\*$", text, re.MULTILINE)]
    ends = [*(title.start() for title in titles), len(text)]
    found: dict[str, set[str]] = {}
    for title, (start, end) in zip(titles, pairwise(ends), strict=True):
        fields = set(re.findall(r"^\| `(\w+)` \|", text[start:end], re.MULTILINE))
        for action in re.findall(r"`bacs\.(\w+)`", title[1]):
            found[action] = fields
    return found


def test_every_field_of_every_action_is_described() -> None:
    described = fields_of_actions()
    assert described.keys() == ACTIONS.keys()
    for action, (_, schema, _) in ACTIONS.items():
        assert {str(field) for field in schema} <= described[action], action
    told = set().union(*described.values())
    assert told == {str(field) for _, schema, _ in ACTIONS.values() for field in schema}


@pytest.mark.parametrize("key", [*TRIGGERS, *CONDITIONS])
def test_every_trigger_and_condition_is_described(key: str) -> None:
    assert f"`{DOMAIN}.{key}`" in section("Triggers and conditions")


def test_every_limit_of_a_manager_without_an_engine_is_described() -> None:
    names = WORDS["options"]["step"]["init"]["data"]  # type: ignore[index,call-overload]
    assert {str(marker) for marker in LIMITS_SCHEMA.schema} == names.keys()  # type: ignore[union-attr]
    described = section("Parameters of a manager without an engine")
    for name in names.values():  # type: ignore[union-attr]
        assert f"| {name} |" in described


async def test_examples_are_taken_by_home_assistant(
    hass: HomeAssistant, loaded: list[MockConfigEntry]
) -> None:
    found = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    examples = [parse_yaml(example) for example in found]
    automations = [each for each in examples if isinstance(each, dict) and "triggers" in each]
    assert len(automations) > 1
    assert await async_setup_component(hass, "automation", {"automation": automations})
    states = [hass.states.get(id_) for id_ in hass.states.async_entity_ids("automation")]
    assert [state and state.state for state in states] == ["on"] * len(automations)
