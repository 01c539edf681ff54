"""Every field, choice and error of the dialogs has its words, and keeps what was typed."""

import json
from pathlib import Path
from typing import Any

import pytest
from homeassistant.const import CONF_TOKEN

from bacs_core.access.pairing_code import PairingCode
from custom_components.bacs import forms
from custom_components.bacs.forms import (
    CODE_SCHEMA,
    ENGINE_SCHEMA,
    LIMITS_SCHEMA,
    LINK_FORMS,
    MOVE_SCHEMA,
    TOKEN_SCHEMA,
    battery_schema,
    link_step,
    read_cells,
    read_host,
    typed_of,
    with_plain_host,
)

FOLDER = Path(forms.__file__).parent
LANGUAGES = ("en", "de")
ALL_ASKS = ("module_type", "current_scale", "voltage_scale")
SCHEMAS = {
    "engine": ENGINE_SCHEMA,
    "pair": CODE_SCHEMA,
    "reconfigure": MOVE_SCHEMA,
    "reauth_confirm": TOKEN_SCHEMA,
    "battery": battery_schema(ALL_ASKS),
    **{step: form.schema for step, form in LINK_FORMS.items()},
}


def words(language: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / f"translations/{language}.json").read_text())
    return content


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_has_a_name(language: str) -> None:
    steps = words(language)["config"]["step"]
    for step, schema in SCHEMAS.items():
        assert steps[step]["data"].keys() == {str(marker) for marker in schema.schema}, step
    options = words(language)["options"]["step"]["init"]
    assert options["data"].keys() == {str(marker) for marker in LIMITS_SCHEMA.schema}
    assert options["data"].keys() == options["data_description"].keys()
    assert steps["user"]["menu_options"].keys() == {"engine", *LINK_FORMS}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_choice_has_a_name(language: str) -> None:
    selectors = words(language)["selector"]
    schemas = (*SCHEMAS.values(), LIMITS_SCHEMA)
    for field in (field for schema in schemas for field in schema.schema.values()):
        config = getattr(field, "config", {})
        if key := config.get("translation_key"):
            assert selectors[key]["options"].keys() == set(config["options"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["error", "abort"])
def test_every_sentence_of_a_dialog_is_used_and_there(language: str, kind: str) -> None:
    source = "".join(path.read_text() for path in FOLDER.rglob("*.py"))
    said = words(language)["config"][kind]
    by_home_assistant = {"already_configured", "already_in_progress"}
    by_home_assistant |= {"reauth_successful", "reconfigure_successful"}
    unused = {key for key in said if f'"{key}"' not in source} - by_home_assistant
    assert unused == set()


def test_a_code_is_no_secret_to_whoever_reads_it_from_the_screen() -> None:
    code = PairingCode("0" * 10, "0" * 6).text
    assert CODE_SCHEMA({CONF_TOKEN: code}) == {CONF_TOKEN: code}


@pytest.mark.parametrize(
    ("step", "typed"),
    [
        ("snmp_v2c", {"host": "192.0.2.7", "port": 161, "community": "reading"}),
        (
            "snmp_v3",
            {"host": "m", "port": 161, "user": "panel", "auth": "sha1", "auth_key": "a long one"},
        ),
        ("modbus_tcp", {"host": "192.0.2.7", "port": 502, "unit": 1}),
        ("serial", {"serial_port": "/dev/x", "baud": "9600", "parity": "even", "unit": 1}),
    ],
)
def test_what_was_typed_is_suggested_again_without_its_secrets(
    step: str, typed: dict[str, Any]
) -> None:
    form = LINK_FORMS[step]
    kept = form.kept(form.schema(typed))
    assert link_step(kept) == step
    secrets = {"community", "auth_key"}
    assert typed_of(kept) == {key: typed[key] for key in typed if key not in secrets}


@pytest.mark.parametrize("text", ["24,24", " 24 , 24 ", "24;24"])
def test_cells_are_read_as_people_write_them(text: str) -> None:
    assert read_cells(text) == [24, 24]


@pytest.mark.parametrize("text", ["", "24,", "0", "24 24", "?, ?", "-3"])
def test_cells_that_nobody_can_read_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cells of each string"):
        read_cells(text)


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        (" panel.local ", "panel.local"),
        ("http://192.0.2.7/", "192.0.2.7"),
        ("https://panel", "panel"),
        ("fe80::1", "fe80::1"),
        ("[fe80::1]", "[fe80::1]"),
    ],
)
def test_a_host_is_taken_as_people_paste_it(typed: str, host: str) -> None:
    assert read_host(typed) == host
    assert with_plain_host({"host": typed, "port": 1}) == {"host": host, "port": 1}


@pytest.mark.parametrize("typed", ["", "  ", "http://", "panel:8480", "panel/api", "the panel"])
def test_what_is_no_host_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="neither a name nor an address"):
        read_host(typed)


def test_what_has_no_host_needs_none() -> None:
    assert with_plain_host({"serial_port": "/dev/x"}) == {"serial_port": "/dev/x"}
