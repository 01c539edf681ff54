"""German texts of the help."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "about_help": "Was die Zeichen bedeuten, was jede Seite tut, was im Notfall zu tun ist",
    "help_title_emergency": "Im Notfall",
    "help_title_marks": "Was die Zeichen bedeuten",
    "help_title_string": "Strang",
    "help_title_cell": "Zelle",
    "help_title_discharge": "Eine Entladung",
    "emergency_when": "Die Alarmzeile ist rot und spricht von thermischem Durchgehen, von Hitze "
    "oder von einer Auslösung. Oder es ist etwas zu sehen, zu hören oder zu riechen: Rauch, "
    "Zischen, eine aufgeblähte Zelle, Hitze, ein Geruch nach faulen Eiern.",
    "emergency_steps": "Rauch oder Feuer: den Raum verlassen, andere warnen, die Feuerwehr rufen. "
    "Sagen, dass es ein Batterieraum ist.\n"
    "Den Schrank nicht öffnen und keine Zelle berühren. Gas kann explodieren: keine Flamme, keine "
    "Funken.\n"
    "Die Lüftung laufen lassen.\n"
    "Das Laden von einem sicheren Ort aus beenden: den Lader ausschalten oder den Schalter des "
    "Strangs öffnen. Sagt das Panel „ausgelöst“, ist der Strang schon getrennt.\n"
    "Die Auslösung nicht aufschieben und den Schutz nicht ausschalten.\n"
    "Anrufen, wer diese Batterie betreut.\n"
    "Die Temperaturen in den nächsten 12 Stunden am Panel verfolgen. Sie müssen fallen. Niemand "
    "schließt den Schalter, bevor ein Techniker die Zellen geprüft hat.",
    "emergency_limits": "Die Regeln Ihres Betriebs gehen vor. Das Panel ersetzt weder Brandmelder "
    "noch Lüftung.",
    "emergency_call": "Die Anlagendatei nennt keine Telefonnummer. Die Nummer des Kundendienstes "
    "gehört an den Schrank.",
    "emergency_contact": "Ansprechpartner dieser Anlage: {contact}",
    "marks_cells": "Zellen",
    "marks_strings": "Stränge",
    "marks_alarms": "Alarme",
    "marks_values": "Werte",
    "mark_normal": "Ring: alles in Ordnung",
    "mark_warning": "Dreieck, orange: Warnung",
    "mark_alarm": "Quadrat, rot: Alarm",
    "mark_silent": "Kreuz, grau: das Modul ist stumm, nichts ist bekannt",
    "mark_bars": "ein Balken je Zelle, über oder unter der Zielspannung; grau ist normal",
    "mark_bars_abnormal": "ein farbiges Feld mit Form: diese Zelle hat eine Warnung oder einen "
    "Alarm",
    "mark_off_scale": "ein Balken mit Schnitt am Ende: weiter weg, als die Skala reicht",
    "mark_absent": "ein kurzer flacher Balken: es gibt keinen Wert",
    "mark_old": "schraffiert: die Werte sind alt, niemand weiß, wie es jetzt ist",
    "mark_working": "zwei gleiche Balken: der Ausgleich arbeitet",
    "mark_inhibited": "Pause: der Ausgleich ist gesperrt; die Seite des Strangs nennt den Grund",
    "mark_idle": "Strich: der Ausgleich ruht, es ist nichts zu tun",
    "mark_breaker": "offener Kontakt auf Rot: der Schalter des Strangs ist offen oder nicht bereit",
    "mark_list_alarm": "Alarm: jetzt handeln",
    "mark_list_warning": "Warnung: bald darum kümmern",
    "mark_put_aside": "hohl: zurückgestellt, unterdrückt oder außer Betrieb",
    "mark_no_alarm": "kein Alarm",
    "mark_buzzer": "der Summer ertönt; Stumm schaltet ihn bis zum nächsten Alarm ab",
    "mark_dash": "ein Strich: es gibt keinen Wert, und keiner wird erfunden",
    "mark_hatched": "schraffiert: der Wert wurde zu lange nicht gelesen",
    "mark_estimate": "eine Schätzung, mit ihrer Unsicherheit und ihrer Grundlage",
    "help_overview": "Alle Manager, Stränge und Zellen auf einem Bild. Jede Zelle ist ein "
    "Zeichen.\n"
    "Grau ist normal. Ein farbiges Feld mit Form ist eine Zelle mit Warnung oder Alarm.\n"
    "Ein Balken zeigt, wie weit eine Zelle von der Zielspannung ihres Strangs weg ist, nach oben "
    "oder unten.\n"
    "Einen Strang berühren, um seine Zellen mit ihren Werten zu sehen.\n"
    "Die Zeile oben nennt auf jeder Seite den schlimmsten Alarm. Berühren zeigt alle.\n"
    "Schraffiert heißt alt: niemand weiß, wie es jetzt ist.",
    "help_string": "Jede Zelle eines Strangs, als Tabelle, als Balken oder als Farbkarte.\n"
    "Nach Nummer oder Auffällige zuerst: oben wählen.\n"
    "Summe, Ziel, Strom und Leistung des Strangs stehen darunter oder daneben. Ein Strich heißt, "
    "dass es niemand misst.\n"
    "Ausgleich sagt, was geschieht, durch wen, und was ihn sperrt.\n"
    "Eine Zelle berühren, um alles über sie zu sehen.\n"
    "Ein rotes Band sagt, dass der Schalter des Strangs ausgelöst hat oder sein Schutz aus ist.",
    "help_menu": "Alles, was oben keinen Platz hat. Eine Kachel berühren.\n"
    "Das Fragezeichen oben erklärt die Seite, die offen ist.",
    "help_help": "Jedes Thema erklärt eine Seite. Das Fragezeichen oben führt von jeder Seite "
    "hierher.\n"
    "Alles ist auf diesem Rechner gespeichert; ein Netzwerk braucht es nicht.",
}
