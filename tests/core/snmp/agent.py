"""A real SNMP agent (net-snmp's snmpd) that serves the tables of a web manager on this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
COMMUNITY = "reading"
USER = "panel"
AUTH_KEY = "the-auth-password"
PRIV_KEY = "the-priv-password"
#: A guard only: the agent is there within a second.
PATIENCE_S = 20.0

UPS_MIB = "1.3.6.1.2.1.33"
SETTINGS = f"{UPS_MIB}.5.1"
MODULES = f"{UPS_MIB}.5.2.5.1"
STRINGS = f"{UPS_MIB}.5.2.7.1"

Object = tuple[str, str, int | str]


@dataclass
class Tables:
    """What a web manager shows, in the raw numbers of its MIB (devices.md, section 2.2)."""

    voltages: list[int]
    strings: list[tuple[int, int, int]]
    """(current, sum, mean) of each string."""
    first_index: int = 1
    temperature: int = 215
    resistance: int = 48
    state: int = 1
    batteries: int | None = None
    without_rows: frozenset[int] = field(default_factory=frozenset)
    """Rows, counted from 0, that are left out."""

    def objects(self) -> list[Object]:
        """List every object of the agent."""
        return [
            (f"{UPS_MIB}.1.4.0", "string", "CS141-SNMP V1.46.82 161207"),
            (f"{UPS_MIB}.1.10.0", "string", "4711"),
            (f"{SETTINGS}.1.0", "integer", 20),
            (f"{SETTINGS}.2.0", "integer", len(self.strings)),
            (f"{SETTINGS}.3.0", "integer", self.batteries or len(self.voltages)),
            (f"{SETTINGS}.4.0", "integer", 500),
            (f"{SETTINGS}.7.0", "integer", 720),
            (f"{SETTINGS}.8.0", "integer", 10),
            (f"{SETTINGS}.9.0", "integer", 500),
            (f"{SETTINGS}.10.0", "integer", 50),
            (f"{SETTINGS}.11.0", "integer", 350),
            *self._modules(),
            *self._strings(),
        ]

    def _modules(self) -> Iterable[Object]:
        for row, voltage in enumerate(self.voltages):
            if row in self.without_rows:
                continue
            index = row + self.first_index
            values = (index, voltage, self.temperature, 0, self.resistance, self.state)
            for column, value in enumerate(values, start=1):
                yield f"{MODULES}.{column}.{index}", "integer", value

    def _strings(self) -> Iterable[Object]:
        for index, values in enumerate(self.strings, start=self.first_index):
            for column, value in enumerate((index, *values), start=1):
                yield f"{STRINGS}.{column}.{index}", "integer", value


class Agent:
    """snmpd as a process of its own, with its files in `folder`; raises where it is not installed.

    It knows the community `COMMUNITY` (2c) and the user `USER` (3, SHA and AES, encrypted only).
    `engine_id` and `boots` are what it says of itself in version 3 when it starts the next time.
    """

    def __init__(self, folder: Path, objects: Iterable[Object]) -> None:
        self.folder = folder
        self.port = _free_udp_port()
        self.engine_id = "80001f880462616373"
        self.boots = 1
        self._file = folder / "objects"
        self._process: subprocess.Popen[bytes] | None = None
        self.serve(objects)

    def serve(self, objects: Iterable[Object]) -> None:
        """Let the agent say this from now on."""
        text = "".join(f"{oid} {kind} {value}\n" for oid, kind, value in objects)
        new = self._file.with_suffix(".new")
        new.write_text(text, "utf-8")
        new.replace(self._file)

    def start(self) -> None:
        """Start snmpd and wait until it answers."""
        program = shutil.which("snmpd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            message = "these tests need net-snmp's agent: sudo apt-get install snmpd"
            raise RuntimeError(message)
        config = self.folder / "snmpd.conf"
        config.write_text(self._config(), "utf-8")
        state = self.folder / "state"
        state.mkdir(exist_ok=True)
        with (self.folder / "snmpd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, "-f", "-Lo", "-C", "-c", str(config), f"udp:{HOST}:{self.port}"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "SNMP_PERSISTENT_DIR": str(state), "MIBS": ""},
            )
        self._wait()

    def stop(self) -> None:
        """End snmpd; its port stays ours to start it again."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _config(self) -> str:
        script = Path(__file__).with_name("passed_objects.py")
        return (
            f"rocommunity {COMMUNITY} {HOST}\n"
            f"exactEngineID 0x{self.engine_id}\n"
            # As snmpd left it when it ended; it counts the start that reads it.
            f"oldEngineID 0x{self.engine_id}\nengineBoots {self.boots - 1}\n"
            f"createUser {USER} SHA {AUTH_KEY} AES {PRIV_KEY}\n"
            f"rouser {USER} priv\n"
            f"pass_persist .{UPS_MIB} {sys.executable} -S -E {script} {self._file}\n"
        )

    def _wait(self) -> None:
        give_up_at = time.monotonic() + PATIENCE_S
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((HOST, self.port))
            probe.settimeout(0.1)
            while time.monotonic() < give_up_at:
                assert self._process is not None
                if self._process.poll() is not None:
                    break
                try:
                    probe.send(GET_UPTIME)
                    probe.recv(1500)
                except OSError:
                    time.sleep(0.02)
                else:
                    return
        raise RuntimeError(f"snmpd did not start: {(self.folder / 'snmpd.log').read_text()}")


#: GET of sysUpTime with `COMMUNITY`, to see whether the agent is there.
GET_UPTIME = bytes.fromhex(
    "302a 020101 0407 72656164696e67 a01c 02047fffff01 020100 020100 300e 300c"
    "0608 2b06010201010300 0500"
)


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
