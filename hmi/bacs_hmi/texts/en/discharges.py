"""English texts of discharges: the list, live, replayed, by cells, and compared."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "discharges": "Discharges",
    "string_discharges": "Discharges of this string",
    "discharge": "Discharge",
    "all_strings": "All strings",
    "choose_string_of_list": "Choose string",
    "string_page": "String",
    "no_discharges": "No discharge was recorded yet. The next one appears here by itself.",
    "no_such_discharge": "There is no such discharge.",
    "older_discharges": "Older discharges",
    # facts
    "discharge_duration": "Duration",
    "discharge_given": "Drawn",
    "discharge_drawn": "Drawn (of rated)",
    "discharge_lowest": "Lowest cell",
    "discharge_lowest_now": "Lowest cell now",
    "discharge_mean_current": "Mean current",
    "discharge_warming": "Warming",
    "discharge_outcome": "End",
    "discharge_elapsed": "Time",
    "discharge_current": "Current",
    "discharge_depth": "{given} ({percent})",
    "discharge_depth_unknown": "not known",
    "discharge_at_least": "at least {amount}",
    "discharge_start_unseen": "Nobody saw how it began.",
    "discharge_end_unseen": "Nobody saw how it ended.",
    "discharge_gaps": "{count} gaps of {time} in all",
    "discharge_kind_battery_test": "Battery test",
    "discharge_kind_dip": "Dip, shorter than a minute",
    "discharge_runs": "Runs now",
    "discharge_cause_mains_back": "Mains came back",
    "discharge_cause_load_gone": "Load was taken off",
    "discharge_cause_end_voltage": "End voltage reached",
    "discharge_cause_breaker": "Breaker opened",
    "discharge_cause_interrupted": "A cell interrupted it",
    "discharge_cause_unknown": "Not known",
    # cells
    "discharge_fault_shorted": "shorted: one element less than the others from the first moment",
    "discharge_fault_open": "open: the current ceased in this cell",
    "discharge_fault_weak": "weak: empty well before the others",
    "discharge_sign_end_voltage": "number {rank} at its end voltage, after {time}",
    "discharge_sign_knee": "number {rank} to bend down before the others, after {time}",
    "after_charge": " and {given}",
    "discharge_capacities": "Capacity of the cells, percent of rated",
    "discharge_lowest_voltages": "Lowest voltage of the cells; no capacity was measured",
    "capacity_at_least": "Dashed: the discharge ended before this cell was empty; it has at "
    "least so much.",
    "capacity_not_measured": "not measured",
    "cell_lowest": "lowest {voltage}",
    "cell_capacity": "capacity {capacity}",
    "no_odd_cells": "No cell fell out before the others.",
    # live
    "discharge_live": "Live",
    "time_left": "Time left with this load",
    "time_left_about": "about {time} ({error})",
    "time_left_unknown": "not known",
    "time_left_basis": "From the charge of the weakest cell ({charge}), the current of now and "
    "{capacity}.",
    "time_left_capacity_rated": "the rated capacity of {capacity}, never measured",
    "time_left_capacity_measured": "the measured share of {capacity}",
    "time_left_not_connected": "No connection to the engine.",
    "time_left_no_current": "Nobody measures the current of this string.",
    "time_left_recharged": "The string is charged again.",
    "time_left_too_small": "The current is too small to tell.",
    "time_left_no_charge": "The charge of the cells is not known.",
    "time_left_uncertain": "What is known is no better than a guess.",
    "cells_falling_out": "Cells that fall out first",
    "above_end": "{margin} to the end",
    "below_end": "at its end",
    "live_sign_end_voltage": "at its end after {time}",
    "live_sign_knee": "bent down after {time}",
    "live_fault_shorted": "shorted",
    "live_fault_open": "open",
    "live_fault_weak": "weak",
    "discharge_bars": "Voltage of the cells, those that fell out first on the left",
    "discharge_bars_now": "Voltage of the cells now, those that fell out first on the left",
    "curve_to_come": "The curve comes within a minute.",
    "discharge_curve": "Voltage and current of the string",
    # replay
    "discharge_replay": "Replay",
    "discharge_cells": "Cells",
    "replay_play": "Play",
    "replay_pause": "Pause",
    "replay_speed": "{speed} times as fast",
    "replay_position": "Place in the discharge",
    "no_replay": "No frames of this discharge were kept.",
    # comparison
    "discharge_compare": "Compare",
    "choose_other": "With which discharge of this string?",
    "no_other_discharge": "There is no other discharge of this string to compare with.",
    "choose_another": "Choose another",
    "comparing": "{second} against {first}, at the same ampere-hours",
    "comparing_times": "{second} against {first}, at the same time; no current is known",
    "discharge_compared": "Voltage of the string in both discharges",
    "discharge_differences": "How much each cell itself changed, largest first",
    "changed_cells": "Cells that changed",
    "no_changed_cells": "No cell changed clearly.",
    "differs_by": "{amount} against the others",
    "capacity_changed_by": "capacity {amount}",
    "exchanged_between": "replaced in between",
    # report
    "report": "Report",
    "report_being_made": "Being made …",
    "report_file": "battery-report",
    "help_discharges": "Every discharge of a string or of all strings, the one that runs on top, "
    "then the newest first.\n"
    "Drawn is what the string gave, in ampere-hours and in percent of its rated "
    "capacity.\n"
    "The lowest cell is the one whose voltage fell furthest.\n"
    "Touch a row to see that discharge.\n"
    "A dip is shorter than a minute; a battery test was started by a person.",
    "help_discharge": "One discharge.\n"
    "While it runs you see how long it may still go on with this load: an estimate, with "
    "what it rests on and by how much it may be off, or why it is not known.\n"
    "The bars are the cells, those that fell out first stand on the left; the dashed red "
    "line is the end voltage.\n"
    "Afterwards it can be replayed: choose a speed, touch play, or draw the slider to a "
    "moment.\n"
    'Cells shows the capacity of each cell with what it rests on: "at least" means that '
    "the discharge ended before the cell was empty.\n"
    "Compare holds two discharges of the same string against each other at the same "
    "ampere-hours and ranks the cells that changed.",
}
