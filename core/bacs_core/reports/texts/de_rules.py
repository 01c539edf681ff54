"""German texts of the alarms, by rule; `{value}` and `{limit}` have their units."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "recording_failed": "die Historie kann nicht geschrieben werden: {note}",
    "line_gone": "Schnittstelle fehlt",
    "line_lent": "Schutz ruht, die Leitung ist verliehen bis {note}",
    "accessories_exchanged": "anstelle von {note} antwortet ein anderes Gerät, ein Techniker "
    "muss es bestätigen",
    "accessory_silent": "{note} antwortet nicht oder wird nicht geglaubt",
    "hydrogen_high": "{note}: Wasserstoff in der Luft, {value}, Grenze {limit}",
    "hydrogen_raised": "{note}: Wasserstoff in der Luft, {value}, Grenze {limit}",
    "room_temperature_high": "{note}: Raum warm, {value}, Grenze {limit}",
    "room_temperature_low": "{note}: Raum kalt, {value}, Grenze {limit}",
    "manager_exchanged": "ein anderes Gerät antwortet, seine Werte zählen erst, wenn ein "
    "Techniker es bestätigt",
    "manager_silent": "antwortet nicht",
    "manager_room_temperature_high": "Raum warm, {value}, Grenze {limit}",
    "devices_exchanged": "andere Geräte antworten als vorher ({note}), ihre Werte zählen erst "
    "nach Bestätigung",
    "string_silent": "kein Modul antwortet",
    "current_sensor_silent": "der Stromsensor antwortet nicht oder wird nicht geglaubt, der "
    "Strom ist unbekannt",
    "bypass_lease_expired": "der Bypass hat sich in einigen Modulen abgeschaltet, die Engine "
    "wurde nicht gehört",
    "module_silent": "Modul antwortet nicht",
    "protection_off": "Schutz ist ausgeschaltet, {note}",
    "breaker_failed": "Schalter öffnet nicht, obwohl es befohlen ist: {note}",
    "breaker_tripped": "Schalter hat ausgelöst: {note}",
    "breaker_tripping": "Schalter hat Befehl zu öffnen: {note}",
    "trip_deferred": "Auslösung aufgeschoben, {note}",
    "breaker_found_open": "Schalter ist offen, hier hat es niemand befohlen",
    "breaker_unknown": "niemand weiß, ob der Schalter offen ist",
    "breaker_contradicted": "Schalter meldet offen, trotzdem fließt Strom",
    "recharge_overdue": "Temperatur oder Strom steigen noch, obwohl der Lader die Spannung schon "
    "lange hält",
    "current_missing": "thermisches Durchgehen wird nur an der Temperatur erkannt, der Strom ist "
    "unbekannt",
    "room_missing": "thermisches Durchgehen wird ohne die Raumtemperatur überwacht, sie ist "
    "unbekannt",
    "temperatures_missing": "keine Zelltemperatur bekannt, thermisches Durchgehen bliebe unerkannt",
    "runaway_trip": "Anzeichen für thermisches Durchgehen, der Strang muss getrennt werden: {note}",
    "runaway_alarm": "Anzeichen für thermisches Durchgehen: {note}",
    "runaway_pre_alert": "erste Anzeichen für thermisches Durchgehen: {note}",
    "trip_temperature": "so heiß, dass der Strang getrennt werden muss",
    "trip_voltage_high": "so hoch geladen, dass der Strang getrennt werden muss",
    "trip_voltage_low": "so tief entladen, dass der Strang getrennt werden muss",
    "temperature_suspect": "die Temperatur kann nicht stimmen und zählt nicht für den Schutz, "
    "Sensor prüfen",
    "temperature_missing": "Temperatur unbekannt, thermisches Durchgehen bliebe unerkannt",
    "on_battery": "Batteriebetrieb, bis ihr Lader bestätigt ist",
    "charge_low": "Ladung niedrig, {value}, Grenze {limit}",
    "string_voltage_low": "vom Lader nicht gehalten, mittlere Zellspannung {value}, Grenze {limit}",
    "string_voltage_high": "zu hoch geladen, mittlere Zellspannung {value}, Grenze {limit}",
    "string_warm": "im Ganzen warm, viele Zellen über ihrer Grenze",
    "charger_ripple": "mehr Rippelstrom vom Lader als früher, um {value}, Grenze {limit}",
    "charger_drift": "der Lader hat seine Erhaltungsspannung verlassen, um {value}, Grenze {limit}",
    "cell_voltage_low": "Spannung niedrig, {value}, Grenze {limit}",
    "cell_voltage_high": "Spannung hoch, {value}, Grenze {limit}",
    "cell_deviation_large": "weit von der Zielspannung, um {value}, Grenze {limit}",
    "cell_deviation": "abseits der Zielspannung, um {value}, Grenze {limit}",
    "cell_temperature_critical": "Temperatur kritisch, {value}, Grenze {limit}",
    "cell_temperature_high": "Temperatur hoch, {value}, Grenze {limit}",
    "charged_too_warm": "wird geladen, obwohl es dafür zu warm ist, {value}, Grenze {limit}",
    "charged_too_cold": "wird geladen, obwohl es dafür zu kalt ist, {value}, Grenze {limit}",
    "cell_resistance_rise_large": "Innenwiderstand weit über dem Referenzwert, um {value}, "
    "Grenze {limit}",
    "cell_resistance_rise": "Innenwiderstand über dem Referenzwert, um {value}, Grenze {limit}",
    "cell_resistance_high": "Innenwiderstand hoch, {value}, Grenze {limit}",
    "cell_capacity_low": "Kapazität niedrig, {value} der Nennkapazität, Grenze {limit}",
    "cell_health_low": "Zustand (SoH) schlecht, {value}, Grenze {limit}",
    "bypass_stuck_on": "Bypass leitet, obwohl er aus ist",
    "bypass_stuck_off": "Bypass wirkt nicht, obwohl er ein ist",
    "bypass_exhausted": "zu hoch, obwohl der Bypass seit Stunden an der Grenze arbeitet",
}
