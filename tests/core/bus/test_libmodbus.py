"""The engine's side of the bus, against slaves of libmodbus in processes of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bacs_core.bus.frames import read_registers, write_registers
from bacs_core.bus.owner import Priority
from bacs_core.bus.owners import owner_for
from bacs_core.errors import DeviceError
from bacs_core.settings import Line, Link
from tests.core.bus.null_modem import null_modem
from tests.core.bus.owning import Heard, line, read_job, running, until
from tests.libmodbus import HOLDING_FROM, INPUT_FROM, REGISTERS, slave

UNIT = 7


@pytest.fixture(params=["rtu", "tcp"])
def there(request: pytest.FixtureRequest) -> Iterator[Line]:
    """Yield a line with a slave on it."""
    if request.param == "tcp":
        with slave("tcp", "0", UNIT) as port:
            yield line(f"127.0.0.1:{port}", Link.MODBUS_TCP)
    else:
        with null_modem() as (near, far), slave("rtu", far, UNIT):
            yield line(near)


async def test_registers_of_both_kinds_are_read(there: Line) -> None:
    holding, inputs = Heard(), Heard()
    jobs = [
        read_job(UNIT, 10, 125, holding),
        read_job(UNIT, 3, 2, inputs, make=lambda: read_registers(UNIT, 3, 2, function=4)),
    ]
    owner = owner_for(there, jobs, lambda: 1.0)
    async with running(owner):
        await until(lambda: holding.payloads and inputs.payloads)
        assert owner.has_answered(UNIT) is True
    assert holding.words == list(range(HOLDING_FROM + 10, HOLDING_FROM + 135))
    assert inputs.words == [INPUT_FROM + 3, INPUT_FROM + 4]
    assert owner.statistics.frame_errors == owner.statistics.timeouts == 0


async def test_what_is_written_is_confirmed_and_can_be_read(there: Line) -> None:
    owner = owner_for(there, [], lambda: 1.0)
    async with running(owner):
        await until(lambda: owner.port_open)
        written = bytes.fromhex("1234 5678")
        await owner.command("write", Priority.ORDER, lambda: write_registers(UNIT, 20, written))
        async with owner.borrow() as borrower:
            assert await borrower.ask(read_registers(UNIT, 20, 2)) == written


async def test_a_register_that_is_not_there_is_the_slaves_refusal(there: Line) -> None:
    owner = owner_for(there, [read_job(UNIT, REGISTERS, 2, Heard())], lambda: 1.0)
    async with running(owner):
        await until(lambda: owner.statistics.refusals)
        assert owner.has_answered(UNIT) is True
        async with owner.borrow() as borrower:
            with pytest.raises(DeviceError, match="illegal data address"):
                await borrower.ask(read_registers(UNIT, REGISTERS, 2))
