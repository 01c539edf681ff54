"""German sentences of why a module is doubted, by the codes of `reasons`, and the words in them."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "told": "{what}",
    "not_answered": "hat noch nicht geantwortet",
    "was_away": "war weg",
    "other_map": "Adresse {unit} spricht nicht Version {version} unserer Registerliste",
    "other_kind": "Adresse {unit} ist: {found}; die Anlagendatei sagt: {expected}",
    "other_value": "Adresse {unit}: {what} ist {found}, die Anlagendatei sagt {expected}",
    "exchanged": "Adresse {unit}: ein anderes Gerät (Seriennr. {found}) antwortet, bestätigt war "
    "{expected}: bitte bestätigen",
    "other_length": "seine Stränge sind nicht so lang, wie die Anlagendatei sagt",
    "instead_of": "{what} ist {found} statt {expected}",
    "deaf": "hört keinen Rundruf und folgt keinem Bypass",
    "threshold_differs": "{what} ist {found} {unit}, im größten Teil des Strangs {expected} {unit}",
    "bypass_ends_too_high": "kein Bypass unter {found} V, der Strang wird aber bei {limit} V "
    "gehalten: kein Ausgleich möglich",
    "bypass_ends_too_low": "Bypass endet erst unter {found} V, zu tief für eine Zelle von "
    "{limit} V: sie kann entladen werden",
    "bypass_ends_too_cold": "kein Bypass ab {found} °C, der Strang darf aber {limit} °C warm sein",
    "unverified": "Faktoren und Register, die die Anlagendatei angibt, sind ungeprüft",
    "not_scaled": "Strang {string}: {what} fehlt, {scale} ist nicht angegeben",
}

#: By the English words that stand in an argument.
WORDS: Final[dict[str, str]] = {
    "module": "Modul",
    "manager": "Manager",
    "current sensor": "Stromsensor",
    "relay box": "Relaisbox",
    "environment sensor": "Raumsensor",
    "module type": "Modultyp",
    "hardware generation": "Hardware-Generation",
    "string count": "Zahl der Stränge",
    "cell count": "Zahl der Zellen",
    "the number of strings": "die Zahl der Stränge",
    "the number of modules": "die Zahl der Module",
    "the number of cells": "die Zahl der Zellen",
    "the module's own address": "die eigene Adresse des Moduls",
    "the module's nominal voltage": "die Nennspannung des Moduls",
    "the manager's internal communication is interrupted": "die interne Kommunikation des "
    "Managers ist unterbrochen",
    "the highest temperature for bypass": "die höchste Temperatur für Bypass",
    "the lowest voltage for bypass": "die niedrigste Spannung für Bypass",
    "the time until it sleeps": "die Zeit bis zum Schlaf",
    "current a": "Strom",
    "ac current a": "Wechselstrom",
    "sum voltage v": "Gesamtspannung",
    "mean voltage v": "mittlere Spannung",
    "absent": "nicht vorhanden",
    "running": "in Betrieb",
    "connecting and starting up": "verbindet und startet",
    "module lost": "Modul verloren",
    "discharging stopped": "Entladung beendet",
    "system failure": "Systemfehler",
    "voltage out of range": "Spannung außerhalb des Bereichs",
    "temperature out of range": "Temperatur außerhalb des Bereichs",
    "resistance out of range": "Innenwiderstand außerhalb des Bereichs",
    "modules are being addressed": "Module werden adressiert",
    "a module is being searched for": "ein Modul wird gesucht",
    "bypass mode": "USV im Bypass",
    "output active": "Ausgang aktiv",
    "on battery": "Batteriebetrieb",
    "overload": "Überlast",
    "inverter failure": "Wechselrichter gestört",
    "general alarm": "Sammelalarm",
    "full": "voll",
    "standby": "Bereitschaft",
    "turned off": "ausgeschaltet",
    "cell voltage high": "Zellspannung hoch",
    "cell over voltage protection": "Überspannungsschutz der Zelle",
    "cell voltage low": "Zellspannung niedrig",
    "cell under voltage protection": "Unterspannungsschutz der Zelle",
    "pack voltage high": "Packspannung hoch",
    "pack over voltage protection": "Überspannungsschutz des Packs",
    "pack voltage low": "Packspannung niedrig",
    "pack under voltage protection": "Unterspannungsschutz des Packs",
}
