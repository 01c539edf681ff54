"""German texts of the page of a cell."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "trend": "Verlauf",
    "events": "Ereignisse",
    "maintenance": "Wartung",
    "previous_cell": "Vorige Zelle",
    "next_cell": "Nächste Zelle",
    "open_cell": "Öffnen",
    "reading_now": "Wird gelesen …",
    "reading_again": "Noch einmal",
    # values
    "cell_is_normal": "Mit dieser Zelle ist alles in Ordnung.",
    "cell_is_unknown": "Von dieser Zelle wird nichts gemessen.",
    "cell_is_silent": "Das Modul dieser Zelle ist stumm.",
    "source_module": "Modul mit Adresse {unit} an Leitung {line}",
    "source_module_line": "Modul an Leitung {line}",
    "source_manager": "gemeldet von {manager}",
    "source_manager_line": "gemeldet von {manager} an Leitung {line}",
    "source_estimate": "Schätzung der Engine {note}",
    "resistance_baseline": "Referenz des Innenwiderstands",
    "baseline_given": "{value}, beim Tausch am {since} angegeben",
    "baseline_at_exchange": "{value}, beim Tausch am {since} gemessen",
    "baseline_learnt": "{value} bei 25 °C, an dieser Anlage gelernt",
    "baseline_first_recorded": "{value}, erste aufgezeichnete Werte seit {since}",
    "baseline_now": "jetzt {rise}",
    # trend
    "trend_voltage": "Spannung",
    "trend_temperature": "Temp.",
    "trend_resistance": "Ri",
    "trend_charge": "Ladung",
    "trend_duty": "Ausgl.",
    "trend_quantity": "Größe des Verlaufs",
    "trend_period": "Zeitraum des Verlaufs",
    "period_hour": "Stunde",
    "period_day": "Tag",
    "period_week": "Woche",
    "period_month": "Monat",
    "period_year": "Jahr",
    "trend_earlier": "Früher",
    "trend_later": "Später",
    "trend_now": "Jetzt",
    "trend_mean": "Mittel",
    "trend_lowest": "Kleinster Wert",
    "trend_highest": "Größter Wert",
    "trend_string_mean": "Strang",
    "trend_room": "Raum",
    "no_trend": "In dieser Zeit wurde nichts aufgezeichnet.",
    "limit_warning": "Warnung",
    "limit_alarm": "Alarm",
    "limit_trip": "Auslösung",
    "limit_baseline": "Referenz",
    "chart_touch": "Kurve berühren, um einen Wert abzulesen.",
    "bars_touch": "Balken berühren, um seinen Wert abzulesen.",
    # events and maintenance
    "older_events_of_cell": "Ältere Ereignisse",
    "no_events_of_cell": "Zu dieser Zelle ist kein Ereignis aufgezeichnet.",
    "event_by": "von {name}",
    "no_maintenance": "An dieser Zelle ist keine Arbeit eingetragen.",
    "work_on_string": "{work} (ganzer Strang)",
    "note_work": "Andere Arbeit eintragen",
    "note_work_title": "Was wurde an {cell} gemacht?",
    "note_it": "Eintragen",
    "note": "Notiz",
    "measured_by_hand": "Von Hand gemessen oder vom Prüfschein abgelesen (darf leer bleiben)",
    "given_by_hand": "von Hand: {values}",
    "told_by_module": "Modul: {values}",
    "value_needed": "Mindestens einen Wert eingeben.",
    "cell_replaced": "Zelle getauscht",
    "cell_replaced_title": "Wurde {cell} getauscht?",
    "cell_replaced_why": "Was über die alte Zelle gelernt wurde, wird vergessen. Womit die neue "
    "Zelle künftig verglichen wird, ist das, was das Modul jetzt misst und was Sie hier eingeben.",
    "done_cell_replaced": "Die neue Zelle ist eingetragen",
    "done_add_maintenance": "Die Arbeit ist eingetragen",
    # LED
    "cell_identify": "LED blinken",
    "cell_identify_until": "Blinkt bis {until}",
    "help_cell": "Alles über eine Zelle.\n"
    "Links: was mit ihr nicht stimmt, jeder Wert mit seinem Alter und mit dem Gerät, das "
    "ihn gemessen hat, oder worauf eine Schätzung beruht.\n"
    "Ein schraffierter Wert ist alt.\n"
    "Rechts: der Verlauf einer Größe.\n"
    "Die Linie ist das Mittel, das Band darum reicht vom kleinsten zum größten Wert, eine"
    " Lücke heißt, dass nichts aufgezeichnet wurde.\n"
    "Orange gestrichelt ist die Grenze einer Warnung, rot die eines Alarms; eine Grenze, "
    "die weit weg ist, steht am Rand.\n"
    "Die dünne gestrichelte Linie ist der Strang oder der Raum.\n"
    "Berühren Sie die Kurve, um einen Wert abzulesen.\n"
    "Ereignisse und Wartung haben eigene Seiten; tragen Sie dort ein, wenn eine Zelle "
    "getauscht wurde, denn was über die alte gelernt wurde, darf für die neue nicht "
    "gelten.\n"
    "„LED blinken“ zeigt Ihnen das Modul im Gestell.",
}
