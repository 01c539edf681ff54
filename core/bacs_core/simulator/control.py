"""The control socket of the simulator: switch faults while it runs, and read the truth.

One JSON object per line is answered by one JSON line, `{"ok": true, "answer": ...}` or
`{"ok": false, "error": "..."}`. Cells count from 1, units of lines are as in the site file. This is
for tests and demonstrations; the engine knows nothing of it.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from bacs_core.errors import BacsError
from bacs_core.simulator.faults import FaultKind

CONNECT_TIMEOUT_S: Final = 10.0


class ControlError(BacsError):
    """The simulator refused a command of the control socket."""


class Message(BaseModel):
    """Base of all messages: no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SwitchFault(Message):
    """Switch a fault of a line on; see `faults.Fault` for what the numbers mean.

    It lasts for `count` hits, for `duration_s`, or until it is cleared. A number with a companion
    `..._to` is drawn between both for every hit.
    """

    do: Literal["fault"] = "fault"
    line: str
    kind: FaultKind
    unit: int | None = None
    count: int | None = Field(default=None, ge=1)
    duration_s: float | None = Field(default=None, gt=0)
    probability: float = Field(default=1.0, gt=0, le=1)
    delay_s: float = Field(default=0.0, ge=0)
    delay_to_s: float | None = None
    size: int = Field(default=1, ge=0)
    size_to: int | None = None
    value: int = 1
    value_to: int | None = None
    every_s: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _ranges_have_two_ends(self) -> Self:
        """Refuse a range that ends before it begins."""
        for name, least, most in (
            ("delay_to_s", self.delay_s, self.delay_to_s),
            ("size_to", self.size, self.size_to),
            ("value_to", self.value, self.value_to),
        ):
            if most is not None and most < least:
                msg = f"{name} is {most:g}, but the range begins at {least:g}"
                raise ValueError(msg)
        return self


class ClearFaults(Message):
    """Switch all faults of a line off, or those of one unit."""

    do: Literal["clear"] = "clear"
    line: str
    unit: int | None = None


class VanishPort(Message):
    """Take the port of a line away for a while."""

    do: Literal["vanish"] = "vanish"
    line: str
    duration_s: float = Field(gt=0)


class ChangeCell(Message):
    """Change one cell or its sensors; keys that are not given stay as they are.

    `stuck_bypass_percent` of `None` repairs the bypass.
    """

    do: Literal["cell"] = "cell"
    string: str
    cell: int = Field(ge=1)
    float_shift_v: float | None = None
    resistance_ohm: float | None = Field(default=None, gt=0)
    warmer_k: float | None = None
    temperature_offset_k: float | None = None
    temperature_absent: bool | None = None
    voltage_absent: bool | None = None
    stuck_bypass_percent: float | None = Field(default=None, ge=0, le=100)


class ChangeString(Message):
    """Change what acts on a string; keys that are not given stay as they are."""

    do: Literal["string"] = "string"
    string: str
    charger_on: bool | None = None
    charger_voltage_v: float | None = Field(default=None, gt=0)
    load_a: float | None = Field(default=None, ge=0)
    room_temperature_c: float | None = None


class ChangeModule(Message):
    """Do something to the module of one cell; keys that are not given stay as they are.

    A module with the `address` of another one answers together with it. `electronics_warmer_k`
    makes it hot. What changes its bypass shows at the next broadcast.
    """

    do: Literal["module"] = "module"
    string: str
    cell: int = Field(ge=1)
    press_button: bool = False
    asleep: bool | None = None
    address: int | None = Field(default=None, ge=1, le=247)
    electronics_warmer_k: float | None = None
    measuring_resistance: bool | None = None
    generation: int | None = None
    module_type: str | None = Field(default=None, pattern=r"^C\d+$")


class ChangeAccessory(Message):
    """Change a relay box or an environment sensor; keys that are not given stay as they are.

    `stuck` holds contacts by relay, from 1, that no longer do what they are told; `null` repairs
    one. Humidity and hydrogen of `null` are a probe that fell off.
    """

    do: Literal["accessory"] = "accessory"
    id: str
    inputs: list[bool] | None = None
    stuck: dict[int, bool | None] | None = None
    humidity_percent: float | None = None
    hydrogen_percent: float | None = None


class AskModules(Message):
    """Ask for what can be seen of the modules of a string."""

    do: Literal["modules"] = "modules"
    string: str


class AskAccessory(Message):
    """Ask for what can be seen of a relay box."""

    do: Literal["relays"] = "relays"
    id: str


class AskTruth(Message):
    """Ask what really is in a string."""

    do: Literal["truth"] = "truth"
    string: str


class AskLines(Message):
    """Ask what happened on the lines."""

    do: Literal["lines"] = "lines"


Question = AskTruth | AskLines | AskModules | AskAccessory
Change = (
    SwitchFault
    | ClearFaults
    | VanishPort
    | ChangeCell
    | ChangeString
    | ChangeModule
    | ChangeAccessory
)
Command = Annotated[Change | Question, Field(discriminator="do")]
COMMAND: Final[TypeAdapter[Command]] = TypeAdapter(Command)


class StringTruth(Message):
    """What really is in a string; see `plant.Truth`."""

    time_s: float
    voltage_v: list[float]
    temperature_c: list[float]
    resistance_ohm: list[float]
    charge_percent: list[float]
    capacity_ah: list[float]
    bypass_current_a: list[float]
    cell_current_a: list[float]
    float_current_a: list[float]
    through_ah: list[float]
    discharged_ah: list[float]
    string_current_a: float
    room_temperature_c: float


class ModuleView(Message):
    """What can be seen of one module: where it answers, its LED, whether it sleeps."""

    serial_number: int
    addresses: list[int]
    blinks: bool
    asleep: bool


class RelayView(Message):
    """What can be seen of a relay box: its inputs and what the contacts do."""

    inputs: list[bool]
    contacts: list[bool]
    ordered: list[bool]


class LineReport(Message):
    """What happened on a line since the start, see `counters.LineCounters`; bytes are in hex."""

    port_present: bool
    requests: dict[int, int]
    answers: dict[int, int]
    broadcasts: int
    bad_frames: int
    silence_violations: int
    faults: dict[FaultKind, int]
    crc_passed: int
    mistakable: int
    collisions: int
    last_answer: dict[int, str]


class SimulatorControl:
    """A client of the control socket; each call is one short connection."""

    def __init__(self, path: Path) -> None:
        """Use the socket at `path`; it need not exist yet."""
        self._path = path

    def command(self, command: Command) -> Any:  # noqa: ANN401
        """Send a command and return its answer as plain JSON values.

        Raises `ControlError` where the simulator refuses it, `OSError` where there is none.
        """
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(CONNECT_TIMEOUT_S)
            link.connect(str(self._path))
            link.sendall(command.model_dump_json(exclude_unset=True).encode() + b"\n")
            with link.makefile("rb") as lines:
                answer = json.loads(lines.readline())
        if not answer["ok"]:
            raise ControlError(answer["error"])
        return answer["answer"]

    def fault(self, line: str, kind: FaultKind, **numbers: Any) -> None:  # noqa: ANN401
        """Switch a fault on; `numbers` are those of `SwitchFault`."""
        self.command(SwitchFault(do="fault", line=line, kind=kind, **numbers))

    def clear(self, line: str, unit: int | None = None) -> None:
        """Switch faults off."""
        self.command(ClearFaults(do="clear", line=line, unit=unit))

    def vanish(self, line: str, duration_s: float) -> None:
        """Take a port away for a while."""
        self.command(VanishPort(do="vanish", line=line, duration_s=duration_s))

    def cell(self, string: str, cell: int, **changes: Any) -> None:  # noqa: ANN401
        """Change one cell; `changes` are those of `ChangeCell`."""
        self.command(ChangeCell(do="cell", string=string, cell=cell, **changes))

    def string(self, string: str, **changes: Any) -> None:  # noqa: ANN401
        """Change what acts on a string; `changes` are those of `ChangeString`."""
        self.command(ChangeString(do="string", string=string, **changes))

    def module(self, string: str, cell: int, **changes: Any) -> None:  # noqa: ANN401
        """Do something to one module; `changes` are those of `ChangeModule`."""
        self.command(ChangeModule(do="module", string=string, cell=cell, **changes))

    def modules(self, string: str) -> list[ModuleView]:
        """Look at the modules of a string, in cell order."""
        answer = self.command(AskModules(do="modules", string=string))
        return [ModuleView.model_validate(view) for view in answer]

    def accessory(self, accessory_id: str, **changes: Any) -> None:  # noqa: ANN401
        """Change a relay box or an environment sensor; see `ChangeAccessory`."""
        self.command(ChangeAccessory(do="accessory", id=accessory_id, **changes))

    def relays(self, accessory_id: str) -> RelayView:
        """Look at a relay box."""
        return RelayView.model_validate(self.command(AskAccessory(do="relays", id=accessory_id)))

    def truth(self, string: str) -> StringTruth:
        """Read what really is in a string."""
        return StringTruth.model_validate(self.command(AskTruth(do="truth", string=string)))

    def lines(self) -> dict[str, LineReport]:
        """Read what happened on the lines."""
        answer = self.command(AskLines(do="lines"))
        return {line: LineReport.model_validate(report) for line, report in answer.items()}
