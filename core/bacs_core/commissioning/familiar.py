"""Keeps the serial numbers of the devices that are believed, and notices who is another one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from bacs_core.alarms.signals import Strangers
from bacs_core.commissioning import pins
from bacs_core.errors import RefusedError
from bacs_core.model import Site
from bacs_core.polling.identity import Identity
from bacs_core.polling.wiring import Wiring

ALL: Final = "all"
#: How many cells the text of an alarm names one by one.
NAMED_RUNS: Final = 6


class Familiar:
    """The devices of a site and their remembered serial numbers, by place (see `pins`).

    `remember` keeps them for the next start.
    """

    def __init__(
        self,
        site: Site,
        identities: Mapping[str, Identity],
        lines: Mapping[str, str],
        remember: Callable[[Mapping[str, int]], None],
    ) -> None:
        """Know nobody. `lines` names the line of each accessory."""
        self._site = site
        self._identities = identities
        self._lines = lines
        self._remember = remember
        self._pins: dict[str, int] = {}
        self._strange: frozenset[str] = frozenset()

    def restore(self, kept: object) -> str | None:
        """Take up what was kept; return what is wrong with it."""
        self._pins, problem = pins.restore(kept)
        for place, identity in self._identities.items():
            identity.pin(self._pins.get(place))
        return problem

    def follow(self) -> None:
        """Remember who is believed for the first time, and note who is another one."""
        learned: dict[str, int] = {}
        strange: set[str] = set()
        for place, identity in self._identities.items():
            serial = identity.serial_number
            if serial is None or serial == identity.pinned_serial:
                continue
            if identity.pinned_serial is None:
                if identity.is_believed():
                    learned[place] = serial
                    identity.pin(serial)
            elif self._is_strange(place, identity):
                strange.add(place)
        self._strange = frozenset(strange)
        if learned:
            self._pins |= learned
            self._remember(dict(self._pins))

    def _is_strange(self, place: str, identity: Identity) -> bool:
        answers = None if identity.answers is None else identity.answers()
        # After a loan of the line nobody has answered yet; that makes nobody familiar.
        return answers is True or (answers is None and place in self._strange)

    def strangers(self) -> Strangers:
        """Tell in whose place another device answers, for the alarms."""
        if not self._strange:
            return Strangers()
        accessories: defaultdict[str, list[str]] = defaultdict(list)
        for place in self._of_kind(pins.accessory("")):
            accessories[self._lines[place]].append(place)
        return Strangers(
            cells={
                string.key: cells
                for string in self._site.strings
                if (cells := tuple(number - 1 for number in self._cells(string.key)))
            },
            sensors=frozenset(self._of_kind(pins.sensor(""))),
            managers=frozenset(self._of_kind(pins.manager(""))),
            accessories={line_id: tuple(names) for line_id, names in accessories.items()},
        )

    def notes(self) -> dict[tuple[str, str], str]:
        """Say for the alarms which devices are others."""
        notes: dict[tuple[str, str], str] = {}
        if not self._strange:
            return notes
        told = self.strangers()
        for line_id, names in told.accessories.items():
            notes["accessories_exchanged", line_id] = ", ".join(names)
        for string in self._site.strings:
            parts = []
            if numbers := self._cells(string.key):
                runs = pins.spans(numbers).split(", ")
                more = f" and {len(runs) - NAMED_RUNS} more" if len(runs) > NAMED_RUNS else ""
                parts.append(f"cells {', '.join(runs[:NAMED_RUNS])}{more}")
            if string.key in told.sensors:
                parts.append("current sensor")
            if parts:
                notes["devices_exchanged", string.key] = ", ".join(parts)
        return notes

    def require_new(self, key: str) -> set[str]:
        """Return the places of `key` in which another device answers.

        Raises `RefusedError` where there is nothing of that name, or nobody new in it.
        """
        places = set(self._places(key))
        if not places:
            reason = f"there is no string, manager or accessory {key!r}"
            raise RefusedError(reason, code="unknown_device")
        new = places & self._strange
        if not new:
            raise RefusedError("no other device answers there", code="nothing_to_confirm")
        return new

    def confirm(self, key: str) -> int:
        """Believe who answers now in the places of `key`, and return how many are new."""
        new = self.require_new(key)
        for place in new:
            identity = self._identities[place]
            self._pins[place] = int(identity.serial_number or 0)
            identity.pin(self._pins[place])
        self._strange -= new
        self._remember(dict(self._pins))
        return len(new)

    def _places(self, key: str) -> Iterator[str]:
        wanted = {pins.sensor(key), pins.manager(key), pins.accessory(key)}
        of_string = pins.cell(key, 0).removesuffix("0")
        for place in self._identities:
            if key == ALL or place in wanted or place.startswith(of_string):
                yield place

    def _cells(self, string_key: str) -> list[int]:
        prefix = pins.cell(string_key, 0).removesuffix("0")
        return sorted(int(name) for name in self._of_kind(prefix))

    def _of_kind(self, prefix: str) -> Iterator[str]:
        return (
            place.removeprefix(prefix)
            for place in sorted(self._strange)
            if place.startswith(prefix)
        )


def familiar_devices(wiring: Wiring, remember: Callable[[Mapping[str, int]], None]) -> Familiar:
    """Watch over all devices of our own map that a site has; foreign ones show no serial number."""
    identities = {
        **{
            pins.cell(key, cell): module.identity
            for key, modules in wiring.modules.items()
            for cell, module in enumerate(modules, start=1)
        },
        **{pins.manager(name): identity for name, identity in wiring.identities.items()},
        **{pins.sensor(key): identity for key, identity in wiring.sensors.items()},
        **{pins.accessory(name): image.identity for name, image in wiring.accessories.items()},
    }
    lines = {accessory.id: accessory.address.line_id for accessory in wiring.settings.accessories}
    return Familiar(wiring.settings.site, identities, lines, remember)
