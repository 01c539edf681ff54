"""Reading beside the engine: it is not held up, waits have an end, nothing is left running."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import aclosing
from pathlib import Path

import pytest

from bacs_core.api.history_access import (
    ANSWERS_AT_ONCE,
    DOWNLOADS_AT_ONCE,
    LOW_PRIORITY,
    SHORT_AT_ONCE,
    HistoryAccess,
)
from bacs_core.api.history_turns import SLOW_AFTER_S
from bacs_core.errors import REFUSED_EXIT_CODE, RefusedError
from bacs_core.history.database import open_database
from bacs_core.history.errors import HistoryError

FOR_EVER = """
import os, sys
print(os.getpid(), os.getpriority(os.PRIO_PROCESS, 0), flush=True)
while True:
    sys.stdout.write("x" * 65536)
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a program started by the engine finds modules of the test."""
    folder = tmp_path / "modules"
    folder.mkdir()
    found = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(found))
    (folder / "for_ever.py").write_text(FOR_EVER)
    return folder


@pytest.fixture
def access(tmp_path: Path) -> HistoryAccess:
    open_database(tmp_path).close()
    return HistoryAccess(tmp_path, patience_s=60.0)


def impatient(tmp_path: Path) -> HistoryAccess:
    open_database(tmp_path).close()
    return HistoryAccess(tmp_path, patience_s=0.01)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_the_loop_goes_on_while_a_read_takes_its_time(access: HistoryAccess) -> None:
    go_on = threading.Event()
    reading = asyncio.create_task(access.read(lambda reader: go_on.wait(60)))
    for _ in range(3):
        await asyncio.sleep(0)
    assert not reading.done()
    go_on.set()
    assert await reading is True


async def test_no_more_than_two_reads_run_at_a_time_and_the_next_is_told_to_come_again(
    tmp_path: Path,
) -> None:
    access, go_on = impatient(tmp_path), threading.Event()
    running = [
        asyncio.create_task(access.read(lambda reader: go_on.wait(60)))
        for _ in range(SHORT_AT_ONCE)
    ]
    await asyncio.sleep(0)
    with pytest.raises(RefusedError) as refused:
        await access.read(lambda reader: None)
    assert refused.value.code == "busy"
    go_on.set()
    assert await asyncio.gather(*running) == [True] * SHORT_AT_ONCE
    assert await access.read(lambda reader: "free") == "free"


async def test_a_read_whose_client_went_away_keeps_its_place_until_its_thread_is_done(
    tmp_path: Path,
) -> None:
    access, go_on, begun = impatient(tmp_path), threading.Event(), threading.Semaphore(0)

    def work(reader: object) -> None:
        begun.release()
        go_on.wait(60)

    running = [asyncio.create_task(access.read(work)) for _ in range(SHORT_AT_ONCE)]
    for _ in running:
        await asyncio.to_thread(begun.acquire, timeout=60)
    for task in running:
        task.cancel()
    with pytest.raises(RefusedError, match="ask again"):
        await access.read(lambda reader: None)
    go_on.set()
    ended = await asyncio.gather(*running, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ended)
    assert await access.read(lambda reader: "free") == "free"


async def test_a_history_that_cannot_be_read_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="there is no history") as refused:
        await HistoryAccess(tmp_path / "nowhere").read(lambda reader: None)
    assert refused.value.code == "history_unreadable"


async def test_an_error_of_the_work_itself_is_passed_on(access: HistoryAccess) -> None:
    def work(reader: object) -> None:
        raise HistoryError("a page is torn")

    with pytest.raises(RefusedError, match="a page is torn"):
        await access.read(work)


async def test_a_program_ends_with_its_client_and_ran_at_a_low_priority(
    access: HistoryAccess, modules: Path
) -> None:
    async with aclosing(await access.stream("for_ever", [])) as chunks:
        first = await anext(chunks)
        # The line is written whole, but may come in one piece with what follows.
        while b"\n" not in first:
            first += await anext(chunks)
    pid, priority = first.split(b"\n")[0].split()
    assert not is_running(int(pid))
    assert int(priority) in {0, LOW_PRIORITY}, "set just after the start"


async def test_no_more_than_two_programs_run_for_answers_at_a_time(
    tmp_path: Path, modules: Path
) -> None:
    access = impatient(tmp_path)
    running = [await access.stream("for_ever", []) for _ in range(ANSWERS_AT_ONCE)]
    with pytest.raises(RefusedError) as refused:
        await access.stream("for_ever", [])
    assert refused.value.code == "busy"
    assert await access.read(lambda reader: "short") == "short", "a chart need not wait"
    for chunks in running:
        # Nobody took anything of them.
        await chunks.aclose()
    await (await access.stream("for_ever", [])).aclose()


async def test_who_reads_drop_by_drop_keeps_nobody_out(tmp_path: Path, modules: Path) -> None:
    open_database(tmp_path).close()
    now_s = 0.0
    access = HistoryAccess(tmp_path, patience_s=0.01, clock=lambda: now_s)
    drops = [
        await access.stream("for_ever", [], caller=f"viewer-{number}")
        for number in range(DOWNLOADS_AT_ONCE)
    ]
    first = await anext(drops[0])
    pid = int(first.split()[0])
    await (await access.stream("for_ever", [])).aclose()
    with pytest.raises(RefusedError, match="ask again"):
        await access.stream("for_ever", [], caller="olga")
    now_s = SLOW_AFTER_S
    async with aclosing(await access.stream("for_ever", [], caller="olga")) as chunks:
        assert await anext(chunks)
        with pytest.raises(RefusedError, match="others waited"):
            await anext(drops[0])
    assert not is_running(pid)
    assert await anext(drops[1]), "only one place was needed"
    await drops[1].aclose()


async def test_a_client_that_gives_up_before_the_first_byte_leaves_nothing_running(
    access: HistoryAccess, modules: Path, tmp_path: Path
) -> None:
    note = tmp_path / "pid"
    (modules / "silent.py").write_text(
        "import os, pathlib, sys, time\n"
        "pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))\n"
        "time.sleep(600)\n"
    )
    asking = asyncio.create_task(access.stream("silent", [str(note)]))
    while not note.exists() or not note.read_text():
        await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not is_running(int(note.read_text()))


async def test_a_program_that_fails_at_once_is_a_refusal_with_its_last_line(
    access: HistoryAccess, modules: Path
) -> None:
    (modules / "failing.py").write_text("import sys\nsys.exit('first\\nthe disk is gone')\n")
    with pytest.raises(RefusedError) as refused:
        await access.stream("failing", [])
    assert (refused.value.code, refused.value.reason) == ("history_unreadable", "the disk is gone")


async def test_what_a_program_refuses_keeps_its_code(access: HistoryAccess, modules: Path) -> None:
    (modules / "refusing.py").write_text(
        "import sys\nsys.stderr.write('not_comparable\\tthe two are not of one string\\n')\n"
        f"sys.exit({REFUSED_EXIT_CODE})\n"
    )
    with pytest.raises(RefusedError) as refused:
        await access.stream("refusing", [])
    told = (refused.value.code, refused.value.reason)
    assert told == ("not_comparable", "the two are not of one string")


async def test_a_program_that_fails_later_breaks_its_stream_off(
    access: HistoryAccess, modules: Path
) -> None:
    (modules / "halfway.py").write_text(
        "import sys\nprint('half', flush=True)\nsys.exit('the disk is gone')\n"
    )
    async with aclosing(await access.stream("halfway", [])) as chunks:
        read = b"half\n"
        while read:
            read = read.removeprefix(await anext(chunks))
        with pytest.raises(RefusedError, match="the disk is gone"):
            await anext(chunks)


async def test_a_program_that_has_nothing_to_say_is_an_empty_stream(
    access: HistoryAccess, modules: Path
) -> None:
    (modules / "nothing.py").write_text("")
    async with aclosing(await access.stream("nothing", [])) as chunks:
        assert [chunk async for chunk in chunks] == []


async def test_arguments_arrive_as_they_are(access: HistoryAccess, modules: Path) -> None:
    (modules / "echo.py").write_text("import sys\nprint(sys.argv[1:])\n")
    odd = ["--help; rm -rf x", "$HOME", "a b", ""]
    async with aclosing(await access.stream("echo", odd)) as chunks:
        assert b"".join([chunk async for chunk in chunks]).decode().strip() == str(odd)
