"""English texts of the page of a cell."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "trend": "Trend",
    "events": "Events",
    "maintenance": "Maintenance",
    "previous_cell": "Previous cell",
    "next_cell": "Next cell",
    "open_cell": "Open",
    "reading_now": "Being read …",
    "reading_again": "Try again",
    # values
    "cell_is_normal": "Nothing is wrong with this cell.",
    "cell_is_unknown": "Nothing of this cell is measured.",
    "cell_is_silent": "The module of this cell is silent.",
    "source_module": "module with address {unit} on line {line}",
    "source_module_line": "module on line {line}",
    "source_manager": "told by {manager}",
    "source_manager_line": "told by {manager} on line {line}",
    "source_estimate": "estimate of the engine {note}",
    "resistance_baseline": "Baseline of the resistance",
    "baseline_given": "{value}, given at the exchange on {since}",
    "baseline_at_exchange": "{value}, measured at the exchange on {since}",
    "baseline_learnt": "{value} at 25 °C, learnt by this site",
    "baseline_first_recorded": "{value}, first recorded values since {since}",
    "baseline_now": "now {rise}",
    # trend
    "trend_voltage": "Voltage",
    "trend_temperature": "Temp.",
    "trend_resistance": "Ri",
    "trend_charge": "Charge",
    "trend_duty": "Equal.",
    "trend_quantity": "Quantity of the trend",
    "trend_period": "Period of the trend",
    "period_hour": "Hour",
    "period_day": "Day",
    "period_week": "Week",
    "period_month": "Month",
    "period_year": "Year",
    "trend_earlier": "Earlier",
    "trend_later": "Later",
    "trend_now": "Now",
    "trend_mean": "Mean",
    "trend_lowest": "Lowest",
    "trend_highest": "Highest",
    "trend_string_mean": "String",
    "trend_room": "Room",
    "no_trend": "Nothing was recorded in this time.",
    "limit_warning": "Warning",
    "limit_alarm": "Alarm",
    "limit_trip": "Trip",
    "limit_baseline": "Baseline",
    "chart_touch": "Touch the curve to read a value.",
    "bars_touch": "Touch a bar to read its value.",
    # events and maintenance
    "older_events_of_cell": "Older events",
    "no_events_of_cell": "No event of this cell was recorded.",
    "event_by": "by {name}",
    "no_maintenance": "No work on this cell was noted.",
    "work_on_string": "{work} (whole string)",
    "note_work": "Note other work",
    "note_work_title": "Which work was done on {cell}?",
    "note_it": "Note it",
    "note": "Note",
    "measured_by_hand": "Measured by hand, or read off the certificate (may stay empty)",
    "given_by_hand": "by hand: {values}",
    "told_by_module": "module: {values}",
    "value_needed": "Enter at least one value.",
    "cell_replaced": "Cell replaced",
    "cell_replaced_title": "Was {cell} replaced?",
    "cell_replaced_why": "What was learnt of the old cell is forgotten. What the module measures "
    "now, and what you enter here, is what the new cell is compared with from now on.",
    "done_cell_replaced": "The new cell is noted",
    "done_add_maintenance": "The work is noted",
    # LED
    "cell_identify": "Let LED blink",
    "cell_identify_until": "Blinks until {until}",
    "help_cell": "Everything about one cell.\n"
    "On the left: what is wrong with it, each value with its age, and which device "
    "measured it or what an estimate rests on.\n"
    "A hatched value is old.\n"
    "On the right: the trend of one quantity.\n"
    "The line is the mean, the band around it runs from the lowest to the highest value, "
    "a gap means that nothing was recorded.\n"
    "Dashed orange is the limit of a warning, red that of an alarm; a limit that is far "
    "away is named at the edge.\n"
    "The thin dashed line is the string, or the room.\n"
    "Touch the curve to read a value.\n"
    "Events and maintenance have pages of their own; note there when a cell was replaced,"
    " because what was learnt of the old one must not be used for the new one.\n"
    '"Let LED blink" shows you the module in the rack.',
}
