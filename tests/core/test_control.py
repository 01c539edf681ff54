"""What one thought takes over from the one before."""

from __future__ import annotations

import numpy as np

from bacs_core.control import Conclusions, Control
from bacs_core.model import Inhibit, Manager, Site
from tests.core.equalization.build import START, a_string, readings

STRING = a_string()
SITE = Site("One string", (Manager("room", "Room", "engine", (STRING,)),))


def think(control: Control, at: float, mixed: frozenset[str] = frozenset()) -> Conclusions:
    return control.think({STRING.key: readings([2.27] * 4, at)}, {}, mixed, at)


def test_orders_stay_the_same_object_until_somebody_wants_something_else() -> None:
    control = Control(SITE, [], START)
    first = think(control, START).orders
    assert think(control, START + 1).orders is first
    control.wishes = control.wishes.paused(STRING.key, (), START + 10)
    paused = think(control, START + 2).orders
    assert paused.paused.tolist() == [True]
    assert think(control, START + 3).orders is paused
    assert not np.any(think(control, START + 11).orders.paused)
    mixed = think(control, START + 12, frozenset({STRING.key})).orders
    assert mixed.inhibits[Inhibit.MIXED_GENERATIONS].tolist() == [True]
