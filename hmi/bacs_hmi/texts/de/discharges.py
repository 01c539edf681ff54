"""German texts of discharges: the list, live, replayed, by cells, and compared."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "discharges": "Entladungen",
    "string_discharges": "Entladungen dieses Strangs",
    "discharge": "Entladung",
    "all_strings": "Alle Stränge",
    "choose_string_of_list": "Strang wählen",
    "string_page": "Strang",
    "no_discharges": "Es ist noch keine Entladung aufgezeichnet. Die nächste erscheint hier von "
    "selbst.",
    "no_such_discharge": "Diese Entladung gibt es nicht.",
    "older_discharges": "Ältere Entladungen",
    # facts
    "discharge_duration": "Dauer",
    "discharge_given": "Entnommen",
    "discharge_drawn": "Entnommen (von Nenn)",
    "discharge_lowest": "Tiefste Zelle",
    "discharge_lowest_now": "Tiefste Zelle jetzt",
    "discharge_mean_current": "Mittlerer Strom",
    "discharge_warming": "Erwärmung",
    "discharge_outcome": "Ende",
    "discharge_elapsed": "Zeit",
    "discharge_current": "Strom",
    "discharge_depth": "{given} ({percent})",
    "discharge_depth_unknown": "nicht bekannt",
    "discharge_at_least": "mindestens {amount}",
    "discharge_start_unseen": "Ihr Anfang wurde nicht gesehen.",
    "discharge_end_unseen": "Ihr Ende wurde nicht gesehen.",
    "discharge_gaps": "{count} Lücken, zusammen {time}",
    "discharge_kind_battery_test": "Batterietest",
    "discharge_kind_dip": "Einbruch, kürzer als eine Minute",
    "discharge_runs": "Läuft gerade",
    "discharge_cause_mains_back": "Netz kam wieder",
    "discharge_cause_load_gone": "Last wurde abgeschaltet",
    "discharge_cause_end_voltage": "Entladeschluss erreicht",
    "discharge_cause_breaker": "Schalter hat geöffnet",
    "discharge_cause_interrupted": "Eine Zelle hat unterbrochen",
    "discharge_cause_unknown": "Nicht bekannt",
    # cells
    "discharge_fault_shorted": "Kurzschluss: vom ersten Moment an ein Element weniger als die "
    "anderen",
    "discharge_fault_open": "unterbrochen: der Strom hörte in dieser Zelle auf",
    "discharge_fault_weak": "schwach: deutlich vor den anderen leer",
    "discharge_sign_end_voltage": "als Nummer {rank} am Entladeschluss, nach {time}",
    "discharge_sign_knee": "als Nummer {rank} vor den anderen abgeknickt, nach {time}",
    "after_charge": " und {given}",
    "discharge_capacities": "Kapazität der Zellen, Prozent der Nennkapazität",
    "discharge_lowest_voltages": "Tiefste Spannung der Zellen; keine Kapazität wurde gemessen",
    "capacity_at_least": "Gestrichelt: die Entladung endete, bevor diese Zelle leer war; sie hat "
    "mindestens so viel.",
    "capacity_not_measured": "nicht gemessen",
    "cell_lowest": "tiefster Wert {voltage}",
    "cell_capacity": "Kapazität {capacity}",
    "no_odd_cells": "Keine Zelle fiel vor den anderen aus.",
    # live
    "discharge_live": "Live",
    "time_left": "Restzeit bei dieser Last",
    "time_left_about": "etwa {time} ({error})",
    "time_left_unknown": "nicht bekannt",
    "time_left_basis": "Aus der Ladung der schwächsten Zelle ({charge}), dem Strom von jetzt und "
    "{capacity}.",
    "time_left_capacity_rated": "der Nennkapazität von {capacity}, nie gemessen",
    "time_left_capacity_measured": "dem gemessenen Anteil von {capacity}",
    "time_left_not_connected": "Keine Verbindung zur Engine.",
    "time_left_no_current": "Den Strom dieses Strangs misst niemand.",
    "time_left_recharged": "Der Strang wird wieder geladen.",
    "time_left_too_small": "Der Strom ist zu klein für eine Aussage.",
    "time_left_no_charge": "Die Ladung der Zellen ist nicht bekannt.",
    "time_left_uncertain": "Was bekannt ist, wäre nur geraten.",
    "cells_falling_out": "Zellen, die zuerst ausfallen",
    "above_end": "{margin} bis Schluss",
    "below_end": "am Ende",
    "live_sign_end_voltage": "am Ende nach {time}",
    "live_sign_knee": "abgeknickt nach {time}",
    "live_fault_shorted": "Kurzschluss",
    "live_fault_open": "unterbrochen",
    "live_fault_weak": "schwach",
    "curve_to_come": "Die Kurve kommt in weniger als einer Minute.",
    "discharge_bars": "Spannung der Zellen, die zuerst ausgefallenen links",
    "discharge_bars_now": "Spannung der Zellen jetzt, die zuerst ausgefallenen links",
    "discharge_curve": "Spannung und Strom des Strangs",
    # replay
    "discharge_replay": "Wiedergabe",
    "discharge_cells": "Zellen",
    "replay_play": "Abspielen",
    "replay_pause": "Anhalten",
    "replay_speed": "{speed}-mal so schnell",
    "replay_position": "Stelle in der Entladung",
    "no_replay": "Von dieser Entladung sind keine Bilder erhalten.",
    # comparison
    "discharge_compare": "Vergleich",
    "choose_other": "Mit welcher Entladung dieses Strangs?",
    "no_other_discharge": "Es gibt keine andere Entladung dieses Strangs zum Vergleichen.",
    "choose_another": "Andere wählen",
    "comparing": "{second} gegen {first}, bei gleichen Amperestunden",
    "comparing_times": "{second} gegen {first}, bei gleicher Zeit; der Strom ist nicht bekannt",
    "discharge_compared": "Spannung des Strangs in beiden Entladungen",
    "discharge_differences": "Wie sehr sich jede Zelle selbst geändert hat, größte zuerst",
    "changed_cells": "Zellen, die sich geändert haben",
    "no_changed_cells": "Keine Zelle hat sich deutlich geändert.",
    "differs_by": "{amount} gegen die anderen",
    "capacity_changed_by": "Kapazität {amount}",
    "exchanged_between": "dazwischen getauscht",
    # report
    "report": "Bericht",
    "report_being_made": "Wird erstellt …",
    "report_file": "batteriebericht",
    "help_discharges": "Jede Entladung eines Strangs oder aller Stränge, die laufende oben, "
    "dann die neueste zuerst.\n"
    "Entnommen ist, was der Strang gab, in Amperestunden und in Prozent der "
    "Nennkapazität.\n"
    "Die tiefste Zelle ist die, deren Spannung am weitesten fiel.\n"
    "Berühren Sie eine Zeile, um diese Entladung zu sehen.\n"
    "Ein Einbruch ist kürzer als eine Minute; einen Batterietest hat jemand gestartet.",
    "help_discharge": "Eine Entladung.\n"
    "Solange sie läuft, sehen Sie, wie lange es bei dieser Last noch weitergehen kann: "
    "eine Schätzung, mit dem, worauf sie beruht und wie weit sie daneben liegen kann, "
    "oder warum es nicht bekannt ist.\n"
    "Die Balken sind die Zellen, die zuerst ausgefallenen stehen links; die rot "
    "gestrichelte Linie ist der Entladeschluss.\n"
    "Danach lässt sie sich wiedergeben: Tempo wählen, Abspielen berühren oder den "
    "Schieber an eine Stelle ziehen.\n"
    "Zellen zeigt die Kapazität jeder Zelle und worauf sie beruht: „mindestens“ heißt, "
    "dass die Entladung endete, bevor die Zelle leer war.\n"
    "Vergleich hält zwei Entladungen desselben Strangs bei gleichen Amperestunden "
    "gegeneinander und ordnet die Zellen nach ihrer Änderung.",
}
