"""The signals behind the figures of the history: 4096 cells in eight strings at module resolution.

Voltage (1 mV): cells differ by 6 mV, charger ripple 2 mV over 90 minutes, 0.3 mV common noise, 3 mV
over the day, 1.5 mV noise of each cell, and a discharge of ten minutes once a day. Temperature
(0.1 K): cells differ by 0.8 K, 1.5 K over the day, 0.025 K noise. Resistance (1 µΩ): once a day.
Charge (0.1 %): still but for the discharge. Duty (1 %): on 30 % of the cells, noise 0.4 %.
Resistance, charge and duty in the numbers of their registers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PER_HOUR = 360
STEP_S = 10.0
_DISCHARGE_HOUR = 13

Hour = tuple[NDArray[np.int16], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Plant:
    """What tells the cells apart, drawn once."""

    offset_mv: NDArray[np.float32]
    offset_dk: NDArray[np.float32]
    resistance: NDArray[np.float32]
    duty: NDArray[np.float32]

    @classmethod
    def drawn(cls, cells: int) -> Plant:
        """Draw the cells of a plant."""
        random = np.random.default_rng(1)
        on = random.random(cells) < 0.3
        return cls(
            random.normal(0, 6, cells).astype(np.float32),
            random.normal(0, 8, cells).astype(np.float32),
            random.normal(420, 25, cells).round().astype(np.float32),
            np.where(on, random.integers(5, 90, cells), 0).astype(np.float32),
        )

    def hour(self, number: int, cells: int | None = None) -> Hour:
        """Return voltage, temperature, resistance, charge and duty: (samples, cells) each."""
        cut = slice(0, cells)
        random = np.random.default_rng(1000 + number)
        time_s = (np.arange(number * PER_HOUR, (number + 1) * PER_HOUR) * STEP_S)[:, np.newaxis]
        day = 2 * np.pi * time_s / 86_400
        count = len(self.offset_mv[cut])

        def noise(sigma: float) -> NDArray[np.float32]:
            drawn: NDArray[np.float32] = random.standard_normal((PER_HOUR, count), dtype=np.float32)
            return drawn * np.float32(sigma)

        common = 2 * np.sin(2 * np.pi * time_s / 5400) + random.normal(0, 0.3, (PER_HOUR, 1))
        drop = _discharge(number)
        voltage = noise(1.5) + (2250 + self.offset_mv[cut]) + (common + 3 * np.sin(day + 0.3))
        voltage -= drop * (1 + self.offset_mv[cut] / 300)
        temperature = noise(0.25) + (250 + self.offset_dk[cut]) + 15 * np.sin(day - 2.18)
        daily = np.random.default_rng(77 + number // 24).normal(0, 2, len(self.offset_mv)).round()
        resistance = np.broadcast_to(self.resistance[cut] + daily[cut], voltage.shape)
        charge = np.broadcast_to(1000 - 0.3 * drop, voltage.shape)
        wave = 5 * np.sin(2 * np.pi * time_s / 7200)
        duty = np.clip(self.duty[cut] + wave + noise(0.4), 0, 100)
        duty = np.where(self.duty[cut] > 0, duty, 0)
        columns = (voltage, temperature, resistance, charge, duty)
        return tuple(np.rint(column).astype(np.int16) for column in columns)


def _discharge(number: int) -> NDArray[np.float64]:
    drop = np.zeros((PER_HOUR, 1))
    if number % 24 == _DISCHARGE_HOUR:
        drop[120:180, 0] = np.linspace(0, 180, 60)
        drop[180:330, 0] = 180 * np.exp(-np.arange(150) / 40)
    return drop


def entropy_floor_bits(hour: Hour, string_cells: int) -> float:
    """Return the bits that an hour needs at least, by the order-0 entropy of what is noise in it.

    Of every number the mean of its cell over the hour and the mean of its string at the moment are
    taken away, free of charge; cells that stand still cost nothing.
    """
    bits = 0.0
    for column in hour:
        residuals = []
        for first in range(0, column.shape[1], string_cells):
            string = column[:, first : first + string_cells].astype(np.float32)
            string = string[:, (string != string[0]).any(axis=0)]
            if string.size:
                moment = string.mean(axis=1, keepdims=True)
                cell = (string - moment).mean(axis=0)
                residuals.append(np.rint(string - moment - cell).astype(np.int32).ravel())
        if residuals:
            together = np.concatenate(residuals)
            _, counts = np.unique(together, return_counts=True)
            share = counts / together.size
            bits += -float((share * np.log2(share)).sum()) * together.size
    return bits
