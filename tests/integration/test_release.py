"""What HACS and Home Assistant get of a release."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any, cast

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.loader import Integration, Manifest

from custom_components.bacs import frontend
from integration.release import build as release_build
from integration.release.build import ZIP, Release, ReleaseError, build, check, main, manifest_of

REPOSITORY = "https://example.org/somebody/bacs"
RELEASE = Release(REPOSITORY, ("@somebody",))
SOURCE = Path(frontend.__file__).parent


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    build(folder, RELEASE)
    return folder


def files_of(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def test_the_repository_has_the_shape_that_hacs_asks_for(out: Path) -> None:
    repository = out / "repository"
    assert {path.name for path in repository.iterdir()} >= {
        "custom_components",
        "hacs.json",
        "README.md",
        "docs",
    }
    assert [path.name for path in (repository / "custom_components").iterdir()] == ["bacs"]
    hacs = json.loads((repository / "hacs.json").read_text())
    assert hacs["filename"] == ZIP
    assert hacs["zip_release"] is True
    assert re.fullmatch(r"\d{4}\.\d+\.\d+", hacs["homeassistant"])
    for name in ("icon.png", "icon@2x.png"):
        image = repository / "custom_components" / "bacs" / "brand" / name
        assert image.read_bytes().startswith(b"\x89PNG")


def test_the_zip_unpacks_into_the_folder_of_the_integration(out: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(out / ZIP) as packed:
        packed.extractall(tmp_path)
    shipped = files_of(tmp_path)
    assert shipped == files_of(out / "repository" / "custom_components" / "bacs")
    sources = {name for name in files_of(SOURCE) if "__pycache__" not in name}
    assert shipped == sources
    assert {"manifest.json", "www/string-card.js", "translations/de.json"} <= shipped


def test_home_assistant_takes_the_manifest(out: Path, hass: HomeAssistant) -> None:
    folder = out / "repository" / "custom_components" / "bacs"
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    copied = cast("Manifest", dict(manifest))
    integration = Integration(hass, "custom_components.bacs", folder, copied, files_of(folder))
    assert integration.version == manifest["version"]
    assert integration.issue_tracker == f"{REPOSITORY}/issues"
    assert integration.documentation is not None
    assert integration.documentation.startswith(REPOSITORY)
    assert manifest["codeowners"] == ["@somebody"]
    assert list(manifest)[:2] == ["domain", "name"]
    assert list(manifest)[2:] == sorted(list(manifest)[2:])


def test_the_same_input_gives_the_same_zip(out: Path, tmp_path: Path) -> None:
    build(tmp_path, RELEASE)
    assert (tmp_path / ZIP).read_bytes() == (out / ZIP).read_bytes()


def test_the_library_can_come_from_the_release_instead_of_pypi() -> None:
    wheels = Release(REPOSITORY, ("@somebody",), f"{REPOSITORY}/releases/download/v1/")
    version = release_build.library_version()
    (requirement,) = manifest_of(wheels)["requirements"]
    assert requirement.startswith("bacs-core[")
    assert requirement.endswith(f"/download/v1/bacs_core-{version}-py3-none-any.whl")


def test_versions_that_do_not_fit_stop_the_release(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(release_build, "library_version", lambda: "9.9.9")
    arguments = ["--repository", REPOSITORY, "--owner", "@somebody", "--no-wheel"]
    assert main([str(tmp_path), *arguments]) == 1
    assert "bacs-core is 9.9.9" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: (folder / "brand" / "icon.png").unlink(), "brand/icon.png"),
        (lambda folder: (folder / "manifest.json").write_text('{"domain": "bacs"}'), "version"),
        (lambda folder: (folder.parent / "other").mkdir(), "one integration"),
    ],
)
def test_a_repository_that_would_be_refused_is_no_release(
    tmp_path: Path, spoil: object, told: str
) -> None:
    build(tmp_path, RELEASE)
    assert callable(spoil)
    spoil(tmp_path / "repository" / "custom_components" / "bacs")
    with pytest.raises(ReleaseError, match=told):
        check(tmp_path / "repository")
