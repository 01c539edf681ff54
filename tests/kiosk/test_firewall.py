"""The rules of the firewall in networks of their own, and packets that meet them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.kiosk.places import FIREWALL

_PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
_PATIENCE_S = 120.0
#: What a firewall drops is not answered at all: so long nobody may answer.
_SILENCE_S = 1.0
_PANEL_SERVER = 4242
_PANEL, _BESIDE = "192.0.2.1", "192.0.2.2"
_LISTEN = """
import socket, threading
def answer(caller):
    while heard := caller.recv(99):
        caller.sendall(heard)
listens = socket.create_server(("", 8080))
print("listens", flush=True)
while True:
    threading.Thread(target=answer, args=(listens.accept()[0],), daemon=True).start()
"""
#: Calls, and says something for each line it is told: how many seconds an answer may take.
_CALL = """
import socket, sys
called = socket.create_connection((sys.argv[1], 8080), float(sys.argv[2]))
for line in sys.stdin:
    called.settimeout(float(line))
    called.sendall(b"hello")
    print(called.recv(99).decode(), flush=True)
"""

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not all(shutil.which(name, path=_PATH) for name in ("nft", "ip")),
    reason="needs root, nftables and iproute2; the long runs show the firewall too",
)


def _load(folder: Path, *within: str, switched_on: bool = False, conf: str = "") -> str:
    """Load the real rules, twice, and return what the kernel holds."""
    switch, settings, programs = folder / "network", folder / "firewall.conf", folder / "bin"
    settings.write_text(conf)
    switch.unlink(missing_ok=True)
    if switched_on:
        switch.touch()
    programs.mkdir(exist_ok=True)
    # The users of the panel computer, which this one does not have.
    who = programs / "id"
    who.write_text(f'#!/bin/sh\n[ "$2" = bacs-hmi ] && echo {_PANEL_SERVER}\n')
    who.chmod(0o755)
    script = 'sh "$0" && sh "$0" && nft list table inet bacs'
    done = subprocess.run(
        [*within, "sh", "-c", script, FIREWALL],
        env={
            "PATH": f"{programs}:{_PATH}",
            "BACS_NETWORK_SWITCH": str(switch),
            "BACS_FIREWALL_CONF": str(settings),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_firewall_lets_nobody_in_until_the_switch_is_on(tmp_path: Path) -> None:
    closed = _load(tmp_path, "unshare", "--net")
    assert closed.count("policy drop") == 2
    assert "tcp dport { 8080, 8480 } drop" in closed
    assert not any(port in closed for port in ("5353", "dport 22 "))
    opened = _load(tmp_path, "unshare", "--net", switched_on=True)
    assert "tcp dport { 8080, 8480 } accept" in opened
    assert "udp dport 5353 accept" in opened
    assert opened.count("policy drop") == 2


def test_service_by_ssh_comes_from_the_named_networks_only(tmp_path: Path) -> None:
    conf = 'SSH_FROM="192.168.10.0/24 fd00::/8"\n'
    rules = _load(tmp_path, "unshare", "--net", conf=conf)
    assert "ip saddr 192.168.10.0/24 tcp dport 22 accept" in rules
    assert "ip6 saddr fd00::/8 tcp dport 22 accept" in rules


class _Computer:
    """A network of its own, for as long as a process holds it."""

    def __init__(self, holder: subprocess.Popen[str]) -> None:
        self.pid = holder.pid
        self.inside = ("nsenter", "-t", str(self.pid), "-n")

    def ip(self, *words: str) -> None:
        subprocess.run([*self.inside, "ip", *words], check=True, env={"PATH": _PATH})

    def start(self, program: str, *arguments: str, user: int = 0) -> subprocess.Popen[str]:
        become = ("setpriv", f"--reuid={user}", "--clear-groups")
        return subprocess.Popen(
            [*self.inside, *become, sys.executable, "-I", "-c", program, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )


@contextmanager
def _computer() -> Iterator[_Computer]:
    holding = ("unshare", "--net", "sh", "-c", "echo made; exec sleep 600")
    with subprocess.Popen(holding, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            yield _Computer(holder)
        finally:
            holder.kill()


def _answer(called: subprocess.Popen[str], patience_s: float) -> str:
    """Let a caller say something and return what it hears; empty where nobody answers."""
    assert called.stdin is not None
    assert called.stdout is not None
    try:
        called.stdin.write(f"{patience_s}\n")
        called.stdin.flush()
    except BrokenPipeError:
        # Nobody had answered its call.
        return ""
    return called.stdout.readline().strip()


def test_who_came_while_it_was_on_has_to_go_with_it_and_the_panel_server_calls_nobody(
    tmp_path: Path,
) -> None:
    with ExitStack() as ending:
        panel, beside = ending.enter_context(_computer()), ending.enter_context(_computer())
        panel.ip(
            "link",
            "add",
            "cable",
            "type",
            "veth",
            "peer",
            "name",
            "cable",
            "netns",
            str(beside.pid),
        )
        for computer, address in ((panel, _PANEL), (beside, _BESIDE)):
            computer.ip("link", "set", "lo", "up")
            computer.ip("address", "add", f"{address}/24", "dev", "cable")
            computer.ip("link", "set", "cable", "up")

        def start(
            computer: _Computer, program: str, *words: str, user: int = 0
        ) -> subprocess.Popen[str]:
            started = ending.enter_context(computer.start(program, *words, user=user))
            ending.callback(started.kill)
            return started

        for computer in (panel, beside):
            listening = start(computer, _LISTEN, user=_PANEL_SERVER)
            assert listening.stdout is not None
            assert listening.stdout.readline() == "listens\n"

        _load(tmp_path, *panel.inside)
        assert _answer(start(beside, _CALL, _PANEL, str(_SILENCE_S)), _SILENCE_S) == ""
        _load(tmp_path, *panel.inside, switched_on=True)
        came_in = start(beside, _CALL, _PANEL, str(_PATIENCE_S))
        assert _answer(came_in, _PATIENCE_S) == "hello"
        own = start(panel, _CALL, _PANEL, str(_PATIENCE_S), user=_PANEL_SERVER)
        assert _answer(own, _PATIENCE_S) == "hello"
        root = start(panel, _CALL, _BESIDE, str(_PATIENCE_S))
        assert _answer(root, _PATIENCE_S) == "hello"
        calls = start(panel, _CALL, _BESIDE, str(_SILENCE_S), user=_PANEL_SERVER)
        assert _answer(calls, _SILENCE_S) == ""
        _load(tmp_path, *panel.inside)
        assert _answer(came_in, _SILENCE_S) == ""
        assert _answer(own, _PATIENCE_S) == "hello"
