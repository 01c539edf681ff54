"""Breakers, trip limits, the alarm relay and modes of equalization: said clearly, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bacs_core import sitefile
from bacs_core.errors import SettingsError
from bacs_core.model import EqualizationMode
from bacs_core.settings import AlarmRelay, Breaker, Settings

BREAKER = (
    'breaker = { box = "box", relay = 2, input = 3, open_when = "closed contact", '
    'trips_by = "closing" }'
)
SITE = """
[site]
name = "Test room"
#SITE

[[line]]
id = "rack"
port = "ports/rack"

[[line]]
id = "annex"
port = "rtu-tcp://10.0.0.5:4001"

[[manager]]
id = "telecom"
name = "Telecom"
device = "engine"

[[manager.string]]
number = 1
chemistry = "vrla"
cells = 2
cell_voltage = "2 V"
capacity = "500 Ah"
module_type = "C44"
modules = { line = "rack", units = "1-2" }
#FIRST

[[manager.string]]
number = 2
chemistry = "vrla"
cells = 2
cell_voltage = "2 V"
capacity = "500 Ah"
module_type = "C44"
modules = { line = "rack", units = "3-4" }
#SECOND

[[device]]
id = "box"
name = "Box"
device = "panel_relay_box"
line = "rack"
unit = 245
relays = ["Horn", "Breaker 1", "Breaker 2", "Alarm"]
released = [1]
breakers = [2, 3]

[[device]]
id = "far"
name = "Far box"
device = "panel_relay_box"
line = "annex"
unit = 245
relays = ["Breaker"]
breakers = [1]

[[device]]
id = "air"
name = "Air"
device = "panel_environment_sensor"
line = "rack"
unit = 246
"""


def load(folder: Path, *, site: str = "", first: str = "", second: str = "") -> Settings:
    text = SITE.replace("#SITE", site).replace("#FIRST", first).replace("#SECOND", second)
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return sitefile.load(path)


def refusal(folder: Path, **parts: str) -> str:
    with pytest.raises(SettingsError) as refused:
        load(folder, **parts)
    return str(refused.value)


def test_a_string_without_a_breaker_has_none_and_no_trip_limits(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.breakers == {}
    assert settings.alarm_relay is None
    limits = settings.site.strings[0].limits
    trips = (limits.voltage_trip_low_v, limits.voltage_trip_high_v, limits.temperature_trip_c)
    assert trips == (None, None, None)


def test_a_breaker_says_what_opens_it_and_how_it_is_read_back(tmp_path: Path) -> None:
    other = (
        'breaker = { box = "box", relay = 3, input = 4, open_when = "open contact", '
        'trips_by = "opening" }'
    )
    settings = load(tmp_path, first=BREAKER, second=other)
    assert settings.breakers == {
        "telecom/1": Breaker("box", 2, 3, open_when=True, trips_by_closing=True),
        "telecom/2": Breaker("box", 3, 4, open_when=False, trips_by_closing=False),
    }


def test_two_strings_hang_on_one_breaker_where_both_say_so(tmp_path: Path) -> None:
    shared = BREAKER.replace(" }", ", shared = true }")
    settings = load(tmp_path, first=shared, second=shared)
    assert settings.breakers["telecom/1"] == settings.breakers["telecom/2"]


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (BREAKER.replace('"box"', '"air"'), "", "there is no relay box 'air'"),
        (BREAKER.replace("relay = 2", "relay = 1"), "", "'breakers' of 'box'"),
        (BREAKER.replace("input = 3", "input = 5"), "", "panel_relay_box has 4 inputs"),
        (
            BREAKER.replace('"box", relay = 2', '"far", relay = 1'),
            "",
            "no trip goes over rtu-tcp line 'annex' unless its 'commands_over_network' says so",
        ),
        (BREAKER, BREAKER, "both say shared = true"),
        (BREAKER.replace(" }", ", shared = true }"), BREAKER, "both say shared = true"),
        (BREAKER.replace(" }", ", shared = true }"), "", "no other string hangs on this breaker"),
        (BREAKER, BREAKER.replace("relay = 2", "relay = 3"), "3 of 'box' already tells of"),
        (BREAKER, BREAKER.replace("input = 3", "input = 4"), "which describes it otherwise"),
    ],
)
def test_a_breaker_that_cannot_be_tripped_or_read_is_refused(
    tmp_path: Path, first: str, second: str, reason: str
) -> None:
    assert reason in refusal(tmp_path, first=first, second=second)


def test_the_alarm_relay_belongs_to_nobody_else(tmp_path: Path) -> None:
    settings = load(tmp_path, site='alarm_relay = { box = "box", relay = 4 }')
    assert settings.alarm_relay == AlarmRelay("box", 4)
    wrong = {
        'box = "air", relay = 1': "there is no relay box 'air'",
        'box = "far", relay = 2': "there is no relay 2",
        'box = "box", relay = 1': "is released to people",
        'box = "box", relay = 2': "trips a breaker",
    }
    for table, reason in wrong.items():
        assert reason in refusal(tmp_path, site=f"alarm_relay = {{ {table} }}")


def test_limits_that_trip_are_taken_as_given(tmp_path: Path) -> None:
    given = (
        f"{BREAKER}\nend_voltage = '1.75 V'\nrated_hours = '15 min'\n"
        "limits = { voltage_trip_low = '1.6 V', voltage_trip_high = '2.6 V', "
        "temperature_trip = '60 °C' }"
    )
    string = load(tmp_path, first=given).site.strings[0]
    limits = string.limits
    trips = (limits.voltage_trip_low_v, limits.voltage_trip_high_v, limits.temperature_trip_c)
    assert trips == (1.6, 2.6, 60.0)
    assert (string.end_voltage_v, string.rated_hours) == (1.75, 0.25)


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ("temperature_trip = '54 °C'", "54 °C is below 55 °C, which vrla may reach unharmed"),
        (
            "temperature_trip = '60 °C', temperature_critical = '62 °C'",
            "must be above temperature_critical 62 °C",
        ),
        ("voltage_trip_high = '2.4 V'", "is not above 2.4 V, which a healthy charge may reach"),
        (
            "voltage_trip_high = '2.5 V', voltage_high = '2.55 V'",
            "must be above voltage_high 2.55 V",
        ),
        ("voltage_trip_low = '1.9 V'", "is above 1.8 V, where a discharge ends"),
        ("voltage_trip_low = '0.5 V'", "can never be seen"),
        ("voltage_trip_high = '9 V'", "can never be seen"),
    ],
)
def test_a_limit_that_would_trip_a_healthy_battery_is_refused(
    tmp_path: Path, limit: str, reason: str
) -> None:
    assert reason in refusal(tmp_path, first=f"{BREAKER}\nlimits = {{ {limit} }}")


def test_a_limit_that_has_nothing_to_trip_is_refused(tmp_path: Path) -> None:
    told = refusal(tmp_path, first="limits = { temperature_trip = '60 °C' }")
    assert "temperature_trip: this string has no 'breaker' that could trip" in told


@pytest.mark.parametrize("end_voltage", ["1.2 V", "2.1 V"])
def test_an_end_of_discharge_far_from_the_usual_is_refused(
    tmp_path: Path, end_voltage: str
) -> None:
    told = refusal(tmp_path, first=f"end_voltage = '{end_voltage}'")
    assert "is far from 1.8 V" in told


@pytest.mark.parametrize("mode", ["off", "continuous", "top"])
def test_lead_with_modules_of_generation_4_has_every_mode_but_one(
    tmp_path: Path, mode: str
) -> None:
    string = load(tmp_path, first=f"equalization = '{mode}'").site.strings[0]
    assert string.equalization is EqualizationMode(mode)
    assert "is for lithium" in refusal(tmp_path, first="equalization = 'partial'")


def test_lithium_may_be_equalized_by_ampere_hours(tmp_path: Path) -> None:
    text = SITE.replace('"vrla"', '"lfp"').replace('"2 V"', '"3.2 V"')
    path = tmp_path / "site.toml"
    path.write_text(text.replace("#FIRST", "equalization = 'partial'"), encoding="utf-8")
    assert sitefile.load(path).site.strings[0].equalization is EqualizationMode.PARTIAL


def test_top_balancing_needs_modules_that_can_wait(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    text = SITE.replace('"C44"', '"C40"').replace("#FIRST", "equalization = 'top'")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="C40 is of generation 3"):
        sitefile.load(path)


def test_a_mode_means_nothing_where_somebody_else_equalizes(tmp_path: Path) -> None:
    told = refusal(tmp_path, first="equalized_by = 'none'\nequalization = 'off'")
    assert "equalized by none, the engine has no say in it" in told
