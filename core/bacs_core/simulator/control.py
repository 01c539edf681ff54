"""The control socket of the simulator: switch faults while it runs, and read the truth.

One JSON object per line is answered by one JSON line, `{"ok": true, "answer": ...}` or
`{"ok": false, "error": "..."}`. Cells count from 1, units of lines are as in the site file. This is
for tests and demonstrations; the engine knows nothing of it.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bacs_core.errors import BacsError
from bacs_core.simulator.faults import FaultKind

CONNECT_TIMEOUT_S: Final = 10.0


class ControlError(BacsError):
    """The simulator refused a command of the control socket."""


class Message(BaseModel):
    """Base of all messages: no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SwitchFault(Message):
    """Switch a fault of a line on; see `faults.Fault` for what the numbers mean."""

    do: Literal["fault"] = "fault"
    line: str
    kind: FaultKind
    unit: int | None = None
    count: int | None = Field(default=None, ge=1)
    duration_s: float | None = Field(default=None, gt=0)
    delay_s: float = 0.0
    size: int = Field(default=1, ge=0)
    value: int = 1


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


class AskTruth(Message):
    """Ask what really is in a string."""

    do: Literal["truth"] = "truth"
    string: str


class AskLines(Message):
    """Ask what happened on the lines."""

    do: Literal["lines"] = "lines"


Command = Annotated[
    SwitchFault | ClearFaults | VanishPort | ChangeCell | ChangeString | AskTruth | AskLines,
    Field(discriminator="do"),
]
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


class LineReport(Message):
    """What happened on a line since the start; answers are the bytes in hex."""

    port_present: bool
    requests: dict[int, int]
    answers: dict[int, int]
    broadcasts: int
    bad_frames: int
    silence_violations: int
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

    def truth(self, string: str) -> StringTruth:
        """Read what really is in a string."""
        return StringTruth.model_validate(self.command(AskTruth(do="truth", string=string)))

    def lines(self) -> dict[str, LineReport]:
        """Read what happened on the lines."""
        answer = self.command(AskLines(do="lines"))
        return {line: LineReport.model_validate(report) for line, report in answer.items()}
