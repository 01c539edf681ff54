"""Proposed tables, read by the real parser once a person has filled the gaps."""

from __future__ import annotations

from pathlib import Path

import pytest

from bacs_core import sitefile
from bacs_core.commissioning.found import Found, mixed_generations
from bacs_core.commissioning.ports import wire_of
from bacs_core.commissioning.proposal import GAP, Wire, propose
from bacs_core.commissioning.recognition import SEVERAL, UNKNOWN
from bacs_core.commissioning.scan import Speed
from bacs_core.devices.device import Role
from bacs_core.errors import RefusedError, SettingsError
from bacs_core.settings import Line, Link, Parity, Settings

SPEED = Speed(19200, Parity.EVEN)
WIRE = Wire("rack", "/dev/ttyUSB0", with_site=True)


def module(unit: int, generation: int = 4, module_type: str | None = "C44") -> Found:
    return Found(
        unit,
        SPEED,
        "module",
        "panel_module",
        Role.MODULE,
        serial_number=1000 + unit,
        hardware_generation=generation,
        module_type=module_type,
    )


MANAGER = Found(
    241, SPEED, "Web manager", "panel_manager", Role.MANAGER, string_cells=(24, 12), serial_number=1
)
SENSOR = Found(242, SPEED, "Current sensor", "panel_current_sensor", Role.CURRENT_SENSOR)
BOX = Found(243, SPEED, "Relay box", "panel_relay_box", Role.RELAY_BOX)


def filled(text: str, folder: Path) -> Settings:
    """Fill every gap with what is suggested there, and read the file."""
    path = folder / "site.toml"
    path.write_text(text.replace(GAP, ""), encoding="utf-8")
    return sitefile.load(path)


def test_modules_a_sensor_a_manager_and_a_relay_box_become_a_site(tmp_path: Path) -> None:
    found = [module(1), module(2), module(3), module(5), MANAGER, SENSOR, BOX]
    settings = filled(propose(WIRE, found), tmp_path)
    line = settings.lines["rack"]
    assert (line.baud, line.parity, line.port) == (19200, Parity.EVEN, "/dev/ttyUSB0")
    cells = {string.key: string.cell_count for string in settings.site.strings}
    assert cells == {"rack-241/1": 24, "rack-241/2": 12, "rack-modules/1": 4}
    assert [address.unit for address in settings.modules["rack-modules/1"]] == [1, 2, 3, 5]
    assert settings.current_sensors["rack-modules/1"].unit == 242
    assert settings.managers["rack-241"].unit == 241
    assert [accessory.device for accessory in settings.accessories] == ["panel_relay_box"]


def test_no_file_with_a_gap_is_accepted_and_the_gaps_are_named(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(propose(WIRE, [module(1)]), encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        sitefile.load(path)
    for key in ("chemistry", "capacity", "cell_voltage", "name"):
        assert key in str(refused.value)


def test_modules_of_different_types_do_not_share_a_string(tmp_path: Path) -> None:
    found = [module(1), module(2, module_type="C24"), module(3)]
    text = propose(WIRE, found).replace('"2 V"', '"12 V"', 1)
    settings = filled(text, tmp_path)
    assert [[address.unit for address in row] for row in settings.modules.values()] == [[2], [1, 3]]


def test_foreign_devices_keep_their_names_and_their_doubts(tmp_path: Path) -> None:
    huasu = [
        Found(unit, SPEED, "CELLCHECK TV", "huasu_cellcheck_tv", Role.MODULE) for unit in (1, 2)
    ]
    bacs = Found(
        9, SPEED, "Web manager", "bacs_manager", Role.MANAGER, string_cells=(None,), remark="doubt"
    )
    text = propose(WIRE, [*huasu, bacs])
    settings = filled(text, tmp_path)
    assert settings.module_devices == {"rack-modules/1": "huasu_cellcheck_tv"}
    assert settings.manager_options["rack-9"].current_scale_a == pytest.approx(0.1)
    assert "# unit 9: Web manager, doubt" in text


def test_who_is_unknown_or_talks_otherwise_is_told_in_comments() -> None:
    other = Found(7, Speed(9600, Parity.NONE), UNKNOWN)
    text = propose(WIRE, [module(1), module(2), Found(3, SPEED, SEVERAL), other])
    assert f"# unit 3: {SEVERAL}" in text
    assert f"# unit 7: {UNKNOWN}, answers at 9600 baud, none parity" in text


def test_a_line_on_a_network_has_no_speed(tmp_path: Path) -> None:
    wire = Wire("rack", "modbus-tcp://10.0.0.6:502", Link.MODBUS_TCP, with_site=True)
    settings = filled(propose(wire, [MANAGER]), tmp_path)
    assert settings.lines["rack"].link is Link.MODBUS_TCP


def test_mixed_hardware_generations_are_refused_with_their_units() -> None:
    mixed = [module(1, 4), module(2, 3), module(3, 4), MANAGER]
    with pytest.raises(RefusedError, match=r"generation 3 at 2; generation 4 at 1, 3"):
        propose(WIRE, mixed)
    assert mixed_generations([module(1), module(2), MANAGER]) is None


@pytest.mark.parametrize(
    ("port", "link", "written"),
    [
        ("d/ports/modules", Link.SERIAL, str(Path.cwd() / "d/ports/modules")),
        ("usb:A10LWZ3C", Link.SERIAL, "usb:A10LWZ3C"),
        ("10.0.0.5:4001", Link.RTU_OVER_TCP, "rtu-tcp://10.0.0.5:4001"),
    ],
)
def test_the_port_is_written_as_it_is_found_from_any_folder(
    port: str, link: Link, written: str
) -> None:
    line = Line("rack", port, 19200, Parity.NONE, 1, 0.002, 0.05, link)
    assert wire_of(line, with_site=False).port == written
