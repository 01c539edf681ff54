"""Every error the core can name.

Two splits: who broke the rules (the line, the device, we ourselves, the person asking), and
whether asking again can help (`retryable`). Wire errors carry the raw bytes. Errors are caught in
two places only: the poll loop of a line, and the boundary to people (API and command line).
"""

from __future__ import annotations

from typing import ClassVar, Final

#: A program of the engine that refuses ends so; the last line on its standard error is the code of
#: a `RefusedError` and its reason, with a tab between.
REFUSED_EXIT_CODE: Final = 3


class BacsError(Exception):
    """Root of all errors of this project."""

    retryable: ClassVar[bool] = False


class BusError(BacsError):
    """The line did not deliver an answer that can be trusted."""

    retryable: ClassVar[bool] = True

    def __init__(self, message: str, raw: bytes = b"") -> None:
        """Keep what was on the wire, so that a log line is enough to find the cause."""
        super().__init__(f"{message} [{raw.hex(' ')}]" if raw else message)
        self.raw = raw


class BusTimeoutError(BusError, TimeoutError):
    """No complete answer came within the device's turnaround and the frame's wire time."""


class FrameError(BusError):
    """An answer came, but it is short, corrupt, foreign or does not fit the request."""


class PortGoneError(BusError):
    """The serial port cannot be opened or has vanished."""


class DeviceError(BacsError):
    """The device answered with a Modbus exception."""

    def __init__(self, unit: int, function: int, code: int) -> None:
        """Carry unit address, function code and exception code as the device sent them."""
        reason = EXCEPTION_REASONS.get(code, f"exception code {code}")
        super().__init__(f"unit {unit} refused function {function}: {reason}")
        self.unit = unit
        self.function = function
        self.code = code


#: Modbus application protocol V1.1b3, section 7.
EXCEPTION_REASONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledge, still busy",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target failed to respond",
}


class DeclarationError(BacsError):
    """A register map or rule of ours contradicts itself: a bug, found at import."""


class SettingsError(BacsError):
    """The site file is refused; the message names the line and the reason."""


class StateInUseError(BacsError):
    """Another engine already keeps its state in the same directory."""


class RefusedError(BacsError):
    """A command is not carried out: rights, a safe limit or the state of the plant forbid it."""

    def __init__(self, reason: str, *, code: str) -> None:
        """`code` is stable and for machines; `reason` is a sentence for people."""
        super().__init__(reason)
        self.reason = reason
        self.code = code
