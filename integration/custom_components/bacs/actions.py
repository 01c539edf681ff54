"""The actions of the integration: what a person or an automation may ask of an engine."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import probatio as vol
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType

from bacs_core.api.command_messages import MOST_SHELVED_HOURS
from bacs_core.api.history_client import HistoryClient
from bacs_core.api.messages import (
    AccessoryInfo,
    Acknowledge,
    Alarm,
    MuteBuzzer,
    PauseEqualization,
    ResumeEqualization,
    ShelveAlarm,
    SwitchRelay,
    UnshelveAlarm,
)
from bacs_core.model import AlarmState

from .const import DOMAIN
from .export_files import export_path, write_pieces
from .orders import Order, failed, give_orders, invalid, operating_client, told_in_words
from .permissions import require_admin, require_control, require_control_of_relay
from .readings import SITE, accessory_key, places_of
from .runtime import SiteConfigEntry
from .targets import Target, loaded_sites, targets_of
from .wording import alarm_said, speech_here

ATTR_ALARM_ID: Final = "alarm_id"
ATTR_CLOSED: Final = "closed"
ATTR_DEVICE_ID: Final = "device_id"
ATTR_DURATION: Final = "duration"
ATTR_END: Final = "end"
ATTR_EVERY: Final = "every"
ATTR_RELAY: Final = "relay"
ATTR_START: Final = "start"

#: States that wait for somebody to acknowledge them.
UNSEEN: Final = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED})
SHELVABLE: Final = UNSEEN | {AlarmState.ACKNOWLEDGED}
MINUTE: Final = timedelta(minutes=1)
#: For longer than a year, equalization is paused until somebody resumes it.
MOST_PAUSED: Final = timedelta(days=365)

_DEVICES: Final = {vol.Optional(ATTR_DEVICE_ID): vol.All(cv.ensure_list, [cv.string])}
_NEEDED_DEVICES: Final = {vol.Required(ATTR_DEVICE_ID): vol.All(cv.ensure_list, [cv.string])}
_ALARMS: Final = {**_DEVICES, vol.Optional(ATTR_ALARM_ID): cv.string}
_DURATION: Final = vol.All(cv.positive_time_period, vol.Range(min=MINUTE))
_SHELVING: Final = vol.All(_DURATION, vol.Range(max=timedelta(hours=MOST_SHELVED_HOURS)))
_PAUSE: Final = vol.All(_DURATION, vol.Range(max=MOST_PAUSED))


async def _acknowledge(hass: HomeAssistant, call: ServiceCall) -> None:
    """Acknowledge an alarm, or all that wait for it at the chosen places."""
    chosen = await _chosen_alarms(hass, call, UNSEEN)
    orders = [
        Order(entry, Acknowledge(alarm_ids=[alarm.id for alarm in alarms]), entry.title)
        for entry, alarms in chosen
    ]
    await give_orders(hass, orders)


async def _shelve(hass: HomeAssistant, call: ServiceCall) -> None:
    """Put alarms aside for some time."""
    minutes = int(call.data[ATTR_DURATION] / MINUTE)
    orders = [
        Order(entry, ShelveAlarm(alarm_id=alarm.id, minutes=minutes), _said(hass, entry, alarm))
        for entry, alarms in await _chosen_alarms(hass, call, SHELVABLE)
        for alarm in alarms
    ]
    await give_orders(hass, orders)


async def _unshelve(hass: HomeAssistant, call: ServiceCall) -> None:
    """Take shelved alarms up again."""
    orders = [
        Order(entry, UnshelveAlarm(alarm_id=alarm.id), _said(hass, entry, alarm))
        for entry, alarms in await _chosen_alarms(hass, call, frozenset({AlarmState.SHELVED}))
        for alarm in alarms
    ]
    await give_orders(hass, orders)


def _said(hass: HomeAssistant, entry: SiteConfigEntry, alarm: Alarm) -> str:
    return alarm_said(alarm, entry.runtime_data.live, speech_here(hass))


async def _mute(hass: HomeAssistant, call: ServiceCall) -> None:
    """Silence the buzzers of the chosen sites until the next alarm."""
    targets = await _controlled_targets(hass, call)
    await give_orders(
        hass, [Order(target.entry, MuteBuzzer(), target.entry.title) for target in targets]
    )


async def _pause(hass: HomeAssistant, call: ServiceCall) -> None:
    """Stop the bypass of strings or cells."""
    duration = call.data.get(ATTR_DURATION)
    orders = [
        Order(
            target.entry,
            PauseEqualization(
                string_key=key, until=_ends_at(target, duration), cells=cells or None
            ),
            key,
        )
        for target in await _controlled_targets(hass, call)
        for key, cells in _strings(target).items()
    ]
    await give_orders(hass, orders)


async def _resume(hass: HomeAssistant, call: ServiceCall) -> None:
    """Let the bypass of strings or cells go on."""
    orders = [
        Order(target.entry, ResumeEqualization(string_key=key, cells=cells or None), key)
        for target in await _controlled_targets(hass, call)
        for key, cells in _strings(target).items()
    ]
    await give_orders(hass, orders)


async def _switch_relay(hass: HomeAssistant, call: ServiceCall) -> None:
    """Switch a relay that the site file releases."""
    number, closed = call.data[ATTR_RELAY], call.data[ATTR_CLOSED]
    orders = []
    for target in _targets(hass, call):
        boxes = [box for box in target.site.accessories if _is_chosen(target, box)]
        if not boxes:
            raise invalid("no_relay_box")
        for box in boxes:
            await require_control_of_relay(hass, call, target.site_id, box.id, number)
            if number in box.breakers:
                raise invalid("refused_is_breaker", error=f"{box.name} {number}")
            command = SwitchRelay(device_id=box.id, relay=number, closed=closed)
            orders.append(Order(target.entry, command, f"{box.name} {number}"))
    await give_orders(hass, orders)


def _is_chosen(target: Target, accessory: AccessoryInfo) -> bool:
    return any(place.key == accessory_key(accessory.id) for place in target.places)


def _ends_at(target: Target, duration: timedelta | None) -> datetime | None:
    """Tell when a pause ends, on the clock of the engine: ours may be wrong."""
    if duration is None:
        return None
    at = target.entry.runtime_data.live.at
    if at is None:
        raise invalid("not_connected", site=target.entry.title)
    return datetime.fromtimestamp(at, UTC) + duration


async def _export(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Write measurements and events of the chosen strings into a file beside the configuration."""
    await require_admin(hass, call)
    start: datetime | None = _aware(call.data.get(ATTR_START))
    end: datetime | None = _aware(call.data.get(ATTR_END))
    if start is not None and start >= (end or dt_util.utcnow()):
        raise invalid("bad_times")
    files: list[JsonValueType] = []
    for target in _targets(hass, call):
        history = HistoryClient(operating_client(hass, target.entry))
        keys = () if SITE in target.places else tuple(_strings(target))
        path = export_path(Path(hass.config.config_dir), target.entry.title, dt_util.now())
        every_s = int(call.data[ATTR_EVERY].total_seconds())
        try:
            with told_in_words(hass, target.entry):
                async with history.export(start, end, strings=keys, every_s=every_s) as pieces:
                    size = await write_pieces(hass, path, pieces)
        except OSError as error:
            raise failed(hass, "export_failed", error) from error
        files.append({"site": target.entry.title, "path": str(path), "bytes": size})
    return {"files": files}


type Action = Callable[[HomeAssistant, ServiceCall], Coroutine[Any, Any, ServiceResponse | None]]

ACTIONS: Final[dict[str, tuple[Action, dict[Any, Any], SupportsResponse]]] = {
    "acknowledge": (_acknowledge, _ALARMS, SupportsResponse.NONE),
    "shelve": (
        _shelve,
        {**_ALARMS, vol.Required(ATTR_DURATION): _SHELVING},
        SupportsResponse.NONE,
    ),
    "unshelve": (_unshelve, _ALARMS, SupportsResponse.NONE),
    "mute": (_mute, _DEVICES, SupportsResponse.NONE),
    "pause_equalization": (
        _pause,
        {**_NEEDED_DEVICES, vol.Optional(ATTR_DURATION): _PAUSE},
        SupportsResponse.NONE,
    ),
    "resume_equalization": (_resume, _NEEDED_DEVICES, SupportsResponse.NONE),
    "export": (
        _export,
        {
            **_DEVICES,
            vol.Optional(ATTR_START): cv.datetime,
            vol.Optional(ATTR_END): cv.datetime,
            vol.Optional(ATTR_EVERY, default=timedelta()): cv.positive_time_period,
        },
        SupportsResponse.OPTIONAL,
    ),
    "switch_relay": (
        _switch_relay,
        {
            **_NEEDED_DEVICES,
            vol.Required(ATTR_RELAY): vol.All(vol.Coerce(int), vol.Range(min=1, max=16)),
            vol.Required(ATTR_CLOSED): cv.boolean,
        },
        SupportsResponse.NONE,
    ),
}


@callback
def async_register_actions(hass: HomeAssistant) -> None:
    """Register all actions, also while no site is loaded: then they say so."""
    for name, (action, fields, response) in ACTIONS.items():
        hass.services.async_register(
            DOMAIN, name, _bound(hass, action), vol.Schema(fields), supports_response=response
        )


def _bound(
    hass: HomeAssistant, action: Action
) -> Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]:
    async def act(call: ServiceCall) -> ServiceResponse:
        return await action(hass, call)

    return act


def _targets(hass: HomeAssistant, call: ServiceCall) -> list[Target]:
    """Find what the call is about; without a device that is the only site there is.

    A list of devices that is there but empty means nothing, and never everything.
    """
    device_ids: list[str] | None = call.data.get(ATTR_DEVICE_ID)
    if device_ids is not None:
        if not device_ids:
            raise invalid("nothing_chosen")
        return targets_of(hass, device_ids)
    entries = loaded_sites(hass)
    if len(entries) != 1:
        raise invalid("site_not_loaded" if not entries else "which_site")
    return [Target(entries[0], [SITE])]


async def _controlled_targets(hass: HomeAssistant, call: ServiceCall) -> list[Target]:
    """Find what the call is about; the caller must be allowed to control it."""
    targets = _targets(hass, call)
    for target in targets:
        await require_control(hass, call, target.site_id, target.places)
    return targets


def _strings(target: Target) -> dict[str, list[int]]:
    """Name the strings that the call is about; there must be one."""
    strings = target.strings()
    if not strings:
        raise invalid("no_string")
    return strings


async def _chosen_alarms(
    hass: HomeAssistant, call: ServiceCall, states: frozenset[AlarmState]
) -> list[tuple[SiteConfigEntry, list[Alarm]]]:
    """Find the alarms that the call is about; there must be one, and somebody must have chosen it.

    The caller must be allowed to control the chosen devices, or the place of the alarm itself.
    """
    alarm_id = call.data.get(ATTR_ALARM_ID)
    by_device = ATTR_DEVICE_ID in call.data
    if by_device:
        targets = await _controlled_targets(hass, call)
    elif alarm_id is not None:
        targets = [Target(entry, [SITE]) for entry in loaded_sites(hass)]
    else:
        raise invalid("nothing_chosen")
    found = []
    for target in targets:
        alarms = [
            alarm
            for alarm in target.alarms()
            if alarm.state in states and alarm_id in (None, alarm.id)
        ]
        if alarms and not by_device:
            places = [places_of(alarm)[-1] for alarm in alarms]
            await require_control(hass, call, target.site_id, places)
        if alarms:
            found.append((target.entry, alarms))
    if not found:
        raise invalid("no_alarm")
    return found


def _aware(moment: datetime | None) -> datetime | None:
    """Take a time without a zone as one on the clock of Home Assistant."""
    return None if moment is None else dt_util.as_utc(moment)
