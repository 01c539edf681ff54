"""One copy into a folder: nothing lost, nothing strange touched, nothing believed unseen."""

from __future__ import annotations

import errno
import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bacs_core.history.errors import HistoryError
from bacs_core.history.export.scope import Scope, StringDay
from bacs_core.history.export.targets import Target, new_file
from bacs_core.stick import medium, worker
from bacs_core.stick.copying import NOTE_NAME, StickError, copy, folder_name
from bacs_core.stick.manifest import UNFINISHED, copies
from bacs_core.stick.reports import Job
from bacs_core.stick.states import Failed, Progressed, StickPhase, StickProblem, Written
from bacs_core.stick.summed import SumTarget

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class Files:
    """Writes given files and says which days are complete; `spoil` gets the folder after that."""

    contents: Mapping[str, bytes] = field(default_factory=lambda: {"a.csv": b"1;2\n" * 1000})
    size: int = 1000
    spoil: Callable[[Path], None] = lambda folder: None
    complete: frozenset[StringDay] = frozenset()
    asked: list[frozenset[StringDay]] = field(default_factory=list)
    size_in_steps: Mapping[int, int] = field(default_factory=dict)

    def size_bytes(self, scope: Scope) -> int:
        return self.size_in_steps.get(scope.step_s, self.size)

    def write(self, target: Target, scope: Scope) -> frozenset[StringDay]:
        self.asked.append(scope.written)
        for name, content in self.contents.items():
            with new_file(target, name) as file:
                file.write(content[:10])
                file.write(content[10:])
        assert isinstance(target, SumTarget)
        self.spoil(target.folder)
        return self.complete | scope.written


@pytest.fixture
def job(tmp_path: Path) -> Job:
    target = tmp_path / "BACS"
    target.mkdir()
    return Job(
        state_dir=tmp_path / "state",
        site_id="site-1",
        site_name="Hall 2",
        target=target,
    )


def done(job: Job, files: Files, now: datetime = NOW) -> Written:
    return copy(job, files, now, lambda _: None)


def test_a_complete_copy_has_its_name_its_files_and_their_checksums(job: Job) -> None:
    told: list[Progressed] = []
    written = copy(job, Files({"DataLog.csv": b"x" * 600, "bacs/d.csv": b"y"}), NOW, told.append)
    folder = job.target / written.folder
    assert sorted(path.name for path in folder.iterdir()) == [
        "DataLog.csv",
        "bacs",
        "manifest.json",
    ]
    assert written == Written(folder_name("Hall 2", NOW), 2, 601)
    sums = {
        file["name"]: file["sha256"]
        for file in json.loads((folder / "manifest.json").read_text())["files"]
    }
    assert sums["bacs/d.csv"] == medium.checksum(folder / "bacs" / "d.csv", lambda _: None)
    assert told[0].phase is StickPhase.CHECKING
    assert [step.percent for step in told if step.phase is StickPhase.WRITING] == [
        0,
        1,
        60,
        60,
        60,
    ]
    assert told[-1].phase is StickPhase.FLUSHING


MONDAY, TUESDAY, SUNDAY = (("ups/1", date(2026, 11, day)) for day in (16, 17, 15))
BOTH = frozenset({MONDAY, TUESDAY})


def test_a_later_copy_leaves_out_the_days_that_earlier_ones_have_complete(job: Job) -> None:
    done(job, Files(complete=frozenset({MONDAY})))
    done(job, Files(complete=frozenset({TUESDAY})), NOW + DAY)
    third = Files()
    done(job, third, NOW + 2 * DAY)
    assert third.asked == [BOTH]


def test_days_of_a_copy_that_was_deleted_are_written_again(job: Job) -> None:
    first = done(job, Files(complete=frozenset({MONDAY})))
    done(job, Files(complete=frozenset({TUESDAY})), NOW + DAY)
    shutil.rmtree(job.target / first.folder)
    third = Files()
    done(job, third, NOW + 2 * DAY)
    assert third.asked == [frozenset({TUESDAY})]


@pytest.mark.parametrize(
    ("sizes", "step_s"),
    [({}, 0), ({0: 10**15}, 60), ({0: 10**15, 60: 10**15}, 900)],
)
def test_of_a_large_site_a_small_stick_gets_the_finest_steps_that_fit(
    job: Job, sizes: dict[int, int], step_s: int
) -> None:
    written = done(job, Files(size_in_steps=sizes))
    assert written.step_s == step_s
    (kept,) = copies(job.target, "site-1")
    assert kept.manifest.step_s == step_s


def test_days_of_a_coarser_copy_are_written_again_once_every_sample_fits(job: Job) -> None:
    coarse = Files(complete=frozenset({MONDAY}), size_in_steps={0: 10**15})
    done(job, coarse)
    again = Files(size_in_steps={0: 10**15})
    done(job, again, NOW + DAY)
    assert again.asked == [frozenset({MONDAY})]
    whole = Files()
    done(job, whole, NOW + 2 * DAY)
    assert whole.asked == [frozenset()]


def cut_short(folder: Path) -> None:
    (folder / "a.csv").write_bytes(b"1;2\n")


def missing(folder: Path) -> None:
    (folder / "a.csv").unlink()


def of_another_site(folder: Path) -> None:
    change_manifest(folder, "site-1", "site-2")


def from_the_future(folder: Path) -> None:
    change_manifest(folder, "2026-11-20", "2036-11-20")


def from_another_zone(folder: Path) -> None:
    change_manifest(folder, time.tzname[0], "XYZ")


def change_manifest(folder: Path, old: str, new: str) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace(f'"{old}', f'"{new}'))


@pytest.mark.parametrize(
    "spoil", [cut_short, missing, of_another_site, from_the_future, from_another_zone]
)
def test_a_copy_that_proves_nothing_does_not_count(job: Job, spoil: Callable[[Path], None]) -> None:
    first = done(job, Files(complete=BOTH))
    spoil(job.target / first.folder)
    second = Files()
    done(job, second, NOW + DAY)
    assert second.asked == [frozenset()]


def test_two_copies_in_one_second_get_two_names(job: Job) -> None:
    names = {done(job, Files()).folder for _ in range(3)}
    assert len(names) == 3


def test_only_unfinished_copies_of_the_same_site_are_removed(job: Job, tmp_path: Path) -> None:
    holiday = tmp_path / "holiday.jpg"
    holiday.write_bytes(b"jpg")

    def cut(folder: Path) -> None:
        (folder / "bacs" / "deep").mkdir(parents=True, exist_ok=True)
        (folder / "bacs" / "deep" / "a.csv.part").touch()
        (folder / "bacs" / "out").symlink_to(tmp_path, target_is_directory=True)
        raise OSError(errno.EIO, "pulled out")

    with pytest.raises(OSError, match="pulled out"):
        done(job, Files({"bacs/a.csv": b"1"}, spoil=cut))
    with pytest.raises(OSError, match="pulled out"):
        done(job.model_copy(update={"site_id": "site-2"}), Files(spoil=cut))
    (job.target / f"mine{UNFINISHED}").mkdir()
    link = job.target / f"link{UNFINISHED}"
    link.symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / NOTE_NAME).write_text("site-1\n")
    (job.target / "letter.part").write_text("site-1\n")
    unfinished = sorted(path.name for path in job.target.iterdir())
    assert len(unfinished) == 5
    done(job, Files())
    left = {path.name for path in job.target.iterdir()}
    assert holiday.exists()
    assert left == {
        f"{folder_name('Hall 2', NOW)}-2{UNFINISHED}",
        folder_name("Hall 2", NOW),
        f"mine{UNFINISHED}",
        f"link{UNFINISHED}",
        "letter.part",
    }


def test_a_note_of_any_size_is_not_read_into_memory(job: Job) -> None:
    folder = job.target / f"huge{UNFINISHED}"
    folder.mkdir()
    with (folder / NOTE_NAME).open("wb") as note:
        # No memory holds it: a file with a hole.
        note.truncate(1 << 42)
    done(job, Files())
    assert (folder / NOTE_NAME).exists()


def test_too_little_space_is_told_before_anything_is_written(job: Job) -> None:
    files = Files(size=10**15)
    with pytest.raises(StickError) as told:
        done(job, files)
    failed = told.value.failed
    assert failed.problem is StickProblem.NOT_ENOUGH_SPACE
    assert failed.needed_bytes is not None
    assert failed.free_bytes is not None
    assert failed.needed_bytes > 10**15 > failed.free_bytes
    assert files.asked == []
    assert list(job.target.iterdir()) == []


@pytest.mark.parametrize("content", [b"other", b"1;2\n" * 999 + b"1;3\n"])
def test_a_stick_that_did_not_keep_what_was_written_is_found_out(job: Job, content: bytes) -> None:
    def lie(folder: Path) -> None:
        (folder / "a.csv").write_bytes(content)

    with pytest.raises(StickError) as told:
        done(job, Files(spoil=lie))
    assert told.value.failed == Failed(StickProblem.DIFFERS, "a.csv")
    assert list(copies(job.target, "site-1")) == []


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Köln Süd", "Koeln-Sued"),
        ("../../etc", "etc"),
        ("Hall: 2 <A>*?", "Hall-2-A"),
        ("机房", "site"),
        ("", "site"),
        ("x" * 90, "x" * 40),
    ],
)
def test_any_site_name_makes_a_name_that_every_file_system_takes(name: str, plain: str) -> None:
    assert folder_name(name, NOW).rpartition("_")[0] == plain


@pytest.mark.parametrize(
    "strange",
    [
        b"",
        b"\xff\xfe",
        b"[1, 2]",
        b'{"site_id": "site-1"}',
        b"""{"site_id": "site-1", "site_name": "", "version": "", "zone": ["UTC", "UTC"],
        "made_at": "2020-01-01T00:00:00Z", "complete": [["ups/1", "2019-01-01"]],
        "files": [{"name": "../../state", "size_bytes": 1, "sha256": ""}]}""",
        b"""{"site_id": "site-1", "site_name": "", "version": "", "zone": ["UTC", "UTC"],
        "made_at": "2020-01-01T00:00:00Z", "complete": [["ups/1", "2019-01-01"]],
        "files": [{"name": "a\\u0000b", "size_bytes": 1, "sha256": ""}]}""",
    ],
)
def test_whatever_lies_on_a_stick_as_a_manifest_stops_nobody(job: Job, strange: bytes) -> None:
    folder = job.target / "strange"
    folder.mkdir()
    (folder / "manifest.json").write_bytes(strange)
    (job.target / "file").write_text("no folder")
    files = Files()
    done(job, files)
    assert files.asked == [frozenset()]


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        (errno.ENOSPC, StickProblem.FULL),
        (errno.EROFS, StickProblem.BROKEN),
        (errno.EFBIG, StickProblem.FILE_TOO_LARGE),
        (errno.EIO, StickProblem.BROKEN),
        (errno.ENODEV, StickProblem.BROKEN),
        (errno.ENAMETOOLONG, StickProblem.FAILED),
    ],
)
def test_an_error_of_the_system_is_named(
    job: Job, monkeypatch: pytest.MonkeyPatch, number: int, problem: StickProblem
) -> None:
    class Broken:
        def __init__(self, _: Path) -> None:
            pass

        def size_bytes(self, scope: Scope) -> int:
            raise OSError(number, "as the test wants")

    monkeypatch.setattr(worker, "SiteWriter", Broken)
    failed = worker.outcome(job, NOW)
    assert isinstance(failed, Failed)
    assert failed.problem is problem


def test_a_history_that_cannot_be_read_is_not_blamed_on_the_stick(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unreadable:
        def __init__(self, _: Path) -> None:
            raise HistoryError("cannot read")

    monkeypatch.setattr(worker, "SiteWriter", Unreadable)
    assert worker.outcome(job, NOW) == Failed(StickProblem.HISTORY, "cannot read")
