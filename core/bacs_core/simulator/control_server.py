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
from bacs_core.simulator.control import LineReport, ModuleView, RelayView, StringTruth
from bacs_core.simulator.faults import Fault
from bacs_core.simulator.relay_boxes import RelayBox


def apply(cabinet: SimulatedCabinet, command: control.Command) -> Any:  # noqa: ANN401
    """Carry out a command and return its answer as plain JSON values.

    Raises `ControlError` where `check` does.
    """
    with cabinet.lock:
        check(cabinet, command)
        cabinet.room.disturb(time.monotonic())
        answer = _HANDLERS[type(command)](cabinet, command)
        for port in cabinet.ports.values():
            port.line.roster.look_again()
        return answer


def check(cabinet: SimulatedCabinet, command: control.Command) -> None:
    """Raise `ControlError` where the command names something that the cabinet does not have."""
    for name, problem in _PROBLEMS.items():
        named = getattr(command, name, None)
        if named is not None and (message := problem(cabinet, command, named)) is not None:
            raise control.ControlError(message)


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


def _no_line(cabinet: SimulatedCabinet, _command: Any, line: str) -> str | None:  # noqa: ANN401
    return None if line in cabinet.ports else f"no line {line}"


def _no_string(cabinet: SimulatedCabinet, command: Any, key: str) -> str | None:  # noqa: ANN401
    if key not in cabinet.plant.strings:
        return f"no string {key}"
    touches_modules = isinstance(command, control.ChangeModule | control.AskModules)
    if touches_modules and key not in cabinet.devices.modules:
        return f"string {key} has no modules of our own map"
    return None


def _no_cell(cabinet: SimulatedCabinet, command: Any, cell: int) -> str | None:  # noqa: ANN401
    if cell > cabinet.plant.strings[command.string].string.cell_count:
        return f"string {command.string} has no cell {cell}"
    return None


def _no_device(cabinet: SimulatedCabinet, command: Any, device: str) -> str | None:  # noqa: ANN401
    present = cabinet.devices.accessories.get(device)
    if present is None:
        return f"no device {device}"
    is_relay_box = isinstance(present, RelayBox)
    if isinstance(command, control.AskAccessory) and not is_relay_box:
        return f"device {device} has no relays"
    given = _GIVEN_TO_RELAY_BOXES if is_relay_box else _GIVEN_TO_SENSORS
    foreign = command.model_fields_set - given - {"do", "id"}
    return f"device {device} has no {', '.join(sorted(foreign))}" if foreign else None


_GIVEN_TO_RELAY_BOXES: Final = {"inputs", "stuck"}
_GIVEN_TO_SENSORS: Final = {"humidity_percent", "hydrogen_percent"}
#: What a command may name, and how it is found missing; a cell is looked for in a known string.
_PROBLEMS: Final[dict[str, Callable[[SimulatedCabinet, Any, Any], str | None]]] = {
    "line": _no_line,
    "string": _no_string,
    "cell": _no_cell,
    "id": _no_device,
}


def _fault(cabinet: SimulatedCabinet, command: control.SwitchFault) -> None:
    until_s = None if command.duration_s is None else time.monotonic() + command.duration_s
    numbers = command.model_dump(exclude={"do", "line", "duration_s"})
    cabinet.ports[command.line].line.faults.add(Fault(until_s=until_s, **numbers))


def _clear(cabinet: SimulatedCabinet, command: control.ClearFaults) -> None:
    cabinet.ports[command.line].line.faults.clear(command.unit)


def _vanish(cabinet: SimulatedCabinet, command: control.VanishPort) -> None:
    cabinet.ports[command.line].vanish(command.duration_s)


def _cell(cabinet: SimulatedCabinet, command: control.ChangeCell) -> None:
    simulated = cabinet.plant.strings[command.string]
    cell = command.cell - 1
    if command.float_shift_v is not None:
        simulated.shift_float_reference(cell, command.float_shift_v)
    if command.resistance_ohm is not None:
        simulated.set_resistance(cell, command.resistance_ohm)
    if command.warmer_k is not None:
        simulated.set_surroundings(cell, command.warmer_k)
    if command.temperature_offset_k is not None:
        simulated.set_temperature_offset(cell, command.temperature_offset_k)
    simulated.set_absent(
        cell, temperature=command.temperature_absent, voltage=command.voltage_absent
    )
    if "stuck_bypass_percent" in command.model_fields_set:
        simulated.stick_bypass(cell, command.stuck_bypass_percent)


def _change_string(cabinet: SimulatedCabinet, command: control.ChangeString) -> None:
    simulated = cabinet.plant.strings[command.string]
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


def _module(cabinet: SimulatedCabinet, command: control.ChangeModule) -> None:
    module = cabinet.devices.modules[command.string][command.cell - 1]
    if command.press_button:
        module.press_button()
    if command.asleep:
        module.fall_asleep()
    elif command.asleep is not None:
        module.sleep.asleep = False
    if command.address is not None:
        module.unit = command.address
    if command.electronics_warmer_k is not None:
        module.warmer_k = command.electronics_warmer_k
    if command.measuring_resistance is not None:
        module.measuring_resistance = command.measuring_resistance
    if command.module_type is not None:
        module.plate.module_type = command.module_type
    if command.generation is not None:
        module.plate.generation = command.generation


def _modules(cabinet: SimulatedCabinet, command: control.AskModules) -> list[Any]:
    now = time.monotonic()
    return [
        ModuleView(
            serial_number=module.plate.serial_number,
            addresses=sorted(module.addresses),
            blinks=module.blinks(now),
            asleep=module.sleep.asleep,
        ).model_dump(mode="json")
        for module in cabinet.devices.modules[command.string]
    ]


def _accessory(cabinet: SimulatedCabinet, command: control.ChangeAccessory) -> None:
    device = cabinet.devices.accessories[command.id]
    if isinstance(device, RelayBox):
        if command.inputs is not None:
            device.inputs[: len(command.inputs)] = command.inputs[: len(device.inputs)]
        for relay, contact in (command.stuck or {}).items():
            if contact is None:
                device.stuck.pop(relay - 1, None)
            else:
                device.stuck[relay - 1] = contact
        return
    for name in command.model_fields_set & _GIVEN_TO_SENSORS:
        setattr(device, name, getattr(command, name))


def _relays(cabinet: SimulatedCabinet, command: control.AskAccessory) -> dict[str, Any]:
    box = cabinet.devices.accessories[command.id]
    assert isinstance(box, RelayBox)  # noqa: S101 - `check` has looked
    return RelayView(inputs=box.inputs, contacts=box.contacts, ordered=box.ordered).model_dump()


def _truth(cabinet: SimulatedCabinet, command: control.AskTruth) -> dict[str, Any]:
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
            faults=dict(port.line.counters.faults),
            crc_passed=port.line.counters.crc_passed,
            mistakable=port.line.counters.mistakable,
            collisions=port.line.counters.collisions,
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
    control.ChangeModule: _module,
    control.ChangeAccessory: _accessory,
    control.AskModules: _modules,
    control.AskAccessory: _relays,
    control.AskTruth: _truth,
    control.AskLines: _lines,
}
