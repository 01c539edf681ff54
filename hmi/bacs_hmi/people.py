"""What a role may do, as far as the screen offers it; the engine alone decides."""

from __future__ import annotations

from typing import Final

from bacs_core.access.principal import ROLE_ORDER
from bacs_core.access.rights import RIGHTS
from bacs_core.api.messages import CommandName
from bacs_core.model import Role
from bacs_hmi.texts import Texts

#: What happens at the panel computer itself, whoever may do it there.
AT_THE_PANEL: Final = frozenset({CommandName.EXPORT_TO_STICK})


def only_at_cabinet(name: CommandName) -> bool:
    """Tell whether a command is given at the cabinet only."""
    return RIGHTS[name].cabinet_only or name in AT_THE_PANEL


def may(role: Role, name: CommandName, *, elsewhere: bool = False) -> bool:
    """Tell whether a person with this role can give a command, at the cabinet or elsewhere."""
    if elsewhere and only_at_cabinet(name):
        return False
    return ROLE_ORDER.index(role) >= ROLE_ORDER.index(RIGHTS[name].minimum_role)


def who_may(name: CommandName, what: str, texts: Texts, *, elsewhere: bool = False) -> str:
    """Say which role a command needs, or where; `what` is the text of its button."""
    if elsewhere and only_at_cabinet(name):
        return texts["refused_cabinet_only"]
    role = texts[f"role_{RIGHTS[name].minimum_role.value}"]
    if name is CommandName.ACKNOWLEDGE:
        return texts["acknowledge_needs"].format(role=role)
    return texts["needs_role"].format(what=what, role=role)
