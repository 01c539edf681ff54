"""The owner of an SNMP line, polling a real agent into the process image."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bacs_core.bus.frames import read_registers
from bacs_core.bus.owner import Owner, Priority
from bacs_core.devices import bacs_manager_snmp
from bacs_core.errors import RefusedError, SettingsError
from bacs_core.model import EqualizationState, Quantity
from bacs_core.snmp import client as client_module, owner as owner_module
from bacs_core.snmp.owner import SnmpOwner
from bacs_core.snmp.tables import Value
from tests.core.snmp.agent import AUTH_KEY, HOST, PRIV_KEY, USER, Agent, Tables
from tests.core.snmp.conftest import CELLS, steady_tables
from tests.core.snmp.polled import LENGTHS, NOW, OPEN, SECRET, Polled, line, manager, prepared

#: A guard only.
PATIENCE_S = 20.0


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "ANSWER_WITHIN_S", 0.3)
    monkeypatch.setattr(owner_module, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(bacs_manager_snmp, "POLL_EVERY_S", 0.1)


@asynccontextmanager
async def running(polled: Polled) -> AsyncIterator[None]:
    task = asyncio.create_task(polled.owner.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)


async def next_poll(polled: Polled) -> None:
    """Wait for the values of a poll that began after now."""
    polled.now += 2 * PATIENCE_S
    image = polled.images["ups/1"]
    # The poll that is under way is stamped with the new time, but may have begun before.
    for moment in (polled.now, polled.now + 2 * PATIENCE_S):
        polled.now = moment
        await until(
            lambda: (
                image.freeze(polled.now).columns[Quantity.VOLTAGE].read_at[0]
                > polled.now - PATIENCE_S
            )
        )


def expected() -> list[float]:
    return [(1200 + cell) / 100 for cell in range(CELLS)]


def test_it_is_an_owner_like_any_other(tmp_path: Path) -> None:
    owner: Owner = prepared(161, tmp_path).owner
    assert owner.has_answered(1) is None
    assert owner.silent_units() == ()
    assert owner.wire_round_s is None


@pytest.mark.parametrize("text", [OPEN, SECRET], ids=["2c", "3"])
async def test_every_value_of_the_tables_reaches_its_cell(
    steady_agent: Agent, tmp_path: Path, text: str
) -> None:
    polled = prepared(steady_agent.port, tmp_path, text)
    async with running(polled):
        await until(lambda: polled.owner.port_open)
    assert polled.owner.message == ""
    assert polled.owner.is_believed()
    assert polled.owner.has_answered(1) is True
    assert (polled.owner.serial_number, polled.owner.firmware_version) == (
        4711,
        "CS141-SNMP V1.46.82 161207",
    )
    assert polled.voltages() == expected()
    second = polled.images["ups/2"].freeze(NOW)
    assert set(second.columns[Quantity.TEMPERATURE].values) == {21.5}
    assert set(second.columns[Quantity.RESISTANCE].values) == {0.48e-3}
    (read_at,) = set(second.columns[Quantity.VOLTAGE].read_at)
    assert NOW - PATIENCE_S < read_at < NOW
    for never in (Quantity.CHARGE, Quantity.DUTY):
        assert all(map(math.isnan, second.columns[never].values))
    image = polled.images["ups/2"]
    assert image.current_a is not None
    assert image.reported_sum_voltage_v is not None
    assert image.reported_mean_voltage_v is not None
    assert (image.current_a.value, image.current_a.read_at) == (2.1, read_at)
    assert image.reported_sum_voltage_v.value == 73.0
    assert image.reported_mean_voltage_v.value == 12.31
    assert second.reported_equalization is EqualizationState.UNKNOWN


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("missing", [set(), {0}, {CELLS - 1}, {7, 8, 40}, set(range(30, CELLS))])
async def test_no_cell_moves_wherever_the_agent_begins_and_whatever_it_leaves_out(
    own_agent: Agent, tmp_path: Path, first: int, missing: set[int]
) -> None:
    whole = replace(steady_tables(), first_index=first)
    own_agent.serve(whole.objects())
    polled = prepared(own_agent.port, tmp_path)
    async with running(polled):
        await until(lambda: polled.owner.port_open)
        own_agent.serve(replace(whole, without_rows=frozenset(missing)).objects())
        await next_poll(polled)
    for cell, (value, wanted) in enumerate(zip(polled.voltages(), expected(), strict=True)):
        assert math.isnan(value) if cell in missing else value == wanted
    told = f"shows only {CELLS - len(missing)} of {CELLS} modules"
    assert (told in polled.owner.message) == bool(missing)
    assert polled.owner.is_believed()


async def test_a_table_that_does_not_show_where_it_begins_is_not_believed(
    own_agent: Agent, tmp_path: Path
) -> None:
    own_agent.serve(replace(steady_tables(), without_rows=frozenset({CELLS - 1})).objects())
    polled = prepared(own_agent.port, tmp_path)
    async with running(polled):
        await until(lambda: polled.owner.port_open)
    assert polled.owner.is_contradicted()
    assert "not whether it begins at 0 or 1" in polled.owner.message
    assert all(map(math.isnan, polled.voltages()))


@pytest.mark.parametrize(
    ("lengths", "tables", "reason"),
    [
        ((36, 25), steady_tables(), "has 60 modules, the site file 61"),
        ((36, 12, 12), steady_tables(), "has 2 strings, the site file 3"),
        (LENGTHS, replace(steady_tables(), batteries=48), "has 48 modules, the site file 60"),
        ((6, 6), replace(steady_tables(), batteries=12), "has a row 13, with 12 expected"),
        ((36, 23), replace(steady_tables(), batteries=59), "has a row 60, with 59 expected"),
    ],
)
async def test_an_agent_of_another_plant_is_not_believed(
    own_agent: Agent, tmp_path: Path, lengths: tuple[int, ...], tables: Tables, reason: str
) -> None:
    own_agent.serve(tables.objects())
    polled = prepared(own_agent.port, tmp_path, lengths=lengths)
    async with running(polled):
        await until(lambda: polled.owner.port_open)
    assert polled.owner.is_contradicted()
    assert reason in polled.owner.message
    assert all(map(math.isnan, polled.voltages()))
    assert all(image.current_a is None for image in polled.images.values())


async def test_what_no_module_can_have_measured_is_absent_and_told(
    own_agent: Agent, tmp_path: Path
) -> None:
    voltages = [2_147_483_647, -1310, 0, 1300, 1310] + [1300] * (CELLS - 5)
    lies = Tables(
        voltages,
        [(-2_147_483_648, 2_147_483_647, 0), (210, 7300, 1231)],
        temperature=-99_999,
        resistance=0,
    )
    own_agent.serve(lies.objects())
    polled = prepared(own_agent.port, tmp_path)
    await polled.owner.poll()
    polled.owner.close()
    assert polled.owner.is_believed()
    told = polled.voltages()
    assert all(map(math.isnan, told[:3]))
    assert told[3:] == [value / 100 for value in voltages[3:]]
    first, second = polled.images["ups/1"], polled.images["ups/2"]
    columns = first.freeze(NOW).columns
    for quantity in (Quantity.TEMPERATURE, Quantity.RESISTANCE):
        assert all(map(math.isnan, columns[quantity].values))
    assert first.current_a is first.reported_sum_voltage_v is first.reported_mean_voltage_v is None
    assert second.current_a is not None
    assert polled.owner.message.endswith(
        "says what cannot be, left out: cell voltage of 1, 2, 3; "
        "cell temperature of 1, 2, 3 and 57 more; "
        "internal resistance of 1, 2, 3 and 57 more; "
        "string current of 1; overall voltage of 1; average voltage of 1"
    )


async def test_an_agent_without_settings_and_strings_still_gives_its_modules(
    own_agent: Agent, tmp_path: Path
) -> None:
    modules_only = [
        row for row in steady_tables().objects() if row[0].startswith(bacs_manager_snmp.MODULES)
    ]
    own_agent.serve(modules_only)
    polled = prepared(own_agent.port, tmp_path)
    async with running(polled):
        await until(lambda: polled.owner.port_open)
    assert polled.voltages() == expected()
    assert (polled.owner.serial_number, polled.owner.firmware_version) == (None, None)
    assert "shows only 0 of 2 strings" in polled.owner.message


@pytest.mark.parametrize("text", [OPEN, SECRET], ids=["2c", "3"])
async def test_an_agent_that_goes_and_comes_back_is_told_and_read_again(
    own_agent: Agent, tmp_path: Path, text: str
) -> None:
    polled = prepared(own_agent.port, tmp_path, text)
    async with running(polled):
        await until(lambda: polled.owner.port_open)
        own_agent.stop()
        await until(lambda: not polled.owner.port_open)
        assert polled.owner.has_answered(1) is False
        assert "no SNMP agent listens there" in polled.owner.message
        assert polled.voltages() == expected()
        own_agent.serve(replace(steady_tables(), voltages=[1300] * CELLS, first_index=0).objects())
        own_agent.start()
        await until(lambda: polled.owner.port_open)
    assert polled.owner.message == ""
    assert polled.voltages() == [13.0] * CELLS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('community = "guessed"\n', "does not answer (wrong address, community or firewall)"),
        (SECRET.replace(USER, "stranger"), "does not know user 'stranger'"),
        (SECRET.replace(AUTH_KEY, "another-one"), "does not accept the authentication"),
        (
            SECRET.replace(PRIV_KEY, "another-one"),
            "does not answer (wrong address, privacy key or firewall)",
        ),
    ],
)
async def test_wrong_secrets_are_told_in_plain_words(
    steady_agent: Agent, tmp_path: Path, text: str, reason: str
) -> None:
    polled = prepared(steady_agent.port, tmp_path, text)
    async with running(polled):
        await until(lambda: polled.owner.has_answered(1) is False)
    assert polled.owner.message.startswith(f"agent {HOST}:{steady_agent.port}")
    assert reason in polled.owner.message
    assert not polled.owner.port_open


async def test_a_clock_that_is_set_during_a_poll_moves_no_value_in_time(
    steady_agent: Agent, tmp_path: Path
) -> None:
    polled = prepared(steady_agent.port, tmp_path)
    before = polled.now
    poll = asyncio.create_task(polled.owner.poll())
    await until(lambda: polled.owner.statistics.requests > 1)
    polled.now += 86_400.0
    await poll
    polled.owner.close()
    read_at = polled.images["ups/1"].freeze(polled.now).columns[Quantity.VOLTAGE].read_at[0]
    assert before + 86_400.0 - PATIENCE_S < read_at <= polled.now


async def test_nothing_can_be_ordered_or_borrowed(tmp_path: Path) -> None:
    owner = prepared(161, tmp_path).owner
    with pytest.raises(RefusedError) as refused:
        await owner.command("relay", Priority.ORDER, lambda: read_registers(1, 0, 1))
    assert refused.value.code == "not_offered"
    with pytest.raises(RefusedError) as refused:
        async with owner.borrow():
            pass
    assert refused.value.code == "not_offered"


def test_a_line_without_exactly_one_manager_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'lan'"):
        SnmpOwner(line(161, tmp_path, OPEN), [manager(), manager()], {}, lambda: NOW)
    with pytest.raises(SettingsError, match="'lan'"):
        SnmpOwner(replace(line(161, tmp_path, OPEN), snmp=None), [manager()], {}, lambda: NOW)


def test_a_serial_number_that_no_device_could_have_is_none(tmp_path: Path) -> None:
    owner = prepared(161, tmp_path).owner
    scalars: dict[bacs_manager_snmp.Object, Value] = dict.fromkeys(bacs_manager_snmp.SCALARS)
    for told, taken in ((b"12345", 12345), (b"7" * 5000, None), (b"C-12", None)):
        owner._introduce(scalars | {bacs_manager_snmp.SERIAL_NUMBER: told})
        assert owner.serial_number == taken
