"""The API of an engine with a plant that a test moves by hand, on a socket of this machine.

For states and refusals that a simulated plant reaches slowly or never. What the real engine does is
shown by the tests that start it.
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN

import bacs_core
from bacs_core.api.messages import (
    API_VERSION,
    AccessoryInfo,
    AccessoryStatus,
    Alarm,
    Annunciation,
    BrainScalars,
    CellCode,
    CellFigure,
    ChangesMessage,
    CommandName,
    CommandResult,
    EngineState,
    Health,
    LineStatus,
    ManagerStatus,
    Me,
    Measured,
    Message,
    Problem,
    SiteInfo,
    SnapshotMessage,
    StringChanges,
    StringScalars,
    StringValues,
    TripStatus,
)
from bacs_core.api.system_messages import (
    Fault,
    Load,
    NetworkStatus,
    Retention,
    StoredHistory,
    System,
)
from bacs_core.model import (
    AlarmSeverity,
    AlarmState,
    Basis,
    ChargePhase,
    EqualizationMode,
    EqualizationState,
    EqualizedBy,
    Manager,
    Quantity,
    Role,
    Site,
    String,
    TripState,
)
from tests.integration import mirrors
from tests.processes import HOST

SITE_ID = "5f1c"
STRING, ENGINE_STRING = "ups-a/1", "telecom/1"
TOKEN = "a-token-of-home-assistant"
EXPORT = b"measurements and events" * 1000


def plant() -> Site:
    """Two managers with a string each; the engine equalizes the second one."""
    string = mirrors.string(4)
    other = String(
        **{
            **{name: getattr(string, name) for name in string.__slots__},
            "manager_id": "telecom",
            "name": "Telecom string",
            "cell_count": 3,
            "equalized_by": EqualizedBy.ENGINE,
        }
    )
    return Site(
        "Test room",
        (
            Manager("ups-a", "UPS A", "panel_manager", (string,)),
            Manager("telecom", "Telecom 48 V", "engine", (other,)),
        ),
    )


BOX = AccessoryInfo(
    id="box",
    name="Relay box",
    device="panel_relay_box",
    line_id="modules",
    unit=242,
    inputs=["Door", "Smoke"],
    relays=["Horn", "Breaker", "All is well"],
    released=[1],
    breakers=[2],
    breaker_strings={2: [ENGINE_STRING]},
    alarm_relay=3,
)
ROOM = AccessoryInfo(
    id="room",
    name="Battery room",
    device="panel_environment_sensor",
    line_id="modules",
    unit=243,
)


def brain(**changes: Any) -> BrainScalars:
    """What is concluded of a sound string."""
    return BrainScalars(
        phase=ChargePhase.FLOAT,
        phase_since=datetime(2026, 1, 1, tzinfo=UTC),
        mode=EqualizationMode.CONTINUOUS,
        charge_percent=97.0,
        charge_uncertainty_percent=3.0,
        charge_basis=Basis.PROVEN_FULL,
        trip=TripStatus(state=TripState.ARMED, contact_open=False),
    ).model_copy(update=changes)


def alarm(
    rule: str = "cell_voltage_low",
    *,
    string_key: str | None = STRING,
    cell: int | None = 2,
    state: AlarmState = AlarmState.UNACKNOWLEDGED,
    severity: AlarmSeverity = AlarmSeverity.WARNING,
    **more: Any,
) -> Alarm:
    """One alarm of `ups-a`."""
    place = "/".join(str(part) for part in (string_key, cell) if part is not None)
    return Alarm(
        id=more.pop("id", f"{rule}@{place}"),
        rule=rule,
        severity=severity,
        state=state,
        manager_id=None if string_key is None else string_key.split("/")[0],
        string_key=string_key,
        cell=cell,
        raised_at=datetime(2026, 1, 1, tzinfo=UTC),
        text=f"{place}: {rule}",
        **more,
    )


class ScriptedEngine:
    """Serves one site; attributes may be changed before Home Assistant connects, or by `tell`."""

    def __init__(self) -> None:
        self.port = 0
        self.site = SiteInfo(
            site_id=SITE_ID,
            version=bacs_core.__version__,
            state=EngineState.RUNNING,
            site=plant(),
            network_enabled=False,
            accessories=[BOX, ROOM],
            contact="Somebody, +49 000",
        )
        self.api_version = API_VERSION
        self.role = Role.OPERATOR
        self.faults: list[Fault] = []
        self.asked_system = 0
        self.broken = False
        #: How far its clock is ahead of all others.
        self.ahead = timedelta()
        self.alarms: list[Alarm] = []
        self.managers = [
            ManagerStatus(id=id_, online=True, serial_number=7, firmware_version="1.0")
            for id_ in ("ups-a", "telecom")
        ]
        self.accessories = [
            AccessoryStatus(
                id="box", online=True, serial_number=9, inputs=[False, True], relays=[False] * 4
            ),
            AccessoryStatus(
                id="room", online=True, hydrogen_percent=Measured(value=0.1, read_at=0)
            ),
        ]
        self.annunciation = Annunciation(sounding=False, muted=False, led="green")
        self.commands: list[dict[str, Any]] = []
        self.queries: list[dict[str, Any]] = []
        self.refusal: Problem | None = None
        self.refused_alarms: dict[str, Problem] = {}
        self.status = 409
        self._sequence = 0
        self._streams: list[web.WebSocketResponse] = []
        self._runner: web.AppRunner | None = None
        self._beating: asyncio.Task[None] | None = None

    @property
    def connection(self) -> dict[str, Any]:
        """What an entry of Home Assistant has to know."""
        return {CONF_HOST: HOST, CONF_PORT: self.port, CONF_TOKEN: TOKEN}

    async def start(self) -> None:
        """Serve, on the same port as before if there was one."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/api/v1/health", self._health),
                web.get("/api/v1/me", self._me),
                web.get("/api/v1/site", self._site),
                web.get("/api/v1/system", self._system),
                web.get("/api/v1/stream", self._stream),
                web.post("/api/v1/commands", self._command),
                web.get("/api/v1/history/export", self._export),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        served = web.TCPSite(self._runner, HOST, self.port)
        await served.start()
        self.port = self._runner.addresses[0][1]
        self._beating = asyncio.create_task(self._beat())

    async def stop(self) -> None:
        """Break all connections."""
        if self._runner is not None and self._beating is not None:
            self._beating.cancel()
            for stream in self._streams:
                await stream.close()
            self._streams.clear()
            await self._runner.cleanup()
            self._runner = None

    @property
    def followers(self) -> int:
        """How many follow the stream."""
        return len(self._streams)

    async def tell(
        self,
        strings: Sequence[StringChanges] = (),
        *,
        alarms: list[Alarm] | None = None,
        managers: list[ManagerStatus] | None = None,
        lines: list[LineStatus] | None = None,
        accessories: list[AccessoryStatus] | None = None,
        annunciation: Annunciation | None = None,
    ) -> None:
        """Publish changes; what is kept here is told again to whoever connects later."""
        self.alarms = self.alarms if alarms is None else alarms
        self.managers = self.managers if managers is None else managers
        self.accessories = self.accessories if accessories is None else accessories
        self.annunciation = annunciation or self.annunciation
        self._sequence += 1
        message = ChangesMessage(
            sequence=self._sequence,
            at=datetime.now(UTC) + self.ahead,
            strings=list(strings),
            alarms=alarms,
            managers=managers,
            lines=lines,
            accessories=accessories,
            annunciation=annunciation,
        )
        for stream in self._streams:
            await stream.send_str(message.model_dump_json())

    async def tell_as_it_is(self, message: dict[str, Any]) -> None:
        """Send changes that no engine would make; the rest of the message is in order."""
        self._sequence += 1
        sound = {"type": "changes", "at": datetime.now(UTC).isoformat(), "strings": []}
        text = json.dumps({**sound, **message, "sequence": self._sequence})
        for stream in self._streams:
            await stream.send_str(text)

    async def _beat(self) -> None:
        """Send every second, as an engine does: who hears nothing gives the connection up."""
        while True:
            await asyncio.sleep(1.0)
            await self.tell()

    def snapshot(self) -> SnapshotMessage:
        """Everything that is published."""
        return SnapshotMessage(
            sequence=self._sequence,
            at=datetime.now(UTC) + self.ahead,
            strings=[self._values(string) for string in self.site.site.strings],
            managers=self.managers,
            lines=[],
            alarms=self.alarms,
            accessories=self.accessories,
            annunciation=self.annunciation,
        )

    def _values(self, string: String) -> StringValues:
        cells, now = string.cell_count, datetime.now(UTC).timestamp()
        return StringValues(
            key=string.key,
            scalars=scalars(),
            columns={Quantity.VOLTAGE: [2.25 + index / 100 for index in range(cells)]},
            read_at={Quantity.VOLTAGE: [(now, cells)]},
            status=[0] * cells,
            brain=brain(),
            figures={
                CellFigure.HEALTH: [95.0] * cells,
                CellFigure.HEALTH_UNCERTAINTY: [5.0] * cells,
                CellFigure.BLED: [0.5] * cells,
            },
            codes={
                CellCode.HEALTH_BASIS: [(Basis.RESISTANCE, cells)],
                CellCode.RUNAWAY_STAGE: [(0, cells)],
            },
            findings=[],
        )

    async def _health(self, _request: web.Request) -> web.Response:
        return _answer(
            Health(
                version=self.site.version,
                api_version=self.api_version,
                state=EngineState.RUNNING,
                site_id=self.site.site_id,
                site_name=self.site.site.name,
                started_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )

    async def _me(self, _request: web.Request) -> web.Response:
        return _answer(Me(name="ha", role=self.role, at_cabinet=False))

    async def _site(self, _request: web.Request) -> web.Response:
        return _answer(self.site)

    async def _system(self, _request: web.Request) -> web.Response:
        self.asked_system += 1
        if self.broken:
            return _answer(Problem(code="failed", reason="its log says why"), 500)
        return _answer(
            System(
                versions={"snmp": "1.4.0"},
                started_at=datetime(2026, 1, 1, tzinfo=UTC),
                now=datetime.now(UTC),
                load=Load(),
                history=StoredHistory(
                    retention=Retention(budget_bytes=1, full_days=1, minute_days=1, hour_days=1)
                ),
                network=NetworkStatus(enabled=True, port=8480, addresses=["192.0.2.7"]),
                faults=self.faults,
            )
        )

    async def _stream(self, request: web.Request) -> web.WebSocketResponse:
        stream = web.WebSocketResponse()
        await stream.prepare(request)
        await stream.send_str(self.snapshot().model_dump_json())
        self._streams.append(stream)
        async for _ in stream:
            pass
        if stream in self._streams:
            self._streams.remove(stream)
        return stream

    async def _command(self, request: web.Request) -> web.Response:
        if self.refusal is not None:
            return _answer(self.refusal, self.status)
        command = await request.json()
        if (refusal := self.refused_alarms.get(command.get("alarm_id"))) is not None:
            return _answer(refusal, self.status)
        self.commands.append(command)
        name = CommandName(command["command"])
        return _answer(CommandResult(id=1, command=name, by="ha", at=datetime.now(UTC)))

    async def _export(self, request: web.Request) -> web.StreamResponse:
        if self.refusal is not None:
            return _answer(self.refusal, self.status)
        self.queries.append({name: request.query.getall(name) for name in request.query})
        return web.Response(body=EXPORT)


def scalars(**changes: Any) -> StringScalars:
    """The line below the table of a sound string."""
    sound = mirrors.scalars(EqualizationState.IDLE)
    return sound.model_copy(update=changes)


def _answer(message: Message, status: int = 200) -> web.Response:
    return web.Response(
        text=message.model_dump_json(), status=status, content_type="application/json"
    )
