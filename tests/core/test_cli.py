"""The command line: each command shows its options, and loads its own room only."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bacs_core import cli

SAYS_WHAT_WAS_LOADED = """
import sys
from bacs_core import cli
try:
    cli.main({words!r})
except SystemExit:
    pass
print(sorted({{name.partition(".")[0] for name in sys.modules}} & {{"fastapi", "pymodbus"}}))
"""


@pytest.mark.parametrize("command", cli.COMMANDS, ids=lambda command: command.name)
def test_every_command_tells_its_options(
    command: cli.Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([command.name, "--help"])
    assert ended.value.code == 0
    assert f"usage: bacs {command.name} [-h]" in capsys.readouterr().out


def test_all_commands_stand_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    told = capsys.readouterr().out
    assert [command.name for command in cli.COMMANDS if f"    {command.name} " not in told] == []


@pytest.mark.parametrize("words", [["--help"], ["token", "--help"], ["--verbose", "user", "-h"]])
def test_a_small_command_does_not_load_the_engine(words: list[str]) -> None:
    told = subprocess.run(
        [sys.executable, "-c", SAYS_WHAT_WAS_LOADED.format(words=words)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.splitlines()[-1] == "[]"
