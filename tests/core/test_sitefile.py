"""A site file is understood as a whole, or refused with line and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

import bacs_core.simulator
from bacs_core import sitefile
from bacs_core.errors import SettingsError
from bacs_core.model import Chemistry, EqualizedBy
from bacs_core.settings import Address, Settings

DEMO = Path(bacs_core.simulator.__file__).with_name("demo.toml")


def load(text: str, folder: Path) -> Settings:
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return sitefile.load(path)


def refusal(text: str, folder: Path) -> str:
    with pytest.raises(SettingsError) as refused:
        load(text, folder)
    return str(refused.value)


def line_number(text: str, fragment: str) -> int:
    """Number of the line with `fragment`, so that the test does not count by hand."""
    return next(n for n, line in enumerate(text.splitlines(), start=1) if fragment in line)


@pytest.fixture
def demo() -> str:
    return DEMO.read_text(encoding="utf-8")


def test_the_demonstration_site_is_understood(tmp_path: Path, demo: str) -> None:
    settings = load(demo, tmp_path)
    assert [manager.id for manager in settings.site.managers] == ["ups-a", "ups-b", "telecom"]
    assert settings.lines["modules"].port == str(tmp_path / "ports/modules")
    assert settings.modules["telecom/1"][23] == Address("modules", 24)
    assert settings.current_sensors == {"telecom/1": Address("modules", 241)}
    second = settings.site.managers[0].strings[1]
    assert second.first_cell == 41
    assert second.equalized_by is EqualizedBy.MANAGER
    assert second.float_voltage_v == pytest.approx(13.62)
    assert second.chemistry is Chemistry.VRLA


def test_above_19200_baud_the_silence_is_the_fixed_one(tmp_path: Path, demo: str) -> None:
    settings = load(demo, tmp_path)
    assert settings.lines["managers"].gap_s == pytest.approx(0.00175)
    assert settings.lines["modules"].gap_s == pytest.approx(3.5 * 11 / 19200)


@pytest.mark.parametrize(
    ("before", "after", "marker", "reason"),
    [
        ('chemistry = "vrla"', 'chemystry = "vrla"', "chemystry", "unknown key 'chemystry'"),
        (
            'capacity = "100 Ah"',
            'capacity = "100 mV"',
            '"100 mV"',
            "'mV' is not a unit of capacity",
        ),
        ('cell_voltage = "12 V"', "cell_voltage = 12", "cell_voltage = 12", "with its unit"),
        ("baud = 115200", "baud = 115", "baud = 115", "baud = 115"),
        ("unit = 2", "unit = 1", "unit = 1", "unit address 1 on line 'managers' already belongs"),
        ("unit = 2", "unit = 300", "unit = 300", "less than or equal to 247"),
        ('units = "1-24"', 'units = "1-23"', 'units = "1-23"', "24 cells need 24 module addresses"),
        ('units = "1-24"', 'units = "1-23, 5"', '"1-23, 5"', "already belongs to"),
        ('units = "1-24"', 'units = "218-241"', '"218-241"', "less than or equal to 240"),
        (
            'line = "modules", unit = 241',
            'line = "x", unit = 241',
            '"x"',
            "line 'x' is not declared",
        ),
        ('cell_voltage = "12 V"', 'cell_voltage = "13 V"', '"13 V"', "not a multiple of 2 V"),
        ('module_type = "C24"', 'module_type = "C44"', '"C44"', "C44 measures 0.7 to 6 V"),
        ('equalized_by = "engine"', 'equalized_by = "manager"', '"manager"', "no web manager"),
        ("number = 2", "number = 3", "[[manager]]", "numbered 1, 2, 3"),
        ('id = "ups-b"', 'id = "ups-a"', None, "manager 'ups-a' is declared twice"),
        (
            'port = "ports/modules"',
            'port = "ports/managers"',
            None,
            "already belongs to 'managers'",
        ),
    ],
)
def test_a_mistake_is_refused_with_its_line_and_reason(
    tmp_path: Path, demo: str, before: str, after: str, marker: str | None, reason: str
) -> None:
    text = demo.replace(before, after, 1)
    told = refusal(text, tmp_path)
    assert reason in told
    if marker is not None:
        last = [n for n, line in enumerate(text.splitlines(), 1) if marker in line]
        assert any(f"line {number}:" in told for number in last), told


def test_the_line_named_is_that_of_the_second_device_at_an_address(
    tmp_path: Path, demo: str
) -> None:
    text = demo.replace("unit = 2", "unit = 1  # second", 1)
    assert f"line {line_number(text, '# second')}:" in refusal(text, tmp_path)


def test_all_mistakes_are_told_at_once(tmp_path: Path, demo: str) -> None:
    text = demo.replace('chemistry = "vrla"', 'chemistry = "lemon"').replace("baud", "bauds", 1)
    assert len(refusal(text, tmp_path).splitlines()) >= 5


def test_broken_toml_names_its_line(tmp_path: Path) -> None:
    assert "line 2" in refusal('[site]\nname = "x\n', tmp_path)


def test_generations_must_not_be_mixed_in_one_manager(tmp_path: Path, demo: str) -> None:
    text = demo.replace('module_type = "C24"', 'module_type = "C20"', 1)
    assert "must not be mixed" in refusal(text, tmp_path)


def test_a_folder_instead_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        sitefile.load(tmp_path)
