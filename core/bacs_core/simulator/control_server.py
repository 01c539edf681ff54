"""The serving side of the control socket."""

from __future__ import annotations

import dataclasses
import json
import socketserver
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import ValidationError

from bacs_core.simulator import control
from bacs_core.simulator.cabinet import SimulatedCabinet
from bacs_core.simulator.control import LineReport, StringTruth
from bacs_core.simulator.faults import Fault
from bacs_core.simulator.plant import SimulatedString
from bacs_core.simulator.port import VirtualPort


def apply(cabinet: SimulatedCabinet, command: control.Command) -> Any:  # noqa: ANN401
    """Carry out a command and return its answer as plain JSON values.

    Raises `ControlError` where the command names a line, string or cell that there is not.
    """
    with cabinet.lock:
        cabinet.room.disturb(time.monotonic())
        return _HANDLERS[type(command)](cabinet, command)


class ControlServer:
    """Listens on a unix socket between `start` and `stop`."""

    def __init__(self, cabinet: SimulatedCabinet, path: Path) -> None:
        """Bind the socket; a leftover of an earlier run is replaced."""
        path.unlink(missing_ok=True)
        self._path = path
        self._server = _Server(str(path), _Connection)
        self._server.cabinet = cabinet
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="control socket", daemon=True
        )

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and remove the socket."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._path.unlink(missing_ok=True)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    cabinet: SimulatedCabinet


class _Connection(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        for line in self.rfile:
            try:
                answer = apply(self.server.cabinet, control.COMMAND.validate_json(line))
                reply = {"ok": True, "answer": answer}
            except (ValidationError, control.ControlError) as error:
                reply = {"ok": False, "error": str(error)}
            self.wfile.write(json.dumps(reply).encode() + b"\n")


def _port(cabinet: SimulatedCabinet, line: str) -> VirtualPort:
    if line not in cabinet.ports:
        msg = f"no line {line}"
        raise control.ControlError(msg)
    return cabinet.ports[line]


def _string(cabinet: SimulatedCabinet, key: str) -> SimulatedString:
    if key not in cabinet.plant.strings:
        msg = f"no string {key}"
        raise control.ControlError(msg)
    return cabinet.plant.strings[key]


def _fault(cabinet: SimulatedCabinet, command: control.SwitchFault) -> None:
    until_s = None if command.duration_s is None else time.monotonic() + command.duration_s
    _port(cabinet, command.line).line.faults.add(
        Fault(
            kind=command.kind,
            unit=command.unit,
            count=command.count,
            until_s=until_s,
            delay_s=command.delay_s,
            size=command.size,
            value=command.value,
        )
    )


def _clear(cabinet: SimulatedCabinet, command: control.ClearFaults) -> None:
    _port(cabinet, command.line).line.faults.clear(command.unit)


def _vanish(cabinet: SimulatedCabinet, command: control.VanishPort) -> None:
    _port(cabinet, command.line).vanish(command.duration_s)


def _cell(cabinet: SimulatedCabinet, command: control.ChangeCell) -> None:
    simulated = _string(cabinet, command.string)
    cell = command.cell - 1
    if cell >= simulated.cells.count:
        msg = f"string {command.string} has no cell {command.cell}"
        raise control.ControlError(msg)
    if command.float_shift_v is not None:
        simulated.shift_float_reference(cell, command.float_shift_v)
    if command.resistance_ohm is not None:
        simulated.set_resistance(cell, command.resistance_ohm)
    if command.warmer_k is not None:
        simulated.set_surroundings(cell, command.warmer_k)
    if command.temperature_offset_k is not None:
        simulated.sensors = simulated.sensors.with_temperature_offset(
            cell, command.temperature_offset_k
        )
    simulated.sensors = simulated.sensors.with_absent(
        cell, temperature=command.temperature_absent, voltage=command.voltage_absent
    )
    if "stuck_bypass_percent" in command.model_fields_set:
        simulated.stick_bypass(cell, command.stuck_bypass_percent)


def _change_string(cabinet: SimulatedCabinet, command: control.ChangeString) -> None:
    simulated = _string(cabinet, command.string)
    if command.charger_on is not None:
        simulated.charger = dataclasses.replace(simulated.charger, on=command.charger_on)
    if command.charger_voltage_v is not None:
        simulated.charger = dataclasses.replace(
            simulated.charger, voltage_v=command.charger_voltage_v
        )
    if command.load_a is not None:
        simulated.load_a = command.load_a
    if command.room_temperature_c is not None:
        simulated.room_temperature_c = command.room_temperature_c


def _truth(cabinet: SimulatedCabinet, command: control.AskTruth) -> dict[str, Any]:
    _string(cabinet, command.string)
    truth = dataclasses.asdict(cabinet.plant.truth(command.string))
    plain = {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in truth.items()
    }
    return StringTruth.model_validate(plain).model_dump(mode="json")


def _lines(cabinet: SimulatedCabinet, _command: control.AskLines) -> dict[str, Any]:
    return {
        line_id: LineReport(
            port_present=port.present,
            requests=dict(port.line.counters.requests),
            answers=dict(port.line.counters.answers),
            broadcasts=port.line.counters.broadcasts,
            bad_frames=port.line.counters.bad_frames,
            silence_violations=port.line.counters.silence_violations,
            last_answer={
                unit: answer.hex(" ") for unit, answer in port.line.counters.last_answer.items()
            },
        ).model_dump(mode="json")
        for line_id, port in cabinet.ports.items()
    }


_HANDLERS: Final[dict[type[Any], Callable[[SimulatedCabinet, Any], Any]]] = {
    control.SwitchFault: _fault,
    control.ClearFaults: _clear,
    control.VanishPort: _vanish,
    control.ChangeCell: _cell,
    control.ChangeString: _change_string,
    control.AskTruth: _truth,
    control.AskLines: _lines,
}
