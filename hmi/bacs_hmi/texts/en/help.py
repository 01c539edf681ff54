"""English texts of the help."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "about_help": "What the marks mean, what each page does, what to do in an emergency",
    "help_title_emergency": "In an emergency",
    "help_title_marks": "What the marks mean",
    "help_title_string": "String",
    "help_title_cell": "Cell",
    "help_title_discharge": "A discharge",
    "emergency_when": "The alarm bar is red and speaks of thermal runaway, of heat or of a trip. "
    "Or "
    "you see, hear or smell something: smoke, hissing, a swollen cell, heat, a smell of rotten "
    "eggs.",
    "emergency_steps": "Smoke or fire: leave the room, warn others, call the fire brigade. Say "
    "that "
    "it is a battery room.\n"
    "Do not open the cabinet and do not touch a cell. Gas may be explosive: no flame, no sparks.\n"
    "Let the ventilation run.\n"
    "Stop the charging from a safe place: switch the charger off or open the breaker of the "
    "string. "
    "If the panel says “tripped”, the string has been disconnected already.\n"
    "Do not defer the trip, and do not switch the protection off.\n"
    "Call whoever looks after this battery.\n"
    "Watch the temperatures on the panel for the next 12 hours. They must fall. Nobody closes the "
    "breaker before a technician has checked the cells.",
    "emergency_limits": "The rules of your site come first. The panel replaces neither fire alarm "
    "nor ventilation.",
    "emergency_call": "The site file names no telephone number. Write the number of your service "
    "on "
    "the cabinet.",
    "emergency_contact": "Contact of this site: {contact}",
    "marks_cells": "Cells",
    "marks_strings": "Strings",
    "marks_alarms": "Alarms",
    "marks_values": "Values",
    "mark_normal": "ring: nothing is wrong",
    "mark_warning": "triangle, orange: warning",
    "mark_alarm": "square, red: alarm",
    "mark_silent": "cross, grey: the module is silent, nothing is known",
    "mark_bars": "a bar per cell, up or down from the target voltage; grey is normal",
    "mark_bars_abnormal": "a coloured field with a shape: this cell has a warning or an alarm",
    "mark_off_scale": "a bar that is cut near its end: further off than the scale reaches",
    "mark_absent": "a short flat bar: there is no value",
    "mark_old": "hatched: the values are old, nobody knows how it is now",
    "mark_working": "two level bars: equalization works",
    "mark_inhibited": "pause: equalization is inhibited; the string page names why",
    "mark_idle": "line: equalization rests, nothing is to be done",
    "mark_breaker": "open contact on red: the breaker of the string is open or does not stand "
    "ready",
    "mark_list_alarm": "alarm: act now",
    "mark_list_warning": "warning: look after it soon",
    "mark_put_aside": "hollow: somebody shelved it, or it is suppressed or out of service",
    "mark_no_alarm": "no alarm",
    "mark_buzzer": "the buzzer sounds; Mute silences it until the next alarm",
    "mark_dash": "a dash: there is no value, and none is invented",
    "mark_hatched": "hatched: the value was not read for too long",
    "mark_estimate": "an estimate, with how far it may be off and what it rests on",
    "help_overview": "All managers, strings and cells on one screen. Each cell is one mark.\n"
    "Grey is normal. A coloured field with a shape is a cell with a warning or an alarm.\n"
    "A bar shows how far a cell is from the target voltage of its string, up or down.\n"
    "Touch a string to see its cells with their values.\n"
    "The bar on top names the worst alarm on every page. Touch it to see all.\n"
    "Hatched means old: nobody knows how it is now.",
    "help_string": "Every cell of one string, as a table, as bars or as a heat map.\n"
    "By number or the worst first: choose on top.\n"
    "Sum, target, current and power of the string stand below or beside. A dash means that nobody "
    "measures it.\n"
    "Equalization says what is done, by whom, and what inhibits it.\n"
    "Touch a cell to see everything about it.\n"
    "A red band says that the breaker of the string tripped, or that its protection is off.",
    "help_menu": "Everything that has no place on top. Touch a tile.\n"
    "The question mark on top explains the page that is open.",
    "help_help": "Each topic explains one page. The question mark on top leads here from every "
    "page.\n"
    "All of it is stored on this computer; no network is needed.",
}
