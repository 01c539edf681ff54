"""A computer beside the panel computer, on the other end of a cable."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.kiosk.machine import Machine

PANEL, _BESIDE = "192.0.2.1", "192.0.2.2"
_PANEL_V6, _BESIDE_V6 = "fd00:b::1", "fd00:b::2"
PORTS = (8080, 8480)
#: A closed firewall does not answer at all.
_PATIENCE_S = 3.0
_ASK = """
import http.client, json, ssl, sys
trusting = ssl._create_unverified_context()
told = {}
for address in json.loads(sys.argv[1]):
    host, port = address
    asked = http.client.HTTPSConnection(host, port, timeout=float(sys.argv[2]), context=trusting)
    try:
        asked.request("GET", "/")
        told[f"{host} {port}"] = asked.getresponse().status
    except OSError:
        told[f"{host} {port}"] = 0
print(json.dumps(told))
"""
#: As the first administrator, at the panel.
_SWITCH = """
import asyncio, sys
import aiohttp
from bacs_core.api.client import EngineClient
from bacs_core.api.messages import Login, SetNetwork
from bacs_core.api.people_client import PeopleClient
from bacs_core.api.people_messages import FirstPerson

async def main():
    token = open("/run/bacs-engine/panel.token").read().strip()
    async with aiohttp.ClientSession() as web:
        client = EngineClient(web, "http://127.0.0.1:8480", token)
        people, secret = PeopleClient(client), "correct horse battery"
        if await people.first_needed():
            await people.add_first(FirstPerson(name="anna", password=secret, pin="471182"))
        session = await client.login(Login(user="anna", secret=secret))
        switch = SetNetwork(enabled=sys.argv[1] == "on")
        await client.command(switch, session_token=session.token)

asyncio.run(main())
"""


def switch_network(machine: Machine, *, on: bool) -> None:
    """Switch the network as a person at the panel does."""
    machine.run("/opt/bacs/current/bin/python", "-c", _SWITCH, "on" if on else "off")


class Beside:
    """What a computer beside the panel computer reaches."""

    def __init__(self, pid: int) -> None:
        self._inside = ("nsenter", "-t", str(pid), "-n")

    def answers(self) -> dict[str, int]:
        """Return the HTTP status of each address and port, 0 where nobody answers by TLS."""
        addresses = [(host, port) for host in (PANEL, _PANEL_V6) for port in PORTS]
        asking = (sys.executable, "-I", "-c", _ASK, json.dumps(addresses), str(_PATIENCE_S))
        asked = subprocess.run(
            [*self._inside, *asking], check=True, capture_output=True, text=True, timeout=120
        )
        answers: dict[str, int] = json.loads(asked.stdout)
        return answers


@contextmanager
def beside(machine: Machine) -> Iterator[Beside]:
    """Lay a cable from the machine to a computer beside it."""
    holding = ("unshare", "--net", "sh", "-c", "echo made; exec sleep 3600")
    with subprocess.Popen(holding, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            there = ("nsenter", "-t", str(holder.pid), "-n")
            ends = {
                tuple(machine.beside()): (PANEL, _PANEL_V6),
                there: (_BESIDE, _BESIDE_V6),
            }
            cable = ("link", "add", "cable", "type", "veth", "peer", "name", "cable")
            subprocess.run(machine.beside("ip", *cable, "netns", str(holder.pid)), check=True)
            for inside, (address, address_v6) in ends.items():
                for words in (
                    ("address", "add", f"{address}/24", "dev", "cable"),
                    ("address", "add", f"{address_v6}/64", "dev", "cable", "nodad"),
                    ("link", "set", "cable", "up"),
                ):
                    subprocess.run([*inside, "ip", *words], check=True)
            yield Beside(holder.pid)
        finally:
            holder.kill()
