"""The quality scale claims nothing that cannot be looked up."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
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
