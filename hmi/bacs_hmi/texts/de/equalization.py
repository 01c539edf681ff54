"""German texts of the page of equalization."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "about_equalization": "Was die Zellen eines Strangs angleicht, was es sperrt, Pausen und "
    "Betriebsarten",
    "state": "Zustand",
    "who_equalizes": "Wer gleicht aus",
    "mode": "Betriebsart",
    "charger": "Lader",
    "cells_bled": "{count} von {cells} Zellen im Bypass, im Mittel {duty}",
    "spread_of_cells": "Streuung {spread}",
    "equalization_now": "Jetzt",
    "equalization_inhibits": "Was ihn sperrt",
    "equalization_spread": "Spannungen der Zellen",
    "equalization_bypass": "Bypass",
    "equalization_findings": "Auffälligkeiten",
    "equalization_bled": "Bisher am meisten umgeleitet",
    "equalization_paused": "Angehaltene Zellen",
    "nothing_inhibits": "Nichts sperrt ihn",
    "no_findings": "Keine",
    "nothing_bled": "Noch nichts",
    "no_cell_paused": "Keine",
    "no_cells_told": "Zellspannungen sind nicht bekannt",
    "no_duty_told": "Der Bypass ist nicht bekannt",
    "highest_lowest": "Höchste bis niedrigste",
    "mean": "Mittel",
    "highest": "Höchste",
    "lowest": "Niedrigste",
    "cells_bled_now": "Zellen jetzt im Bypass",
    "count_of": "{count} von {of}",
    "mean_duty": "Bypass im Mittel",
    "highest_duty": "Höchster Bypass",
    "duty_limit": "Geltende Grenze",
    "until_resumed": "bis ihn jemand fortsetzt",
    "nothing_offered_manager": "Der Manager gleicht diesen Strang selbst aus. Die Anzeige zeigt, "
    "was er tut, und bietet nichts an.",
    "nothing_offered_none": "Niemand gleicht diesen Strang aus.",
    "pause_equalization": "Anhalten …",
    "resume_equalization": "Fortsetzen",
    "pause_title": "Ausgleich anhalten: {string}",
    "pause_means": "Solange wird keine Zelle umgeleitet. Gelerntes bleibt erhalten.",
    "until_a_day": "Oder bis zu einem Tag; die Tasten verschieben ihn um Tage:",
    "days_later": "{count} Tage später",
    "days_earlier": "{count} Tage früher",
    "mode_title": "Betriebsart des Ausgleichs: {string}",
    "mode_off_means": "Keine Zelle wird umgeleitet.",
    "mode_continuous_means": "Immer, außer bei Entladung: das Übliche für Blei und Nickel.",
    "mode_top_means": "Nur in der Endphase der Ladung, danach ein Minimum: weniger Wärme.",
    "mode_partial_means": "Nach gezählter Ladung statt Spannung: für Lithium mit flacher Kurve.",
    "ends_discharge": "Endet, sobald der Lader wieder da ist.",
    "ends_stale_reading": "Endet, wenn die Zellen wieder gelesen werden.",
    "ends_resistance_measurement": "Endet von selbst nach der Messung.",
    "ends_hot_module": "Endet, wenn Modul und Zelle abgekühlt sind.",
    "ends_forming_period": "Endet Zelle für Zelle mit den Pausen unten.",
    "ends_mixed_generations": "Endet, wenn alle Module von einer Generation sind.",
    "ends_manual_stop": "Endet zu seiner Zeit, oder wenn ihn jemand fortsetzt.",
    "ends_mode_off": "Endet, wenn eine andere Betriebsart gewählt wird.",
    "ends_charge_phase": "Endet von selbst in der Endphase der Ladung.",
    "done_pause_equalization": "Ausgleich angehalten",
    "done_resume_equalization": "Ausgleich fortgesetzt",
    "done_set_equalization_mode": "Betriebsart gesetzt",
    "help_equalization": "Der Ausgleich hält die Zellen eines Strangs auf gleicher Spannung: ein "
    "Modul leitet an einer zu hohen Zelle etwas Strom vorbei. Eine Zeile zeigt, wer das tut, in "
    "welcher Betriebsart, was ihn gerade sperrt, wie weit die Zellen auseinander liegen und wie "
    "viele umgeleitet werden. Ein Druck auf die Zeile zeigt einen Strang. „Was ihn sperrt“ nennt "
    "jeden Grund und was ihn beendet. Der Bypass in Prozent ist der Anteil der Zeit, in der "
    "umgeleitet wird; die geltende Grenze ist 50 %, wo der Erhaltungsstrom nicht messbar ist. "
    "„Bypass an der Grenze“ heißt: eine Zelle bleibt zu hoch, obwohl ihr Bypass so viel arbeitet, "
    "wie er darf; diese Zelle ansehen. Anhalten stoppt den Bypass für eine Zeit, Gelerntes "
    "bleibt. Die Betriebsart wählt ein Techniker. Stränge, die ihr Manager selbst ausgleicht, "
    "werden nur gezeigt.",
    "set_equalization_mode": "Betriebsart …",
    "set_this_mode": "Betriebsart setzen",
}
