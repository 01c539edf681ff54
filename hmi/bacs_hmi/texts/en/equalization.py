"""English texts of the page of equalization."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "about_equalization": "What keeps the cells of a string alike, what holds it, pauses and modes",
    "state": "State",
    "who_equalizes": "Who equalizes",
    "mode": "Mode",
    "charger": "Charger",
    "cells_bled": "{count} of {cells} cells bled, mean duty {duty}",
    "spread_of_cells": "spread {spread}",
    "equalization_now": "Now",
    "equalization_inhibits": "What holds it",
    "equalization_spread": "Voltages of the cells",
    "equalization_bypass": "Bypass",
    "equalization_findings": "Findings",
    "equalization_bled": "Most bypassed so far",
    "equalization_paused": "Paused cells",
    "nothing_inhibits": "Nothing holds it",
    "no_findings": "None",
    "nothing_bled": "None yet",
    "no_cell_paused": "None",
    "no_cells_told": "No voltages of cells are known",
    "no_duty_told": "No duty is known",
    "highest_lowest": "Highest to lowest",
    "mean": "Mean",
    "highest": "Highest",
    "lowest": "Lowest",
    "cells_bled_now": "Cells bled now",
    "count_of": "{count} of {of}",
    "mean_duty": "Mean duty",
    "highest_duty": "Highest duty",
    "duty_limit": "Limit in force",
    "until_resumed": "until somebody resumes it",
    "nothing_offered_manager": "The manager equalizes this string by itself. The panel shows what "
    "it does and offers nothing.",
    "nothing_offered_none": "Nobody equalizes this string.",
    "pause_equalization": "Pause …",
    "resume_equalization": "Resume",
    "pause_title": "Pause equalization of {string}",
    "pause_means": "No cell is bypassed meanwhile. What was learned is kept.",
    "until_a_day": "Or until a day; the buttons move it by days:",
    "days_later": "{count} days later",
    "days_earlier": "{count} days earlier",
    "mode_title": "Mode of equalization of {string}",
    "mode_off_means": "No cell is bypassed.",
    "mode_continuous_means": "Always, except in discharge: the usual one for lead and nickel.",
    "mode_top_means": "Only in the final phase of charging, then a minimum: less heat.",
    "mode_partial_means": "By counted charge instead of voltage: for lithium with a flat curve.",
    "ends_discharge": "Ends once the charger is back.",
    "ends_stale_reading": "Ends when the cells are read again.",
    "ends_resistance_measurement": "Ends by itself after the measurement.",
    "ends_hot_module": "Ends when module and cell have cooled down.",
    "ends_forming_period": "Ends cell by cell with the pauses below.",
    "ends_mixed_generations": "Ends when all modules are of one generation.",
    "ends_manual_stop": "Ends at its time, or when somebody resumes it.",
    "ends_mode_off": "Ends when another mode is set.",
    "ends_charge_phase": "Ends by itself in the final phase of charging.",
    "done_pause_equalization": "Equalization paused",
    "done_resume_equalization": "Equalization resumed",
    "done_set_equalization_mode": "Mode set",
    "help_equalization": "Equalization keeps the cells of a string at the same voltage: a module "
    "leads some current past a cell that is too high. A row shows who does it, in which mode, "
    "what holds it just now, how far the cells are apart and how many are bypassed. Touch a row "
    "to see one string. “What holds it” names each reason and what ends it. The duty is the part "
    "of the time in which the bypass works; the limit in force is 50 % where the float current "
    "cannot be measured. “Bypass at its limit” means that a cell stays too high although its "
    "bypass works as hard as it may: look at that cell. A pause stops the bypass for a time; what "
    "was learned is kept. A technician can set the mode. Strings that their manager equalizes by "
    "itself are shown only.",
    "set_equalization_mode": "Mode …",
    "set_this_mode": "Set this mode",
}
