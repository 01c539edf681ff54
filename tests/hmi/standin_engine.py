"""A stand-in for the engine: the real API server over a plant that a test moves by hand.

It exists so that the panel can be shown states that a simulated plant reaches rarely or never:
4096 cells, a cell at 41 °C, a manager that is gone. The tests under `tests/system` use the real
engine and the simulator.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from bacs_core.access.principal import Principal
from bacs_core.access.rights import require
from bacs_core.alarms.book import OutOfService
from bacs_core.alarms.layout import lay_out
from bacs_core.alarms.place import Place
from bacs_core.api.messages import (
    API_VERSION,
    AccessoryInfo,
    Acknowledge,
    Alarm,
    Command,
    CommandResult,
    Commissioning,
    EngineState,
    Health,
    LineInfo,
    Login,
    MuteBuzzer,
    PauseEqualization,
    PutBack,
    ResumeEqualization,
    Session,
    ShelveAlarm,
    SiteInfo,
    SwitchRelay,
    TakeOutOfService,
    UnshelveAlarm,
)
from bacs_core.api.rule_messages import Rules
from bacs_core.api.rules_in_force import rules_of
from bacs_core.api.server import ApiServer
from bacs_core.api.service import Tick
from bacs_core.api.system_messages import Fault
from bacs_core.chemistries import float_voltage_v, limits
from bacs_core.errors import RefusedError
from bacs_core.model import (
    AlarmSeverity,
    AlarmState,
    CellStatus,
    Chemistry,
    EqualizationState,
    EqualizedBy,
    Inhibit,
    Manager,
    Quantity,
    Role,
    Site,
    String,
)
from bacs_core.settings import Link
from bacs_core.snapshot import (
    AccessorySnapshot,
    Annunciation,
    BrainSummary,
    Column,
    EqualizationSummary,
    LineSnapshot,
    ManagerSnapshot,
    Reading,
    Snapshot,
    StringReadings,
    StringSnapshot,
    StringSummary,
    frozen,
)
from bacs_core.ticks import TickBoard, TickSubscription

PANEL_TOKEN = "panel-token"
STALE_AFTER_S = {
    Quantity.VOLTAGE: 10.0,
    Quantity.TEMPERATURE: 60.0,
    Quantity.RESISTANCE: 7 * 86400.0,
    Quantity.CHARGE: 60.0,
    Quantity.DUTY: 10.0,
}
LINES = [
    LineInfo(
        id="managers",
        link=Link.SERIAL,
        port="usb:A10LWZ3C",
        baud=115200,
        managers=["ups-a", "ups-b"],
    ),
    LineInfo(
        id="modules",
        link=Link.SERIAL,
        port="/dev/ttyS1",
        baud=19200,
        strings=["telecom/1"],
        units={"telecom/1": list(range(1, 25))},
    ),
]
ACCESSORIES = [
    AccessoryInfo(
        id="box",
        name="Relay box",
        device="panel_relay_box",
        line_id="modules",
        unit=242,
        inputs=["Door", "Smoke"],
        relays=["Horn", "String breaker"],
        released=[1],
        breakers=[2],
    ),
    AccessoryInfo(
        id="room",
        name="Battery room",
        device="panel_environment_sensor",
        line_id="modules",
        unit=243,
    ),
]
PEOPLE = {
    "olga": ("4711", Role.OPERATOR),
    "tina": ("2580", Role.TECHNICIAN),
    "viktor": ("0815", Role.VIEWER),
}


def password_of(name: str) -> str:
    """Tell what somebody types where no PIN counts."""
    return f"the long secret of {name}"


def string(
    manager_id: str,
    number: int,
    name: str,
    cells: int,
    *,
    cell_voltage_v: float = 2.0,
    capacity_ah: float = 500.0,
    equalized_by: EqualizedBy = EqualizedBy.MANAGER,
) -> String:
    return String(
        manager_id=manager_id,
        number=number,
        name=name,
        chemistry=Chemistry.VRLA,
        cell_count=cells,
        cell_voltage_v=cell_voltage_v,
        float_voltage_v=float_voltage_v(Chemistry.VRLA, cell_voltage_v),
        capacity_ah=capacity_ah,
        module_type="C44" if cell_voltage_v < 5 else "C24",
        equalized_by=equalized_by,
        limits=limits(Chemistry.VRLA, cell_voltage_v),
        stale_after_s=STALE_AFTER_S,
    )


def small_site() -> Site:
    """Build the demonstration cabinet: three managers with four strings."""
    ups_a = tuple(
        string("ups-a", number, f"UPS A string {number}", 40, cell_voltage_v=12.0, capacity_ah=100)
        for number in (1, 2)
    )
    ups_b = (string("ups-b", 1, "UPS B string 1", 60),)
    telecom = (string("telecom", 1, "Telecom string", 24, equalized_by=EqualizedBy.ENGINE),)
    return Site(
        "Demo battery room",
        (
            Manager("ups-a", "UPS A", "panel_manager", ups_a),
            Manager("ups-b", "UPS B", "panel_manager", ups_b),
            Manager("telecom", "Telecom 48 V", "engine", telecom),
        ),
    )


def full_site(managers: int = 8, strings: int = 16, cells: int = 32) -> Site:
    """Build the largest site: 8 managers x 16 strings x 32 cells of 12 V."""
    return Site(
        "Data centre west, hall 2",
        tuple(
            Manager(
                f"ups-{place + 1}",
                f"UPS {place + 1}",
                "panel_manager",
                tuple(
                    string(
                        f"ups-{place + 1}",
                        number,
                        f"UPS {place + 1} string {number}",
                        cells,
                        cell_voltage_v=12.0,
                        capacity_ah=100,
                    )
                    for number in range(1, strings + 1)
                ),
            )
            for place in range(managers)
        ),
    )


@dataclass
class PlantString:
    """What a test may change in one string; NaN is a value that is not there."""

    string: String
    values: dict[Quantity, np.ndarray]
    read_at: dict[Quantity, np.ndarray]
    status: np.ndarray
    frozen_since: dict[tuple[Quantity, int], float] = field(default_factory=dict)
    current_a: float | None = 0.4
    ac_current_a: float | None = 1.2
    room_temperature_c: float | None = None
    equalization: EqualizationState = EqualizationState.ACTIVE
    inhibited_by: tuple[Inhibit, ...] = ()
    brain: BrainSummary | None = None


class Plant:
    """The plant of a test. `noise_v` moves every voltage at each tick."""

    def __init__(self, site: Site, *, seed: int = 7) -> None:
        self.site = site
        self.random = np.random.default_rng(seed)
        self.noise_v = 0.0
        self.strings = {string.key: self._new(string) for string in site.strings}
        self.online: dict[str, bool | None] = {manager.id: True for manager in site.managers}
        self.alarms: dict[str, Alarm] = {}
        self.registers: dict[str, dict[str, float]] = {}
        self.lines = {
            "managers": LineSnapshot(
                "managers", True, "", 0.41, 184023, 2, 0, wire_round_s=0.4, lost_bytes=3
            ),
            "modules": LineSnapshot("modules", True, "", 0.98, 96117, 0, 0, wire_round_s=0.96),
        }
        self.room_read_at: float | None = None
        self.relays = [True, False]
        self.stopped: list[OutOfService] = []
        self.annunciation = Annunciation(sounding=False, muted=False, led="green")

    def _new(self, of: String) -> PlantString:
        cells, random, fine = of.cell_count, self.random, of.cell_voltage_v < 5
        spread_v = of.cell_voltage_v * 0.0035
        values = {
            Quantity.VOLTAGE: of.float_voltage_v + random.normal(0, spread_v, cells),
            Quantity.TEMPERATURE: 23.5 + random.normal(0, 0.6, cells),
            Quantity.RESISTANCE: (0.45e-3 if fine else 4.2e-3) * random.normal(1, 0.05, cells),
            Quantity.CHARGE: np.clip(random.normal(98.5, 0.8, cells), 0, 100),
            Quantity.DUTY: np.zeros(cells),
        }
        above = values[Quantity.VOLTAGE] - values[Quantity.VOLTAGE].mean()
        values[Quantity.DUTY] = np.clip(above / spread_v * 30, 0, 100)
        now = time.time()
        read_at = {quantity: np.full(cells, now) for quantity in Quantity}
        return PlantString(of, values, read_at, np.zeros(cells, np.uint8))

    def remove(self, key: str, quantity: Quantity) -> None:
        """Take a quantity away, as from a manager that does not give it."""
        self.strings[key].values[quantity][:] = np.nan

    def silence(self, key: str, cell: int, since_s: float) -> None:
        """Let a module be silent (cell counted from 1) since so many seconds."""
        plant = self.strings[key]
        for quantity in Quantity:
            plant.frozen_since[quantity, cell - 1] = time.time() - since_s
        plant.status[cell - 1] = CellStatus.SILENT

    def raise_alarm(
        self,
        rule: str,
        key: str,
        cell: int | None = None,
        *,
        severity: AlarmSeverity = AlarmSeverity.WARNING,
        value: float | None = None,
        limit: float | None = None,
        minutes_ago: float = 3.0,
    ) -> Alarm:
        """Raise an alarm at a string or cell (counted from 1), and show it on the cell."""
        plant = self.strings[key]
        alarm = Alarm(
            id=f"{rule}/{key}/{cell or 0}",
            rule=rule,
            severity=severity,
            state=AlarmState.UNACKNOWLEDGED,
            manager_id=plant.string.manager_id,
            string_key=key,
            cell=cell,
            value=value,
            limit=limit,
            raised_at=datetime.now(UTC) - timedelta(minutes=minutes_ago),
            text=f"{plant.string.name}: {rule}",
        )
        self.alarms[alarm.id] = alarm
        if cell is not None:
            status = CellStatus.ALARM if severity is AlarmSeverity.ALARM else CellStatus.WARNING
            plant.status[cell - 1] = max(plant.status[cell - 1], status)
        return alarm

    def tick(self, sequence: int) -> Tick:
        now = time.time()
        strings = {key: self._snapshot(plant, now) for key, plant in self.strings.items()}
        managers = {
            manager.id: ManagerSnapshot(
                manager.id,
                self.online[manager.id],
                4711,
                "1.0",
                registers=self.registers.get(manager.id, {}),
            )
            for manager in self.site.managers
        }
        at = datetime.fromtimestamp(now, UTC)
        lines, accessories = self.lines, self._accessories(now)
        snapshot = Snapshot(
            sequence,
            at,
            strings,
            managers,
            lines,
            accessories,
            annunciation=self.annunciation,
        )
        return Tick(snapshot, tuple(self.alarms.values()))

    def _accessories(self, now: float) -> dict[str, AccessorySnapshot]:
        box = AccessorySnapshot(
            "box",
            "Relay box",
            "panel_relay_box",
            True,
            520093,
            "2.0",
            (False, None),
            tuple(self.relays),
        )
        room = AccessorySnapshot(
            "room",
            "Battery room",
            "panel_environment_sensor",
            True,
            520094,
            "2.1",
            temperature_c=Reading(21.4, self.room_read_at or now),
            humidity_percent=Reading(46.2, self.room_read_at or now),
            hydrogen_percent=Reading(0.02, self.room_read_at or now),
        )
        return {"box": box, "room": room}

    def _snapshot(self, plant: PlantString, now: float) -> StringSnapshot:
        of = plant.string
        online = self.online[of.manager_id]
        columns = {}
        for quantity, values in plant.values.items():
            if np.isnan(values).all():
                continue
            if online:
                plant.read_at[quantity][:] = now
            shown = values.copy()
            if quantity is Quantity.VOLTAGE and self.noise_v:
                shown += self.random.normal(0, self.noise_v, values.size)
            read_at = plant.read_at[quantity].copy()
            for (frozen_quantity, cell), since in plant.frozen_since.items():
                if frozen_quantity is quantity:
                    read_at[cell] = since
            columns[quantity] = Column(frozen(shown), frozen(read_at))
        voltages = plant.values[Quantity.VOLTAGE]
        known = not np.isnan(voltages).any()
        sum_v = float(voltages.sum()) if known else None
        charge = plant.values[Quantity.CHARGE]
        summary = StringSummary(
            sum_voltage_v=sum_v,
            target_voltage_v=float(voltages.mean()) if known else None,
            mean_charge_percent=None if np.isnan(charge).all() else float(np.nanmean(charge)),
            current_a=plant.current_a,
            ac_current_a=plant.ac_current_a,
            power_w=None if sum_v is None or plant.current_a is None else sum_v * plant.current_a,
        )
        return StringSnapshot(
            of,
            StringReadings(
                columns,
                frozen(np.zeros(of.cell_count, np.uint16)),
                room_temperature_c=None
                if plant.room_temperature_c is None
                else Reading(plant.room_temperature_c, now),
            ),
            summary,
            EqualizationSummary(plant.equalization, plant.inhibited_by),
            frozen(plant.status.copy()),
            brain=plant.brain,
        )


class Doorman:
    """Knows the panel's token and a few people."""

    def __init__(self) -> None:
        self.panel_token = PANEL_TOKEN
        self.sessions: dict[str, Principal] = {}
        self.logins = 0
        self.refusal: RefusedError | None = None
        """What every login gets, if it is set."""

    def authenticate(self, bearer: str | None) -> Principal | None:
        if bearer == self.panel_token:
            return Principal("panel", Role.VIEWER, at_cabinet=True)
        return self.sessions.get(bearer or "")

    def login(self, login: Login, by: Principal | None) -> Session:
        if self.refusal is not None:
            raise self.refusal
        at_cabinet = by is not None and by.at_cabinet
        if login.secret.isdigit() and not at_cabinet:
            raise RefusedError("a PIN works only at the cabinet", code="cabinet_only")
        pin, role = PEOPLE.get(login.user, ("", Role.VIEWER))
        if not pin or login.secret not in {pin, password_of(login.user)}:
            raise RefusedError("user or secret is wrong", code="wrong_credentials")
        # Never the same twice: a log-out that comes late must not end the session of another.
        self.logins += 1
        token = f"session-{self.logins}"
        self.sessions[token] = Principal(login.user, role, at_cabinet)
        expires_at = datetime.now(UTC) + timedelta(minutes=15)
        return Session(token=token, name=login.user, role=role, expires_at=expires_at)

    def logout(self, token: str) -> None:
        self.sessions.pop(token, None)

    def confirm(self, login: Login, by: Principal | None) -> None:
        if PEOPLE.get(login.user, ("",))[0] != login.secret:
            raise RefusedError("user or secret is wrong", code="wrong_credentials")

    def person_changed(self, name: str, token: str | None) -> None:
        pass


class StandIn:
    """The service behind the API; `tick_s` is its pace."""

    def __init__(
        self, plant: Plant, folder: Path, *, port: int = 0, commissioning: bool = False
    ) -> None:
        self.plant = plant
        self.doorman = Doorman()
        self.board = TickBoard()
        self.commands: list[tuple[str, Command]] = []
        self.tick_s = 1.0
        self._state = EngineState.COMMISSIONING if commissioning else EngineState.RUNNING
        self._started_at = datetime.now(UTC)
        self._server = ApiServer(self, self.doorman, folder=folder, port=port)
        self._sequence = 0
        self._ticking: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        await self._server.start()
        self._ticking = asyncio.create_task(self._tick_for_ever())

    async def stop(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        await self._server.stop()

    def tick(self) -> None:
        self._sequence += 1
        self.board.publish(self.plant.tick(self._sequence))

    async def _tick_for_ever(self) -> None:
        while True:
            self.tick()
            await asyncio.sleep(self.tick_s)

    def health(self) -> Health:
        return Health(
            version="0",
            api_version=API_VERSION,
            state=self._state,
            site_id="stand-in",
            site_name=self.plant.site.name,
            started_at=self._started_at,
        )

    def site_info(self) -> SiteInfo:
        return SiteInfo(
            site_id="stand-in",
            version="0",
            state=self._state,
            site=self.plant.site,
            network_enabled=self._server.network_enabled,
            lines=LINES,
            accessories=ACCESSORIES,
        )

    def latest(self) -> Tick | None:
        return self.board.latest

    def subscribe(self) -> TickSubscription:
        return self.board.subscribe()

    def commissioning(self, principal: Principal) -> Commissioning:
        return Commissioning()

    async def rules(self) -> Rules:
        lines = tuple(line.id for line in LINES)
        accessories = {each.id: each.line_id for each in ACCESSORIES}
        return rules_of(lay_out(self.plant.site, lines, {}, accessories), self.plant.stopped)

    def faults(self) -> list[Fault]:
        return []

    async def execute(self, command: Command, principal: Principal) -> CommandResult:
        require(principal, command.command)
        self.commands.append((principal.name, command))
        self._take_alarm_order(command, principal.name)
        self._take_plant_order(command, principal.name)
        self.tick()
        return CommandResult(
            id=len(self.commands),
            command=command.command,
            by=principal.name,
            at=datetime.now(UTC),
        )

    def _take_alarm_order(self, command: Command, by: str) -> None:
        alarms, plant = self.plant.alarms, self.plant
        match command:
            case Acknowledge():
                named = {*(command.alarm_ids or ()), command.alarm_id}
                for alarm_id, alarm in alarms.items():
                    if named == {None} or alarm_id in named:
                        alarms[alarm_id] = replace_alarm(alarm, by)
            case ShelveAlarm():
                until = datetime.now(UTC) + timedelta(minutes=command.minutes or 0)
                shelved = {"state": AlarmState.SHELVED, "shelved_until": until}
                alarms[command.alarm_id] = alarms[command.alarm_id].model_copy(update=shelved)
            case UnshelveAlarm():
                taken_up = {"state": AlarmState.UNACKNOWLEDGED, "shelved_until": None}
                alarms[command.alarm_id] = alarms[command.alarm_id].model_copy(update=taken_up)
            case MuteBuzzer():
                plant.annunciation = replace(plant.annunciation, sounding=False, muted=True)
            case _:
                pass

    def _take_plant_order(self, command: Command, by: str) -> None:
        plant = self.plant
        match command:
            case TakeOutOfService():
                place = Place(**command.place.model_dump())
                plant.stopped.append(
                    OutOfService(command.rule, place, by, time.time(), command.reason)
                )
            case PutBack():
                place = Place(**command.place.model_dump())
                plant.stopped = [
                    each
                    for each in plant.stopped
                    if (each.rule, each.place) != (command.rule, place)
                ]
            case SwitchRelay():
                plant.relays[command.relay - 1] = command.closed
            case PauseEqualization() | ResumeEqualization():
                is_paused = isinstance(command, PauseEqualization)
                of = plant.strings[command.string_key]
                of.inhibited_by = (Inhibit.MANUAL_STOP,) if is_paused else ()
            case _:
                pass


def replace_alarm(alarm: Alarm, by: str) -> Alarm:
    return alarm.model_copy(update={"state": AlarmState.ACKNOWLEDGED, "acknowledged_by": by})
