"""Where the values of a foreign device go, and which do not count."""

from __future__ import annotations

import struct

import numpy as np

from bacs_core.devices import huasu_cellcheck_tv, seplos_v3
from bacs_core.devices.places import Question
from bacs_core.model import Quantity
from bacs_core.polling.foreign_values import Plan, Told
from bacs_core.polling.image import StringImage
from bacs_core.settings import ManagerOptions
from tests.core.polling.foreign_plants import lead_strings, lithium_strings

NOW = 1_800_000_000.0


def taken(image: StringImage, question: Question, *words: int) -> None:
    payload = struct.pack(f">{len(words)}H", *words)
    Told({1: image}).take(Plan.of(question), question.decode(payload), NOW)


def test_what_a_pack_says_of_a_cell_that_it_does_not_measure_is_absent() -> None:
    (string,) = lithium_strings(16)
    image = StringImage(string)
    _, pack, cells, _ = seplos_v3.questions([string], ManagerOptions())
    taken(image, cells, 0xFFFF, 0, *[3300] * 14, *[3031] * 4, *[0] * 4, 0xFFFF, 0)
    taken(image, pack, 0xFFFF, 0x8000, 0, 0, 0, 0xFFFF, *[0xFFFF] * 11)
    read = image.freeze(NOW)
    voltage_v = read.columns[Quantity.VOLTAGE].values
    assert np.isnan(voltage_v[0])
    # A cell that is quite empty is one all the same.
    assert voltage_v[1] == 0.0
    assert set(voltage_v[2:]) == {3.3}
    assert read.room_temperature_c is None
    assert read.reported_sum_voltage_v is None
    assert read.reported_mean_voltage_v is None
    assert read.reported_charge_percent is None


def test_a_module_that_says_all_bits_set_says_nothing() -> None:
    (string,) = lead_strings(1)
    image = StringImage(string)
    *_, measurement = huasu_cellcheck_tv.questions(9, string)
    taken(image, measurement, 0x40A0, 0xFFFF, 0xFFFF)
    columns = image.freeze(NOW).columns
    assert np.isnan(columns[Quantity.VOLTAGE].values).all()
    assert np.isnan(columns[Quantity.TEMPERATURE].values).all()
