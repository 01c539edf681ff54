"""Mounting a stick, as root, with the programs of util-linux: never formatted, never in haste.

Every program may hang on a stick that does not answer; none is waited for longer than `PATIENCE_S`.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bacs_core.errors import BacsError
from bacs_core.stick.states import StickProblem

PATIENCE_S: Final = 45.0
#: All copies lie in one folder of the stick.
TOP_FOLDER: Final = "BACS"
#: Nothing on a stick is carried out, made a device, or followed out of it.
COMMON_OPTIONS: Final = "nosuid,nodev,noexec,nosymfollow,noatime"
#: What making and opening a folder says where a file or a link bears its name.
_NO_FOLDER: Final = frozenset({errno.EEXIST, errno.ENOTDIR, errno.ELOOP})
#: blkid(8): nothing was recognized, or several things at once.
_NOTHING_RECOGNIZED: Final = 2
_AMBIVALENT: Final = 8
#: What blkid(8) writes for a character that is not safe in a variable.
_ESCAPED: Final = re.compile(r"\\x([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class FileSystem:
    """A file system that sticks have: how it is mounted, and whether its files have owners."""

    kind: str
    options: str
    has_owners: bool


FILE_SYSTEMS: Final[Mapping[str, FileSystem]] = {
    system.kind: system
    for system in (
        FileSystem("vfat", "utf8=1,errors=remount-ro,umask=077,uid={user},gid={group}", False),  # noqa: FBT003 - a row of a table
        FileSystem("exfat", "errors=remount-ro,umask=077,uid={user},gid={group}", False),  # noqa: FBT003 - as above
        FileSystem("ext4", "errors=remount-ro", True),  # noqa: FBT003 - as above
        FileSystem("ext3", "errors=remount-ro", True),  # noqa: FBT003 - as above
        FileSystem("ext2", "errors=remount-ro", True),  # noqa: FBT003 - as above
    )
}


class MountError(BacsError):
    """The stick cannot be mounted or unmounted."""

    def __init__(self, problem: StickProblem, detail: str = "") -> None:
        """`detail` has the words of the system."""
        super().__init__(detail or problem.value)
        self.problem = problem
        self.detail = detail


class BlockDevice:
    """A partition of a stick, e.g. `/dev/sda1`, and the folder in which it is mounted.

    `sysfs` is where the kernel lists what is plugged in.
    """

    def __init__(
        self, device: Path, mounts: Path, *, sysfs: Path = Path("/sys/class/block")
    ) -> None:
        """Nothing is touched yet."""
        self.device = device
        self.name = device.resolve().name
        self._mount_point = mounts / self.name
        self._entry = sysfs / self.name
        self._is_mounted = False

    def require_usable(self) -> None:
        """Raise `MountError` for what is no block device, or is in use by this computer."""
        if not stat.S_ISBLK(self.device.stat().st_mode):
            raise MountError(StickProblem.FAILED, f"{self.device} is no block device")
        number = self.device.stat().st_rdev
        wanted = f"{os.major(number)}:{os.minor(number)}"
        mounts = Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
        if any(line.split()[2] == wanted for line in mounts):
            raise MountError(StickProblem.FAILED, f"{self.device} is mounted already")

    def is_present(self) -> bool:
        """Tell whether the stick is still plugged in."""
        return self._entry.exists()

    def disk(self) -> str:
        """Return the name of the whole stick, the same for each of its partitions."""
        whole = self._entry.resolve()
        return whole.parent.name if (whole / "partition").exists() else self.name

    def label(self) -> str:
        """Return the name that somebody gave to the stick, empty where there is none."""
        encoded = self._recognized().get("ID_FS_LABEL_ENC", "")
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), encoded)

    def mount(self, user: int, group: int) -> Path:
        """Mount it for a user, first read-only, and return the folder to write into.

        Raises `MountError`.
        """
        if not self._is_mounted:
            system = self._file_system()
            self._mount_point.mkdir(parents=True, exist_ok=True, mode=0o755)
            own = system.options.format(user=user, group=group)
            options = f"{COMMON_OPTIONS},{own}"
            self._mount(["-t", system.kind, "-o", f"ro,{options}", str(self.device)])
            self._is_mounted = True
            if self._is_protected():
                raise self._give_up(StickProblem.READ_ONLY, "the device is write-protected")
            try:
                self._mount(["-o", f"remount,rw,{options}"])
            except MountError as error:
                raise self._give_up(error.problem, error.detail) from error
            if os.statvfs(self._mount_point).f_flag & os.ST_RDONLY:
                raise self._give_up(StickProblem.READ_ONLY, "the file system is read-only")
        return self._top_folder(user, group)

    def unmount(self) -> None:
        """Unmount it, which brings everything to it. Raises `MountError`."""
        if self._is_mounted:
            done = _run(["umount", str(self._mount_point)])
            if done.returncode != 0:
                raise MountError(StickProblem.SILENT, done.words)
            self._is_mounted = False

    def release(self) -> None:
        """Let go of a stick that is no longer there."""
        if self._is_mounted:
            _run(["umount", "--lazy", str(self._mount_point)])
            self._is_mounted = False

    def _file_system(self) -> FileSystem:
        kind = self._recognized().get("ID_FS_TYPE", "")
        if kind not in FILE_SYSTEMS:
            raise MountError(StickProblem.UNKNOWN_FILE_SYSTEM, kind or "none was recognized")
        return FILE_SYSTEMS[kind]

    def _recognized(self) -> dict[str, str]:
        """Return what blkid(8) reads on the medium."""
        done = _run(["blkid", "--probe", "--output", "udev", str(self.device)])
        if done.returncode in {_NOTHING_RECOGNIZED, _AMBIVALENT}:
            return {}
        if done.returncode != 0:
            raise MountError(StickProblem.BROKEN, done.words)
        pairs = (line.partition("=") for line in done.output.splitlines())
        return {key: value for key, _, value in pairs}

    def _mount(self, arguments: Sequence[str]) -> None:
        done = _run(["mount", *arguments, str(self._mount_point)])
        if done.returncode != 0:
            problem = next(
                (problem for words, problem in _COMPLAINTS if words in done.words),
                StickProblem.BROKEN,
            )
            raise MountError(problem, done.words)

    def _is_protected(self) -> bool:
        """Tell whether the switch of the stick, or the stick itself, forbids writing."""
        done = _run(["blockdev", "--getro", str(self.device)])
        return done.output.strip() == "1"

    def _top_folder(self, user: int, group: int) -> Path:
        """Return the folder for all copies; where files have owners, give it to the engine."""
        top = self._mount_point / TOP_FOLDER
        try:
            top.mkdir(exist_ok=True, mode=0o755)
            descriptor = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if os.fstat(descriptor).st_uid != user:
                    os.fchown(descriptor, user, group)
            finally:
                os.close(descriptor)
        except OSError as error:
            is_taken = error.errno in _NO_FOLDER
            problem = StickProblem.NAME_TAKEN if is_taken else StickProblem.BROKEN
            raise self._give_up(problem, str(error)) from error
        return top

    def _give_up(self, problem: StickProblem, detail: str) -> MountError:
        try:
            self.unmount()
        except MountError:
            self.release()
        return MountError(problem, detail)


#: What mount(8) says, and what that means.
_COMPLAINTS: Final = (
    ("unknown filesystem type", StickProblem.UNKNOWN_FILE_SYSTEM),
    ("write-protected", StickProblem.READ_ONLY),
    ("does not answer", StickProblem.SILENT),
)


@dataclass(frozen=True, slots=True)
class _Done:
    returncode: int
    output: str
    words: str


def _run(command: Sequence[str]) -> _Done:
    """Run a program; one that does not come back is left alone, for nobody could end it."""
    process = subprocess.Popen(  # noqa: S603 - programs of the system with arguments of ours
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
    )
    try:
        output, complaint = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return _Done(-1, "", f"{command[0]} does not answer")
    words = " ".join(complaint.split()) or f"{command[0]} ended with code {process.returncode}"
    return _Done(process.returncode, output, words)
