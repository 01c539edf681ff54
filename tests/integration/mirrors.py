"""A mirrored site without an engine, fed by the messages that an engine would send."""

from datetime import UTC, datetime
from typing import Any, cast

from bacs_core.api.client import EngineClient
from bacs_core.api.live import LiveSite, Update, UpdateKind
from bacs_core.api.messages import (
    Alarm,
    CellChanges,
    ChangesMessage,
    EngineState,
    LineStatus,
    ManagerStatus,
    SiteInfo,
    SnapshotMessage,
    StringChanges,
    StringScalars,
    StringValues,
)
from bacs_core.model import (
    AlarmSeverity,
    AlarmState,
    Chemistry,
    EqualizationState,
    EqualizedBy,
    Limits,
    Manager,
    Quantity,
    Site,
    String,
)

SITE_ID = "5f1c"
KEY = "ups-a/1"
START = 1_800_000_000.0
STALE_AFTER_S = 10.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


def string(cells: int = 4) -> String:
    return String(
        manager_id="ups-a",
        number=1,
        name="UPS A string 1",
        chemistry=Chemistry.VRLA,
        cell_count=cells,
        cell_voltage_v=2.0,
        float_voltage_v=2.25,
        capacity_ah=500.0,
        module_type="C44",
        equalized_by=EqualizedBy.MANAGER,
        limits=Limits(2.1, 2.4, 40.0, 60.0, 0.002),
        stale_after_s={Quantity.VOLTAGE: STALE_AFTER_S, Quantity.RESISTANCE: 86_400.0},
    )


def scalars(
    equalization: EqualizationState = EqualizationState.IDLE, current_a: float | None = 0.4
) -> StringScalars:
    return StringScalars(
        sum_voltage_v=9.0,
        target_voltage_v=2.25,
        mean_charge_percent=None,
        current_a=current_a,
        ac_current_a=None,
        power_w=3.6,
        room_temperature_c=None,
        equalization=equalization,
        inhibited_by=[],
    )


def alarm(
    *,
    cell: int | None = 1,
    string_key: str | None = KEY,
    state: AlarmState = AlarmState.UNACKNOWLEDGED,
    text: str = "the voltage is too low",
    at: float = START,
) -> Alarm:
    return Alarm(
        id=f"{string_key}/{cell}/{text}",
        rule="voltage_low",
        severity=AlarmSeverity.ALARM,
        state=state,
        manager_id="ups-a",
        string_key=string_key,
        cell=cell,
        raised_at=datetime.fromtimestamp(at, UTC),
        text=text,
    )


class MirroredSite:
    """A connected `LiveSite` of one manager with one string."""

    def __init__(self, cells: int = 4, *, online: bool | None = True) -> None:
        self.clock = Clock()
        self.cells = cells
        # The mirror asks its client only while it connects, and here nobody connects.
        self.live = LiveSite(cast("EngineClient", None), clock=self.clock)
        self._sequence = 0
        self.connect(online=online)

    def connect(self, *, online: bool | None = True, site_id: str = SITE_ID) -> None:
        """Take in a full snapshot."""
        plant = string(self.cells)
        self.live.info = SiteInfo(
            site_id=site_id,
            version="0.1.0",
            state=EngineState.RUNNING,
            site=Site("Test room", (Manager("ups-a", "UPS A", "panel_manager", (plant,)),)),
            network_enabled=False,
        )
        snapshot = SnapshotMessage(
            sequence=self._sequence,
            at=datetime.fromtimestamp(self.clock.now, UTC),
            strings=[
                StringValues(
                    key=KEY,
                    scalars=scalars(),
                    columns={
                        Quantity.VOLTAGE: [2.25] * self.cells,
                        Quantity.RESISTANCE: [0.00045] * self.cells,
                        Quantity.CHARGE: [None] * self.cells,
                    },
                    read_at={
                        Quantity.VOLTAGE: [(self.clock.now, self.cells)],
                        Quantity.RESISTANCE: [(self.clock.now, self.cells)],
                        Quantity.CHARGE: [(None, self.cells)],
                    },
                    status=[0] * self.cells,
                )
            ],
            managers=[manager_status(online=online)],
            lines=[
                LineStatus(
                    id="managers",
                    port_open=True,
                    message="",
                    round_s=0.3,
                    requests=1,
                    timeouts=0,
                    frame_errors=0,
                )
            ],
            alarms=[],
        )
        update = self.live._replace(snapshot, self.live.info)
        self.live.connected = True
        self._tell(update)

    def lose(self) -> None:
        """Lose the connection."""
        self.live.connected = False
        self.live._tell(Update(UpdateKind.LOST))

    def tick(
        self,
        *,
        seconds: float = 1.0,
        voltages: dict[int, float | None] | None = None,
        read: list[tuple[float | None, int]] | None = None,
        status: dict[int, int] | None = None,
        new_scalars: StringScalars | None = None,
        online: bool | None = None,
        alarms: list[Alarm] | None = None,
    ) -> None:
        """Take in a message of changes, `seconds` after the last one.

        `read` are the reading times of the voltages; all are confirmed if it is not given.
        """
        self.clock.now += seconds
        self._sequence += 1
        changed = voltages or {}
        change = StringChanges(
            key=KEY,
            scalars=new_scalars,
            columns={
                Quantity.VOLTAGE: CellChanges(index=list(changed), value=list(changed.values()))
            }
            if changed
            else {},
            read_at={Quantity.VOLTAGE: [(self.clock.now, self.cells)] if read is None else read},
            status=status or {},
        )
        message = ChangesMessage(
            sequence=self._sequence,
            at=datetime.fromtimestamp(self.clock.now, UTC),
            strings=[change],
            managers=None if online is None else [manager_status(online=online)],
            alarms=alarms,
        )
        self._tell(self.live._apply(message))

    def publish(self, *strings: StringChanges, **parts: Any) -> None:
        """Take in these changes, at the moment of the last message."""
        self._sequence += 1
        at = datetime.fromtimestamp(self.clock.now, UTC)
        message = ChangesMessage(sequence=self._sequence, at=at, strings=list(strings), **parts)
        self._tell(self.live._apply(message))

    def _tell(self, update: Update) -> None:
        self.live.at = self.live.received_at = self.clock.now
        self.live._tell(update)


def manager_status(*, online: bool | None) -> ManagerStatus:
    return ManagerStatus(id="ups-a", online=online, serial_number=7, firmware_version="1.0")
