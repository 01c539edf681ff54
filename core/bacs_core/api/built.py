"""How a site is wired, as far as clients have to know it."""

from __future__ import annotations

from bacs_core.api.messages import AccessoryInfo, LineInfo
from bacs_core.settings import Accessory, Line, Link, Settings

_WITH_BAUD = (Link.SERIAL, Link.RTU_OVER_TCP)


def lines_of(settings: Settings) -> list[LineInfo]:
    """Tell how each line is built, and what hangs on it."""
    return [_line(line, settings) for line in settings.lines.values()]


def accessories_of(settings: Settings) -> list[AccessoryInfo]:
    """Tell what each relay box and environment sensor is."""
    return [
        AccessoryInfo(
            id=accessory.id,
            name=accessory.name,
            device=accessory.device,
            line_id=accessory.address.line_id,
            unit=accessory.address.unit,
            inputs=list(accessory.inputs),
            relays=list(accessory.relays),
            released=sorted(accessory.released),
            breakers=sorted(accessory.breakers),
            breaker_strings=_breaker_strings(accessory, settings),
            alarm_relay=_alarm_relay(accessory, settings),
        )
        for accessory in settings.accessories
    ]


def _breaker_strings(accessory: Accessory, settings: Settings) -> dict[int, list[str]]:
    return {
        relay: [
            key
            for key, breaker in settings.breakers.items()
            if (breaker.box, breaker.relay) == (accessory.id, relay)
        ]
        for relay in sorted(accessory.breakers)
    }


def _alarm_relay(accessory: Accessory, settings: Settings) -> int | None:
    relay = settings.alarm_relay
    return relay.relay if relay is not None and relay.box == accessory.id else None


def _line(line: Line, settings: Settings) -> LineInfo:
    units = {
        key: [address.unit if address.line_id == line.id else None for address in addresses]
        for key, addresses in settings.modules.items()
        if any(address.line_id == line.id for address in addresses)
    }
    return LineInfo(
        id=line.id,
        link=line.link,
        port=line.port,
        baud=line.baud if line.link in _WITH_BAUD else None,
        may_command=line.may_command,
        managers=[
            manager_id
            for manager_id, address in settings.managers.items()
            if address.line_id == line.id
        ],
        strings=list(units),
        units=units,
    )
