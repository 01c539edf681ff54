"""The installer on a computer of its own: a layer in memory over the files of this one.

No systemd runs there, as in an image that is being built. What it does on a running system is shown
by the long runs (test_machine.py).
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.kiosk.places import KIOSK, SYSTEM

_LAYER = """
set -e
scratch=$1 bundle=$2
shift 2
mount --make-rprivate /
root=$scratch/root
mount -t overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
mount --rbind /dev "$root/dev"
mkdir -p "$root/run/bundle"
mount --bind "$bundle" "$root/run/bundle"
exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"
"""
_RELEASE = "/opt/bacs/releases"


def _wheel(folder: Path, name: str, program: str) -> Path:
    """Make a wheel with one command that answers to --version, as the real one does."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", "def main() -> None:\n    print('1.0')\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{program} = {name}:main\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _seal(bundle: Path) -> None:
    """Write the checksums that bundle.sh writes last."""
    files = [path for path in sorted(bundle.rglob("*")) if path.is_file()]
    named = {
        path.relative_to(bundle): path
        for path in files
        if path.name not in {"SHA256SUMS", "BUNDLE"}
    }
    lines = [f"{_sum(path)}  ./{name}" for name, path in named.items()]
    (bundle / "SHA256SUMS").write_text("\n".join(lines) + "\n")


class Computer:
    """A computer that is lost with the test; what was written is in `upper`."""

    def __init__(self, scratch: Path, bundle: Path) -> None:
        self.scratch = scratch
        self.bundle = bundle

    def __call__(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["unshare", "--mount", "sh", "-c", _LAYER, "sh", self.scratch, self.bundle, *command],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def install(self, *options: str) -> subprocess.CompletedProcess[str]:
        return self("sh", "/run/bundle/install.sh", "--no-ssh", "--no-boot-picture", *options)

    def written(self) -> set[str]:
        """Return all files that were written, but for traces that Debian's own programs leave."""
        upper = self.scratch / "upper"
        files = {
            f"/{path.relative_to(upper)}"
            for path in upper.rglob("*")
            if not path.is_dir() or path.is_symlink()
        }
        return {file for file in files if not file.startswith(_TRACES)}


#: Users stay after an uninstallation without --purge; Debian keeps a copy of the older lists.
_TRACES = (
    "/etc/passwd",
    "/etc/group",
    "/etc/shadow",
    "/etc/gshadow",
    "/etc/.pwd.lock",
    "/var/lib/systemd",
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a bundle with the real installer, and programs that only tell their version."""
    bundle = tmp_path_factory.mktemp("bundle")
    for part in ("install.sh", "lib", "system", "defaults"):
        copy = shutil.copytree if (KIOSK / part).is_dir() else shutil.copy
        copy(KIOSK / part, bundle / part)
    wheels = bundle / "wheels"
    wheels.mkdir()
    own = [_wheel(wheels, "bacs_core", "bacs"), _wheel(wheels, "bacs_hmi", "bacs-hmi")]
    shutil.copy(_pip(bundle), wheels)
    pins = [f"{path.name.split('-')[0]}==1.0 --hash=sha256:{_sum(path)}" for path in own]
    (bundle / "requirements.txt").write_text("\n".join(pins) + "\n")
    # Every package counts as there: what Debian installs is Debian's.
    packages = (bundle / "lib/packages.sh").read_text()
    start = packages.index("packages_needed='")
    end = packages.index("'\n", start) + 1
    (bundle / "lib/packages.sh").write_text(
        f"{packages[:start]}packages_needed=python3{packages[end:]}"
    )
    _seal(bundle)
    version = _system_python()
    machine = platform.machine()
    (bundle / "BUNDLE").write_text(
        f"release=1.0-test\narchitecture={machine}\npython={version}\nsuite=bookworm\n"
    )
    return bundle


def _system_python() -> str:
    asked = subprocess.run(
        ["/usr/bin/python3", "-c", "import sys; print(*sys.version_info[:2], sep='.')"],
        capture_output=True,
        text=True,
        check=True,
    )
    return asked.stdout.strip()


def _pip(folder: Path) -> Path:
    """Pack the pip of this environment as a wheel, so that nothing has to be fetched."""
    import pip

    source = Path(pip.__file__).parent
    path = folder / "pip-99-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as wheel:
        for file in sorted(source.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                wheel.write(file, Path("pip") / file.relative_to(source))
    return path


@pytest.fixture
def computer(tmp_path: Path, bundle: Path) -> Computer:
    if os.geteuid() != 0:
        pytest.skip("only root may make a layer of files; the long runs show the installer too")
    for name in ("upper", "work", "root"):
        (tmp_path / name).mkdir()
    computer = Computer(tmp_path, bundle)
    if computer("test", "-e", "/run/bundle/BUNDLE").returncode != 0:
        pytest.skip("this machine mounts no overlay; the long runs show the installer too")
    # Another computer than the one that runs the tests, which may be any Linux.
    release = computer.scratch / "upper/etc/os-release"
    release.parent.mkdir(exist_ok=True)
    release.write_text('ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n')
    return computer


def _files_of(folder: Path) -> set[str]:
    return {f"/{path.relative_to(folder)}" for path in folder.rglob("*") if path.is_file()}


def test_installed_twice_is_installed_once_and_can_be_undone(computer: Computer) -> None:
    before = computer.written()
    first = computer.install()
    assert first.returncode == 0, first.stdout + first.stderr
    installed = computer.written()
    assert _files_of(SYSTEM) <= installed
    assert "/etc/systemd/system/multi-user.target.wants/bacs-engine.service" in installed
    upper = computer.scratch / "upper"
    assert os.access(upper / "opt/bacs/kiosk/session", os.X_OK)
    assert str((upper / "opt/bacs/current").readlink()) == f"{_RELEASE}/1.0-test"
    chosen = upper / "etc/bacs/screen.conf"
    chosen.write_text("BACS_ROTATE=90\n")

    again = computer.install()
    assert again.returncode == 0, again.stdout + again.stderr
    assert "0 files are new or changed" in again.stdout
    assert "is there already" in again.stdout
    assert computer.written() == installed
    assert chosen.read_text() == "BACS_ROTATE=90\n"

    undone = computer("sh", "/run/bundle/install.sh", "--uninstall", "--purge")
    assert undone.returncode == 0, undone.stdout + undone.stderr
    # The links by which a unit was masked or enabled before may come back; nothing of ours stays.
    assert not [file for file in computer.written() - before if "bacs" in file]
    assert "bacs" not in (upper / "etc/passwd").read_text()


def test_an_installation_that_broke_off_can_be_taken_back(
    computer: Computer, tmp_path: Path
) -> None:
    broken = tmp_path / "with a space"
    shutil.copytree(computer.bundle, broken)
    with (broken / "requirements.txt").open("a") as file:
        file.write(f"bacs_more==1.0 --hash=sha256:{'0' * 64}\n")
    _seal(broken)
    # What another system leaves beside each file of a stick is no part of the bundle.
    left = broken / "system/etc/systemd/system/._bacs-engine.service"
    left.touch()
    (broken / "wheels/pip-00-py3-none-any.whl").write_text("raise SystemExit('run')")
    computer.bundle = broken
    before = computer.written()
    refused = computer.install()
    assert refused.returncode == 2, refused.stdout + refused.stderr
    assert "bacs_more" in refused.stderr
    written = computer.written()
    assert "/etc/systemd/system/bacs-engine.service" in written
    assert f"/{left.relative_to(broken / 'system')}" not in written

    undone = computer("sh", "/run/bundle/install.sh", "--uninstall", "--purge")
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert not [file for file in computer.written() - before if "bacs" in file]


def test_a_dry_run_changes_nothing(computer: Computer) -> None:
    before = computer.written()
    dry = computer.install("--dry-run", "--ssh-from", "10.0.0.0/8")
    assert dry.returncode == 0, dry.stdout + dry.stderr
    assert "would write: /etc/systemd/system/bacs-engine.service" in dry.stdout
    assert computer.written() == before


def test_a_damaged_stick_is_refused_before_anything_is_changed(
    computer: Computer, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(computer.bundle, damaged)
    with (damaged / "requirements.txt").open("a") as file:
        file.write("# one byte more\n")
    computer.bundle = damaged
    before = computer.written()
    refused = computer.install()
    assert refused.returncode == 2
    assert "the bundle is damaged" in refused.stderr
    assert computer.written() == before


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("architecture=riscv64", "the bundle is for riscv64"),
        ("python=3.9", "the bundle is for Python 3.9"),
        ("release=../../etc", "does not say which release"),
    ],
)
def test_a_bundle_for_another_computer_is_refused(
    computer: Computer, tmp_path: Path, line: str, reason: str
) -> None:
    other = tmp_path / "other"
    shutil.copytree(computer.bundle, other)
    key = line.partition("=")[0]
    told = (other / "BUNDLE").read_text().splitlines()
    (other / "BUNDLE").write_text(
        "\n".join(line if one.startswith(f"{key}=") else one for one in told)
    )
    computer.bundle = other
    refused = computer.install()
    assert refused.returncode == 2
    assert reason in refused.stderr


def test_whoever_comes_by_ssh_is_not_locked_out(computer: Computer) -> None:
    command = ("env", "SSH_CONNECTION=10.0.0.2 5 10.0.0.1 22", "sh", "/run/bundle/install.sh")
    refused = computer(*command)
    assert refused.returncode == 2
    assert "--ssh-from" in refused.stderr
    assert not computer.written() & _files_of(SYSTEM)


@pytest.mark.parametrize(
    "options", [("--fast",), ("--bundle",), ("--purge",), ("--ssh-from", "me; reboot")]
)
def test_an_option_that_cannot_be_meant_is_refused(options: tuple[str, ...]) -> None:
    refused = subprocess.run(
        ["sh", KIOSK / "install.sh", "--dry-run", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert refused.stderr.strip().startswith("install.sh: ")
