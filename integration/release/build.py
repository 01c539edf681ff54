"""Build what people install: the repository shape and the zip of HACS, and the wheel of bacs-core.

    python -m integration.release.build OUT --repository URL --owner @NAME --wheels URL

OUT gets `repository/` (to be pushed as the root of the repository that HACS is given), `bacs.zip`
(to be attached to the release of the same version) and, unless `--no-wheel`, the wheel of bacs-core
(to be put where `--wheels` says, such as the release itself). The manifest asks for that wheel by
address and not by name: nobody owns the name on PyPI, so anybody could. The same input gives the
same bytes.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement

ROOT: Final = Path(__file__).resolve().parents[2]
INTEGRATION: Final = ROOT / "integration" / "custom_components" / "bacs"
BLUEPRINTS: Final = ROOT / "integration" / "blueprints"
README: Final = ROOT / "integration" / "README.md"
DOCUMENT: Final = ROOT / "docs" / "home-assistant.md"
PICTURES: Final = ("home-assistant-card.png",)
DOMAIN: Final = "bacs"
ZIP: Final = "bacs.zip"
#: The oldest Home Assistant that has child devices and triggers of integrations.
OLDEST_HOME_ASSISTANT: Final = "2026.9.0"
#: The first moment that a zip can hold.
NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
LEFT_OUT: Final = ("__pycache__", "*.pyc", ".*")
#: What HACS asks of a manifest.
ASKED: Final = ("codeowners", "documentation", "domain", "issue_tracker", "name", "version")
BRAND: Final = ("icon.png", "icon@2x.png")


class ReleaseError(Exception):
    """Something that would make a release useless; its text says what."""


@dataclass(frozen=True, slots=True)
class Release:
    """Where it will be found, and who answers for it."""

    repository: str
    owners: tuple[str, ...]
    wheels: str | None = None
    """The address of a folder with the wheel of bacs-core; none: it is installed beforehand."""


def build(out: Path, release: Release) -> None:
    """Build repository and zip into `out`, whose content of the last time is replaced."""
    repository = out / "repository"
    shutil.rmtree(repository, ignore_errors=True)
    component = repository / "custom_components" / DOMAIN
    shutil.copytree(INTEGRATION, component, ignore=shutil.ignore_patterns(*LEFT_OUT))
    manifest = manifest_of(release)
    _write_json(component / "manifest.json", manifest)
    _write_json(repository / "hacs.json", hacs_of(manifest))
    if BLUEPRINTS.is_dir():
        shutil.copytree(BLUEPRINTS, repository / "blueprints")
    shutil.copy(README, repository / "README.md")
    (repository / "docs").mkdir()
    shutil.copy(DOCUMENT, repository / "docs")
    (repository / "docs" / "pictures").mkdir()
    for name in PICTURES:
        shutil.copy(DOCUMENT.parent / "pictures" / name, repository / "docs" / "pictures")
    check(repository)
    pack(component, out / ZIP)


def manifest_of(release: Release) -> dict[str, Any]:
    """Complete the manifest: in this repository it does not know yet where it will be published."""
    manifest = json.loads((INTEGRATION / "manifest.json").read_text(encoding="utf-8"))
    address = release.repository.rstrip("/")
    manifest["codeowners"] = list(release.owners)
    manifest["documentation"] = f"{address}/blob/main/docs/home-assistant.md"
    manifest["issue_tracker"] = f"{address}/issues"
    version = library_version()
    if manifest["version"] != version:
        raise ReleaseError(f"the manifest says {manifest['version']}, bacs-core is {version}")
    library = [each for each in manifest["requirements"] if each.startswith("bacs-core")]
    if len(library) != 1 or not library[0].endswith(f"=={version}"):
        raise ReleaseError(f"the manifest must ask for bacs-core=={version}, not for {library}")
    if release.wheels is not None:
        others = [each for each in manifest["requirements"] if each not in library]
        manifest["requirements"] = _from_address(library[0], version, release.wheels) + others
    # The order that Home Assistant asks for: domain and name first, the rest by alphabet.
    first = {name: manifest.pop(name) for name in ("domain", "name")}
    return first | dict(sorted(manifest.items()))


def hacs_of(manifest: dict[str, Any]) -> dict[str, Any]:
    """Say to HACS what it has to know."""
    return {
        "name": manifest["name"],
        "filename": ZIP,
        "homeassistant": OLDEST_HOME_ASSISTANT,
        "zip_release": True,
    }


def check(repository: Path) -> None:
    """Raise a `ReleaseError` if HACS or Home Assistant would refuse the repository."""
    component = repository / "custom_components" / DOMAIN
    manifest = json.loads((component / "manifest.json").read_text(encoding="utf-8"))
    if missing := [name for name in ASKED if not manifest.get(name)]:
        raise ReleaseError(f"the manifest is without {', '.join(missing)}")
    wanted = [component / "brand" / name for name in BRAND]
    wanted += [component / "translations" / "en.json", component / "__init__.py"]
    if lost := [str(file.relative_to(repository)) for file in wanted if not file.is_file()]:
        raise ReleaseError(f"these files are missing: {', '.join(lost)}")
    others = [each.name for each in (repository / "custom_components").iterdir()]
    if others != [DOMAIN]:
        raise ReleaseError(f"HACS wants one integration in a repository, not {others}")


def pack(component: Path, target: Path) -> None:
    """Put the content of the integration into a zip, which HACS unpacks into its folder."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for file in _files(component):
            info = zipfile.ZipInfo(str(file.relative_to(component)), NO_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            packed.writestr(info, file.read_bytes())


def library_version() -> str:
    """Read the version of bacs-core without importing it."""
    text = (ROOT / "core" / "bacs_core" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__(?:: \w+)? = "([^"]+)"$', text, re.MULTILINE)
    if found is None:
        raise ReleaseError("bacs_core/__init__.py names no version")
    return found[1]


def build_wheel(out: Path) -> Path:
    """Build the wheel of bacs-core with uv, which brings the build tool."""
    from tools.dev.uv import find_uv  # noqa: PLC0415 - the rest works without the developer tools

    command: list[str | Path] = [find_uv(), "build", "--wheel", ROOT / "core", "--out-dir", out]
    subprocess.run(command, check=True)  # noqa: S603 - our own arguments only
    return out / f"bacs_core-{library_version()}-py3-none-any.whl"


def _from_address(requirement: str, version: str, wheels: str) -> list[str]:
    """Ask for the wheel at an address instead of PyPI.

    In this form Home Assistant knows whether the version is installed already, and starts without
    the internet; of `name @ address` it never knows. The price: what the extras need has to be
    named, and there is no room for a digest.
    """
    asked = Requirement(requirement)
    wheel = f"{wheels.rstrip('/')}/bacs_core-{version}-py3-none-any.whl"
    project = tomllib.loads((ROOT / "core" / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    needed = {each: None for extra in sorted(asked.extras) for each in extras[extra]}
    return [f"{wheel}#{asked.name}{asked.specifier}", *needed]


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build; return the exit code."""
    parser = argparse.ArgumentParser(description="Build the release for HACS.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--repository", required=True, help="address of the repository")
    parser.add_argument("--owner", required=True, action="append", help="@name; may be repeated")
    parser.add_argument("--wheels", required=True, help="address of the folder with the wheel")
    parser.add_argument("--no-wheel", action="store_true", help="do not build bacs-core")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    if not options.no_wheel:
        build_wheel(options.out)
    release = Release(options.repository, tuple(options.owner), options.wheels)
    try:
        build(options.out, release)
    except ReleaseError as error:
        sys.stderr.write(f"No release: {error}.\n")
        return 1
    sys.stdout.writelines(f"{path}\n" for path in sorted(options.out.iterdir()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
