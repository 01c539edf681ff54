from __future__ import annotations

import argparse
import importlib
import os
import re
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bacs_core import cli
from bacs_core.history.store import History
from bacs_core.reports import command
from bacs_core.reports.content import Request
from bacs_core.reports.errors import MissingPartError
from bacs_core.reports.making import make
from tests.core.history.plant import START, STEP, small

KEY = "ups-a/1"
END = (START + timedelta(minutes=10)).isoformat()


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state")
    with closing(History(folder, clock=START.timestamp)) as history:
        for number in range(30):
            history.record_sample(small(START + number * STEP, 2.25))
    return folder


def test_the_report_of_a_stored_history_is_one_file_and_always_the_same(
    state: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report.html"
    words = [KEY, "--state", str(state), "--to", END, "--language", "de", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "bacs_core.cli", "report", *words],
        # Another order of sets and dictionaries than here.
        env={**os.environ, "PYTHONHASHSEED": "1", "TZ": "Europe/Berlin"},
        stdout=subprocess.PIPE,
        check=True,
    )
    page = out.read_text(encoding="utf-8")
    assert done.stdout.decode().strip() == str(out)
    assert page.startswith("<!DOCTYPE html>")
    assert "Batteriebericht: ups-a/1" in page
    assert "2,250" in page
    assert list(tmp_path.iterdir()) == [out]
    end = datetime.fromisoformat(END)
    start, zone = end - timedelta(days=30), "Europe/Berlin"
    again = make(Request(state, KEY, "de", start, end, datetime.now(UTC), zone))
    assert without_its_time(page) == without_its_time(again)


def without_its_time(page: str) -> str:
    """Leave out when a report was made, and how old its values were then."""
    return re.sub(r"erstellt[^\"<]*|sind [^<]* alt", "", page)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("ups-a/9",), "there is no string 'ups-a/9': there are ups-a/1"),
        ((KEY, "--from", "2027-01-01", "--to", "2026-01-01"), "--from must be before --to"),
        ((KEY, "--site", "/nowhere/site.toml"), "/nowhere/site.toml"),
    ],
)
def test_what_cannot_be_reported_is_said_in_one_sentence(
    state: Path,
    words: tuple[str, ...],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "nice", lambda _: 0)
    assert cli.main(["report", *words, "--state", str(state), "--out", "-"]) == 1
    told = capsys.readouterr().err
    assert complaint in told
    assert told.count("\n") == 1


def test_a_report_never_takes_the_place_of_a_device(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "output"
    os.mkfifo(out)
    # Drawing takes a second and is not what this is about.
    monkeypatch.setattr(command, "_maker", lambda: lambda _request: "<!DOCTYPE html>")
    assert cli.main(["report", KEY, "--state", str(state), "--out", str(out)]) == 1
    assert "no plain file" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [out]
    assert out.is_fifo()


@pytest.mark.parametrize(
    "words", [("--to", "0001-01-02"), ("--from", "9999-12-31T23:59:59-14:00"), ("--out", "")]
)
def test_what_cannot_be_meant_is_refused_by_the_name_of_its_option(
    state: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["report", KEY, "--state", str(state), *words])
    assert f"error: argument {words[0]}: " in capsys.readouterr().err


def test_without_the_libraries_it_says_what_to_install(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError(f"No module named 'babel' ({name})", name="babel")

    monkeypatch.setattr(os, "nice", lambda _: 0)
    args = argparse.Namespace(
        state=state,
        string=KEY,
        language="en",
        since=None,
        until=None,
        out=None,
        site=None,
        told=None,
    )
    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingPartError, match=r"bacs-core\[reports\]"):
        command.run(args)
    assert capsys.readouterr().out == ""
