"""The rights table against the design: who may give which command, and where."""

import pytest

from bacs_core.access.principal import ROLE_ORDER, Principal
from bacs_core.access.rights import RIGHTS, require
from bacs_core.access.tokens import PANEL, TOKEN_ROLES
from bacs_core.api.messages import CommandName
from bacs_core.errors import RefusedError
from bacs_core.model import Role

#: Written down anew from the design, so that a slip in the table is seen.
EXPECTED = {
    CommandName.ACKNOWLEDGE: (Role.OPERATOR, False),
    CommandName.PAUSE_EQUALIZATION: (Role.OPERATOR, False),
    CommandName.RESUME_EQUALIZATION: (Role.OPERATOR, False),
    CommandName.SET_NETWORK: (Role.TECHNICIAN, True),
    CommandName.START_SCAN: (Role.TECHNICIAN, False),
    CommandName.START_ADDRESSING: (Role.TECHNICIAN, False),
    CommandName.READDRESS_MODULE: (Role.TECHNICIAN, False),
    CommandName.CANCEL_COMMISSIONING: (Role.TECHNICIAN, False),
    CommandName.IDENTIFY: (Role.TECHNICIAN, False),
    CommandName.CONFIRM_DEVICES: (Role.TECHNICIAN, False),
    CommandName.SWITCH_RELAY: (Role.OPERATOR, False),
    CommandName.SET_THRESHOLDS: (Role.TECHNICIAN, False),
    CommandName.SHELVE_ALARM: (Role.OPERATOR, False),
    CommandName.UNSHELVE_ALARM: (Role.OPERATOR, False),
    CommandName.MUTE_BUZZER: (Role.OPERATOR, False),
    CommandName.SET_ALARM_LIMIT: (Role.TECHNICIAN, False),
    CommandName.TAKE_OUT_OF_SERVICE: (Role.TECHNICIAN, False),
    CommandName.PUT_BACK: (Role.TECHNICIAN, False),
    CommandName.SET_EQUALIZATION_MODE: (Role.TECHNICIAN, False),
    CommandName.CELL_REPLACED: (Role.TECHNICIAN, False),
    CommandName.ADD_MAINTENANCE: (Role.TECHNICIAN, False),
    CommandName.DEFER_TRIP: (Role.TECHNICIAN, True),
    CommandName.RECLOSE_BREAKER: (Role.TECHNICIAN, True),
    CommandName.SWITCH_PROTECTION_OFF: (Role.TECHNICIAN, True),
    CommandName.SWITCH_PROTECTION_ON: (Role.TECHNICIAN, False),
    CommandName.START_BATTERY_TEST: (Role.TECHNICIAN, False),
    CommandName.END_BATTERY_TEST: (Role.TECHNICIAN, False),
    CommandName.EXPORT_TO_STICK: (Role.OPERATOR, False),
    CommandName.SET_STICK_EXPORT: (Role.ADMINISTRATOR, False),
}


def test_every_command_has_a_right_and_no_right_is_without_a_command() -> None:
    assert set(RIGHTS) == set(CommandName) == set(EXPECTED)


@pytest.mark.parametrize("at_cabinet", [True, False])
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("command", list(CommandName))
def test_a_command_is_allowed_exactly_for_its_roles_and_places(
    command: CommandName, role: Role, at_cabinet: bool
) -> None:
    minimum, cabinet_only = EXPECTED[command]
    principal = Principal("somebody", role, at_cabinet)
    order = [Role.VIEWER, Role.OPERATOR, Role.TECHNICIAN, Role.ADMINISTRATOR]
    if order.index(role) < order.index(minimum):
        with pytest.raises(RefusedError) as refused:
            require(principal, command)
        assert refused.value.code == "forbidden"
    elif cabinet_only and not at_cabinet:
        with pytest.raises(RefusedError) as refused:
            require(principal, command)
        assert refused.value.code == "cabinet_only"
    else:
        require(principal, command)


@pytest.mark.parametrize(
    "token", [PANEL, *(Principal("a program", role) for role in TOKEN_ROLES)], ids=str
)
@pytest.mark.parametrize(
    "command",
    [
        CommandName.RECLOSE_BREAKER,
        CommandName.DEFER_TRIP,
        CommandName.SWITCH_PROTECTION_OFF,
        CommandName.SET_ALARM_LIMIT,
        CommandName.TAKE_OUT_OF_SERVICE,
    ],
)
def test_no_token_closes_a_breaker_or_weakens_protection(
    token: Principal, command: CommandName
) -> None:
    with pytest.raises(RefusedError):
        require(token, command)


def test_each_role_includes_those_before_it() -> None:
    assert set(ROLE_ORDER) == set(Role)
    assert Principal("a", Role.TECHNICIAN).has_role(Role.OPERATOR)
    assert Principal("a", Role.OPERATOR).has_role(Role.OPERATOR)
    assert not Principal("a", Role.VIEWER).has_role(Role.OPERATOR)
