"""What `bacs scan` understands and prints; the whole command runs in `tests/system`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bacs_core import cli
from bacs_core.api.client import EngineClient
from bacs_core.api.messages import (
    Commissioning,
    CommissioningState,
    FoundUnit,
    Login,
    StartScan,
)
from bacs_core.commissioning import command
from bacs_core.commissioning.command import checked, follow, overview, progress
from bacs_core.errors import SettingsError
from bacs_core.settings import Parity

MODULE = FoundUnit(
    unit=7,
    baud=19200,
    parity=Parity.EVEN,
    stop_bits=1,
    device="panel_module",
    title="Module",
    serial_number=4711,
    firmware_version="2.0",
    hardware_generation=4,
    module_type="C44",
)
UNKNOWN = FoundUnit(unit=9, baud=9600, parity=Parity.NONE, stop_bits=1, title="answers, unknown")


def a_report(**values: object) -> Commissioning:
    known = {"state": CommissioningState.RUNNING, "started_at": datetime.now(UTC)} | values
    return Commissioning.model_validate(known)


def test_progress_is_one_line() -> None:
    report = a_report(
        done=12, total=247, remaining_s=61.4, baud=19200, parity=Parity.EVEN, found=[MODULE]
    )
    assert progress(report) == ("12 of 247, 19200 baud, even parity, 1 found, at most 61 s more")
    assert progress(a_report(message="waking sleeping modules")) == "waking sleeping modules"
    assert "switched off" in progress(a_report(state=CommissioningState.PREPARING))


def test_the_table_names_what_is_known_and_the_proposal_follows() -> None:
    rows = list(overview(a_report(found=[MODULE, UNKNOWN], proposal="[[line]]\n")))
    assert rows[1].split() == [
        "7", "19200", "even", "4711", "2.0", "Module", "C44,", "generation", "4",
    ]  # fmt: skip
    assert rows[2].split() == ["9", "9600", "none", "-", "-", "answers,", "unknown"]
    assert rows[-1] == "[[line]]"
    assert list(overview(a_report())) == ["nobody answers"]


async def test_why_a_scan_failed_is_left_to_be_told_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Failed(EngineClient):
        def __init__(self) -> None:
            """Ask nobody."""

        async def commissioning(self, *, session_token: str | None = None) -> Commissioning:
            return a_report(state=CommissioningState.FAILED, message="port x is gone")

    assert (await follow(Failed())).message == "port x is gone"
    assert capsys.readouterr().err == ""


def test_of_a_scan_that_failed_only_the_reason_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def failed(*_: object) -> Commissioning:
        return a_report(state=CommissioningState.FAILED, message="port x is gone")

    monkeypatch.setattr(command, "_scan", failed)
    assert cli.main(["scan", "rack", "--user", "miller"]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "bacs: failed: port x is gone\n")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--units", "0-5"], "units are written like"),
        (["--units", "9-3"], "units are written like"),
        (["--units", "1-300"], "units are written like"),
        (["--speeds", "fast"], "speeds are written like"),
        (["--parity", "strange"], "a parity is none, even, odd"),
    ],
)
def test_a_wrong_option_is_refused_with_an_example(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["scan", "rack", "--user", "miller", *arguments])
    assert ended.value.code == 2
    assert reason in capsys.readouterr().err


def test_an_engine_that_is_not_there_and_a_lost_password_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    password = tmp_path / "password"
    options = ["scan", "rack", "--user", "miller", "--password-file", str(password)]
    assert cli.main(options) == 1
    assert "cannot be read" in capsys.readouterr().err
    password.write_text("secret", encoding="utf-8")
    assert cli.main([*options, "--engine", "http://127.0.0.1:9"]) == 1
    assert "no connection to the engine at 127.0.0.1:9" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "given", "told"),
    [
        (Login, {"user": "x" * 300, "secret": "1234"}, "--user: "),
        (Login, {"user": "\udce4", "secret": "1234"}, "--user: "),
        (StartScan, {"line_id": "modules", "bauds": [5]}, "--speeds: "),
        (StartScan, {"line_id": None, "port": None}, "the command: either a line or a port"),
    ],
)
def test_what_no_engine_would_take_is_told_in_one_line(
    kind: type[Login | StartScan], given: dict[str, object], told: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        checked(kind, **given)
    text = str(refused.value)
    assert text.startswith(told)
    assert "\n" not in text
    assert "pydantic" not in text
