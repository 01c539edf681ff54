"""libmodbus, a Modbus implementation that is not ours, through ctypes: a master and a slave.

`python -m tests.libmodbus rtu PATH UNIT` and `python -m tests.libmodbus tcp PORT UNIT` are slaves
that run until they are stopped. They hold registers from 0, of both kinds: holding register n is
1000 + n, input register n is 2000 + n. Port 0 takes a free one; the slave tells it.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
REGISTERS: Final = 200
HOLDING_FROM: Final = 1000
INPUT_FROM: Final = 2000
BAUD: Final = 115200
_LONGEST_MESSAGE: Final = 260


class LibmodbusError(Exception):
    """What libmodbus says of a request that failed."""


class _Mapping(ctypes.Structure):
    """`modbus_mapping_t`."""

    _fields_ = (
        ("nb_bits", ctypes.c_int),
        ("start_bits", ctypes.c_int),
        ("nb_input_bits", ctypes.c_int),
        ("start_input_bits", ctypes.c_int),
        ("nb_input_registers", ctypes.c_int),
        ("start_input_registers", ctypes.c_int),
        ("nb_registers", ctypes.c_int),
        ("start_registers", ctypes.c_int),
        ("tab_bits", ctypes.POINTER(ctypes.c_uint8)),
        ("tab_input_bits", ctypes.POINTER(ctypes.c_uint8)),
        ("tab_input_registers", ctypes.POINTER(ctypes.c_uint16)),
        ("tab_registers", ctypes.POINTER(ctypes.c_uint16)),
    )


def _load() -> ctypes.CDLL:
    name = ctypes.util.find_library("modbus")
    if name is None:
        raise LibmodbusError("libmodbus is not installed: sudo apt-get install mbpoll brings it")
    library = ctypes.CDLL(name, use_errno=True)
    library.modbus_new_rtu.restype = ctypes.c_void_p
    library.modbus_new_rtu.argtypes = (
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_char,
        ctypes.c_int,
        ctypes.c_int,
    )
    library.modbus_new_tcp.restype = ctypes.c_void_p
    library.modbus_mapping_new.restype = ctypes.POINTER(_Mapping)
    library.modbus_strerror.restype = ctypes.c_char_p
    return library


class Context:
    """One `modbus_t`: a port or an address, and the unit that is asked or played."""

    def __init__(self, library: ctypes.CDLL, pointer: int, unit: int) -> None:
        self.library = library
        self.pointer = ctypes.c_void_p(pointer)
        self.check(library.modbus_set_slave(self.pointer, unit))

    @classmethod
    def rtu(cls, path: Path | str, unit: int, baud: int = BAUD, parity: str = "N") -> Context:
        library = _load()
        pointer = library.modbus_new_rtu(str(path).encode(), baud, parity.encode(), 8, 1)
        return cls(library, pointer, unit)

    @classmethod
    def tcp(cls, port: int, unit: int) -> Context:
        library = _load()
        return cls(library, library.modbus_new_tcp(b"127.0.0.1", port), unit)

    def check(self, result: int) -> int:
        """Return `result` unless it says that the last call failed."""
        if result < 0:
            raise LibmodbusError(self.library.modbus_strerror(ctypes.get_errno()).decode())
        return result

    def connect(self) -> None:
        self.check(self.library.modbus_connect(self.pointer))

    def close(self) -> None:
        self.library.modbus_close(self.pointer)
        self.library.modbus_free(self.pointer)

    def read_registers(self, address: int, count: int) -> list[int]:
        """Read holding registers as a master."""
        words = (ctypes.c_uint16 * count)()
        self.check(self.library.modbus_read_registers(self.pointer, address, count, words))
        return list(words)

    def serve(self, mapping: ctypes.Array[_Mapping] | ctypes._Pointer[_Mapping]) -> None:
        """Answer as a slave until the far end goes."""
        message = (ctypes.c_uint8 * _LONGEST_MESSAGE)()
        while True:
            length = self.library.modbus_receive(self.pointer, message)
            if length > 0:
                self.library.modbus_reply(self.pointer, message, length, mapping)
            elif length < 0:
                return


@contextmanager
def slave(kind: str, place: str, unit: int) -> Iterator[str]:
    """Run a slave in a process of its own; yields the path or port where it is."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.libmodbus", kind, place, str(unit)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        told = process.stdout.readline().strip()
        try:
            assert told, "the libmodbus slave did not start"
            yield told
        finally:
            process.kill()


def _filled_mapping(library: ctypes.CDLL) -> ctypes._Pointer[_Mapping]:
    mapping: ctypes._Pointer[_Mapping] = library.modbus_mapping_new(
        REGISTERS, REGISTERS, REGISTERS, REGISTERS
    )
    for number in range(REGISTERS):
        mapping.contents.tab_registers[number] = HOLDING_FROM + number
        mapping.contents.tab_input_registers[number] = INPUT_FROM + number
    return mapping


def _main(kind: str, place: str, unit: str) -> None:
    if kind == "rtu":
        context = Context.rtu(place, int(unit))
        context.connect()
        print(place, flush=True)
        while True:
            context.serve(_filled_mapping(context.library))
    # libmodbus cannot tell which free port it took.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", int(place)))
        listener.listen()
        print(listener.getsockname()[1], flush=True)
        context = Context.tcp(0, int(unit))
        mapping = _filled_mapping(context.library)
        while True:
            connection, _address = listener.accept()
            context.library.modbus_set_socket(context.pointer, connection.fileno())
            context.serve(mapping)
            connection.close()


if __name__ == "__main__":
    _main(*sys.argv[1:])
