"""Real file systems on loop devices, mounted by the real helper."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bacs_core.history.export.scope import Scope, StringDay
from bacs_core.history.export.targets import Target, new_file
from bacs_core.stick import worker
from bacs_core.stick.helper import serve
from bacs_core.stick.manifest import copies
from bacs_core.stick.mounting import TOP_FOLDER, BlockDevice, MountError
from bacs_core.stick.reports import Job
from bacs_core.stick.states import Failed, StickPhase, StickProblem, Written
from tests.core.stick.loop import (
    image,
    is_mounted,
    loop_device,
    mounted,
    small_memory,
    why_not,
)
from tests.core.stick.store import GUARD_S, HANGS, LOOK_S, NOW, keeping, state_dir

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")
KINDS = [
    pytest.param(kind, marks=pytest.mark.skipif(bool(why_not(kind)), reason=why_not(kind) or "-"))
    for kind in ("ext4", "vfat", "exfat")
]
NOBODY = 65_534


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def block_device(device: Path, folder: Path) -> BlockDevice:
    """A device whose entry in sysfs is a folder, so that a test can pull it out."""
    sysfs = folder / "sysfs"
    (sysfs / device.name).mkdir(parents=True)
    return BlockDevice(device, folder / "mounts", sysfs=sysfs)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_stick_gets_everything_and_is_left_clean(
    tmp_path: Path, opened: ExitStack, kind: str
) -> None:
    path = image(tmp_path, kind=kind)
    device = opened.enter_context(loop_device(path))
    state = state_dir(tmp_path)
    stick = block_device(device, tmp_path)
    async with keeping(state) as standing:
        helper = threading.Thread(
            target=serve, args=(stick, state), kwargs={"look_every_s": LOOK_S}
        )
        helper.start()
        done = await standing.until_phase(StickPhase.DONE, StickPhase.PROBLEM)
        mounted_still = is_mounted(device)
        (tmp_path / "sysfs" / device.name).rmdir()
        await asyncio.to_thread(helper.join, GUARD_S)
        await standing.until_phase(StickPhase.NONE)
    assert (done.phase, done.label, mounted_still) == (StickPhase.DONE, "KINGSTON", False)
    if kind == "ext4":
        subprocess.run(["e2fsck", "-fn", str(path)], check=True, capture_output=True)
    with mounted(device, tmp_path / "look") as look:
        (copy,) = copies(look / TOP_FOLDER, "site-1")
        assert copy.folder.name == done.folder
        assert "order 9" in (copy.folder / "Event.csv").read_text()


def test_too_small_a_stick_is_told_before_anything_is_written(
    tmp_path: Path, opened: ExitStack
) -> None:
    device = opened.enter_context(loop_device(image(tmp_path, size_mib=1)))
    stick = block_device(device, tmp_path)
    opened.callback(stick.release)
    top = stick.mount(0, 0)
    told = copied(top, state_dir(tmp_path))
    assert isinstance(told, Failed)
    assert told.problem is StickProblem.NOT_ENOUGH_SPACE
    assert told.needed_bytes is not None
    assert told.free_bytes is not None
    assert told.needed_bytes > told.free_bytes > 0
    assert list(top.iterdir()) == []


async def test_a_stick_that_is_pulled_out_while_it_is_mounted_is_let_go(
    tmp_path: Path, opened: ExitStack
) -> None:
    device = opened.enter_context(loop_device(image(tmp_path)))
    state = state_dir(tmp_path)
    stick = block_device(device, tmp_path)
    async with keeping(state, worker=HANGS) as standing:
        helper = threading.Thread(
            target=serve, args=(stick, state), kwargs={"look_every_s": LOOK_S}
        )
        helper.start()
        await standing.until(lambda _: is_mounted(device))
        (tmp_path / "sysfs" / device.name).rmdir()
        told = await standing.until_phase(StickPhase.PROBLEM)
        await asyncio.to_thread(helper.join, GUARD_S)
    assert told.problem is StickProblem.PULLED
    assert not is_mounted(device)


def test_a_mounted_stick_belongs_to_the_engine_and_carries_nothing_out(
    tmp_path: Path, opened: ExitStack
) -> None:
    device = opened.enter_context(loop_device(image(tmp_path)))
    stick = block_device(device, tmp_path)
    opened.callback(stick.release)
    top = stick.mount(NOBODY, NOBODY)
    assert top == stick.mount(NOBODY, NOBODY)
    assert (top.stat().st_uid, top.stat().st_gid) == (NOBODY, NOBODY)
    flags = os.statvfs(top).f_flag
    assert flags & os.ST_NOSUID
    assert flags & os.ST_NODEV
    assert flags & os.ST_NOEXEC
    (top / "link").symlink_to("/etc/hostname")
    with pytest.raises(OSError, match="symbolic links"):
        (top / "link").read_text()
    stick.unmount()
    assert not is_mounted(device)


def test_a_stick_with_its_switch_on_is_write_protected(tmp_path: Path, opened: ExitStack) -> None:
    device = opened.enter_context(loop_device(image(tmp_path), "--read-only"))
    with pytest.raises(MountError) as told:
        block_device(device, tmp_path).mount(0, 0)
    assert told.value.problem is StickProblem.READ_ONLY
    assert not is_mounted(device)


def test_a_stick_without_a_file_system_is_not_formatted(tmp_path: Path, opened: ExitStack) -> None:
    path = image(tmp_path, kind=None)
    path.write_bytes(b"holiday" * 100_000)
    device = opened.enter_context(loop_device(path))
    with pytest.raises(MountError) as told:
        block_device(device, tmp_path).mount(0, 0)
    assert told.value.problem is StickProblem.UNKNOWN_FILE_SYSTEM
    assert path.read_bytes().startswith(b"holiday" * 1000)


def test_a_stick_with_a_file_system_that_is_not_for_sticks_says_which(
    tmp_path: Path, opened: ExitStack
) -> None:
    path = image(tmp_path, kind=None)
    subprocess.run(["mkswap", str(path)], check=True, capture_output=True)
    device = opened.enter_context(loop_device(path))
    with pytest.raises(MountError) as told:
        block_device(device, tmp_path).mount(0, 0)
    assert told.value.problem is StickProblem.UNKNOWN_FILE_SYSTEM
    assert told.value.detail == "swap"


def test_a_stick_whose_file_system_is_torn_is_broken(tmp_path: Path, opened: ExitStack) -> None:
    path = image(tmp_path)
    os.truncate(path, 64 * 1024)
    device = opened.enter_context(loop_device(path))
    with pytest.raises(MountError) as told:
        block_device(device, tmp_path).mount(0, 0)
    assert told.value.problem is StickProblem.BROKEN


@pytest.mark.parametrize(
    "put",
    [lambda top, folder: top.symlink_to(folder, True), lambda top, _: top.touch()],
    ids=["link", "file"],
)
def test_what_is_in_the_place_of_our_folder_is_told_and_never_followed(
    tmp_path: Path, opened: ExitStack, put: Callable[[Path, Path], None]
) -> None:
    device = opened.enter_context(loop_device(image(tmp_path)))
    stick = block_device(device, tmp_path)
    top = stick.mount(0, 0)
    top.rmdir()
    put(top, tmp_path)
    stick.unmount()
    before = tmp_path.stat().st_uid
    with pytest.raises(MountError) as told:
        stick.mount(NOBODY, NOBODY)
    assert told.value.problem is StickProblem.NAME_TAKEN
    assert tmp_path.stat().st_uid == before
    assert not is_mounted(device)


def test_a_partition_that_this_computer_uses_is_left_alone(
    tmp_path: Path, opened: ExitStack
) -> None:
    device = opened.enter_context(loop_device(image(tmp_path)))
    opened.enter_context(mounted(device, tmp_path / "used"))
    with pytest.raises(MountError, match="mounted already"):
        block_device(device, tmp_path).require_usable()


def test_what_is_no_block_device_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(MountError, match="no block device"):
        block_device(path, tmp_path).require_usable()


class Heavy:
    """Says that it needs little, and writes much."""

    def __init__(self, _: Path) -> None:
        pass

    def size_bytes(self, scope: Scope) -> int:
        return 0

    def write(self, target: Target, scope: Scope) -> frozenset[StringDay]:
        for number in range(24):
            with new_file(target, f"{number}.csv") as file:
                file.write(os.urandom(1024 * 1024))
        return frozenset()


def copied(folder: Path, state: Path) -> Written | Failed:
    job = Job(state_dir=state, site_id="s", site_name="S", target=folder)
    return worker.outcome(job, NOW)


def test_a_stick_that_gets_full_is_full_and_keeps_no_copy(
    tmp_path: Path, opened: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SiteWriter", Heavy)
    device = opened.enter_context(loop_device(image(tmp_path)))
    stick = block_device(device, tmp_path)
    opened.callback(stick.release)
    top = stick.mount(0, 0)
    told = copied(top, tmp_path)
    assert isinstance(told, Failed)
    assert told.problem is StickProblem.FULL
    assert list(copies(top, "s")) == []


def test_a_stick_that_does_not_take_what_is_written_is_broken(
    tmp_path: Path, opened: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The image lies in a memory that is full: the device answers with I/O errors."""
    monkeypatch.setattr(worker, "SiteWriter", Heavy)
    memory = opened.enter_context(small_memory(tmp_path / "memory", 4))
    device = opened.enter_context(loop_device(image(memory, size_mib=64)))
    stick = block_device(device, tmp_path)
    opened.callback(stick.release)
    top = stick.mount(0, 0)
    told = copied(top, tmp_path)
    assert isinstance(told, Failed)
    assert told.problem is StickProblem.BROKEN
