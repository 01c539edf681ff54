"""A small Debian with systemd as its first process, in namespaces of its own.

It stands in for the panel computer: a real systemd reads the real units, with its own processes,
mounts, host name and network (only loopback; nothing outside can be reached). It has no hardware:
no screen, no touch, no GPIO, no watchdog. Its files are a layer over a tree that
debootstrap made, so that each machine begins fresh.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.processes import ROOT

#: Debian 12; BACS_SUITE=trixie is Debian 13.
SUITE = os.environ.get("BACS_SUITE", "bookworm")
MIRROR = os.environ.get("BACS_DEBIAN_MIRROR", "http://deb.debian.org/debian")
#: Trees and bundles take minutes to make and are kept.
KEPT = ROOT / ".dev" / "kiosk"
#: As little as an installer of Debian would leave behind.
_INCLUDED = "systemd,systemd-sysv,udev,dbus,kmod,iproute2"
PATIENCE_S = 150.0
_CGROUPS = Path("/sys/fs/cgroup")

_BOOT = """
set -e
mkdir "$SCRATCH/upper" "$SCRATCH/work" "$SCRATCH/root"
root=$SCRATCH/root
mount -t overlay -o "lowerdir=$TREE,upperdir=$SCRATCH/upper,workdir=$SCRATCH/work" overlay "$root"
mount -t proc proc "$root/proc"
# The kernel is that of this computer: its settings and devices are not to be changed from inside.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
[ ! -e "$root/proc/sysrq-trigger" ] || mount --bind /dev/null "$root/proc/sysrq-trigger"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty "$root/dev/"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
: >"$root/dev/console"
mkdir -p "$root/work/bundle"
[ -z "$BUNDLE" ] || mount --bind -o ro "$BUNDLE" "$root/work/bundle"
ip link set lo up
# No chroot: the kernel makes no user namespace for whoever is in one, and Chromium needs some.
cd "$root"
mkdir outside
pivot_root . outside
exec env -i container=bacs-machine PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c '
  umount -l /outside && rmdir /outside
  # As at the start of a computer: what is mounted later is seen by services that run already.
  mount --make-rshared /
  exec /lib/systemd/systemd --log-target=journal --show-status=no'
"""


def why_not() -> str:
    """Tell why this computer cannot run such a machine; empty where it can."""
    if os.geteuid() != 0:
        return "only root may make namespaces and mounts"
    missing = [name for name in ("debootstrap", "unshare", "nsenter") if not shutil.which(name)]
    return f"these programs are missing: {', '.join(missing)}" if missing else ""


def tree() -> Path:
    """Return a bootstrapped Debian, made at the first call."""
    made = KEPT / f"tree-{SUITE}"
    if not (made / "complete").exists():
        shutil.rmtree(made, ignore_errors=True)
        made.parent.mkdir(parents=True, exist_ok=True)
        options = ("--variant=minbase", f"--include={_INCLUDED}")
        subprocess.run(["debootstrap", *options, SUITE, made, MIRROR], check=True)
        (made / "complete").touch()
    return made


class Machine:
    """One running machine."""

    def __init__(self, init: int) -> None:
        self.init = init

    def enter(self, *command: str | Path) -> list[str]:
        """Return what runs a command inside."""
        into = ("nsenter", "-t", str(self.init), "-m", "-p", "-n", "-i", "-u")
        return [*into, *map(str, command)]

    def beside(self, *command: str | Path) -> list[str]:
        """Return what runs a program of this computer in the machine's network."""
        return ["nsenter", "-t", str(self.init), "-n", *map(str, command)]

    def run(
        self, *command: str | Path, check: bool = True, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside, to its end."""
        done = subprocess.run(
            self.enter(*command),
            capture_output=True,
            text=True,
            input=stdin,
            check=False,
            timeout=900,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
        )
        assert not check or done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done

    def shell(self, script: str, *, check: bool = True) -> str:
        """Run a line of shell inside and return what it prints."""
        return self.run("sh", "-c", script, check=check).stdout.strip()

    def write(self, path: str, text: str) -> None:
        """Write a file inside."""
        self.run("sh", "-c", f'mkdir -p "$(dirname {path})" && cat >{path}', stdin=text)

    def shown(self, unit: str, what: str) -> str:
        """Return a property of a unit."""
        return self.run("systemctl", "show", "--value", "--property", what, unit).stdout.strip()

    def main_pid(self, unit: str) -> int:
        """Return the main process of a unit, 0 if there is none; as numbered inside."""
        return int(self.shown(unit, "MainPID") or 0)

    def pids(self, pattern: str) -> list[int]:
        """Return processes by their command line, as numbered inside."""
        found = self.run("pgrep", "--full", pattern, check=False).stdout.split()
        return [int(pid) for pid in found]

    def check_alive(self) -> None:
        """Fail if the machine has ended."""
        assert Path(f"/proc/{self.init}/root").exists(), "the machine has ended"

    def until(
        self, condition: Callable[[], object], what: str, patience_s: float = PATIENCE_S
    ) -> float:
        """Wait until something is so, and return how long that took (s)."""
        began = time.monotonic()
        while not condition():
            self.check_alive()
            waited = time.monotonic() - began
            assert waited < patience_s, f"never came: {what}\n{self.journal()}"
            time.sleep(0.1)
        return time.monotonic() - began

    def journal(self, *options: str) -> str:
        """Return the newest lines of the log."""
        told = self.run("journalctl", "--no-pager", "--lines=80", *options, check=False)
        return told.stdout


@contextmanager
def machine(scratch: Path, bundle: Path | None = None) -> Iterator[Machine]:
    """Boot a machine, and end it with everything that runs in it."""
    scratch.mkdir(parents=True, exist_ok=True)
    cgroups = _cgroups(scratch)
    cgroup = cgroups / f"bacs-machine-{os.getpid()}-{scratch.name}"
    cgroup.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "SCRATCH": str(scratch),
        "TREE": str(tree()),
        "BUNDLE": str(bundle or ""),
    }
    outer = subprocess.Popen(
        ["sh", "-c", f'echo $$ >"{cgroup}/cgroup.procs" && exec "$@"', "sh", *_UNSHARE, _BOOT],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        booted = Machine(_child_of(outer))
        booted.until(lambda: _has_booted(booted), "the start of the machine")
        yield booted
    finally:
        # Its first process takes all others along.
        outer.kill()
        outer.wait()
        _remove(cgroup)
        if cgroups != _CGROUPS:
            subprocess.run(["umount", "--lazy", cgroups], check=False)


_UNSHARE: Sequence[str] = (
    *("unshare", "--mount", "--net", "--pid", "--fork", "--ipc", "--uts", "--cgroup"),
    *("--propagation", "private", "--kill-child=SIGKILL", "sh", "-c"),
)


def _cgroups(scratch: Path) -> Path:
    """Return the unified hierarchy: systemd of Debian 13 takes no other.

    Where this computer has its controllers in older ones, it is there too, without them.
    """
    if (_CGROUPS / "cgroup.controllers").exists():
        return _CGROUPS
    mounted = scratch / "cgroups"
    mounted.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "cgroup2", "cgroup2", mounted], check=True)
    return mounted


def _remove(cgroup: Path) -> None:
    for attempt in range(50):
        try:
            for folder in sorted(cgroup.rglob("*"), key=lambda path: -len(path.parts)):
                if folder.is_dir():
                    folder.rmdir()
            cgroup.rmdir()
        except OSError:
            # The last processes are still ending.
            time.sleep(0.02 * attempt)
        else:
            return


def _child_of(outer: subprocess.Popen[bytes]) -> int:
    """Return the first process of the machine, as numbered outside."""
    children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
    give_up_at = time.monotonic() + PATIENCE_S
    while not (found := children.read_text().split()):
        assert outer.poll() is None, "the machine did not start"
        assert time.monotonic() < give_up_at, "the machine did not start"
        time.sleep(0.02)
    return int(found[0])


def _has_booted(booted: Machine) -> bool:
    state = booted.run("systemctl", "is-system-running", check=False).stdout.strip()
    return state in {"running", "degraded"}
