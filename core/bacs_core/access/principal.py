"""Who gives a command: a person, a token, or the panel at the cabinet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bacs_core.model import Role

#: Each role includes the rights of all roles before it.
ROLE_ORDER: Final = (Role.VIEWER, Role.OPERATOR, Role.TECHNICIAN, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody the engine knows; `at_cabinet` only if the request came through the panel there.

    Who `must_change` may do nothing but set a new password.
    """

    name: str
    role: Role
    at_cabinet: bool = False
    must_change: bool = False

    def has_role(self, minimum: Role) -> bool:
        """Tell whether this role includes `minimum`."""
        return ROLE_ORDER.index(self.role) >= ROLE_ORDER.index(minimum)
