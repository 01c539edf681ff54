"""What the engine leaves of its plant beside the history."""

from pathlib import Path

import pytest

from bacs_core import sitefile
from bacs_core.history import site_copy
from bacs_core.history.backup import replacing
from bacs_core.history.backup.replacing import Order, Replacement
from bacs_core.history.backup.start import take_up
from tests.core.history.backup.state import SITE_FILE, keep_site, make_state

DEMO = Path(sitefile.__file__).parents[1] / "simulator/demo.toml"


def test_lines_devices_and_strings_stand_in_it(tmp_path: Path) -> None:
    site_copy.keep(tmp_path, DEMO, sitefile.load(DEMO))
    plant = site_copy.kept(tmp_path)
    assert plant is not None
    assert plant.name == "Demo battery room"
    assert plant.path == str(DEMO)
    for row in (
        ("plant", "telecom/1", "cells", "24", ""),
        ("plant", "ups-a/1", "nominal cell voltage", "12.0", "V"),
        ("lines", "modules", "speed", "19200", "baud"),
        ("devices", "telecom/1 cell 24", "panel_module", "modules, unit 24", ""),
        ("devices", "telecom/1", "current sensor", "modules, unit 241", ""),
    ):
        assert row in plant.rows


def test_only_its_owner_can_read_it_and_it_is_written_only_when_it_changes(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(SITE_FILE)
    site_copy.keep(tmp_path, site, sitefile.load(site))
    copies = [tmp_path / "site/site.toml", tmp_path / "site/plant.json"]
    first = [copy.stat().st_ino for copy in copies]
    assert all(copy.stat().st_mode & 0o077 == 0 for copy in copies)
    site_copy.keep(tmp_path, site, sitefile.load(site))
    assert [copy.stat().st_ino for copy in copies] == first
    site.write_text(SITE_FILE.replace("Cellar", "Attic"))
    site_copy.keep(tmp_path, site, sitefile.load(site))
    plant = site_copy.kept(tmp_path)
    assert plant is not None
    assert plant.name == "Attic"


def test_an_engine_starts_also_where_it_cannot_be_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "site").write_text("a file in the way")
    take_up(tmp_path, DEMO, sitefile.load(DEMO))
    assert "cannot be kept" in caplog.text
    assert site_copy.kept(tmp_path) is None


def test_an_engine_ends_a_restore_that_was_cut_off(tmp_path: Path) -> None:
    state = make_state(tmp_path / "state")
    keep_site(state)
    ready = replacing.begin(state)
    (ready / "panel").write_text("new")
    order = Order(aside="replaced-x", replacements=(Replacement(name="panel", renewed=True),))
    replacing.commit(state, order)
    take_up(state, DEMO, sitefile.load(DEMO))
    assert (state / "panel").read_text() == "new"
    assert not (state / replacing.FOLDER).exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name": "x"}', '{"rows": [1]}'])
def test_what_cannot_be_read_counts_as_not_there(tmp_path: Path, content: str) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/plant.json").write_text(content)
    assert site_copy.kept(tmp_path) is None
