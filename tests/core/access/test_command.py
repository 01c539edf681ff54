"""`bacs user` and `bacs token` as a person runs them: real processes, real standard input."""

import subprocess
import sys
from pathlib import Path

from bacs_core.access.gate import Gate
from bacs_core.access.principal import Principal
from bacs_core.api.messages import Login
from bacs_core.history.store import History
from bacs_core.model import Role
from tests.core.access.conftest import CHEAP, PASSWORD, PIN

COMMAND = (sys.executable, "-m", "bacs_core.cli")


def bacs(*arguments: str | Path, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_person_added_at_the_command_line_can_log_in_to_the_running_engine(
    tmp_path: Path,
) -> None:
    gate = Gate(tmp_path, cost=CHEAP)
    done = bacs("user", "add", "anna", "--role", "operator", "--state", tmp_path, typed=PASSWORD)
    assert (done.returncode, done.stdout) == (0, f"anna may sign in as operator ({tmp_path})\n")
    session = gate.login(Login(user="anna", secret=PASSWORD), None)
    assert gate.authenticate(session.token) == Principal("anna", Role.OPERATOR)
    assert bacs("user", "set-pin", "anna", "--state", tmp_path, typed=PIN).returncode == 0
    assert "anna" in bacs("user", "list", "--state", tmp_path).stdout
    assert "PIN" in bacs("user", "list", "--state", tmp_path).stdout
    assert bacs("user", "remove", "anna", "--state", tmp_path).returncode == 0
    assert bacs("user", "list", "--state", tmp_path).stdout == ""


def test_a_token_is_printed_once_and_works_while_the_engine_writes(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.open()
    done = bacs("token", "add", "home-assistant", "--role", "viewer", "--state", tmp_path)
    token = done.stdout.strip()
    gate = Gate(tmp_path, cost=CHEAP)
    assert gate.authenticate(token) == Principal("home-assistant", Role.VIEWER)
    listed = bacs("token", "list", "--state", tmp_path).stdout
    assert "home-assistant" in listed
    assert "in force" in listed
    assert token not in listed
    assert bacs("token", "revoke", "home-assistant", "--state", tmp_path).returncode == 0
    assert "revoked" in bacs("token", "list", "--state", tmp_path).stdout
    assert [event.event.kind for event in history.events()] == ["token_changed"] * 2
    assert (history.events()[0].event.by or "").startswith("command line (")
    history.close()


def test_what_is_refused_is_told_and_the_command_fails(tmp_path: Path) -> None:
    weak = bacs("user", "add", "anna", "--role", "viewer", "--state", tmp_path, typed="short")
    assert weak.returncode != 0
    assert "a password has 10 to 128 characters" in weak.stderr
    unknown = bacs("token", "revoke", "nothing", "--state", tmp_path)
    assert unknown.returncode != 0
    assert "there is no token 'nothing' in force" in unknown.stderr


def test_a_token_for_a_technician_is_not_even_offered(tmp_path: Path) -> None:
    done = bacs("token", "add", "home-assistant", "--role", "technician", "--state", tmp_path)
    assert done.returncode != 0
    assert "invalid choice" in done.stderr


def test_a_mistyped_state_directory_is_not_made(tmp_path: Path) -> None:
    done = bacs("token", "list", "--state", tmp_path / "typo")
    assert done.returncode != 0
    assert "typo" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_password_is_taken_from_standard_input_only(tmp_path: Path) -> None:
    done = bacs("user", "add", "anna", PASSWORD, "--role", "viewer", "--state", tmp_path)
    assert done.returncode != 0


def test_changes_by_several_commands_at_once_all_arrive(tmp_path: Path) -> None:
    names = [f"token-{number}" for number in range(6)]
    running = [
        subprocess.Popen(
            [*COMMAND, "token", "add", name, "--role", "viewer", "--state", str(tmp_path)],
            stdout=subprocess.DEVNULL,
        )
        for name in names
    ]
    assert [process.wait(timeout=60) for process in running] == [0] * 6
    listed = bacs("token", "list", "--state", tmp_path).stdout
    assert all(name in listed for name in names)
