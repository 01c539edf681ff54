"""What people may order of the battery brain: the engine carries it out, `commands` asks for it.

Rights are judged before, and so is whether the named strings, cells and places exist. The brain
judges what only the state of the plant can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bacs_core.alarms.place import Place
from bacs_core.api.command_messages import (
    ALL_RULES,
    AddMaintenance,
    CellReplaced,
    DeferTrip,
    EndBatteryTest,
    GivenByHand,
    LimitChoice,
    MuteBuzzer,
    PauseEqualization,
    PutBack,
    RecloseBreaker,
    ResumeEqualization,
    SetAlarmLimit,
    SetEqualizationMode,
    ShelveAlarm,
    StartBatteryTest,
    SwitchProtectionOff,
    SwitchProtectionOn,
    TakeOutOfService,
    UnshelveAlarm,
)
from bacs_core.history.events import Event
from bacs_core.model import EqualizationMode

AlarmCommand = ShelveAlarm | UnshelveAlarm | MuteBuzzer | SetAlarmLimit | TakeOutOfService | PutBack
EqualizationCommand = PauseEqualization | ResumeEqualization | SetEqualizationMode
MaintenanceCommand = CellReplaced | AddMaintenance
ProtectionCommand = (
    DeferTrip
    | RecloseBreaker
    | SwitchProtectionOff
    | SwitchProtectionOn
    | StartBatteryTest
    | EndBatteryTest
)
BrainCommand = AlarmCommand | EqualizationCommand | MaintenanceCommand | ProtectionCommand


class Brain(Protocol):
    """Orders to the brain; each takes effect at once and is kept for the next start.

    Each returns what it changed as events that name `by`, none where nothing changed, and raises
    `RefusedError` where the state of the plant forbids it. Times are unix seconds, cells count from
    1. An empty `Place` is the whole site.
    """

    def shelve_alarm(self, alarm_id: str, until: float, by: str) -> Sequence[Event]:
        """Put an alarm aside until a time (`unknown_alarm`, `stands`)."""

    def unshelve_alarm(self, alarm_id: str, by: str) -> Sequence[Event]:
        """Take a shelved alarm up again (`unknown_alarm`, `not_shelved`)."""

    def mute_buzzer(self, by: str) -> Sequence[Event]:
        """Silence the buzzer until the next alarm is raised."""

    def set_alarm_limit(
        self, rule: str, place: Place, limit: float | LimitChoice, by: str
    ) -> Sequence[Event]:
        """Give a rule another limit at a place, in the unit of the rule.

        Codes: `unknown_rule`, `unknown_place`, `bad_limit`.
        """

    def take_out_of_service(
        self, place: Place, rule: str | None, reason: str, by: str
    ) -> Sequence[Event]:
        """Stop a rule, or all rules (`None`), from raising anything at a place.

        Codes: `unknown_rule`, `unknown_place`, `stands`.
        """

    def put_back(self, place: Place, rule: str | None, by: str) -> Sequence[Event]:
        """Take back what was taken out of service there (`not_out_of_service`)."""

    def set_equalization_mode(
        self, string_key: str, mode: EqualizationMode, by: str
    ) -> Sequence[Event]:
        """Choose when a string is equalized; the mode fits to its cells and modules."""

    def pause_equalization(
        self, string_key: str, cells: Sequence[int], until: float | None, by: str
    ) -> Sequence[Event]:
        """Stop the bypass of these cells, or of the string where none is named, until a time.

        `None` is until somebody resumes it.
        """

    def resume_equalization(
        self, string_key: str, cells: Sequence[int], by: str
    ) -> Sequence[Event]:
        """Take back the pause of these cells, or of the string and all its cells."""

    def cell_replaced(
        self, string_key: str, cell: int, note: str, given: GivenByHand, by: str
    ) -> Sequence[Event]:
        """Forget what was learned of a cell: another one stands in its place (`cause_stands`)."""

    def add_maintenance(self, done: AddMaintenance, by: str) -> Sequence[Event]:
        """Note work that was done, with what the cell measures; this changes nothing else."""

    def defer_trip(self, string_key: str, by: str) -> Sequence[Event]:
        """Put a trip off, once and for half an hour.

        Codes: `no_breaker`, `tripped`, `off`, `deferred_before`, `nothing_to_defer`, `too_hot`,
        `temperature_unknown`.
        """

    async def reclose_breaker(self, string_key: str, by: str) -> Sequence[Event]:
        """Close the breaker of a string again, and wait for its relay.

        Codes: `no_breaker`, `not_tripped`, `cause_stands`, `not_online`, `no_answer`,
        `device_refused`, `contact_stuck`.
        """

    def switch_protection_off(
        self, string_key: str, reason: str, hours: float, by: str
    ) -> Sequence[Event]:
        """Let nothing trip the breaker of a string for some hours.

        Codes: `no_breaker`, `tripped`, `already_off`.
        """

    def switch_protection_on(self, string_key: str, by: str) -> Sequence[Event]:
        """Take that back (`no_breaker`, `not_off`)."""

    def start_battery_test(self, string_key: str, until: float, by: str) -> Sequence[Event]:
        """Suppress what a discharge test raises by its nature, until a time (`test_runs`)."""

    def end_battery_test(self, string_key: str, by: str) -> Sequence[Event]:
        """End a test before its time (`no_test`)."""


async def carry_out(
    brain: Brain, command: BrainCommand, place: Place, by: str, at: datetime
) -> Sequence[Event]:
    """Give one command to the brain; `place` is what it names. Raises `RefusedError`."""
    if isinstance(command, AlarmCommand):
        return _of_alarms(brain, command, place, by, at)
    if isinstance(command, EqualizationCommand):
        return _of_equalization(brain, command, by)
    if isinstance(command, CellReplaced):
        return brain.cell_replaced(
            command.string_key, command.cell, command.note, command.given, by
        )
    if isinstance(command, AddMaintenance):
        return brain.add_maintenance(command, by)
    if isinstance(command, RecloseBreaker):
        return await brain.reclose_breaker(command.string_key, by)
    return _of_protection(brain, command, by, at)


def _of_alarms(
    brain: Brain, command: AlarmCommand, place: Place, by: str, at: datetime
) -> Sequence[Event]:
    match command:
        case ShelveAlarm():
            until = shelved_until(command, at).timestamp()
            return brain.shelve_alarm(command.alarm_id, until, by)
        case UnshelveAlarm():
            return brain.unshelve_alarm(command.alarm_id, by)
        case MuteBuzzer():
            return brain.mute_buzzer(by)
        case SetAlarmLimit():
            return brain.set_alarm_limit(command.rule, place, command.limit, by)
        case TakeOutOfService():
            return brain.take_out_of_service(place, _rule(command.rule), command.reason, by)
        case PutBack():
            return brain.put_back(place, _rule(command.rule), by)


def _of_equalization(brain: Brain, command: EqualizationCommand, by: str) -> Sequence[Event]:
    match command:
        case PauseEqualization():
            until = None if command.until is None else command.until.timestamp()
            return brain.pause_equalization(command.string_key, command.cells or (), until, by)
        case ResumeEqualization():
            return brain.resume_equalization(command.string_key, command.cells or (), by)
        case SetEqualizationMode():
            return brain.set_equalization_mode(command.string_key, command.mode, by)


def _of_protection(
    brain: Brain,
    command: DeferTrip
    | SwitchProtectionOff
    | SwitchProtectionOn
    | StartBatteryTest
    | EndBatteryTest,
    by: str,
    at: datetime,
) -> Sequence[Event]:
    key = command.string_key
    match command:
        case DeferTrip():
            return brain.defer_trip(key, by)
        case SwitchProtectionOff():
            return brain.switch_protection_off(key, command.reason, command.hours, by)
        case SwitchProtectionOn():
            return brain.switch_protection_on(key, by)
        case StartBatteryTest():
            until = (at + timedelta(hours=command.hours)).timestamp()
            return brain.start_battery_test(key, until, by)
        case EndBatteryTest():
            return brain.end_battery_test(key, by)


def shelved_until(command: ShelveAlarm, at: datetime) -> datetime:
    """Return when a shelved alarm comes back."""
    return command.until or at + timedelta(minutes=command.minutes or 0)


def _rule(name: str) -> str | None:
    return None if name == ALL_RULES else name
