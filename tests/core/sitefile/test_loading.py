"""A site file is understood as a whole, or refused with line and reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import bacs_core.simulator
from bacs_core import sitefile
from bacs_core.devices.bacs_manager_snmp import POLL_EVERY_S
from bacs_core.errors import SettingsError
from bacs_core.model import Chemistry, EqualizedBy, Quantity
from bacs_core.settings import Address, Keeping, Link, Settings, SnmpAccess, SnmpVersion

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
        ('units = "1-24"', 'units = "218-241"', '"218-241"', "panel_module end at 240"),
        (
            'line = "modules", unit = 241',
            'line = "x", unit = 241',
            '"x"',
            "line 'x' is not declared",
        ),
        (
            'line = "managers"\nunit = 2',
            'line = "y"\nunit = 2',
            'line = "y"',
            "line 'y' is not declared",
        ),
        ('id = "ups-b"', 'id = "all"', 'id = "all"', "it means all of them"),
        ('id = "box"', 'id = "all"', 'id = "all"', "it means all of them"),
        ("baud = 115200", 'silence = "101 ms"', "silence", "less than or equal to 0.1"),
        ('cell_voltage = "12 V"', 'cell_voltage = "13 V"', '"13 V"', "not a multiple of 2 V"),
        ('module_type = "C24"', 'module_type = "C44"', '"C44"', "C44 measures 0.7 to 6 V"),
        ('equalized_by = "engine"', 'equalized_by = "manager"', '"manager"', "no web manager"),
        ("number = 2", "number = 3", "[[manager]]", "numbered 1, 2, 3"),
        ('id = "ups-b"', 'id = "ups-a"', None, "manager 'ups-a' is declared twice"),
        ('id = "room"', 'id = "box"', 'id = "box"', "device 'box' is declared twice"),
        ("unit = 243", "unit = 242", "unit = 242", "already belongs to device 'box'"),
        ("unit = 243", "unit = 5", "unit = 5", "already belongs to string telecom/1, cell 5"),
        (
            'device = "panel_environment_sensor"',
            'device = "panel_module"',
            '"panel_module"',
            "panel_module is a module",
        ),
        (
            'device = "panel_relay_box"',
            'device = "panel_environment_sensor"',
            "inputs =",
            "panel_environment_sensor has no inputs",
        ),
        ("released = [1]", "released = [3]", "released = [3]", "there is no relay 3"),
        ("released = [1]", "released = [1, 2]", "released =", "trips a breaker"),
        ("breakers = [2]", "breakers = [3]", "breakers = [3]", "there is no relay 3"),
        ('name = "UPS B"', r'name = "UPS\u001bB"', r"\u001b", "control character"),
        (
            'units = "1-24"',
            'units = "1-24", device = "panel_relay_box"',
            "panel_relay_box",
            "panel_relay_box is a relay box",
        ),
        (
            'units = "1-24"',
            'units = "1-24", device = "huasu_cellcheck_tv"',
            'module_type = "C44"',
            "huasu_cellcheck_tv has no modules of type C44",
        ),
        (
            'device = "panel_manager"',
            'device = "panel_module"',
            '"panel_module"',
            "panel_module is a module",
        ),
        (
            'device = "panel_manager"',
            'device = "web"',
            '"web"',
            "only one of engine, panel_manager",
        ),
        ("baud = 115200", "in_flight = 4", "in_flight", "means nothing on a serial line"),
        ("baud = 115200", 'silence = "0.1 ms"', "silence", "0.78 ms is the least"),
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


LINK = 'port = "ports/modules"\nbaud = 19200\nparity = "even"'


@pytest.mark.parametrize(
    ("written", "link", "port"),
    [
        ("/dev/ttyUSB0", Link.SERIAL, "/dev/ttyUSB0"),
        ("usb:A10LWZ3C", Link.SERIAL, "usb:A10LWZ3C"),
        ("rtu-tcp://10.0.0.5:4001", Link.RTU_OVER_TCP, "10.0.0.5:4001"),
        ("modbus-tcp://gateway.lan:502", Link.MODBUS_TCP, "gateway.lan:502"),
        ("modbus-tcp://[fe80::1]:502", Link.MODBUS_TCP, "[fe80::1]:502"),
    ],
)
def test_a_port_says_what_carries_the_line(
    tmp_path: Path, demo: str, written: str, link: Link, port: str
) -> None:
    text = demo.replace(LINK, f'port = "{written}"').replace('equalized_by = "engine"', "")
    line = load(text, tmp_path).lines["modules"]
    assert (line.link, line.port) == (link, port)
    assert line.may_command is (link is Link.SERIAL)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("usb:", "serial number of the adapter"),
        ("rtu-tcp://10.0.0.5", "the port number is missing"),
        ("modbus-tcp://10.0.0.5:70000", "70000 is not a port number"),
        ("modbus-tcp://:502", "is not a host and port number"),
        ("rtu-tcp://10.0.0..5:4001", "is not a host and port number"),
        (f"rtu-tcp://{'a' * 64}.lan:4001", "is not a host and port number"),
        ("127.0.0.1:15021", "write one of rtu-tcp://, modbus-tcp://, snmp:// in front"),
        ("http://10.0.0.5:80", "http:// is not a way to reach a line"),
        ("snmp://10.0.0.7:161", "needs its 'snmp' with version and secrets"),
        (r"/dev/tty\u0000", "a port is written like"),
        ("", "a port is written like"),
    ],
)
def test_a_port_that_leads_nowhere_is_refused(
    tmp_path: Path, demo: str, written: str, reason: str
) -> None:
    assert reason in refusal(demo.replace(LINK, f'port = "{written}"'), tmp_path)


@pytest.mark.parametrize("host", ["LOCALHOST", "[::1]", "127.0.0.1"])
def test_this_computer_is_the_same_by_all_its_names(tmp_path: Path, demo: str, host: str) -> None:
    text = demo.replace(LINK, 'port = "rtu-tcp://127.0.0.1:4001"')
    text = text.replace('"ports/managers"', f'"modbus-tcp://{host}:4001"')
    assert "already belongs to 'managers'" in refusal(text, tmp_path)


def test_our_modules_share_no_line_with_devices_that_misunderstand_their_broadcasts(
    tmp_path: Path, demo: str
) -> None:
    foreign = demo.replace('line = "managers"\nunit = 2', 'line = "modules"\nunit = 230')
    load(foreign, tmp_path)
    head, tail = foreign.rsplit('device = "panel_manager"', 1)
    told = refusal(f'{head}device = "bacs_manager"{tail}', tmp_path)
    assert "broadcasts for our modules would reach it" in told
    assert f"line {line_number(foreign, 'unit = 230') - 1}:" in told


def test_over_a_network_nothing_is_commanded_unless_the_site_file_says_so(
    tmp_path: Path, demo: str
) -> None:
    network = 'port = "rtu-tcp://10.0.0.5:4001"\nbaud = 19200'
    told = refusal(demo.replace(LINK, network), tmp_path)
    assert "no bypass goes over rtu-tcp line 'modules'" in told
    silent = demo.replace(LINK, network).replace('equalized_by = "engine"\n', "")
    assert load(silent, tmp_path).site.strings[-1].equalized_by is EqualizedBy.NONE
    opened = load(demo.replace(LINK, network + "\ncommands_over_network = true"), tmp_path)
    assert opened.lines["modules"].may_command
    assert opened.site.strings[-1].equalized_by is EqualizedBy.ENGINE


def test_accessories_have_their_place_and_the_names_of_their_contacts(
    tmp_path: Path, demo: str
) -> None:
    box, room = load(demo, tmp_path).accessories
    assert (box.id, box.device, box.address) == ("box", "panel_relay_box", Address("modules", 242))
    assert (box.inputs, box.relays) == (("Door", "Smoke detector"), ("Horn", "String breaker"))
    assert (box.released, box.breakers) == (frozenset({1}), frozenset({2}))
    assert (room.name, room.inputs, room.released) == ("Battery room", (), frozenset())


def test_how_long_a_device_may_think_is_set_per_device(tmp_path: Path, demo: str) -> None:
    text = demo.replace("unit = 2\n", 'unit = 2\nmax_turnaround = "80 ms"\n')
    settings = load(
        text.replace('units = "1-24"', 'units = "1-24", max_turnaround = "1 s"'), tmp_path
    )
    assert settings.managers["ups-b"].max_turnaround_s == pytest.approx(0.08)
    assert settings.modules["telecom/1"][0].max_turnaround_s == pytest.approx(1.0)


WEB_MANAGER = """
[site]
name = "LAN"

[[line]]
id = "lan"
port = "snmp://10.0.0.7:161"
snmp = { version = "2c", secrets = "ups.snmp.toml" }

[[manager]]
id = "ups"
name = "UPS"
device = "bacs_manager_snmp"
line = "lan"

[[manager.string]]
number = 1
chemistry = "vrla"
cells = 40
cell_voltage = "12 V"
capacity = "100 Ah"
module_type = "C24"
"""


def write_secrets(folder: Path, mode: int = 0o600) -> None:
    path = folder / "ups.snmp.toml"
    path.write_text('community = "secret-word"\n')
    path.chmod(mode)


def test_a_manager_on_the_lan_is_read_by_snmp_and_stays_fresh_between_its_polls(
    tmp_path: Path,
) -> None:
    write_secrets(tmp_path)
    settings = load(WEB_MANAGER, tmp_path)
    line, string = settings.lines["lan"], settings.site.strings[0]
    assert line.snmp == SnmpAccess(SnmpVersion.V2C, tmp_path / "ups.snmp.toml")
    assert not line.may_command
    assert string.equalized_by is EqualizedBy.MANAGER
    assert string.stale_after_s[Quantity.VOLTAGE] > 2 * POLL_EVERY_S


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ('line = "lan"', 'line = "lan"\nunit = 1', "bacs_manager_snmp has no unit address"),
        ('"bacs_manager_snmp"', '"bacs_manager"', "bacs_manager is reached by serial, rtu-tcp"),
        ('version = "2c"', 'version = "1"', "Input should be '2c' or '3'"),
        ("ups.snmp.toml", "other.toml", "cannot be read"),
        ('id = "lan"', 'id = "lan"\nbaud = 9600', "'baud' means nothing on a snmp line"),
        (
            'id = "lan"',
            'id = "lan"\ncommands_over_network = true',
            "'commands_over_network' means nothing on a snmp line",
        ),
    ],
)
def test_a_mistake_about_snmp_is_refused_with_its_reason(
    tmp_path: Path, before: str, after: str, reason: str
) -> None:
    write_secrets(tmp_path)
    assert reason in refusal(WEB_MANAGER.replace(before, after), tmp_path)


def test_secrets_that_others_may_read_are_refused_and_never_told(tmp_path: Path) -> None:
    write_secrets(tmp_path, 0o644)
    told = refusal(WEB_MANAGER, tmp_path)
    assert "others may read" in told
    assert "secret-word" not in told


DECLARED = """
[site]
name = "Serial"

[[line]]
id = "rack"
port = "/dev/ttyS1"

[[manager]]
id = "ups"
name = "UPS"
device = "bacs_manager"
line = "rack"
unit = 1
registers = { current_scale = "0.1 A", voltage_scale = "10 mV", ups = true }

[manager.module_block]
address = 2000
stride = 2
voltage = { offset = 0, scale = "1 mV" }
temperature = { offset = 1, scale = "0.1 °C", signed = true }

[[manager.string]]
number = 1
chemistry = "vrla"
cells = 40
cell_voltage = "12 V"
capacity = "100 Ah"
module_type = "C24"
"""


def test_an_installer_declares_what_no_source_tells_of_a_manager(tmp_path: Path) -> None:
    options = load(DECLARED, tmp_path).manager_options["ups"]
    assert (options.current_scale_a, options.voltage_scale_v, options.ups) == (0.1, 0.01, True)
    block = options.module_block
    assert block is not None
    assert (block.address, block.stride, block.function) == (2000, 2, 3)
    assert block.offsets == {Quantity.VOLTAGE: 0, Quantity.TEMPERATURE: 1}
    assert block.scales == {Quantity.VOLTAGE: 0.001, Quantity.TEMPERATURE: 0.1}
    assert block.signed == {Quantity.TEMPERATURE}


def test_what_devices_do_not_give_by_their_nature_is_known(tmp_path: Path, demo: str) -> None:
    declared = load(DECLARED, tmp_path).site.strings[0]
    assert declared.absent == (Quantity.RESISTANCE, Quantity.CHARGE, Quantity.DUTY)
    bare = re.sub(r"\[manager.module_block\].*?\n\n", "", DECLARED, flags=re.DOTALL)
    assert load(bare, tmp_path).site.strings[0].absent == tuple(Quantity)
    assert load(demo, tmp_path).site.strings[0].absent == ()


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("stride = 2", "stride = 1", "would be read from the same register"),
        ("offset = 1,", "offset = 0,", "would be read from the same register"),
        ("address = 2000", "address = 65500", "beyond 65535"),
        ("address = 2000", "address = 950", "read from registers 1000-1058"),
        ("address = 2000", "address = 30", "read from registers 97-150"),
        ('scale = "1 mV"', 'scale = "1 V"', "less than or equal to 0.1"),
        ('scale = "0.1 °C"', 'scale = "1.1 °C"', "less than or equal to 1"),
        (
            "temperature = {",
            'resistance = { offset = 9, scale = "2 mΩ" }\ntemperature = {',
            "0.001",
        ),
        (
            "temperature = {",
            'charge = { offset = 9, scale = "2 %" }\ntemperature = {',
            "equal to 1",
        ),
        ('scale = "1 mV"', 'scale = "1 mΩ"', "'mΩ' is not a unit of voltage"),
        ('"bacs_manager"', '"panel_manager"', "'module_block' cannot be declared of panel_manager"),
        ('"bacs_manager"', '"sunspec_803"', "'ups' cannot be declared of sunspec_803"),
        ('current_scale = "0.1 A"', 'current_scale = "0 A"', "must not be 0"),
    ],
)
def test_a_declared_block_that_contradicts_itself_is_refused(
    tmp_path: Path, before: str, after: str, reason: str
) -> None:
    assert reason in refusal(DECLARED.replace(before, after), tmp_path)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ('voltage_low = "14 V"', "voltage_low 14 V must be below voltage_high 13.98 V"),
        ('voltage_low = "13.7 V"', "voltage_low 13.7 V is not below the float voltage 13.62 V"),
        ('voltage_high = "13.6 V"', "voltage_high 13.6 V is not above the float voltage"),
        ('voltage_high = "18 V"', "18 V can never be seen, C24 measures up to 17 V"),
        ('temperature_critical = "81 °C"', "less than or equal to 80"),
        ('temperature_critical = "35 °C"', "must be above temperature_high 35 °C"),
        ('resistance_high = "100 mΩ"', "100 mΩ can never be seen, C24 measures up to 60 mΩ"),
    ],
)
def test_limits_that_cannot_be_meant_are_refused(
    tmp_path: Path, demo: str, limits: str, reason: str
) -> None:
    text = demo.replace('limits = { resistance_high = "6.5 mΩ" }', f"limits = {{ {limits} }}")
    assert reason in refusal(text, tmp_path)


def test_a_float_voltage_far_from_the_usual_is_refused(tmp_path: Path, demo: str) -> None:
    text = demo.replace('module_type = "C24"', 'module_type = "C24"\nfloat_voltage = "16 V"', 1)
    assert "float_voltage 16 V is far from 13.62 V" in refusal(text, tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe\x00", "cannot be read"),
        (b"a = " + b"[" * 5000, "nested too deeply"),
        (b"\n" + b"x." * 20000 + b"x = 1", "line 2: longer than"),
        (b"#" * 600_000, "that is no site file"),
        (b'[site]\nname = "a\x07b"\n', "line 2"),
        (b"a = " + b"9" * 5000, "a number in it is too long"),
        (b'[site]\nname = """' + b" " * 8_000 + b'"""\n', "'line' is missing"),
        (b"", "'site' is missing"),
    ],
    ids=["not text", "deep", "long key", "huge", "control", "number", "spaces", "empty"],
)
def test_what_is_no_site_file_at_all_is_refused_in_one_line_per_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as refused:
        sitefile.load(path)
    told = str(refused.value).splitlines()
    assert any(reason in line for line in told)
    assert max(map(len, told)) < 400


def test_the_mark_that_some_editors_put_in_front_is_no_part_of_the_file(
    tmp_path: Path, demo: str
) -> None:
    path = tmp_path / "site.toml"
    path.write_text(demo, encoding="utf-8-sig")
    assert sitefile.load(path).site.name == "Demo battery room"


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


def test_the_history_is_kept_as_the_file_says(tmp_path: Path, demo: str) -> None:
    assert load(demo, tmp_path).keeping == Keeping()
    table = "[history]\nbudget_gb = 0.032\nfull_days = 1\nminute_days = 0\nhour_days = 1095.5\n"
    kept = load(f"{demo}\n{table}", tmp_path).keeping
    assert kept == Keeping(32_000_000, 1, 0, 1095.5)
    assert "budget_gb = 0: " in refusal(f"{demo}\n[history]\nbudget_gb = 0\n", tmp_path)


def test_the_contact_is_optional_and_not_too_long(tmp_path: Path, demo: str) -> None:
    assert load(demo, tmp_path).contact == ""
    named = demo.replace("[site]\n", '[site]\ncontact = "Ann, 555 0100"\n', 1)
    assert load(named, tmp_path).contact == "Ann, 555 0100"
    assert "contact" in refusal(named.replace("Ann", "A" * 200), tmp_path)
