"""What a role may do, as far as the screen offers it; the engine alone decides."""

from __future__ import annotations

from typing import Final

from bacs_core.access.principal import ROLE_ORDER
from bacs_core.access.rights import RIGHTS
from bacs_core.api.messages import CommandName
from bacs_core.model import Role
from bacs_hmi.texts import Texts

_ACKNOWLEDGE_ROLE: Final = RIGHTS[CommandName.ACKNOWLEDGE].minimum_role


def may_acknowledge(role: Role) -> bool:
    """Tell whether a person with this role can acknowledge alarms."""
    return ROLE_ORDER.index(role) >= ROLE_ORDER.index(_ACKNOWLEDGE_ROLE)


def who_may_acknowledge(texts: Texts) -> str:
    """Say which role acknowledging needs."""
    return texts["acknowledge_needs"].format(role=texts[f"role_{_ACKNOWLEDGE_ROLE.value}"])
