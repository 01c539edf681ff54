"""What a person typed in becomes the site file that an engine would read."""

from typing import Any

import pytest

from bacs_core.model import Chemistry, EqualizedBy, Quantity
from bacs_core.settings import Link, Parity
from bacs_core.snmp.secrets import Community, User
from custom_components.bacs.direct.description import access_of, line_to, settings_of
from custom_components.bacs.monitoring import MonitoringError

SNMP = {"version": "2c", "community": 'with "quotes" and \\'}


def entry(battery: dict[str, Any] | None = None, **data: Any) -> dict[str, Any]:
    return {
        "link": "snmp",
        "host": "192.0.2.7",
        "port": 161,
        "snmp": SNMP,
        "device_kind": "bacs_manager_snmp",
        "serial_number": 4711,
        "battery": {
            "name": "USV „Süd“ 🔋",
            "cells": [36, 24],
            "chemistry": "vrla",
            "cell_voltage": 12.0,
            "capacity": 100.0,
            "module_type": "C20",
        }
        | (battery or {}),
    } | data


def test_every_string_of_a_manager_is_built_alike() -> None:
    settings = settings_of(entry({"float_voltage": 13.5}), {"voltage_high": 14.4})
    (manager,) = settings.site.managers
    assert (settings.site.name, manager.name) == ("USV „Süd“ 🔋 (SNMP)", "USV „Süd“ 🔋")
    assert manager.device == "bacs_manager_snmp"
    assert [string.cell_count for string in manager.strings] == [36, 24]
    for string in manager.strings:
        assert (string.chemistry, string.module_type) == (Chemistry.VRLA, "C20")
        assert (string.cell_voltage_v, string.capacity_ah) == (12.0, 100.0)
        assert (string.float_voltage_v, string.limits.voltage_high_v) == (13.5, 14.4)
        assert string.equalized_by is EqualizedBy.MANAGER
        assert Quantity.CHARGE in string.absent


def test_a_long_name_leaves_room_for_the_way_to_the_manager() -> None:
    assert len(settings_of(entry({"name": "x" * 60}), {}).site.name) == 60


def test_a_serial_line_is_one_that_an_engine_would_open() -> None:
    data = entry(
        link="serial", serial_port="/dev/ttyUSB0", baud=9600, parity="even", unit=3,
        device_kind="panel_manager",
    )  # fmt: skip
    del data["snmp"]
    (line,) = settings_of(data, {}).lines.values()
    assert (line.link, line.port) == (Link.SERIAL, "/dev/ttyUSB0")
    assert (line.baud, line.parity) == (9600, Parity.EVEN)
    assert line_to(data) == line


@pytest.mark.parametrize("host", ["2001:db8::7", "[2001:db8::7]", " 2001:db8::7 "])
def test_an_address_of_version_6_stands_in_brackets(host: str) -> None:
    assert line_to(entry(host=host)).port == "[2001:db8::7]:161"


def test_the_scales_that_only_an_installer_knows_reach_the_device() -> None:
    data = entry(
        {"current_scale": -0.1, "voltage_scale": 0.01},
        link="modbus-tcp", port=502, unit=1, device_kind="bacs_manager",
    )  # fmt: skip
    del data["snmp"]
    (options,) = settings_of(data, {}).manager_options.values()
    assert (options.current_scale_a, options.voltage_scale_v) == (-0.1, 0.01)


@pytest.mark.parametrize(
    ("snmp", "access"),
    [
        (SNMP, Community(SNMP["community"])),
        (
            {"version": "3", "user": "panel", "auth": "sha256", "auth_key": "a long one"},
            User("panel", "sha256", "a long one"),
        ),
    ],
)
def test_secrets_are_read_as_they_were_typed(
    snmp: dict[str, str], access: Community | User
) -> None:
    assert access_of(snmp) == access


@pytest.mark.parametrize(
    ("battery", "limits", "reason"),
    [
        ({"cell_voltage": 13.0}, {}, "13 V is not a multiple of 2 V"),
        ({"cells": [513]}, {}, "512"),
        ({"cell_voltage": 2.0}, {}, "C20"),
        ({}, {"voltage_low": 14.0, "voltage_high": 13.9}, "must be below"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason_alone(
    battery: dict[str, Any], limits: dict[str, float], reason: str
) -> None:
    with pytest.raises(MonitoringError, match=reason) as refused:
        settings_of(entry(battery), limits)
    assert refused.value.key == "not_possible"
    assert "site.toml" not in str(refused.value)


def test_a_refused_secret_is_not_told() -> None:
    snmp = {"version": "3", "user": "panel", "auth": "sha1", "auth_key": "secret"}
    with pytest.raises(MonitoringError, match="at least 8 characters") as refused:
        access_of(snmp)
    assert "secret" not in str(refused.value).replace("secrets", "")
    assert "/" not in str(refused.value)


def test_a_host_that_is_none_is_refused() -> None:
    with pytest.raises(MonitoringError, match="host"):
        line_to(entry(host="not a host"))
