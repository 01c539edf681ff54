"""English texts about the system."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "system": "System",
    "about_system": "Versions, faults, storage, stick, test of the screen, licences",
    "system_state": "State",
    "system_storage": "Storage",
    "system_stick": "Stick",
    "system_test": "Screen test",
    "system_about": "About",
    "none_yet": "none yet",
    "never_yet": "not yet",
    "card_faults": "Faults of the system",
    "card_engine": "Engine",
    "card_load": "Computer",
    "card_lines": "Lines",
    "card_network": "Network",
    "card_versions": "Versions",
    "card_disk": "Disk",
    "card_history": "What is kept",
    "card_keeping": "How long",
    "card_copy": "Safety copy",
    "faults": "Faults",
    "no_faults": "none",
    "fault": "Fault",
    "fault_recording": "The history cannot be written.",
    "fault_history_unreadable": "The history cannot be read.",
    "fault_line_gone": "Its port cannot be opened.",
    "fault_clock_not_set": "The clock was never set. Times in the history are wrong.",
    "fault_disk_nearly_full": "The disk is nearly full.",
    "fault_not_announced": "The network is on, but the engine is not announced there. Its address "
    "has to be typed in.",
    "uptime": "runs for",
    "started": "started",
    "clock": "clock",
    "clock_state": "clock is",
    "clock_not_set": "not set",
    "clock_unknown": "not checked by this computer",
    "clock_synchronised": "set by the network since {since}",
    "clock_free": "running free since {since}",
    "processor": "processor, of one core",
    "memory_engine": "memory of the engine",
    "memory_machine": "memory of the computer",
    "free_of": "{free} free of {whole}",
    "taken_of": "{taken} of {whole}",
    "wrong_answers": "wrong or missing answers {share}",
    "silent_units_count": "{count} silent",
    "paired_programs": "paired programs",
    "version_bacs_core": "engine",
    "version_bacs_hmi": "panel",
    "version_python": "Python",
    "version_system": "operating system",
    "disk_free": "disk",
    "disk_state": "all files of the engine",
    "disk_folder": "folder",
    "history_kept": "measurements",
    "history_taken": "measurements take",
    "tier_full": "every sample",
    "tier_minute": "one value per minute",
    "tier_quarter": "one per quarter of an hour",
    "tier_hour": "one per hour",
    "tier_kept": "{first} to {last}, {size}",
    "days": "{count} days",
    "year": "1 year",
    "years": "{count} years",
    "safety_copy": "last written",
    "stick_none": "No stick is plugged in.",
    "export_now": "Copy everything to the stick",
    "export_contents": "What is on the stick then",
    "export_datalog": "DataLog.csv: values of all strings",
    "export_event": "Event.csv: alarms and everything else that happened, with who did it",
    "export_system": "System.csv: how the plant is built",
    "export_cells": "a file per string, day and quantity, with every cell",
    "export_backup": "a backup of settings and state, without people, tokens and keys",
    "export_how": "FAT32, exFAT and ext4 are read; nothing is formatted. Pull the stick out once "
    "the panel says that it may be removed. At home copy the whole BACS folder.",
    "test_colours": "Colours and dead points",
    "test_colours_what": "Each touch shows the next colour. A point that stays dark or bright is "
    "dead.",
    "test_colours_done": "All colours were shown.",
    "test_touch": "Touch",
    "test_touch_what": "Draw a finger over every field. What stays grey does not feel it.",
    "test_touch_good": "All {count} fields answered.",
    "test_touch_bad": "{missing} of {count} fields did not answer.",
    "test_begin": "Begin",
    "test_next": "Touch for the next colour",
    "test_end": "End",
    "test_touch_all": "Touch every field",
    "test_left": "{count} left",
    "about_title": "BACS Panel {version}",
    "about_what": "An open system for stationary battery rooms: engine, panel and Home Assistant "
    "integration.",
    "about_marks": "BACS and GENEREX are marks of their owner. This product is made to work with "
    "plants of that kind; it is neither from their maker nor approved by it.",
    "about_safety": "It supplements the battery's own protection, the charger's limits, "
    "ventilation, fuses and inspections. It replaces none of them.",
    "about_fonts": "The screen is made with NiceGUI, which brings Vue, Quasar, Apache ECharts and "
    "the typeface Roboto. Nothing is loaded from elsewhere.",
    "licences_title": "Programs of others, and their licences as they tell them",
    "licence_untold": "tells none",
    "help_system": "State shows versions, clock, processor and memory, how each line does, and "
    "what "
    "is wrong with the engine itself.\n"
    "Storage shows how full the disk is, and how far back the history goes. Fine values are kept "
    "for a shorter time than coarse ones.\n"
    "Stick copies everything to a USB stick, with its progress. No sign-in is needed where sticks "
    "are written by themselves.\n"
    "Screen test shows colours to find dead points, and a grid to find places that feel no "
    "finger.\n"
    "About names the licences.",
}
