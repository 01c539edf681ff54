"""Which role each command needs. The table decides; a command that is not in it is an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bacs_core.access.principal import Principal
from bacs_core.api.messages import CommandName
from bacs_core.errors import RefusedError
from bacs_core.model import Role


@dataclass(frozen=True, slots=True)
class Right:
    """What a command asks of the one who gives it."""

    minimum_role: Role
    cabinet_only: bool = False


RIGHTS: Final[Mapping[CommandName, Right]] = {
    CommandName.ACKNOWLEDGE: Right(Role.OPERATOR),
    CommandName.PAUSE_EQUALIZATION: Right(Role.OPERATOR),
    CommandName.RESUME_EQUALIZATION: Right(Role.OPERATOR),
    CommandName.SET_NETWORK: Right(Role.TECHNICIAN, cabinet_only=True),
    CommandName.START_SCAN: Right(Role.TECHNICIAN),
    CommandName.START_ADDRESSING: Right(Role.TECHNICIAN),
    CommandName.READDRESS_MODULE: Right(Role.TECHNICIAN),
    CommandName.CANCEL_COMMISSIONING: Right(Role.TECHNICIAN),
    CommandName.IDENTIFY: Right(Role.TECHNICIAN),
    CommandName.CONFIRM_DEVICES: Right(Role.TECHNICIAN),
    CommandName.SWITCH_RELAY: Right(Role.OPERATOR),
    CommandName.SET_THRESHOLDS: Right(Role.TECHNICIAN),
    CommandName.SHELVE_ALARM: Right(Role.OPERATOR),
    CommandName.UNSHELVE_ALARM: Right(Role.OPERATOR),
    CommandName.MUTE_BUZZER: Right(Role.OPERATOR),
    CommandName.SET_ALARM_LIMIT: Right(Role.TECHNICIAN),
    CommandName.TAKE_OUT_OF_SERVICE: Right(Role.TECHNICIAN),
    CommandName.PUT_BACK: Right(Role.TECHNICIAN),
    CommandName.SET_EQUALIZATION_MODE: Right(Role.TECHNICIAN),
    CommandName.CELL_REPLACED: Right(Role.TECHNICIAN),
    CommandName.ADD_MAINTENANCE: Right(Role.TECHNICIAN),
    CommandName.DEFER_TRIP: Right(Role.TECHNICIAN, cabinet_only=True),
    CommandName.RECLOSE_BREAKER: Right(Role.TECHNICIAN, cabinet_only=True),
    CommandName.SWITCH_PROTECTION_OFF: Right(Role.TECHNICIAN, cabinet_only=True),
    CommandName.SWITCH_PROTECTION_ON: Right(Role.TECHNICIAN),
    CommandName.START_BATTERY_TEST: Right(Role.TECHNICIAN),
    CommandName.END_BATTERY_TEST: Right(Role.TECHNICIAN),
    CommandName.EXPORT_TO_STICK: Right(Role.OPERATOR),
    CommandName.SET_STICK_EXPORT: Right(Role.ADMINISTRATOR),
}
#: Who may look at what is being commissioned.
COMMISSIONING: Final = Right(Role.TECHNICIAN)
#: Who decides about people and tokens.
PEOPLE: Final = Right(Role.ADMINISTRATOR)
#: Who may let a program in.
PAIRING: Final = Right(Role.TECHNICIAN, cabinet_only=True)


def require(principal: Principal, command: CommandName) -> None:
    """Let `principal` give `command`, or raise `RefusedError` (`forbidden`, `cabinet_only`)."""
    require_right(principal, RIGHTS[command])


def require_right(principal: Principal, right: Right) -> None:
    """Let `principal` use `right`, or raise `RefusedError` (`forbidden`, `cabinet_only`)."""
    if not principal.has_role(right.minimum_role):
        reason = f"{principal.name} is {principal.role}; this needs the role {right.minimum_role}"
        raise RefusedError(reason, code="forbidden")
    if right.cabinet_only and not principal.at_cabinet:
        raise RefusedError("this is possible only at the cabinet", code="cabinet_only")
