"""Clients learn how a site is wired."""

from __future__ import annotations

from pathlib import Path

from bacs_core import sitefile
from bacs_core.api.built import accessories_of, lines_of
from tests.core.relay_site import SITE

DEMO = Path(__file__).parents[3] / "core" / "bacs_core" / "simulator" / "demo.toml"


def test_a_line_tells_the_unit_address_of_each_module_on_it() -> None:
    lines = {line.id: line for line in lines_of(sitefile.load(DEMO))}
    assert lines["modules"].units == {"telecom/1": list(range(1, 25))}
    assert (lines["managers"].units, lines["managers"].strings) == ({}, [])
    assert lines["modules"].strings == ["telecom/1"]


def test_a_relay_box_tells_which_strings_hang_on_each_breaker_and_which_relay_is_of_the_alarm(
    tmp_path: Path,
) -> None:
    file = tmp_path / "site.toml"
    file.write_text(SITE)
    [box] = accessories_of(sitefile.load(file))
    assert box.breakers == [2, 3]
    assert box.breaker_strings == {2: ["telecom/1"], 3: ["telecom/2"]}
    assert box.alarm_relay == 4
    assert type(box).model_validate_json(box.model_dump_json()) == box


def test_a_site_without_an_alarm_relay_names_none() -> None:
    assert {each.alarm_relay for each in accessories_of(sitefile.load(DEMO))} == {None}
