"""What a role may do, as far as the screen offers it; the engine alone decides."""

from __future__ import annotations

from bacs_core.access.principal import ROLE_ORDER
from bacs_core.access.rights import RIGHTS
from bacs_core.api.messages import CommandName
from bacs_core.model import Role
from bacs_hmi.texts import Texts


def may(role: Role, name: CommandName) -> bool:
    """Tell whether a person with this role can give a command."""
    return ROLE_ORDER.index(role) >= ROLE_ORDER.index(RIGHTS[name].minimum_role)


def who_may(name: CommandName, what: str, texts: Texts) -> str:
    """Say which role a command needs; `what` is the text of its button."""
    role = texts[f"role_{RIGHTS[name].minimum_role.value}"]
    if name is CommandName.ACKNOWLEDGE:
        return texts["acknowledge_needs"].format(role=role)
    return texts["needs_role"].format(what=what, role=role)
