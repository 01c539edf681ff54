"""`bacs-hmi` says in a sentence what is wrong with how it was started, and where it serves."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from importlib.resources import files

import pytest

from bacs_hmi import main
from bacs_hmi.views import ViewName
from tests.hmi.browser import free_port, plain_environment

TIMEOUT_S = 60.0


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "1.5"])
def test_a_port_that_cannot_be_one_is_refused(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main([f"--port={port}"])
    assert ended.value.code == 2
    assert f"{port}: a port is a number from 1 to 65535" in capsys.readouterr().err


def test_a_port_in_use_is_said_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            main.main(["--port", str(port)])
    assert ended.value.code == (
        f"bacs-hmi: port {port} on 127.0.0.1 is in use already; choose another one with --port"
    )


def test_the_program_prints_its_address_once_it_serves() -> None:
    port = free_port()
    command = [sys.executable, "-m", "bacs_hmi.main", "--port", str(port)]
    with subprocess.Popen(
        command, env=plain_environment(), stdout=subprocess.PIPE, text=True
    ) as panel:
        assert panel.stdout is not None
        try:
            assert panel.stdout.readline() == f"The panel is at http://127.0.0.1:{port}/\n"
            socket.create_connection(("127.0.0.1", port), TIMEOUT_S).close()
        finally:
            panel.terminate()
            panel.wait(TIMEOUT_S)


@pytest.mark.parametrize("view", ViewName)
def test_a_page_asks_at_once_for_the_modules_of_its_view_and_later_for_the_others(
    view: ViewName,
) -> None:
    tags = main.preloads(view)
    now = re.findall(r'<link rel="modulepreload" href="[^"]*/bacs_(\w+)\.js">', tags)
    later = re.findall(r'"[^" ]*/bacs_(\w+)\.js"[,\]]', tags)
    assert tuple(now) == main.MODULES.get(view, main.MODULES_OF_ALL)
    assert {*now, *later} == {name for names in main.MODULES.values() for name in names}
    assert not set(now) & set(later)


def test_the_modules_of_the_first_two_views_are_all_that_their_canvases_share() -> None:
    shared = files("bacs_hmi").joinpath("canvas", "shared").iterdir()
    named = {f"bacs_{name}.js" for names in main.MODULES.values() for name in names}
    assert named == {module.name for module in shared}
