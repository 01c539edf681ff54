from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kiosk.places import FIREWALL, KIOSK

_SHELLCHECK = Path(sys.executable).with_name("shellcheck")


def _scripts() -> list[Path]:
    files = [path for path in sorted(KIOSK.rglob("*")) if path.is_file()]
    return [file for file in files if file.suffix == ".sh" or file.read_bytes()[:4] == b"#!/b"]


def test_shellcheck_finds_nothing_in_any_script() -> None:
    scripts = _scripts()
    assert len(scripts) > 10
    done = subprocess.run([_SHELLCHECK, *scripts], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def _rules(folder: Path, *, switched_on: bool, conf: str = "") -> str:
    """Load the real rules into a network of our own, twice, and return what the kernel holds."""
    switch, settings = folder / "network", folder / "firewall.conf"
    settings.write_text(conf)
    if switched_on:
        switch.touch()
    script = 'sh "$0" && sh "$0" && nft list table inet bacs'
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", script, FIREWALL],
        env={
            "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",
            "BACS_NETWORK_SWITCH": str(switch),
            "BACS_FIREWALL_CONF": str(settings),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def _nft() -> None:
    if os.geteuid() != 0 or shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin") is None:
        pytest.skip("needs root and the package nftables; the long runs show the firewall too")


@pytest.mark.usefixtures("_nft")
def test_the_firewall_lets_nobody_in_until_the_switch_is_on(tmp_path: Path) -> None:
    closed = _rules(tmp_path, switched_on=False)
    assert closed.count("policy drop") == 2
    assert not any(port in closed for port in ("8480", "8080", "5353", "dport 22 "))
    opened = _rules(tmp_path, switched_on=True)
    assert "tcp dport { 8080, 8480 } accept" in opened
    assert "udp dport 5353 accept" in opened
    assert "policy drop" in opened


@pytest.mark.usefixtures("_nft")
def test_service_by_ssh_comes_from_the_named_networks_only(tmp_path: Path) -> None:
    conf = 'SSH_FROM="192.168.10.0/24 fd00::/8"\n'
    rules = _rules(tmp_path, switched_on=False, conf=conf)
    assert "ip saddr 192.168.10.0/24 tcp dport 22 accept" in rules
    assert "ip6 saddr fd00::/8 tcp dport 22 accept" in rules
