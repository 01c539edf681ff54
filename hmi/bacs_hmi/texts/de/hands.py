"""German texts of signing in, holding, fields and what happens when nobody is there."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    # sign in
    "sign_in_why": "Zum Quittieren anmelden",
    "door_title": "Panel des Batterieraums",
    "door_why": "Über das Netzwerk zeigt sich das Panel nur Personen, die es kennt.",
    "door_password": "Passwort",
    "pin_elsewhere": "Eine PIN gilt nur am Schrank. Bitte das Passwort eingeben.",
    "user": "Benutzer",
    "secret": "PIN oder Passwort",
    "key_space": "Leerzeichen",
    "key_erase": "Löschen",
    "key_shift": "Großbuchstaben",
    "key_symbols": "Zeichen",
    "key_letters": "Buchstaben",
    "keyboard": "Tastatur",
    "key_minus": "Minus",
    "key_done": "Fertig",
    "role_viewer": "Betrachter",
    "role_operator": "Bediener",
    "role_technician": "Techniker",
    "role_administrator": "Administrator",
    # buttons that are held, and fields
    "hold_longer": "Halten, bis der Balken voll ist",
    "hold_again": "Noch einmal drücken: {what}",
    "hold_how": "Einen Moment lang halten",
    "hold_lost": "Keine Verbindung: nichts wurde getan",
    "field_from_to": "von {minimum} bis {maximum}",
    "field_from": "ab {minimum}",
    "field_to": "bis {maximum}",
    # people, rest, trips
    "pin": "PIN",
    "who": "Wer sind Sie?",
    "somebody_else": "Name und Passwort",
    "help": "Hilfe",
    "password_must": "Ein eigenes Passwort wählen",
    "password_why": "Das jetzige galt nur für das erste Mal.",
    "password_current": "Jetziges Passwort",
    "password_new": "Neues Passwort",
    "password_again": "Neues Passwort noch einmal",
    "password_differs": "Die beiden neuen Passwörter sind verschieden.",
    "password_save": "Speichern",
    "password_done": "Ihr Passwort ist geändert",
    "rest_log_off": "Abmeldung in {seconds} s.",
    "rest_return": "Zurück zur Übersicht in {seconds} s.",
    "rest_touch": "Zum Bleiben den Bildschirm berühren.",
    "rest_wake": "Zum Wecken berühren",
    "being_checked": "Wird geprüft …",
    "trip_notice_tripped": "Schalter ausgelöst",
    "trip_notice_failed": "Der Schalter öffnet nicht",
    "trip_notice_more": "{count} weitere Stränge ausgelöst",
    "trip_cells_more": "{causes}, Zelle {cell} und {count} weitere",
    "trip_ordered": "Öffnen befohlen seit {since}",
    "trip_contact_closed": "sein Kontakt meldet noch geschlossen",
    "trip_contact_open": "sein Kontakt meldet offen",
    "trip_contact_unknown": "seine Stellung ist unbekannt",
    "trip_do_open": "Jetzt von Hand öffnen.",
    "trip_do_open_hot": "Jetzt von Hand öffnen, von einem sicheren Ort aus. Geht das nicht, den "
    "Lader ausschalten.",
    "trip_do_heat": "Nicht allein hineingehen. Die Lüftung laufen lassen. Anrufen, wer diese "
    "Batterie betreut.",
    "trip_notice_seen": "Gesehen",
    "trip_notice_open": "Zum Strang",
}
