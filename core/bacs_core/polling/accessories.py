"""Polls relay boxes and environment sensors, and builds what switches a relay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from bacs_core.bus.frames import Request
from bacs_core.bus.schedule import Job
from bacs_core.devices import panel_environment_sensor, panel_relay_box
from bacs_core.devices.panel_map import KIND_ENVIRONMENT_SENSOR, KIND_RELAY_BOX
from bacs_core.devices.registers import Block
from bacs_core.errors import RefusedError, SettingsError
from bacs_core.polling.guarded import Question, order, question
from bacs_core.polling.identity import Answers, Identity, identity_job
from bacs_core.polling.image import fresh, moved, reading
from bacs_core.settings import Accessory
from bacs_core.snapshot import AccessorySnapshot, Reading

#: Older states and values of an accessory are not told any more.
STALE_AFTER_S: Final = 30.0
ENVIRONMENT_EVERY_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Row:
    """How one kind of accessory is polled: which block, how often, and what becomes of it."""

    kind: int
    block: Block
    interval_s: float | None
    keep: Callable[[AccessoryImage, Mapping[str, float | None], float], None]


@dataclass(slots=True)
class AccessoryImage:
    """The newest answers of one accessory."""

    accessory: Accessory
    identity: Identity = field(init=False)
    inputs: Reading | None = None
    contacts: Reading | None = None
    temperature_c: Reading | None = None
    humidity_percent: Reading | None = None
    hydrogen_percent: Reading | None = None

    def __post_init__(self) -> None:
        """Start with nothing known; raises `SettingsError` for a device of no known kind."""
        address = self.accessory.address
        self.identity = Identity(
            address.unit, row_of(self.accessory).kind, max_turnaround_s=address.max_turnaround_s
        )

    def freeze(self, now: float, online: bool | None) -> AccessorySnapshot:  # noqa: FBT001
        """Copy what is still fresh; `online` tells whether the device answers and is believed."""
        accessory, identity = self.accessory, self.identity
        is_relay_box = accessory.device == panel_relay_box.NAME
        inputs = fresh(self.inputs, now, STALE_AFTER_S)
        contacts = fresh(self.contacts, now, STALE_AFTER_S)
        known = AccessorySnapshot(
            accessory.id,
            accessory.name,
            accessory.device,
            online,
            identity.serial_number,
            identity.firmware_version,
            temperature_c=fresh(self.temperature_c, now, STALE_AFTER_S),
            humidity_percent=fresh(self.humidity_percent, now, STALE_AFTER_S),
            hydrogen_percent=fresh(self.hydrogen_percent, now, STALE_AFTER_S),
            line_id=accessory.address.line_id,
        )
        if not is_relay_box:
            return known
        return replace(
            known,
            inputs=panel_relay_box.bits(inputs.value if inputs else None, panel_relay_box.INPUTS),
            relays=panel_relay_box.bits(
                contacts.value if contacts else None, panel_relay_box.RELAYS
            ),
        )

    def shift(self, step_s: float) -> None:
        """Move all times of reading by a step of the clock."""
        self.inputs = moved(self.inputs, step_s)
        self.contacts = moved(self.contacts, step_s)
        self.temperature_c = moved(self.temperature_c, step_s)
        self.humidity_percent = moved(self.humidity_percent, step_s)
        self.hydrogen_percent = moved(self.hydrogen_percent, step_s)


def jobs(accessory: Accessory, image: AccessoryImage, answers: Answers) -> list[Job]:
    """Build the jobs of one accessory."""
    row, unit, identity = row_of(accessory), accessory.address.unit, image.identity
    asking = question(unit, identity.counter, row.block)
    return [
        identity_job(identity, answers),
        Job(
            name=f"unit {unit} {row.block.name}",
            unit=unit,
            make=asking.request,
            deliver=partial(_deliver, row, asking, image),
            interval_s=row.interval_s,
            wanted=identity.is_believed,
            max_turnaround_s=accessory.address.max_turnaround_s,
        ),
    ]


def switch_request(
    image: AccessoryImage, relay: int, *, closed: bool, lease_s: float = 0.0
) -> Request:
    """Build the request that switches relay `relay` (from 1); the others stay as they are.

    A relay that drops out on loss of communication opens after `lease_s` unless it is renewed. Call
    this before the request is handed to the line, whose task catches no refusal. Raises
    `RefusedError` where the device is no relay box or is not believed just now.
    """
    accessory, identity = image.accessory, image.identity
    if accessory.device != panel_relay_box.NAME or not 1 <= relay <= panel_relay_box.RELAYS:
        msg = f"{accessory.name} has no relay {relay}"
        raise RefusedError(msg, code="no_such_relay")
    if not identity.is_believed():
        msg = f"{accessory.name} {identity.problem or 'does not answer'}"
        raise RefusedError(msg, code="not_online")
    values = {"relay": relay, "closed": float(closed), "lease_s": lease_s}
    return order(accessory.address.unit, identity.counter, panel_relay_box.SWITCH, values)


def row_of(accessory: Accessory) -> _Row:
    """Return how an accessory is polled."""
    try:
        return _ROWS[accessory.device]
    except KeyError:
        msg = f"device {accessory.id}: a {accessory.device} is no accessory"
        raise SettingsError(msg) from None


def _deliver(
    row: _Row, asking: Question, image: AccessoryImage, payload: bytes, read_at: float
) -> None:
    row.keep(image, row.block.decode(payload, unit=asking.unit, asked=asking.asked), read_at)


def _keep_state(image: AccessoryImage, values: Mapping[str, float | None], read_at: float) -> None:
    image.inputs = reading(values["inputs"], read_at)
    image.contacts = reading(values["contacts"], read_at)


def _keep_environment(
    image: AccessoryImage, values: Mapping[str, float | None], read_at: float
) -> None:
    image.temperature_c = reading(values["temperature_c"], read_at)
    image.humidity_percent = reading(values["humidity_percent"], read_at)
    image.hydrogen_percent = reading(values["hydrogen_percent"], read_at)


_ROWS: Final[Mapping[str, _Row]] = {
    panel_relay_box.NAME: _Row(KIND_RELAY_BOX, panel_relay_box.STATE, None, _keep_state),
    panel_environment_sensor.NAME: _Row(
        KIND_ENVIRONMENT_SENSOR,
        panel_environment_sensor.MEASUREMENT,
        ENVIRONMENT_EVERY_S,
        _keep_environment,
    ),
}
