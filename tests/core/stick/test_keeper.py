"""The keeper: real sockets, a real process that copies, and a folder that stands in for a stick."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import pytest

from bacs_core.errors import RefusedError
from bacs_core.history.events import EventKind
from bacs_core.stick import wire
from bacs_core.stick.keeper import Patience
from bacs_core.stick.manifest import copies
from bacs_core.stick.states import AT_WORK, PULLED_TOLD_S, StickPhase, StickProblem, StickState
from tests.core.stick.store import (
    BREAKS,
    CHATTERS,
    DIES,
    HANGS,
    TELLS,
    WRITES,
    FolderStick,
    Standing,
    keeping,
    plugged,
    state_dir,
    stays_in,
)

DONE, PROBLEM, NONE = StickPhase.DONE, StickPhase.PROBLEM, StickPhase.NONE
IMPATIENT = Patience(mount_s=0.2, copy_s=0.2, unmount_s=0.2)


def is_writing_to(stick: FolderStick, told: StickState) -> bool:
    return stick.mounted and told.label == stick.label() and told.phase in AT_WORK


@pytest.fixture
async def standing(tmp_path: Path) -> AsyncIterator[Standing]:
    async with keeping(state_dir(tmp_path), worker=WRITES) as standing:
        yield standing


@pytest.fixture
def stick(tmp_path: Path) -> FolderStick:
    return FolderStick(tmp_path / "stick")


async def test_a_stick_gets_everything_and_is_unmounted_before_it_may_be_removed(
    tmp_path: Path, stick: FolderStick
) -> None:
    state = state_dir(tmp_path)
    async with keeping(state) as standing, plugged(stick, state):
        done = await standing.until_phase(DONE, PROBLEM)
        assert done.phase is DONE
        assert not stick.mounted
        assert stick.unmounts == 1
        (copy,) = copies(stick.folder / "BACS", "site-1")
        assert done.folder == copy.folder.name
        assert done.folder.startswith("Koeln-Sued-hall-2_")
        names = {file.name for file in copy.manifest.files}
        assert {"DataLog.csv", "Event.csv", "System.csv"} <= names
        assert any(name.startswith("backup-") for name in names)
        assert done.files == len(copy.manifest.files)
        assert done.size_bytes == sum(file.size_bytes for file in copy.manifest.files)
        assert "order 9" in (copy.folder / "Event.csv").read_text()
        stick.pull_out()
        await standing.until_phase(NONE)
    assert [(event.kind, event.by) for event in standing.events] == [
        (EventKind.STICK, "unattended")
    ] * 2
    found, written = standing.events
    assert found.text == "a stick was plugged in: KINGSTON"
    assert written.data == {
        "label": "KINGSTON",
        "folder": done.folder,
        "files": done.files,
        "bytes": done.size_bytes,
        "step_s": 0,
    }


@pytest.mark.parametrize("phase", sorted(AT_WORK))
async def test_a_stick_that_is_pulled_out_early_is_told_until_the_next_one_comes(
    tmp_path: Path, stick: FolderStick, phase: StickPhase
) -> None:
    async with keeping(state_dir(tmp_path), worker=stays_in(phase)) as standing:
        async with plugged(stick, standing.state_dir):
            await standing.until(lambda state: state.phase is phase and stick.mounted)
            stick.pull_out()
            pulled = await standing.until_phase(PROBLEM)
        assert pulled.problem is StickProblem.PULLED
        assert standing.events[-1].text.endswith("it was pulled out too early")
        assert standing.keeper.told(standing.now + PULLED_TOLD_S + 1).phase is NONE
        next_stick = FolderStick(tmp_path / "next", label="NEXT")
        async with plugged(next_stick, standing.state_dir):
            again = await standing.until_phase(phase)
            assert again.label == "NEXT"
            assert again.problem is None


@pytest.mark.parametrize(
    "problem",
    [StickProblem.UNKNOWN_FILE_SYSTEM, StickProblem.READ_ONLY, StickProblem.BROKEN],
)
async def test_a_stick_that_cannot_be_mounted_says_why(
    standing: Standing, stick: FolderStick, problem: StickProblem
) -> None:
    stick.refuses = problem
    async with plugged(stick, standing.state_dir):
        state = await standing.until_phase(PROBLEM)
        assert (state.problem, state.detail) == (problem, "as the test wants")
    await standing.until_phase(NONE)


async def test_a_stick_that_hangs_while_it_is_mounted_is_told_and_stops_nobody(
    tmp_path: Path, stick: FolderStick
) -> None:
    stick.hangs.clear()
    state = state_dir(tmp_path)
    async with keeping(state, patience=IMPATIENT) as standing, plugged(stick, state):
        told = await standing.until_phase(PROBLEM)
        assert told.problem is StickProblem.SILENT


async def test_a_copy_that_no_longer_gets_on_is_ended_and_the_stick_is_unmounted(
    tmp_path: Path, stick: FolderStick
) -> None:
    patience = replace(IMPATIENT, mount_s=60.0, unmount_s=60.0)
    state = state_dir(tmp_path)
    async with (
        keeping(state, worker=HANGS, patience=patience) as standing,
        plugged(stick, state),
    ):
        told = await standing.until_phase(PROBLEM)
        assert told.problem is StickProblem.SILENT
        assert not stick.mounted


async def test_a_stick_that_cannot_be_unmounted_is_never_said_to_be_done(
    standing: Standing, stick: FolderStick
) -> None:
    stick.busy = True
    async with plugged(stick, standing.state_dir):
        state = await standing.until_phase(DONE, PROBLEM)
        assert (state.problem, state.detail) == (StickProblem.SILENT, "target is busy")


@pytest.mark.parametrize(
    ("worker", "detail"),
    [
        (DIES, "the copy ended with code 7"),
        (CHATTERS, r"the copy says b'hello\n'"),
        (("/no/such/program",), "[Errno 2] No such file or directory: '/no/such/program'"),
    ],
)
async def test_a_copy_that_breaks_off_is_told_with_the_raw_facts(
    tmp_path: Path, stick: FolderStick, worker: tuple[str, ...], detail: str
) -> None:
    state = state_dir(tmp_path)
    async with keeping(state, worker=worker) as standing, plugged(stick, state):
        told = await standing.until_phase(PROBLEM)
        assert (told.problem, told.detail) == (StickProblem.FAILED, detail)
        assert not stick.mounted


async def test_of_two_sticks_the_second_waits_until_the_first_is_removed(
    tmp_path: Path, standing: Standing
) -> None:
    first = FolderStick(tmp_path / "first", "sda1", "FIRST")
    second = FolderStick(tmp_path / "second", "sdb1", "SECOND")
    async with plugged(first, standing.state_dir):
        await standing.until_phase(DONE)
        async with plugged(second, standing.state_dir):
            state = await standing.until(lambda state: state.waiting == 1)
            assert (state.phase, state.label) == (DONE, "FIRST")
            assert not second.folder.exists()
            first.pull_out()
            state = await standing.until(lambda state: state.label == "SECOND")
            assert state.waiting == 0
            await standing.until_phase(DONE)
            assert second.unmounts == 1


async def test_partitions_of_one_stick_do_not_count_as_further_sticks(
    tmp_path: Path, standing: Standing
) -> None:
    async with (
        plugged(FolderStick(tmp_path / "one", "sda1"), standing.state_dir),
        plugged(FolderStick(tmp_path / "two", "sda2"), standing.state_dir),
    ):
        await standing.until_phase(DONE)
        assert standing.told.waiting == 0


async def test_with_the_unattended_copy_off_nothing_is_mounted_before_a_person_asks(
    standing: Standing, stick: FolderStick
) -> None:
    standing.keeper.set_unattended(enabled=False)
    async with plugged(stick, standing.state_dir):
        held = await standing.until_phase(StickPhase.HELD)
        assert not held.unattended
        assert not stick.folder.exists()
        standing.keeper.export("olga")
        done = await standing.until_phase(DONE)
        assert done.by == "olga"
    assert standing.events[-1].by == "olga"


async def test_a_person_may_ask_for_another_copy_of_a_stick_that_is_done(
    standing: Standing, stick: FolderStick
) -> None:
    async with plugged(stick, standing.state_dir):
        await standing.until_phase(DONE)
        standing.keeper.export("olga")
        await standing.until(lambda state: state.phase is DONE and state.by == "olga")
        assert stick.unmounts == 2


async def test_an_export_is_refused_without_a_stick_and_while_one_is_written(
    tmp_path: Path, stick: FolderStick
) -> None:
    async with keeping(state_dir(tmp_path), worker=HANGS) as standing:
        with pytest.raises(RefusedError) as refused:
            standing.keeper.export("olga")
        assert refused.value.code == "no_stick"
        async with plugged(stick, standing.state_dir):
            await standing.until_phase(StickPhase.CHECKING)
            with pytest.raises(RefusedError) as refused:
                standing.keeper.export("olga")
            assert refused.value.code == "stick_busy"


async def test_a_helper_that_lost_the_engine_unmounts_and_finds_the_next_engine(
    tmp_path: Path, stick: FolderStick
) -> None:
    state = state_dir(tmp_path)
    async with keeping(state, worker=HANGS) as standing, plugged(stick, state):
        await standing.until_phase(StickPhase.CHECKING)
        await standing.until(lambda _: stick.mounted)
        await standing.keeper.stop()
        await standing.until(lambda _: not stick.mounted)
        async with keeping(state, worker=WRITES) as next_standing:
            await next_standing.until_phase(DONE)


async def test_what_is_no_helper_is_shown_out(standing: Standing) -> None:
    with wire.socket_path(standing.state_dir) as path:
        for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b"x" * 200_000, b'{"tell": "gone"}\n'):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(nonsense)
            assert await reader.read() == b""
            writer.close()
    assert standing.told.phase is NONE


async def test_a_name_that_a_stick_gives_itself_is_cut_to_what_can_be_shown(
    tmp_path: Path, standing: Standing
) -> None:
    for label, shown in (("A\nB\x1b[31m", "AB[31m"), ("x" * 99, "x" * 32), ("\n", "sdx1")):
        async with plugged(FolderStick(tmp_path / "stick", label=label), standing.state_dir):
            assert (await standing.until_phase(DONE)).label == shown
        await standing.until_phase(NONE)


async def test_an_engine_that_stops_during_a_copy_does_not_blame_the_stick(
    tmp_path: Path, stick: FolderStick
) -> None:
    state = state_dir(tmp_path)
    async with keeping(state, worker=HANGS) as standing, plugged(stick, state):
        await standing.until(lambda told: told.phase is StickPhase.CHECKING and stick.mounted)
        await standing.keeper.stop()
        await standing.until(lambda _: not stick.mounted)
    assert [event.text for event in standing.events] == ["a stick was plugged in: KINGSTON"]


async def test_errors_of_a_stick_that_is_gone_are_told_as_pulled_out(
    tmp_path: Path, stick: FolderStick
) -> None:
    """The copy hears of it first, as I/O errors; the helper knows why."""
    state = state_dir(tmp_path)
    stick.gone_at_unmount = True
    async with keeping(state, worker=BREAKS) as standing, plugged(stick, state):
        told = await standing.until_phase(PROBLEM)
        assert told.problem is StickProblem.PULLED


async def test_pulling_sticks_out_at_any_moment_leaves_nothing_that_still_waits(
    tmp_path: Path,
) -> None:
    state, random = state_dir(tmp_path), Random(1)
    async with keeping(state, worker=TELLS) as standing:
        for number in range(5):
            stick = FolderStick(tmp_path / f"stick{number}", label=f"STICK {number}")
            async with plugged(stick, state):
                await standing.until(partial(is_writing_to, stick))
                await asyncio.sleep(random.random() / 10)
                stick.pull_out()
                told = await standing.until_phase(PROBLEM)
                assert told.problem is StickProblem.PULLED
