"""The contacts of relay boxes: which of them are shown, as what, and which may be switched."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from bacs_core.api.messages import AccessoryInfo, AccessoryStatus
from bacs_core.model import Role

from .plant_readings import Contact, use_of_relay

#: Each role includes those before it.
RANK: Final = tuple(Role)


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """One contact of an accessory, counted from 1; without a label of its own it stays hidden."""

    accessory_id: str
    kind: Contact
    number: int
    label: str
    named: bool
    switchable: bool
    use: dict[str, Any]


def may_operate(role: Role) -> bool:
    """Tell whether a token of this role may command what Home Assistant offers at all."""
    return RANK.index(role) >= RANK.index(Role.OPERATOR)


def contacts_of(
    info: AccessoryInfo, status: AccessoryStatus | None, role: Role
) -> Iterator[ContactPoint]:
    """List the contacts of an accessory: those that have a name, and those that it tells of."""
    for kind, names in ((Contact.INPUT, info.inputs), (Contact.RELAY, info.relays)):
        told = 0 if status is None else len(getattr(status, kind))
        for number in range(1, max(len(names), told) + 1):
            label = names[number - 1] if number <= len(names) else ""
            is_relay = kind is Contact.RELAY
            free = number in info.released and number not in info.breakers
            yield ContactPoint(
                info.id,
                kind,
                number,
                label or str(number),
                named=bool(label),
                switchable=is_relay and free and may_operate(role),
                use=use_of_relay(info, number) if is_relay else {},
            )
