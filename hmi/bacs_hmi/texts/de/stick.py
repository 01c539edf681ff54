"""German texts about a stick that is plugged in."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "stick_copy": "Jetzt kopieren",
    "stick_found": "Der Stick {label} wurde eingesteckt.",
    "stick_held": "Der Stick {label} steckt. Kopiert wird erst, wenn jemand es verlangt.",
    "stick_checking": "Der Stick {label} wird geprüft. Nicht abziehen.",
    "stick_writing": "Kopie auf den Stick {label}: {percent} %. Nicht abziehen.",
    "stick_flushing": "Der Stick {label} wird zurückgelesen: {percent} %. Noch nicht abziehen.",
    "stick_done": "Der Stick {label} darf abgezogen werden. {files} Dateien ({size}) sind darauf.",
    "stick_done_coarse": "Der Stick {label} darf abgezogen werden. {files} Dateien ({size}) sind "
    "darauf. Für alle Werte war er zu klein: je {step} ist einer darauf.",
    "stick_problem_full": "Der Stick {label} ist voll. Abziehen, Platz schaffen oder einen "
    "größeren nehmen, wieder einstecken.",
    "stick_problem_not_enough_space": "Der Stick {label} hat zu wenig Platz: {needed} werden "
    "gebraucht, {free} sind frei. Abziehen und einen größeren nehmen.",
    "stick_problem_file_too_large": "Der Stick {label} kann so große Dateien nicht halten. "
    "Abziehen und einen mit dem Dateisystem exFAT nehmen.",
    "stick_problem_read_only": "Der Stick {label} ist schreibgeschützt. Abziehen, Schalter "
    "umlegen oder einen anderen nehmen, wieder einstecken.",
    "stick_problem_broken": "Der Stick {label} lässt sich nicht lesen oder beschreiben und ist "
    "wohl defekt. Abziehen und einen anderen nehmen.",
    "stick_problem_differs": "Der Stick {label} hat nicht behalten, was geschrieben wurde. "
    "Abziehen und nicht mehr verwenden.",
    "stick_problem_name_taken": "Auf dem Stick {label} liegt eine Datei namens BACS, wo unser "
    "Ordner dieses Namens hin soll. Abziehen, die Datei am Computer umbenennen, wieder einstecken.",
    "stick_problem_unknown_file_system": "Das Dateisystem des Sticks {label} ist hier nicht "
    "bekannt. Abziehen und einen mit exFAT oder FAT32 nehmen.",
    "stick_problem_silent": "Der Stick {label} antwortet nicht. Abziehen und einen anderen nehmen.",
    "stick_problem_pulled": "Der Stick {label} wurde zu früh abgezogen, die Kopie ist "
    "unvollständig. Wieder einstecken.",
    "stick_problem_history": "Die Historie ist gerade nicht lesbar. Der Stick {label} darf "
    "abgezogen werden; später noch einmal versuchen.",
    "stick_problem_failed": "Die Kopie auf den Stick {label} ist misslungen. Abziehen und wieder "
    "einstecken.",
    "stick_waits": "Ein weiterer Stick wartet: Er wird beschrieben, sobald dieser abgezogen ist.",
    "sticks_wait": "{count} weitere Sticks warten: jeder wird beschrieben, sobald der vorige "
    "abgezogen ist.",
    "done_export_to_stick": "Die Kopie beginnt.",
    "refused_no_stick": "Abgelehnt: es steckt kein Stick.",
    "refused_stick_busy": "Abgelehnt: der Stick wird schon beschrieben.",
    "event_stick": "USB-Stick",
}
