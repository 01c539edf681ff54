"""Engine, panel server and browser on a computer that has no network at all, not even a route."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

TIMEOUT_S = 800.0
#: What a person does first: overview, string, cell and back; the tests of it ask for every module.
TOUCHES = "touch_leads_from_the_overview or german_has_german_words or reload_and_the_back_button"
#: Runs in the namespace: loopback is up, and nothing else is there.
ALONE = """
import fcntl, socket, struct, subprocess, sys
assert [name for _, name in socket.if_nameindex()] == ["lo"], socket.if_nameindex()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
    fcntl.ioctl(asking, 0x8914, struct.pack("16sh22x", b"lo", 0x1 | 0x40))
try:
    socket.create_connection(("192.0.2.1", 9), 1)
except OSError:
    sys.exit(subprocess.call(sys.argv[1:]))
sys.exit("there is a network after all")
"""


def test_the_panel_is_touched_through_on_a_computer_without_any_network() -> None:
    if shutil.which("unshare") is None:
        pytest.skip("util-linux is not installed")
    tests = Path(__file__).with_name("test_panel_in_browser.py")
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "", "-k", TOUCHES]
    namespace = ["unshare", "--map-root-user", "--net", sys.executable, "-c", ALONE]
    if subprocess.run([*namespace[:3], "true"], check=False).returncode:
        pytest.skip("this machine allows no namespaces")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [*namespace, *run, str(tests)],
        env=plain,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "3 passed" in done.stdout
