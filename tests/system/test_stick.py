"""A stick in a running engine: real processes, a real file system where this machine has one."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.core.stick.loop import image, is_mounted, loop_device, mounted, why_not
from tests.processes import Engine, Process, bacs
from tests.system.conftest import until


@pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")
def test_a_stick_gets_the_history_of_a_running_engine(tmp_path: Path) -> None:
    engine = Engine(tmp_path, None)
    path = image(tmp_path)

    def told() -> dict[str, Any]:
        stick: dict[str, Any] = engine.get("stick", engine.panel_token)
        return stick

    with ExitStack() as opened:
        device = opened.enter_context(loop_device(path))
        opened.callback(engine.stop)
        engine.start()
        options = ("--device", device, "--state", engine.state, "--mounts", tmp_path / "mounts")
        helper = Process(tmp_path / "helper.log", "bacs_core.cli", "stick", *options)
        opened.callback(helper.stop)
        until(lambda: told()["phase"] in {"done", "problem"}, "the end of the copy")
        done = told()
        assert (done["phase"], done["label"], done["problem"]) == ("done", "KINGSTON", None)
        assert not is_mounted(device)
        with mounted(device, tmp_path / "look") as look:
            copy = look / "BACS" / done["folder"]
            assert "engine started" in (copy / "Event.csv").read_text(encoding="utf-8")
            assert list(copy.glob("backup-*.tar.gz"))
        assert helper.stop() == 0
        until(lambda: told()["phase"] == "none", "the removal of the stick")


def test_the_helper_refuses_what_is_no_stick(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    done = bacs("stick", "--device", path, "--state", tmp_path)
    assert done.returncode == 1
    assert "no block device" in done.stderr or "only root" in done.stderr
