from __future__ import annotations

from pathlib import Path

import pytest

from bacs_core.errors import BacsError
from bacs_core.network_mark import NETWORK_MARK, MarkedNetwork


class _Network:
    def __init__(self) -> None:
        self.orders: list[bool] = []
        self.fails = False

    async def set_network(self, *, enabled: bool) -> None:
        if self.fails:
            raise BacsError("the port is taken")
        self.orders.append(enabled)


def _marked(folder: Path) -> tuple[_Network, MarkedNetwork, Path]:
    network = _Network()
    return (
        network,
        MarkedNetwork(network, {"RUNTIME_DIRECTORY": str(folder)}),
        folder / NETWORK_MARK,
    )


async def test_the_mark_stands_while_the_network_is_open(tmp_path: Path) -> None:
    network, marked, mark = _marked(tmp_path)
    await marked.set_network(enabled=True)
    assert mark.exists()
    await marked.set_network(enabled=False)
    assert network.orders == [True, False]
    assert not mark.exists()


async def test_a_network_that_cannot_be_opened_leaves_no_mark(tmp_path: Path) -> None:
    network, marked, mark = _marked(tmp_path)
    network.fails = True
    with pytest.raises(BacsError):
        await marked.set_network(enabled=True)
    assert not mark.exists()


def test_the_mark_of_an_engine_that_was_killed_is_removed(tmp_path: Path) -> None:
    (tmp_path / NETWORK_MARK).touch()
    _, _, mark = _marked(tmp_path)
    assert not mark.exists()


async def test_without_a_runtime_directory_the_network_opens_all_the_same() -> None:
    network = _Network()
    await MarkedNetwork(network, {}).set_network(enabled=True)
    assert network.orders == [True]


async def test_a_mark_that_cannot_be_written_does_not_close_the_network(tmp_path: Path) -> None:
    network, marked, mark = _marked(tmp_path / "not there")
    await marked.set_network(enabled=True)
    assert network.orders == [True]
    assert not mark.exists()
