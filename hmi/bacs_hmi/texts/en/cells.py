"""English texts of the overview and of the looks of a string."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "attention": "What stands out",
    "attention_cells": "{count} × {what}",
    "attention_furthest": "furthest from its target: {deviation}",
    "managers": "managers",
    "charger_recharges": "recharges, charger not confirmed yet",
    "look": "View",
    "look_table": "Table",
    "look_bars": "Bars",
    "look_heat": "Map",
    "sort_number": "By number",
    "sort_worst": "Worst first",
    "quantity": "Quantity",
    "short_voltage": "V",
    "short_temperature": "°C",
    "short_resistance": "mΩ",
    "short_charge": "Charge",
    "short_duty": "Equal.",
    "short_health": "Health",
    "short_bled": "Ah",
    "from_target_scale": "from the target {target}",
    "from_mean_scale": "from the mean {mean}",
    "from_zero_scale": "from 0",
    "limit_named": "limit {limit}",
    "choose_cell": "Choose a cell",
    "all_absent": "No cell of this string gives this value",
    "more_of_cell": "All of this cell",
}
