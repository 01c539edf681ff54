"""An engine and a gate that exist only in these tests: the plant does what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from bacs_core.access.principal import Principal
from bacs_core.access.rights import COMMISSIONING, require, require_right
from bacs_core.alarms.book import OutOfService
from bacs_core.alarms.layout import lay_out
from bacs_core.alarms.overrides import Override
from bacs_core.api.messages import (
    API_VERSION,
    Alarm,
    Command,
    CommandResult,
    Commissioning,
    EngineState,
    Health,
    Login,
    ResumeEqualization,
    Session,
    SiteInfo,
)
from bacs_core.api.rule_messages import Rules
from bacs_core.api.rules_in_force import rules_of
from bacs_core.api.service import Tick
from bacs_core.api.system_messages import Fault
from bacs_core.errors import RefusedError
from bacs_core.model import (
    AlarmSeverity,
    AlarmState,
    Chemistry,
    EqualizationState,
    EqualizedBy,
    Limits,
    Manager,
    Quantity,
    Role,
    Site,
    String,
)
from bacs_core.snapshot import (
    Column,
    EqualizationSummary,
    Floats,
    LineSnapshot,
    ManagerSnapshot,
    Snapshot,
    StringReadings,
    StringSnapshot,
    StringSummary,
)

START = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
READ_AT = START.timestamp()

LIMITS = Limits(
    voltage_low_v=2.10,
    voltage_high_v=2.40,
    temperature_high_c=40.0,
    temperature_critical_c=55.0,
    resistance_high_ohm=0.4e-3,
)


def make_string(number: int = 1, cell_count: int = 4, manager_id: str = "ups") -> String:
    return String(
        manager_id=manager_id,
        number=number,
        name=f"String {number}",
        chemistry=Chemistry.VRLA,
        cell_count=cell_count,
        cell_voltage_v=2.0,
        float_voltage_v=2.25,
        capacity_ah=500.0,
        module_type="C44",
        equalized_by=EqualizedBy.ENGINE,
        limits=LIMITS,
        stale_after_s=dict.fromkeys(Quantity, 20.0),
    )


def make_site(*strings: String) -> Site:
    return Site("Test site", (Manager("ups", "UPS", "panel_manager", strings),))


def make_string_snapshot(
    string: String,
    values: Mapping[Quantity, Floats],
    *,
    read_at: Floats | float = READ_AT,
    status: NDArray[np.uint8] | None = None,
    sum_voltage_v: float | None = None,
    equalization: EqualizationState = EqualizationState.ACTIVE,
) -> StringSnapshot:
    count = string.cell_count
    return StringSnapshot(
        string=string,
        readings=StringReadings(
            columns={
                quantity: Column(
                    np.asarray(column, dtype=float),
                    np.broadcast_to(np.asarray(read_at, dtype=float), (count,)),
                )
                for quantity, column in values.items()
            },
            module_status=np.zeros(count, dtype=np.uint16),
        ),
        summary=StringSummary(sum_voltage_v, None, None, None, None, None),
        equalization=EqualizationSummary(equalization),
        status=np.zeros(count, dtype=np.uint8) if status is None else status,
    )


def make_tick(
    sequence: int,
    *strings: StringSnapshot,
    at: datetime | None = None,
    alarms: tuple[Alarm, ...] = (),
    online: bool = True,
    requests: int = 0,
    timeouts: int = 0,
) -> Tick:
    return Tick(
        Snapshot(
            sequence=sequence,
            at=at or START + timedelta(seconds=sequence),
            strings={snapshot.string.key: snapshot for snapshot in strings},
            managers={"ups": ManagerSnapshot("ups", online, 4711, "1.0")},
            lines={"bus": LineSnapshot("bus", True, "", 0.25, requests, timeouts, 0)},
        ),
        alarms,
    )


def make_alarm(number: int = 1, state: AlarmState = AlarmState.UNACKNOWLEDGED) -> Alarm:
    return Alarm(
        id=f"voltage_high:ups/1:{number}",
        rule="voltage_high",
        severity=AlarmSeverity.ALARM,
        state=state,
        string_key="ups/1",
        cell=number,
        value=2.41,
        limit=2.40,
        raised_at=START,
        text=f"Cell {number}: voltage too high",
    )


class StandInSubscription:
    """Holds the newest tick only."""

    def __init__(self, newest: Tick | None) -> None:
        self._newest = newest
        self._changed = asyncio.Event()
        self._closed = False
        if newest is not None:
            self._changed.set()

    def put(self, tick: Tick) -> None:
        self._newest = tick
        self._changed.set()

    async def __aiter__(self) -> AsyncIterator[Tick]:
        while not self._closed:
            await self._changed.wait()
            self._changed.clear()
            if self._newest is not None:
                yield self._newest

    def close(self) -> None:
        self._closed = True
        self._changed.set()


@dataclass
class StandInEngine:
    """Publishes the ticks it is given and carries out what the rights allow."""

    site: Site
    api_version: int = API_VERSION
    executed: list[tuple[Command, Principal]] = field(default_factory=list)
    newest: Tick | None = None
    subscriptions: list[StandInSubscription] = field(default_factory=list)
    overrides: tuple[Override, ...] = ()
    out_of_service: tuple[OutOfService, ...] = ()
    wrong: list[Fault] = field(default_factory=list)

    def publish(self, tick: Tick) -> None:
        self.newest = tick
        for subscription in self.subscriptions:
            subscription.put(tick)

    def health(self) -> Health:
        return Health(
            version="0",
            api_version=self.api_version,
            state=EngineState.RUNNING,
            site_id="test",
            site_name=self.site.name,
            started_at=START,
        )

    def site_info(self) -> SiteInfo:
        return SiteInfo(
            site_id="test",
            version="0",
            state=EngineState.RUNNING,
            site=self.site,
            network_enabled=False,
        )

    def latest(self) -> Tick | None:
        return self.newest

    def subscribe(self) -> StandInSubscription:
        subscription = StandInSubscription(self.newest)
        self.subscriptions.append(subscription)
        return subscription

    def commissioning(self, principal: Principal) -> Commissioning:
        require_right(principal, COMMISSIONING)
        return Commissioning()

    async def rules(self) -> Rules:
        return rules_of(lay_out(self.site, (), {}, {}, self.overrides), self.out_of_service)

    def faults(self) -> list[Fault]:
        return self.wrong

    async def execute(self, command: Command, principal: Principal) -> CommandResult:
        require(principal, command.command)
        if isinstance(command, ResumeEqualization) and command.string_key != "ups/1":
            if command.string_key == "bug":
                message = "secret detail of a bug"
                raise ZeroDivisionError(message)
            reason = f"there is no string {command.string_key}"
            raise RefusedError(reason, code="unknown_string")
        self.executed.append((command, principal))
        return CommandResult(
            id=len(self.executed), command=command.command, by=principal.name, at=START
        )


@dataclass
class StandInGate:
    """Knows a few tokens; one person may log in."""

    principals: dict[str, Principal] = field(
        default_factory=lambda: {
            "viewer": Principal("home assistant", Role.VIEWER),
            "operator": Principal("otto", Role.OPERATOR),
            "panel": Principal("panel", Role.TECHNICIAN, at_cabinet=True),
        }
    )

    def authenticate(self, bearer: str | None) -> Principal | None:
        return self.principals.get(bearer or "")

    def login(self, login: Login, by: Principal | None) -> Session:
        if login.secret == "1234" and not (by and by.at_cabinet):
            raise RefusedError("a PIN works only at the cabinet", code="cabinet_only")
        if login.user == "locked":
            raise RefusedError("too many failures; try again in 30 s", code="locked_out")
        if login.secret not in {"right", "1234"}:
            raise RefusedError("the name or the secret is wrong", code="wrong_credentials")
        at_cabinet = by is not None and by.at_cabinet
        self.principals["session"] = Principal(login.user, Role.TECHNICIAN, at_cabinet)
        return Session(
            token="session",
            name=login.user,
            role=Role.TECHNICIAN,
            expires_at=START + timedelta(hours=12),
        )

    def logout(self, token: str) -> None:
        self.principals.pop(token, None)

    def confirm(self, login: Login, by: Principal | None) -> None:
        if login.secret != "right":
            raise RefusedError("the name or the secret is wrong", code="wrong_credentials")

    def person_changed(self, name: str, token: str | None) -> None:
        pass


def with_voltages(snapshot: StringSnapshot, *voltages_v: float) -> StringSnapshot:
    """The same string with other voltages, read one second later."""
    column = snapshot.readings.columns[Quantity.VOLTAGE]
    changed = Column(np.array(voltages_v), column.read_at + 1.0)
    columns = {**snapshot.readings.columns, Quantity.VOLTAGE: changed}
    return replace(snapshot, readings=replace(snapshot.readings, columns=columns))
