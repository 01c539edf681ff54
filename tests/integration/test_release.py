"""What HACS and Home Assistant get of a release."""

import json
import re
import zipfile
from importlib.metadata import requires
from pathlib import Path
from typing import Any, cast

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.loader import Integration, Manifest
from homeassistant.util.package import is_installed, parse_requirement_safe
from packaging.requirements import Requirement

from custom_components.bacs import frontend
from integration.release import build as release_build
from integration.release.build import ZIP, Release, ReleaseError, build, check, main

REPOSITORY = "https://example.org/somebody/bacs"
RELEASE = Release(REPOSITORY, ("@somebody",))
WHEELS = f"{REPOSITORY}/releases/download/v1"
ARGUMENTS = ("--repository", REPOSITORY, "--owner", "@somebody", "--wheels", f"{WHEELS}/")
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


def test_the_library_comes_from_the_release_and_is_not_asked_for_again_where_it_is_installed(
    tmp_path: Path,
) -> None:
    assert main([str(tmp_path), *ARGUMENTS, "--no-wheel"]) == 0
    component = tmp_path / "repository" / "custom_components" / "bacs"
    asked = json.loads((component / "manifest.json").read_text())["requirements"]
    version = release_build.library_version()
    assert asked[0] == f"{WHEELS}/bacs_core-{version}-py3-none-any.whl#bacs-core=={version}"
    assert not [each for each in asked[1:] if each.startswith("bacs-core")]
    # So Home Assistant starts in a room without the internet.
    assert all(is_installed(each) for each in asked)
    assert not is_installed(asked[0].replace(version, "99.0.0"))


def test_what_the_parts_of_the_library_need_is_asked_for_too(tmp_path: Path) -> None:
    main([str(tmp_path), *ARGUMENTS, "--no-wheel"])
    component = tmp_path / "repository" / "custom_components" / "bacs"
    asked = json.loads((component / "manifest.json").read_text())["requirements"]
    source = json.loads((SOURCE / "manifest.json").read_text())["requirements"]
    assert source == [f"bacs-core[bus,snmp]=={release_build.library_version()}"]
    named = {parsed.name for each in asked if (parsed := parse_requirement_safe(each))}
    wanted = [Requirement(each) for each in requires("bacs-core") or ()]
    for extra in ("bus", "snmp"):
        of_extra = {
            each.name for each in wanted if each.marker and each.marker.evaluate({"extra": extra})
        }
        assert of_extra
        assert named >= of_extra


def test_whoever_releases_has_to_say_where_the_library_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--repository", REPOSITORY, "--owner", "@somebody"])
    assert "--wheels" in capsys.readouterr().err


def test_versions_that_do_not_fit_stop_the_release(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(release_build, "library_version", lambda: "9.9.9")
    assert main([str(tmp_path), *ARGUMENTS, "--no-wheel"]) == 1
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
