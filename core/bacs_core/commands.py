"""Carries out what people and programs ask for: rights first, then the record and the deed.

The rights decide here and nowhere else. A command stands in the history, with the name of who gave
it, before it is answered. What can only make the plant safer, or an alarm louder, is done first,
and done even where the history cannot be written; its record is then kept until it can be.
Everything else is refused. What the brain refuses after all stands in the history as refused.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from bacs_core import __version__
from bacs_core.access import rights
from bacs_core.access.principal import Principal
from bacs_core.alarms.layout import lay_out
from bacs_core.alarms.place import Place
from bacs_core.api.built import accessories_of, lines_of
from bacs_core.api.command_messages import MOST_SHELVED_HOURS
from bacs_core.api.messages import (
    API_VERSION,
    Acknowledge,
    AddMaintenance,
    CancelCommissioning,
    CellReplaced,
    ClockStatus,
    Command,
    CommandName,
    CommandResult,
    Commissioning,
    ConfirmDevices,
    EngineState,
    ExportToStick,
    Health,
    Identify,
    MuteBuzzer,
    PauseEqualization,
    PutBack,
    ReaddressModule,
    ResumeEqualization,
    SetAlarmLimit,
    SetEqualizationMode,
    SetNetwork,
    SetStickExport,
    SetThresholds,
    ShelveAlarm,
    SiteInfo,
    StartAddressing,
    StartScan,
    SwitchRelay,
    TakeOutOfService,
    UnshelveAlarm,
)
from bacs_core.api.rule_messages import Rules
from bacs_core.api.rules_in_force import rules_of
from bacs_core.api.service import Tick
from bacs_core.api.system_messages import Fault, FaultKind
from bacs_core.brain_orders import Brain, BrainCommand, carry_out, shelved_until
from bacs_core.engine import Engine
from bacs_core.equalization_modes import misfit
from bacs_core.errors import BacsError, RefusedError
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, Json, command_event
from bacs_core.model import EqualizedBy, String
from bacs_core.named import alarm_place, require_cell, string_named
from bacs_core.recorder import Recorder
from bacs_core.stick.keeper import StickKeeper
from bacs_core.ticks import TickSubscription

_log = logging.getLogger(__name__)
#: How long a command waits for a disk that hangs.
PATIENCE_S: Final = 2.0
#: Commands that can only make the plant safer, or change nothing in it.
ON_THE_SAFE_SIDE: Final = frozenset(
    {
        CommandName.ACKNOWLEDGE,
        CommandName.PAUSE_EQUALIZATION,
        CommandName.CANCEL_COMMISSIONING,
        CommandName.MUTE_BUZZER,
        CommandName.UNSHELVE_ALARM,
        CommandName.PUT_BACK,
        CommandName.SWITCH_PROTECTION_ON,
        CommandName.END_BATTERY_TEST,
    }
)
LONGEST_SHELVING: Final = timedelta(hours=MOST_SHELVED_HOURS)
LONGEST_PAUSE: Final = timedelta(days=36_525)
NETWORK_SETTING: Final = "network_enabled"
STICK_SETTING: Final = "unattended_stick_export"


DeviceCommand = ConfirmDevices | Identify | SwitchRelay | SetThresholds


class Network(Protocol):
    """What can open and close the API to the network."""

    async def set_network(self, *, enabled: bool) -> None:
        """Listen on all addresses, or on this machine only."""


class Clock(Protocol):
    """What knows how far the system clock can be trusted."""

    def status(self) -> ClockStatus:
        """Tell it to people."""


@dataclass(slots=True)
class Identity:
    """Who this engine is."""

    site_id: str
    state: EngineState
    started_at: datetime
    network_enabled: bool


class Service:
    """The engine as the API sees it (`api.service.EngineService`)."""

    def __init__(
        self,
        engine: Engine,
        recorder: Recorder,
        identity: Identity,
        brain: Brain,
    ) -> None:
        """Serve `engine` and its `brain`; `network`, `clock` and `sticks` follow."""
        self._engine = engine
        self._brain = brain
        self._recorder = recorder
        self._identity = identity
        self.network: Network | None = None
        self.clock: Clock | None = None
        self.sticks: StickKeeper | None = None

    def health(self) -> Health:
        """Tell who this is."""
        return Health(
            version=__version__,
            api_version=API_VERSION,
            state=self._identity.state,
            site_id=self._identity.site_id,
            site_name=self._engine.site.name,
            started_at=self._identity.started_at,
            clock=None if self.clock is None else self.clock.status(),
        )

    def site_info(self) -> SiteInfo:
        """Tell how the plant is built."""
        return SiteInfo(
            site_id=self._identity.site_id,
            version=__version__,
            state=self._identity.state,
            site=self._engine.site,
            network_enabled=self._identity.network_enabled,
            lines=lines_of(self._engine.settings),
            accessories=accessories_of(self._engine.settings),
            contact=self._engine.settings.contact,
        )

    def latest(self) -> Tick | None:
        """Return the newest tick."""
        return self._engine.board.latest

    def subscribe(self) -> TickSubscription:
        """Follow the ticks."""
        return self._engine.board.subscribe()

    def commissioning(self, principal: Principal) -> Commissioning:
        """Tell a technician what is being commissioned, or was last."""
        rights.require_right(principal, rights.COMMISSIONING)
        return self._engine.desk.report()

    async def rules(self) -> Rules:
        """Tell the alarm rules as they apply; in a thread, since of a large site it takes long."""
        book = self._engine.alarms
        if book.layout is None and self._engine.site.managers:
            raise RefusedError("the engine has just started", code="starting")
        layout = book.layout or lay_out(self._engine.site, (), {})
        # What was ordered since the last tick is in force with the next one.
        layout = replace(layout, made_of=(*layout.made_of[:-1], self._engine.overrides))
        return await asyncio.to_thread(rules_of, layout, book.out_of_service)

    def faults(self) -> list[Fault]:
        """Tell what is wrong with the engine itself."""
        faults = []
        if self._recorder.problem is not None:
            faults.append(Fault(kind=FaultKind.RECORDING, detail=self._recorder.problem))
        clock = None if self.clock is None else self.clock.status()
        if clock is not None and not clock.was_set:
            faults.append(Fault(kind=FaultKind.CLOCK_NOT_SET))
        tick = self.latest()
        lines = () if tick is None else tick.snapshot.lines.values()
        faults.extend(
            Fault(kind=FaultKind.LINE_GONE, place=line.id, detail=line.message)
            for line in lines
            if not line.port_open and not line.lent
        )
        return faults

    async def execute(self, command: Command, principal: Principal) -> CommandResult:
        """Carry out a command, or raise `RefusedError`."""
        rights.require(principal, command.command)
        by, at = principal.name, datetime.now(UTC)
        match command:
            case Acknowledge():
                one = None if command.alarm_id is None else [command.alarm_id]
                for event in self._engine.acknowledge(one or command.alarm_ids, by):
                    self._recorder.event(event)
                number = await self._record(command, by, at)
            case SetNetwork():
                number = await self._record(command, by, at)
                await self._set_network(command, by, at)
            case ExportToStick() | SetStickExport():
                number = await self._stick_order(command, by, at)
            case CancelCommissioning():
                self._engine.desk.cancel(by)
                number = await self._record(command, by, at)
            case StartScan() | StartAddressing() | ReaddressModule():
                self._engine.desk.check(command)
                number = await self._record(command, by, at)
                self._engine.desk.start(command, by)
            case ConfirmDevices() | Identify() | SwitchRelay() | SetThresholds():
                number = await self._order(command, by, at)
            case _:
                number = await self._brain_order(command, by, at)
        return CommandResult(id=number, command=command.command, by=by, at=at)

    async def _order(self, command: DeviceCommand, by: str, at: datetime) -> int | None:
        """Carry out what concerns single devices; nothing is recorded that is refused at once."""
        field = self._engine.field
        match command:
            case ConfirmDevices():
                field.familiar.require_new(command.key)
                number = await self._record(command, by, at)
                field.familiar.confirm(command.key)
            case Identify():
                blink = field.identify(command)
                number = await self._record(command, by, at)
                await blink()
            case SwitchRelay():
                switch = field.relay(command)
                number = await self._record(command, by, at)
                await switch()
            case SetThresholds():
                errand = field.thresholds(command)
                self._engine.desk.require_idle()
                number = await self._record(command, by, at)
                self._engine.desk.start_errand(command, by, errand)
        return number

    async def _stick_order(
        self, command: ExportToStick | SetStickExport, by: str, at: datetime
    ) -> int | None:
        """Let a stick be written, or choose whether that happens by itself."""
        if self.sticks is None:
            raise RefusedError("the engine is still starting", code="not_ready")
        match command:
            case ExportToStick():
                self.sticks.require_stick()
                number = await self._record(command, by, at)
                self.sticks.export(by)
            case SetStickExport():
                number = await self._record(command, by, at)
                self.sticks.set_unattended(enabled=command.enabled)
                await self._keep(STICK_SETTING, command.enabled, by, at)
        return number

    async def _brain_order(self, command: BrainCommand, by: str, at: datetime) -> int | None:
        """Let the brain carry a command out, and record it, what it changed, or its refusal."""
        place = self._checked_place(command, at)
        is_safe = command.command in ON_THE_SAFE_SIDE
        number = None if is_safe else await self._record(command, by, at)
        try:
            events = await carry_out(self._brain, command, place, by, at)
        except RefusedError as refusal:
            if not is_safe:
                self._recorder.event(_refused(command, refusal, number, by, at))
            raise
        for event in events:
            self._recorder.event(event)
        if is_safe:
            number = await self._record(command, by, at)
        # What was chosen is kept before anybody is told that it holds.
        await self._recorder.settle(PATIENCE_S)
        return number

    def _checked_place(self, command: BrainCommand, at: datetime) -> Place:
        """Refuse what does not exist, what does not fit and what is over; return the place."""
        match command:
            case SetAlarmLimit() | TakeOutOfService() | PutBack():
                return alarm_place(command.place, self._engine.settings)
            case ShelveAlarm():
                _require_shelvable(shelved_until(command, at), at)
            case UnshelveAlarm() | MuteBuzzer():
                pass
            case PauseEqualization() | ResumeEqualization() | SetEqualizationMode():
                self._check_equalization(command, at)
            case CellReplaced() | AddMaintenance():
                string = self._string(command.string_key)
                if command.cell is not None:
                    require_cell(string, command.cell)
            case _:
                self._string(command.string_key)
        return Place()

    def _check_equalization(
        self, command: PauseEqualization | ResumeEqualization | SetEqualizationMode, at: datetime
    ) -> None:
        string = self._equalized_string(command.string_key)
        if isinstance(command, SetEqualizationMode):
            reason = misfit(command.mode, string.chemistry, string.module_type)
            if reason is not None:
                raise RefusedError(reason, code="not_offered")
            return
        for cell in command.cells or ():
            require_cell(string, cell)
        if isinstance(command, PauseEqualization):
            _require_ahead(command.until, at)

    def _string(self, key: str) -> String:
        return string_named(self._engine.site, key)

    def _equalized_string(self, key: str) -> String:
        string = self._string(key)
        if string.equalized_by is not EqualizedBy.ENGINE:
            reason = f"{string.name} is equalized by {string.equalized_by}, not by the engine"
            raise RefusedError(reason, code="not_offered")
        return string

    async def _set_network(self, command: SetNetwork, by: str, at: datetime) -> None:
        if self.network is None:
            raise RefusedError("the API is still starting", code="not_ready")
        try:
            await self.network.set_network(enabled=command.enabled)
        except BacsError as error:
            raise RefusedError(str(error), code="network_failed") from error
        self._identity.network_enabled = command.enabled
        await self._keep(NETWORK_SETTING, command.enabled, by, at)

    async def _record(self, command: Command, by: str, at: datetime) -> int | None:
        name, arguments = command.command, command.model_dump(mode="json", exclude={"command"})
        try:
            return await asyncio.wait_for(
                self._recorder.call(
                    lambda history: history.record_command(name, arguments, by=by, at=at)
                ),
                PATIENCE_S,
            )
        except (HistoryError, TimeoutError) as error:
            if name not in ON_THE_SAFE_SIDE:
                reason = f"the history cannot be written: {error}"
                raise RefusedError(reason, code="history_unavailable") from error
            self._recorder.event(command_event(name, arguments, by, at))
            return None

    async def _keep(self, key: str, value: Json, by: str, at: datetime) -> None:
        """Keep a choice for the next start; without a disk it lasts until then."""
        try:
            await asyncio.wait_for(
                self._recorder.call(lambda history: history.set_setting(key, value, by=by, at=at)),
                PATIENCE_S,
            )
        except (HistoryError, TimeoutError) as error:
            _log.error("%s = %s is not kept beyond this run: %s", key, value, error)


def _refused(
    command: Command, refusal: RefusedError, number: int | None, by: str, at: datetime
) -> Event:
    """Tell that a command was refused after it was recorded, at the place that it named."""
    given = command_event(command.command, command.model_dump(mode="json"), by, at)
    data = {"command": command.command, "id": number, "code": refusal.code}
    text = f"{command.command} refused: {refusal.reason}"
    return replace(given, text=text, data=data)


def _require_ahead(until: datetime | None, at: datetime) -> None:
    if until is not None and until <= at:
        raise RefusedError("the end of it is in the past", code="in_the_past")
    if until is not None and until - at > LONGEST_PAUSE:
        raise RefusedError("that is years from now; leave the end out", code="too_long")


def _require_shelvable(until: datetime, at: datetime) -> None:
    _require_ahead(until, at)
    if until - at > LONGEST_SHELVING:
        reason = f"an alarm is shelved for {MOST_SHELVED_HOURS} h at most"
        raise RefusedError(reason, code="too_long")
