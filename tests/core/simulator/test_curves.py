"""Curves of several kinds, looked up for all rows at once."""

from __future__ import annotations

import numpy as np

from bacs_core.simulator.curves import Curves

STEEP = ((0.0, 0.5, 1.0), (1.0, 2.0, 5.0))
LEVEL = ((0.3,), (7.0,))


def test_each_row_is_looked_up_on_the_curve_of_its_kind() -> None:
    kinds = np.array([0, 1, 0, 0], np.intp)
    curves = Curves.of([STEEP, LEVEL], kinds, lowest=0.0, highest=1.0, steps=10)
    height, slope = curves.at(np.array([0.25, 0.25, 0.75, 0.5]))
    np.testing.assert_allclose(height, [1.5, 7.0, 3.5, 2.0])
    np.testing.assert_allclose(slope[:3], [2.0, 0.0, 6.0])


def test_beyond_its_ends_a_curve_is_level() -> None:
    curves = Curves.of([STEEP], np.zeros(2, np.intp), lowest=0.0, highest=1.0, steps=10)
    height, _ = curves.at(np.array([-3.0, 9.0]))
    np.testing.assert_allclose(height, [1.0, 5.0])
