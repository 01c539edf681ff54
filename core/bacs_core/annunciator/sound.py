"""A tone from the loudspeaker of the panel, where there is no buzzer. Played by aplay (ALSA)."""

from __future__ import annotations

import logging
import math
import struct
import subprocess
from collections.abc import Sequence
from typing import Final

#: Between the alarm sounds of ISO 7731 (500-1500 Hz are heard best over room noise).
TONE_HZ: Final = 880.0
TONE_S: Final = 0.4
SAMPLES_PER_S: Final = 16_000
_LOUDNESS: Final = 24_000
#: Without a soft begin and end each tone would click.
_FADE_S: Final = 0.01

_log = logging.getLogger(__name__)


def tone() -> bytes:
    """Return one tone as signed 16-bit samples, little-endian, mono."""
    count = int(TONE_S * SAMPLES_PER_S)
    fade = _FADE_S * SAMPLES_PER_S
    samples = (
        int(
            _LOUDNESS
            * min(1.0, number / fade, (count - number) / fade)
            * math.sin(math.tau * TONE_HZ * number / SAMPLES_PER_S)
        )
        for number in range(count)
    )
    return struct.pack(f"<{count}h", *samples)


def player(device: str) -> list[str]:
    """Return the command that plays samples of `tone` from its standard input."""
    return [
        *("aplay", "--quiet", "--device", device, "--file-type", "raw"),
        *("--format", "S16_LE", "--channels", "1", "--rate", str(SAMPLES_PER_S)),
    ]


class Loudspeaker:
    """Plays a tone each time the buzzer begins to sound; never waits for it."""

    def __init__(self, command: Sequence[str]) -> None:
        """Play by `command`, see `player`."""
        self._command = command
        self._tone = tone()
        self._sounding = False
        self._playing: subprocess.Popen[bytes] | None = None
        self._problem = ""

    def show(self, *, sounding: bool) -> None:
        """Begin a tone if the buzzer begins. One that still plays is not played over."""
        begins = sounding and not self._sounding
        self._sounding = sounding
        ended = self._playing is not None and self._playing.poll() is not None
        if ended:
            self._note(self._playing)
            self._playing = None
        if begins and self._playing is None:
            self._playing = self._play()

    def close(self) -> None:
        """End a tone that still plays."""
        if self._playing is not None:
            self._playing.kill()
            self._playing.wait()
            self._playing = None

    def _play(self) -> subprocess.Popen[bytes] | None:
        try:
            playing = subprocess.Popen(  # noqa: S603 - a fixed program with a name from the settings
                self._command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            self._tell(str(error))
            return None
        if playing.stdin is not None:
            try:
                # Less than a pipe holds: this does not wait.
                playing.stdin.write(self._tone)
                playing.stdin.close()
            except OSError as error:
                self._tell(str(error))
        return playing

    def _note(self, ended: subprocess.Popen[bytes] | None) -> None:
        if ended is not None and ended.returncode != 0:
            self._tell(f"{self._command[0]} ended with {ended.returncode}")

    def _tell(self, problem: str) -> None:
        """Tell a problem once: a panel without a loudspeaker must not fill its log."""
        if problem != self._problem:
            self._problem = problem
            _log.warning("no sound: %s", problem)
