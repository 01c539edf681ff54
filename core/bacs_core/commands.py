"""Carries out what people and programs ask for: rights first, then the record and the deed.

The rights decide here and nowhere else. A command stands in the history, with the name of who gave
it, before it is answered. What can only make the plant safer is done first, and done even where the
history cannot be written; its record is then kept until it can be. Everything else is refused.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from bacs_core import __version__
from bacs_core.access import rights
from bacs_core.access.principal import Principal
from bacs_core.api.built import accessories_of, lines_of
from bacs_core.api.messages import (
    API_VERSION,
    Acknowledge,
    CancelCommissioning,
    Command,
    CommandName,
    CommandResult,
    Commissioning,
    ConfirmDevices,
    EngineState,
    Health,
    Identify,
    PauseEqualization,
    ReaddressModule,
    ResumeEqualization,
    SetNetwork,
    SetThresholds,
    SiteInfo,
    StartAddressing,
    StartScan,
    SwitchRelay,
)
from bacs_core.api.service import Tick
from bacs_core.engine import Engine
from bacs_core.errors import BacsError, RefusedError
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind, Json
from bacs_core.model import EqualizedBy, String
from bacs_core.recorder import Recorder
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
    }
)
NETWORK_SETTING: Final = "network_enabled"
PAUSE_SETTING: Final = "equalization_pause:"


DeviceCommand = ConfirmDevices | Identify | SwitchRelay | SetThresholds


class Network(Protocol):
    """What can open and close the API to the network."""

    async def set_network(self, *, enabled: bool) -> None:
        """Listen on all addresses, or on this machine only."""


@dataclass(slots=True)
class Identity:
    """Who this engine is."""

    site_id: str
    state: EngineState
    started_at: datetime
    network_enabled: bool


class Service:
    """The engine as the API sees it (`api.service.EngineService`)."""

    def __init__(self, engine: Engine, recorder: Recorder, identity: Identity) -> None:
        """Serve `engine`; `network` is set once the API runs."""
        self._engine = engine
        self._recorder = recorder
        self._identity = identity
        self.network: Network | None = None

    def health(self) -> Health:
        """Tell who this is."""
        return Health(
            version=__version__,
            api_version=API_VERSION,
            state=self._identity.state,
            site_id=self._identity.site_id,
            site_name=self._engine.site.name,
            started_at=self._identity.started_at,
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

    async def execute(self, command: Command, principal: Principal) -> CommandResult:
        """Carry out a command, or raise `RefusedError`."""
        rights.require(principal, command.command)
        by, at = principal.name, datetime.now(UTC)
        match command:
            case Acknowledge():
                for event in self._engine.acknowledge(command.alarm_id, by):
                    self._recorder.event(event)
                number = await self._record(command, by, at)
            case PauseEqualization():
                string = self._equalized_string(command.string_key)
                if command.until is not None and command.until <= at:
                    raise RefusedError("the end of the pause is in the past", code="in_the_past")
                until = None if command.until is None else command.until.timestamp()
                self._engine.pauses.until[string.key] = until
                number = await self._record(command, by, at)
                await self._keep(PAUSE_SETTING + string.key, {"until": until}, by, at)
            case ResumeEqualization():
                string = self._equalized_string(command.string_key)
                number = await self._record(command, by, at)
                self._engine.pauses.until.pop(string.key, None)
                await self._keep(PAUSE_SETTING + string.key, None, by, at)
            case SetNetwork():
                number = await self._record(command, by, at)
                await self._set_network(command, by, at)
            case CancelCommissioning():
                self._engine.desk.cancel(by)
                number = await self._record(command, by, at)
            case StartScan() | StartAddressing() | ReaddressModule():
                self._engine.desk.check(command)
                number = await self._record(command, by, at)
                self._engine.desk.start(command, by)
            case _:
                number = await self._order(command, by, at)
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

    def _equalized_string(self, key: str) -> String:
        string = next((string for string in self._engine.site.strings if string.key == key), None)
        if string is None:
            raise RefusedError(f"there is no string {key!r}", code="unknown_string")
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
            data = {**arguments, "command": name}
            self._recorder.event(Event(at, EventKind.COMMAND, name, by=by, data=data))
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
