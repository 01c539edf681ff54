"""The figures of protection, each with its source; those without one are our choice.

10 K above the room and 50 °C: VRLA maintenance of C&D (41-7546): a block that is 10 K above its
surroundings comes off the charger, and none is charged above 50 °C. 8 K: the float current doubles
every 8 K (EnerSys US-RE-IOM-002, page 38). 1 mA/Ah: the float current that EN 50272-2 reckons with.
A cell runs away where one more kelvin heats more than it cools, which is 8 K / ln 2 = 11.5 K above
the room (Semenov): the alarm at 10 K stands just before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HOUR_S: Final = 3600.0
DAY_S: Final = 86400.0


@dataclass(frozen=True, slots=True)
class Tuning:
    """What may be chosen about the detection of thermal runaway; defaults are configurable."""

    longest_step_s: float = 20.0
    """Ticks further apart do not count as one observation."""
    slow_work_s: float = 10.0
    """Currents and whatever is learned are worked this often."""

    look_s: float = 5.0
    """Heat, surroundings and stages are looked at this often, but at every tick from 60 °C on. The
    fastest of their filters takes ten minutes."""

    pre_rise_k: float = 8.0
    pre_spread_k: float = 5.0
    pre_ratio: float = 2.0
    pre_trend_k: float = 3.0
    """A cell that much warmer than it was two hours before, more than the room explains."""
    alarm_rise_k: float = 10.0
    alarm_c: float = 50.0
    alarm_spread_k: float = 8.0
    alarm_ratio: float = 3.0
    hysteresis_k: float = 1.5
    sign_delay_s: float = 600.0
    hasty_k: float = 1.0
    """Each of these above a limit shortens the delay: to a half, a third, a quarter ..."""
    most_hasty: float = 10.0
    roomless_margin_k: float = 4.0
    """Without a room sensor the room may itself be that much warmer than it was for weeks."""

    trip_c: float = 60.0
    trip_c_delay_s: float = 10.0
    worsening_delay_s: float = 1800.0
    worsening_k: float = 0.5
    worsening_trend_k: float = 0.1
    worsening_ratio: float = 1.5
    """A current alone makes a trip where it has grown by a half since the alarm: 5 K of heat."""
    certain_c: float = 55.0
    """So hot that getting hotter is enough, whatever is known of the surroundings."""
    own_rise_k: float = 6.0
    """A rise over the room counts for a trip where the cell is that much above its own past too:
    a room sensor that is stuck makes no trip."""
    overdue_spread_k: float = 2.0

    overdue_after_s: float = 1.5 * HOUR_S
    """From constant voltage on. The peak of measured recharges lies 0.9 h behind it at most."""
    overdue_rise_k: float = 1.5
    overdue_trend_k: float = 0.5
    """Over two hours, more than the room explains: a day's swing of the room is less."""
    overdue_roomless_until_s: float = 12 * HOUR_S
    """Later in a recharge a warmer day is likelier than the charger, where no sensor tells."""
    overdue_current_factor: float = 1.5
    overdue_current_a_per_ah: float = 0.003
    overdue_current_filter_s: float = 1800.0
    higher_voltage: float = 0.005
    """A charger that holds this share more voltage may give more current."""

    allowance_k: float = 8.0
    """How much a healthy cell is heated by a recharge: measured blocks 5.4 to 8.0 K."""
    allowance_spread_k: float = 3.0
    allowance_fades_s: float = 4 * HOUR_S
    calm_allowance_k: float = 1.0

    fast_s: float = 600.0
    slow_s: float = 2 * HOUR_S
    room_lag_s: float = 4 * HOUR_S
    """How long a cell takes to follow its room: 2.3 h standing free, 7.8 h in a tight cabinet."""

    lowest_possible_c: float = -40.0
    highest_possible_c: float = 125.0
    possible_k_per_s: float = 1.0
    """No sensor on kilograms of lead changes faster, however bad a joint is."""
    possible_jump_k: float = 3.0
    return_k: float = 10.0
    """A sensor that did the impossible is believed again this close to where it was before."""
    agreed_after_s: float = 60.0
    agreed_hot_after_s: float = 600.0
    """So is one whose readings have agreed with each other for so long, wherever they are: what was
    believed may be hours old, or may itself have been wrong."""
    second_sensor_k: float = 10.0
    missing_after_s: float = 300.0

    settled_s: float = 6 * HOUR_S
    """How long a float must last before anything is learned from it."""
    first_learning_s: float = DAY_S
    offset_limit_k: float = 4.5
    module_error_k: float = 4.0
    known_after_s: float = 6 * HOUR_S
    offset_k_per_s: float = 0.1 / DAY_S
    offset_freeze_k: float = 2.5
    usual_k_per_s: float = 0.5 / DAY_S
    fewest_for_spread: int = 3

    doubling_k: float = 8.0
    reference_c: float = 25.0
    design_float_a_per_ah: float = 1e-3
    """Taken until the string's own float current is known, and the most that is ever learned."""
    current_fast_s: float = 1800.0
    current_slow_s: float = 3 * HOUR_S
    falling: float = 0.02
    """Natural logarithm; the current after a recharge still falls by more."""
    rising: float = 0.03
    base_per_s: float = 0.02 / DAY_S
    base_freeze: float = 0.4
    """Natural logarithm: half as much again as the base is not learned."""
    float_tolerance: float = 0.02
    """Further from the float voltage a current is no float current."""

    over_voltage_delay_s: float = 5.0
    under_voltage_delay_s: float = 10.0
    over_temperature_delay_s: float = 10.0


DEFAULT: Final = Tuning()
