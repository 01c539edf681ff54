"""German texts about the system."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "system": "System",
    "about_system": "Versionen, Störungen, Speicher, Stick, Bildschirmtest, Lizenzen",
    "system_state": "Zustand",
    "system_storage": "Speicher",
    "system_stick": "Stick",
    "system_test": "Bildschirmtest",
    "system_about": "Über",
    "none_yet": "noch nichts",
    "never_yet": "noch nie",
    "card_faults": "Störungen des Systems",
    "card_engine": "Engine",
    "card_load": "Rechner",
    "card_lines": "Leitungen",
    "card_network": "Netzwerk",
    "card_versions": "Versionen",
    "card_disk": "Datenträger",
    "card_history": "Was aufbewahrt ist",
    "card_keeping": "Wie lange",
    "card_copy": "Sicherheitskopie",
    "faults": "Störungen",
    "no_faults": "keine",
    "fault": "Störung",
    "fault_recording": "Die Historie lässt sich nicht schreiben.",
    "fault_history_unreadable": "Die Historie lässt sich nicht lesen.",
    "fault_line_gone": "Ihre Schnittstelle lässt sich nicht öffnen.",
    "fault_clock_not_set": "Die Uhr wurde nie gestellt. Zeiten in der Historie sind falsch.",
    "fault_disk_nearly_full": "Der Datenträger ist fast voll.",
    "fault_not_announced": "Das Netzwerk ist eingeschaltet, aber die Engine wird dort nicht "
    "angekündigt. Ihre Adresse muss eingegeben werden.",
    "uptime": "läuft seit",
    "started": "gestartet",
    "clock": "Uhr",
    "clock_state": "Uhr ist",
    "clock_not_set": "nicht gestellt",
    "clock_unknown": "von diesem Rechner nicht geprüft",
    "clock_synchronised": "vom Netzwerk gestellt seit {since}",
    "clock_free": "läuft frei seit {since}",
    "processor": "Prozessor, von einem Kern",
    "memory_engine": "Speicher der Engine",
    "memory_machine": "Speicher des Rechners",
    "free_of": "{free} frei von {whole}",
    "taken_of": "{taken} von {whole}",
    "wrong_answers": "falsche oder fehlende Antworten {share}",
    "silent_units_count": "{count} stumm",
    "paired_programs": "gekoppelte Programme",
    "version_bacs_core": "Engine",
    "version_bacs_hmi": "Panel",
    "version_python": "Python",
    "version_system": "Betriebssystem",
    "disk_free": "Datenträger",
    "disk_state": "alle Dateien der Engine",
    "disk_folder": "Ordner",
    "history_kept": "Messwerte",
    "history_taken": "Messwerte brauchen",
    "tier_full": "jeder Messwert",
    "tier_minute": "ein Wert je Minute",
    "tier_quarter": "einer je Viertelstunde",
    "tier_hour": "einer je Stunde",
    "tier_kept": "{first} bis {last}, {size}",
    "days": "{count} Tage",
    "year": "1 Jahr",
    "years": "{count} Jahre",
    "safety_copy": "zuletzt geschrieben",
    "stick_none": "Es steckt kein Stick.",
    "export_now": "Alles auf den Stick kopieren",
    "export_contents": "Was dann auf dem Stick ist",
    "export_datalog": "DataLog.csv: Werte aller Stränge",
    "export_event": "Event.csv: Alarme und alles andere, was geschah, und wer es tat",
    "export_system": "System.csv: wie die Anlage gebaut ist",
    "export_cells": "je Strang, Tag und Größe eine Datei mit jeder Zelle",
    "export_backup": "eine Sicherung von Einstellungen und Zustand, ohne Personen, Token und "
    "Schlüssel",
    "export_how": "FAT32, exFAT und ext4 werden gelesen; nichts wird formatiert. Den Stick "
    "abziehen, sobald das Panel es erlaubt. Zu Hause den ganzen Ordner BACS kopieren.",
    "test_colours": "Farben und tote Punkte",
    "test_colours_what": "Jede Berührung zeigt die nächste Farbe. Ein Punkt, der dunkel oder hell "
    "bleibt, ist tot.",
    "test_colours_done": "Alle Farben wurden gezeigt.",
    "test_touch": "Berührung",
    "test_touch_what": "Mit einem Finger über jedes Feld fahren. Was grau bleibt, fühlt ihn nicht.",
    "test_touch_good": "Alle {count} Felder haben geantwortet.",
    "test_touch_bad": "{missing} von {count} Feldern haben nicht geantwortet.",
    "test_begin": "Beginnen",
    "test_next": "Berühren für die nächste Farbe",
    "test_end": "Beenden",
    "test_touch_all": "Jedes Feld berühren",
    "test_left": "noch {count}",
    "about_title": "BACS Panel {version}",
    "about_what": "Ein offenes System für ortsfeste Batterieräume: Engine, Panel und Integration "
    "für Home Assistant.",
    "about_marks": "BACS und GENEREX sind Marken ihres Inhabers. Dieses Produkt ist für Anlagen "
    "dieser Art gemacht; es stammt weder von ihrem Hersteller, noch ist es von ihm geprüft.",
    "about_safety": "Es ergänzt den eigenen Schutz der Batterie, die Grenzen des Laders, Lüftung, "
    "Sicherungen und Prüfungen. Es ersetzt nichts davon.",
    "about_fonts": "Der Bildschirm ist mit NiceGUI gemacht, das Vue, Quasar, Apache ECharts und "
    "die "
    "Schrift Roboto mitbringt. Nichts wird von anderswo geladen.",
    "licences_title": "Programme anderer und ihre Lizenzen, wie sie sie angeben",
    "licence_untold": "gibt keine an",
    "help_system": "Zustand zeigt Versionen, Uhr, Prozessor und Speicher, wie es jeder Leitung "
    "geht, und was an der Engine selbst gestört ist.\n"
    "Speicher zeigt, wie voll der Datenträger ist und wie weit die Historie zurückreicht. Feine "
    "Werte werden kürzer aufbewahrt als grobe.\n"
    "Stick kopiert alles auf einen USB-Stick und zeigt, wie weit es ist. Wo Sticks von selbst "
    "beschrieben werden, muss sich niemand anmelden.\n"
    "Bildschirmtest zeigt Farben, um tote Punkte zu finden, und ein Raster, um Stellen zu finden, "
    "die keinen Finger fühlen.\n"
    "Über nennt die Lizenzen.",
}
