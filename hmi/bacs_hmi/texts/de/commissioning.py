"""German texts of commissioning."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "commissioning": "Inbetriebnahme",
    "about_commissioning": "Leitung absuchen, Adressen vergeben, Geräte bestätigen, Anlagendatei, "
    "Namen",
    "begin_commissioning": "Jetzt eine Leitung absuchen",
    "being_read": "Wird gelesen …",
    "step_search": "Suchen",
    "step_addresses": "Adressen",
    "step_confirm": "Finden, bestätigen",
    "step_proposal": "Anlagendatei",
    "step_names": "Namen",
    "commissioning_sign_in": "Nur ein Techniker sieht, was eingerichtet wird. Oben anmelden oder "
    "etwas starten: dann wird gefragt.",
    "commissioning_goes_on": "Abgemeldet, weil niemand das Panel berührt hat. Die Arbeit geht "
    "weiter. Oben anmelden, um sie zu verfolgen oder zu beenden.",
    "work_idle": "Zurzeit wird nichts eingerichtet.",
    "work_preparing": "Der Bypass auf der Leitung wird abgeschaltet",
    "work_running": "Läuft",
    "work_done": "Fertig",
    "work_cancelled": "Vorzeitig beendet",
    "work_time_limit": "Die Leitung war so lange verliehen, wie es erlaubt ist, und ist "
    "zurückgegeben",
    "work_failed": "Fehlgeschlagen",
    "work_start_scan": "Suche",
    "work_start_addressing": "Adressvergabe",
    "work_readdress_module": "Neue Adresse für ein Modul",
    "work_set_thresholds": "Schwellen der Module",
    "said_waking": "schlafende Module werden geweckt",
    "said_looking": "es wird geprüft, wer schon eine Adresse hat",
    "said_press_button": "Taste des nächsten Moduls drücken",
    "said_addressing": "in der Reihenfolge der Kette",
    "said_one_answers": "1 Gerät antwortet",
    "said_units_answer": "{count} Geräte antworten",
    "said_addressed": "{count} Module haben eine Adresse",
    "said_chain_ended": "{count} von {wanted} Modulen haben eine Adresse, weitere kamen nicht",
    "said_moved": "das Modul antwortet unter Adresse {unit}",
    "said_thresholds_written": "{count} Module haben sie",
    "said_engine_ended": "die Engine endete",
    "said_ended_by": "beendet von {name}",
    "said_broke": "das Protokoll der Engine sagt, warum",
    "said_address_taken": "unter Adresse {unit} antwortet schon ein anderes Gerät; sie wurde nicht "
    "noch einmal vergeben",
    "said_bad_units": "Module haben Adressen bis {highest}, nicht {unit}",
    "said_no_answer": "unter Adresse {unit} antwortet kein Modul",
    "said_other_serial": "das Modul unter Adresse {unit} hat die Seriennummer {found}, nicht "
    "{wanted}",
    "said_several": "mehrere Geräte unter einer Adresse, oder eine schlechte Leitung",
    "said_no_module": "das Gerät unter Adresse {unit} ist kein Modul, sondern: {device}",
    "said_not_taken": "Modul {serial} antwortet nicht unter seiner neuen Adresse {unit}",
    "said_units_reversed": "die letzte Adresse kommt vor der ersten",
    "said_fixed_speed": "die Geschwindigkeit dieser Leitung steht in ihrem Seriell-Server, nicht "
    "hier",
    "said_mixed_generations": "Module verschiedener Generationen dürfen nicht an einer Leitung "
    "hängen",
    "said_time_limit": "es dauerte so lange, wie eine Leitung verliehen werden darf",
    "said_several_at": "mehrere Geräte unter Adresse {unit}, oder eine schlechte Leitung",
    "said_unknown_at": "das Gerät unter Adresse {unit} ist von keiner Art, die hier bekannt ist",
    "said_modules_failed": "{failed} von {count} Modulen haben die Werte nicht übernommen",
    "said_module_doubted": "das Modul unter Adresse {unit} antwortet nicht oder wird nicht "
    "geglaubt",
    "said_threshold_kept": "das Modul unter Adresse {unit} behält „{threshold}“: {found}, nicht "
    "{wanted}",
    "said_device_refused": "ein Gerät hat es abgelehnt",
    "said_line_failed": "auf Leitung {line} kam keine brauchbare Antwort",
    "said_answer_spoilt": "eine Antwort war nicht brauchbar",
    "said_own_device": "Gerät mit unserer Registerliste",
    "work_done_of": "{done} von {total}",
    "work_found": "{count} gefunden",
    "work_remaining": "höchstens noch {time}",
    "said_other_version": "spricht Version {found} unseres Registers, nicht {wanted}",
    "said_sunspec_marker": "trägt die SunSpec-Marke; ob es Batteriemodelle hat, wurde nicht "
    "gelesen",
    "said_division_unknown": "seine allgemeinen Register passen; wie seine Module verteilt "
    "sind, sagt es nicht",
    "said_unknown": "antwortet, ist hier aber nicht bekannt",
    "pause_begins": "Leitung {line}: Der Bypass wird abgeschaltet. Schutz und Ausgleich darauf "
    "ruhen ab jetzt.",
    "pause_stands": "Leitung {line}: Schutz und Ausgleich ruhen, längstens bis {until}.",
    "cancel_commissioning": "Jetzt beenden",
    "generation_at": "Generation {generation} an {units}",
    "mixed_generations_on_line": "Module verschiedener Generationen dürfen nicht an einer Leitung "
    "hängen, weil eine Regel sie nicht gemeinsam ausgleichen kann: {units}. Es wird nichts "
    "vorgeschlagen und keine Adresse vergeben.",
    "generation": "Generation {generation}",
    "cells_of_strings": "{cells} Zellen",
    "where": "Wo",
    "other_port": "Andere Schnittstelle …",
    "port": "Schnittstelle",
    "port_hint": "/dev/ttyUSB0, usb:A10LWZ3C, rtu-tcp://10.0.0.6:4001 oder "
    "modbus-tcp://10.0.0.6:502",
    "no_lines": "Die Anlage hat keine Leitung mit Adressen.",
    "which_units": "Welche Adressen",
    "all_units": "Alle, 1 bis 247",
    "some_units": "Von … bis …",
    "first_unit": "Erste Adresse",
    "last_unit": "Letzte Adresse",
    "which_bauds": "Geschwindigkeiten (Baud)",
    "which_parities": "Parität",
    "parity_none": "keine Parität",
    "parity_even": "gerade Parität",
    "parity_odd": "ungerade Parität",
    "speeds_hint": "Ist nichts gewählt, werden die eigene Geschwindigkeit der Leitung und die "
    "üblichen versucht, bis jemand antwortet.",
    "search_what": "Während der Suche wird auf der Leitung nichts abgefragt, ausgeglichen oder "
    "geschützt. Ein Alarm sagt das. Nach spätestens 10 Minuten wird sie zurückgegeben.",
    "start_scan": "Leitung absuchen",
    "choose_place": "Zuerst eine Leitung oder Schnittstelle wählen.",
    "choose_units": "Erste und letzte Adresse angeben.",
    "found_count": "{count} gefunden",
    "identify": "LED",
    "new_address": "Neue Adresse",
    "how_addresses": "Wie",
    "giving_automatic": "In der Reihenfolge der Kette",
    "giving_manual": "Durch Tastendruck",
    "giving_one": "Nur ein Modul",
    "giving_automatic_what": "Neue Module bekommen ihre Adressen nacheinander, so wie sie in der "
    "Kette hängen.",
    "giving_manual_what": "Das Modul, dessen Taste gedrückt wird, bekommt die nächste Adresse. Das "
    "Panel sagt, wann.",
    "giving_one_what": "Ein Modul bekommt eine andere Adresse. Die Seriennummer stellt sicher, "
    "dass "
    "es das richtige ist.",
    "give_automatic": "Adressen vergeben",
    "give_manual": "Adressen vergeben",
    "give_one": "Neue Adresse vergeben",
    "field_first_module": "Erste Adresse",
    "field_count": "Anzahl der Module",
    "field_unit": "Adresse",
    "field_serial_number": "Seriennummer",
    "field_new_unit": "Neue Adresse",
    "which_baud": "Geschwindigkeit (Baud)",
    "own_speed": "Die der Leitung",
    "choose_first_and_count": "Erste Adresse und Anzahl der Module angeben.",
    "choose_fewer": "Module haben Adressen bis 240: niedriger beginnen oder weniger Module nehmen.",
    "choose_module": "Adresse, Seriennummer und neue Adresse angeben.",
    "next_address": "Nächste Adresse: {unit}",
    "press_button_now": "Jetzt die Taste des nächsten Moduls drücken.",
    "find_module": "Ein Modul finden",
    "find_module_what": "Die LED des Moduls blinkt, damit es sich im Schrank finden lässt.",
    "identify_for": "LED {seconds} s blinken lassen",
    "identify_end": "Blinken beenden",
    "choose_line_and_unit": "Leitung wählen und eine Adresse von 1 bis 240 angeben.",
    "confirm_title": "Ein anderes Gerät antwortet",
    "confirm_what": "Die Engine kennt jedes Gerät an seiner Seriennummer. Die Werte eines anderen "
    "zählen nicht, bis ein Techniker nachgesehen hat und es bestätigt.",
    "nothing_exchanged": "Es ist nichts zu bestätigen: Jedes Gerät ist das bekannte.",
    "everything_exchanged": "Alle {count}",
    "one_device": "ein anderes Gerät",
    "cells_listed": "Zellen {cells}",
    "confirm": "Bestätigen",
    "confirm_all": "Alle bestätigen",
    "put_in_title": "So kommt das in die Anlagendatei",
    "put_in_1": "Die Anlagendatei auf diesem Rechner öffnen. Gibt es noch keine, eine anlegen: "
    "/etc/bacs/site.toml",
    "put_in_2": "Die Blöcke unten anfügen. Was schon darin steht, wird nicht noch einmal "
    "geschrieben.",
    "put_in_3": "Die markierten Zeilen ausfüllen und ihr #? entfernen. Kein Gerät kennt sie.",
    "put_in_4": "Die Engine neu starten. Eine Datei mit einem Fehler lehnt sie ab und nennt die "
    "Zeile.",
    "gaps_left": "{count} Zeilen sind auszufüllen",
    "proposal_unknown": "Den Vorschlag der letzten Suche sieht ein Techniker. Oben anmelden.",
    "proposal_later": "Die Suche läuft noch. Ihr Vorschlag kommt hierher.",
    "proposal_none": "Die letzte Arbeit hat nichts vorgeschlagen. Zuerst eine Leitung absuchen.",
    "names_title": "Namen stehen in der Anlagendatei",
    "names_what": "Hier werden sie nicht geändert: Berichte, Ereignisse und Kopien aller Jahre "
    "sollen denselben Namen sagen. Zum Ändern in dem Block, der daneben steht, ein anderes "
    'name = "…" schreiben und die Engine neu starten.',
    "names_none": "Es gibt noch keine Anlagendatei.",
    "device": "Gerät",
    "show": "Zeigen",
    "done_start_scan": "Die Suche beginnt",
    "done_start_addressing": "Adressen werden vergeben",
    "done_readdress_module": "Das Modul bekommt seine neue Adresse",
    "done_cancel_commissioning": "Beendet, die Leitung wird zurückgegeben",
    "done_identify": "An die LED des Moduls gesendet",
    "done_confirm_devices": "Bestätigt",
    "help_commissioning": "Hier nimmt ein Techniker Leitungen und Module in Betrieb.\n"
    "Suchen fragt eine Leitung oder Schnittstelle ab, wer antwortet, und zeigt jedes Gerät mit "
    "seiner Seriennummer.\n"
    "Während eine Leitung abgesucht oder adressiert wird, ruhen Schutz und Ausgleich darauf. Das "
    "rote Band sagt, bis wann. Jetzt beenden gibt die Leitung sofort zurück.\n"
    "Adressen gibt neuen Modulen ihre Adressen, in der Reihenfolge der Kette oder durch "
    "Tastendruck.\n"
    "Finden, bestätigen lässt eine LED blinken und bestätigt getauschte Geräte.\n"
    "Anlagendatei zeigt, was die letzte Suche vorschlägt. Zeilen mit #? am Anfang werden von Hand "
    "ausgefüllt.\n"
    "Module verschiedener Generationen an einer Leitung werden abgelehnt.",
}
