"""German texts of the overview and of the looks of a string."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "attention": "Was auffällt",
    "attention_cells": "{count} × {what}",
    "attention_furthest": "am weitesten vom Ziel: {deviation}",
    "managers": "Manager",
    "charger_recharges": "lädt wieder, Lader noch nicht bestätigt",
    "look": "Ansicht",
    "look_table": "Tabelle",
    "look_bars": "Balken",
    "look_heat": "Karte",
    "sort_number": "Nach Nummer",
    "sort_worst": "Auffällige zuerst",
    "quantity": "Größe",
    "short_voltage": "V",
    "short_temperature": "°C",
    "short_resistance": "mΩ",
    "short_charge": "Ladung",
    "short_duty": "Ausgl.",
    "short_health": "Zustand",
    "short_bled": "Ah",
    "from_target_scale": "vom Ziel {target}",
    "from_mean_scale": "vom Mittel {mean}",
    "from_zero_scale": "von 0 an",
    "limit_named": "Grenze {limit}",
    "choose_cell": "Zelle wählen",
    "all_absent": "Keine Zelle dieses Strangs gibt diesen Wert",
    "more_of_cell": "Alles zu dieser Zelle",
}
