from __future__ import annotations

import itertools
import logging
import struct
import sys
import time
from pathlib import Path

import pytest

from bacs_core.annunciator.sound import SAMPLES_PER_S, TONE_HZ, TONE_S, Loudspeaker, tone


def test_the_tone_has_its_pitch_and_begins_and_ends_softly() -> None:
    samples = [number for (number,) in struct.iter_unpack("<h", tone())]
    assert len(samples) == int(TONE_S * SAMPLES_PER_S)
    rising = sum(1 for one, other in itertools.pairwise(samples) if one < 0 <= other)
    assert abs(rising - TONE_HZ * TONE_S) <= 1
    assert max(map(abs, samples[:5] + samples[-5:])) < 2000 < max(samples)


def test_each_beginning_of_the_buzzer_plays_one_tone(tmp_path: Path) -> None:
    played = tmp_path / "played"
    script = f"import sys; open({str(played)!r}, 'ab').write(sys.stdin.buffer.read())"
    loudspeaker = Loudspeaker([sys.executable, "-c", script])
    loudspeaker.show(sounding=True)
    give_up_at = time.monotonic() + 60
    while not played.exists() or played.stat().st_size < len(tone()):
        assert time.monotonic() < give_up_at
        loudspeaker.show(sounding=True)
        time.sleep(0.01)
    loudspeaker.close()
    assert played.read_bytes() == tone()


def test_a_panel_without_a_loudspeaker_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    loudspeaker = Loudspeaker([str(tmp_path / "no-player")])
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            loudspeaker.show(sounding=True)
            loudspeaker.show(sounding=False)
    assert len(caplog.records) == 1
