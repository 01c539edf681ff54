"""German sentences for those of the library that come without a code, by the English ones."""

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    # Lines and their ports.
    r"not (?:opened|asked) yet": "noch nicht gefragt",
    r"line (?P<line>\S+) is not open: (?P<why>.+)": "Leitung {line} ist nicht offen: {why}",
    r"port (?P<port>.+) cannot be opened: (?P<why>.+)": "{port} lässt sich nicht öffnen: {why}",
    r"port (?P<port>.+) could not be opened again": "{port} ließ sich nicht wieder öffnen",
    r"port (?P<port>.+) is gone: (?P<why>.+)": "{port} ist weg: {why}",
    r"(?P<word_who>[^;]+) has it open": "{word_who} hält die Schnittstelle offen",
    r"the serial server (?P<port>.+) is gone: (?P<why>.+)": (
        "der Seriell-Server {port} ist weg: {why}"
    ),
    r"the connection to (?P<port>\S+) was lost: (?P<why>.+)": (
        "die Verbindung zu {port} ging verloren: {why}"
    ),
    r"the connection to (?P<port>\S+) was closed by it": "{port} hat die Verbindung geschlossen",
    r"the connection to (?P<port>\S+) was given up": "die Verbindung zu {port} wurde aufgegeben",
    r"(?P<port>\S+) is not connected": "{port} ist nicht verbunden",
    r"(?P<port>\S+) accepts requests but answers none": (
        "{port} nimmt Anfragen an und beantwortet keine"
    ),
    r"(?P<port>\S+) does not answer within (?P<seconds>\S+) s: .+": (
        "{port} antwortet nicht innerhalb von {seconds} s: falsche Adresse, ausgeschaltet oder "
        "von einer Firewall ferngehalten"
    ),
    r"(?P<port>\S+) cannot be reached: (?P<why>.+)": "{port} ist nicht erreichbar: {why}",
    r"the name (?P<host>\S+) cannot be resolved: (?P<why>.+)": (
        "der Name {host} lässt sich nicht auflösen: {why}"
    ),
    r"(?P<host>[^;]+) cannot be the name of a host": "{host} kann kein Name eines Rechners sein",
    r"the name server has not answered yet where (?P<host>\S+) is": (
        "der Namensdienst hat noch nicht geantwortet, wo {host} ist"
    ),
    r"no USB adapter with serial number (?P<number>\S+) is plugged in;.+": (
        "es steckt kein USB-Adapter mit der Seriennummer {number}"
    ),
    r"several ports have the USB serial number (?P<number>\S+): (?P<ports>[^;]+);.+": (
        "mehrere Schnittstellen haben die USB-Seriennummer {number}: {ports}"
    ),
    r"the USB adapters cannot be listed now: (?P<why>.+)": (
        "die USB-Adapter lassen sich gerade nicht auflisten: {why}"
    ),
    r"answers later than its max_turnaround: unit (?P<units>.+)": (
        "antwortet später als angegeben: Adresse {units}"
    ),
    # Devices.
    r"agent (?P<port>\S+?):? does not answer.*": (
        "{port} antwortet nicht über SNMP: falsche Adresse, falscher Zugang oder Firewall"
    ),
    r"agent (?P<port>\S+?):? (?P<why>.+)": "{port}: {why}",
    r"has (?P<count>\d+) (?P<word_what>\w+), the site file (?P<expected>\d+)": (
        "hat {count} {word_what}, angegeben sind {expected}"
    ),
    r"shows only (?P<found>\d+) of (?P<count>\d+) (?P<word_what>\w+)": (
        "zeigt nur {found} von {count} {word_what}"
    ),
    r"says what cannot be, left out: (?P<values>.+)": (
        "meldet Unmögliches, das weggelassen wird: {values}"
    ),
    r"shows no SunSpec marker at .+": "ist kein SunSpec-Gerät: seine Kennung fehlt",
    r"the chain of models breaks at register (?P<register>\d+)": (
        "seine Liste der Modelle bricht bei Register {register} ab"
    ),
    r"unit (?P<unit>\d+) does not answer": "Adresse {unit} antwortet nicht",
    r"no module answers at unit (?P<unit>\d+)": "unter Adresse {unit} antwortet kein Modul",
    r"unit (?P<unit>\d+), function (?P<function>\d+): no answer": "Adresse {unit}: keine Antwort",
    r"unit (?P<unit>\d+) refused function (?P<function>\d+): (?P<why>.+)": (
        "Adresse {unit} lehnt Funktion {function} ab: {why}"
    ),
    r"exception code (?P<code>\d+)": "Fehlercode {code}",
    # The connection to the engine.
    r"no connection to the engine at (?P<place>\S+): (?P<why>.+)": (
        "keine Verbindung zur Engine unter {place}: {why}"
    ),
    r"no encrypted connection to (?P<host>\S+), port (?P<port>\d+): (?P<why>.+)": (
        "keine verschlüsselte Verbindung zu {host}, Port {port}: {why}"
    ),
    r"the engine at (?P<place>\S+) does not answer": "die Engine unter {place} antwortet nicht",
    r"the connection to the engine broke: (?P<why>.+)": (
        "die Verbindung zur Engine ist abgerissen: {why}"
    ),
    r"the engine was silent for (?P<seconds>\d+) s": "die Engine hat {seconds} s lang geschwiegen",
    r"the engine failed with HTTP status (?P<status>\d+)": (
        "die Engine hat einen Fehler, HTTP-Status {status}"
    ),
    r"following the engine failed: (?P<why>.+)": "das Verfolgen der Engine ist gescheitert: {why}",
    r"(?P<place>\S+) shows another certificate than the paired one": (
        "{place} zeigt ein anderes Zertifikat als beim Koppeln"
    ),
    r"the engine speaks API version (?P<theirs>\d+), this is (?P<ours>\d+)": (
        "die Engine spricht Version {theirs} der API, die Integration Version {ours}"
    ),
    r"the answer is no message of API version (?P<version>\d+)": (
        "die Antwort ist keine Nachricht der API-Version {version}"
    ),
    r"what answers is no engine of API version (?P<version>\d+) \(HTTP status (?P<status>\d+)\)": (
        "was antwortet, ist keine Engine der API-Version {version} (HTTP-Status {status})"
    ),
    r"message (?P<number>\d+) came after (?P<before>\w+): some are missing": (
        "Nachricht {number} kam nach {before}: es fehlen welche"
    ),
    r"(?P<url>.+) is no address of an engine, such as (?P<example>\S+)": (
        "{url} ist keine Adresse einer Engine wie {example}"
    ),
    r"(?P<url>\S+): a pinned certificate needs an https address": (
        "{url}: ein festgelegtes Zertifikat braucht eine https-Adresse"
    ),
    r"the code does not belong to the engine at (?P<host>\S+): .+": (
        "der Code gehört nicht zur Engine unter {host}: vertippt, oder von einer anderen"
    ),
    # What the engine refuses.
    r"(?P<name>[^;]+) is (?P<word_role>\w+); this needs the role (?P<word_needed>\w+)": (
        "{name} hat die Rolle {word_role}, nötig ist {word_needed}"
    ),
    r"line (?P<line>\S+) is lent(?: already)?": "Leitung {line} ist verliehen",
    r"line (?P<line>\S+): (?P<why>.+)": "Leitung {line}: {why}",
    r"unit (?P<unit>\d+): (?P<why>.+)": "Adresse {unit}: {why}",
    r"relay (?P<number>\d+) of (?P<name>[^;]+) trips a breaker": (
        "an Relais {number} von {name} hängt ein Schalter"
    ),
    r"relay (?P<number>\d+) of (?P<name>[^;]+) is not released in the site file": (
        "Relais {number} von {name}"
    ),
    r"(?P<name>[^;]+) has no relay (?P<number>\d+)": "{name} hat kein Relais {number}",
    r"(?P<name>[^;]+) is equalized by (?P<word_who>\w+), not by the engine": (
        "{name} wird {word_who} ausgeglichen, nicht von der Engine"
    ),
    r"line (?P<line>'.+') goes to a manager that is only read": (
        "der Manager an Leitung {line} wird nur gelesen"
    ),
    r"(?P<rule>\w+) cannot be put aside": "{rule}",
    r"an alarm is shelved for (?P<hours>\d+) h at most": (
        "ein Alarm wird höchstens {hours} h zurückgestellt"
    ),
    r"there is no alarm (?P<id>.+)": "es gibt keinen Alarm {id}",
    r"alarm (?P<id>.+) is not shelved": "der Alarm {id} ist nicht zurückgestellt",
    r"there is no string (?P<key>.+)": "es gibt keinen Strang {key}",
    r"there is no device (?P<id>.+)": "es gibt kein Gerät {id}",
    r"(?P<key>\S+) has no cell (?P<cell>\d+)": "{key} hat keine Zelle {cell}",
    r"(?P<name>[^;]+) does not answer": "{name} antwortet nicht",
    r"(?P<name>[^;]+) has not answered yet": "{name} hat noch nicht geantwortet",
    r"(?P<name>[^;]+) was away": "{name} war weg",
    # The history and its disk.
    r"the history cannot be written: (?P<why>.+)": "die Historie lässt sich nicht schreiben: {why}",
    r"cannot read (?P<what>.+): (?P<why>.+)": "{what} lässt sich nicht lesen: {why}",
    r"cannot open (?P<what>.+): (?P<why>.+)": "{what} lässt sich nicht öffnen: {why}",
    r"cannot write (?P<what>.+): (?P<why>.+)": "{what} lässt sich nicht schreiben: {why}",
    r"the disk has not answered for (?P<seconds>\d+) s": (
        "der Datenträger antwortet seit {seconds} s nicht"
    ),
    r"(?P<free>\d+) of (?P<size>\d+) bytes are free": "frei sind {free} von {size} Byte",
    r"\[Errno \d+\] (?P<why>[^:]+)(?:: (?P<path>.+))?": "{why}",
    # What a person typed in.
    r"voltage_low (?P<low>\S+) V must be below voltage_high (?P<high>\S+) V": (
        "die untere Spannungsgrenze {low} V muss unter der oberen {high} V liegen"
    ),
    r"voltage_low (?P<low>\S+) V is not below the float voltage (?P<float>\S+) V": (
        "die untere Spannungsgrenze {low} V liegt nicht unter der Erhaltungsspannung {float} V"
    ),
    r"voltage_high (?P<high>\S+) V is not above the float voltage (?P<float>\S+) V": (
        "die obere Spannungsgrenze {high} V liegt nicht über der Erhaltungsspannung {float} V"
    ),
    r"temperature_critical (?P<hot>\S+) °C must be above temperature_high (?P<warm>\S+) °C": (
        "die kritische Temperatur {hot} °C muss über der Temperaturgrenze {warm} °C liegen"
    ),
    r"(?P<limit>\S+ (?:V|mΩ)) can never be seen, (?P<name>\S+) measures from (?P<least>.+)": (
        "{limit} kommt nie vor, {name} misst ab {least}"
    ),
    r"(?P<limit>\S+ (?:V|mΩ)) can never be seen, (?P<name>\S+) measures up to (?P<most>.+)": (
        "{limit} kommt nie vor, {name} misst bis {most}"
    ),
    r"(?P<name>\S+) measures (?P<least>\S+) to (?P<most>\S+) V, this cell floats at (?P<at>.+)": (
        "{name} misst {least} bis {most} V, die Erhaltungsspannung der Zelle ist {at}"
    ),
    r"float_voltage (?P<at>\S+) V is far from (?P<usual>\S+) V, the usual one of (?P<cell>.+)": (
        "die Erhaltungsspannung {at} V ist weit weg von {usual} V, der üblichen von {cell}"
    ),
    r"end_voltage (?P<at>\S+) V is far from (?P<usual>\S+) V, the usual one of (?P<cell>.+)": (
        "die Entladeschlussspannung {at} V ist weit weg von {usual} V, der üblichen von {cell}"
    ),
}

#: Whole sentences without anything that varies, and words inside others.
WORDS: Final[dict[str, str]] = {
    "has not answered yet": "hat noch nicht geantwortet",
    "was away": "war weg",
    "does not answer": "antwortet nicht",
    "no answer": "keine Antwort",
    "busy": "beschäftigt",
    "the manager does not answer": "der Manager antwortet nicht",
    "the agent does not answer": "der Agent antwortet nicht",
    "no SNMP agent listens there": "dort lauscht kein SNMP-Agent",
    "the agent tells neither strings nor modules": "der Agent nennt weder Stränge noch Module",
    "polling has ended": "die Abfrage ist beendet",
    "the chain of models never ends": "seine Liste der Modelle hat kein Ende",
    "it closed the connection": "von der Gegenseite geschlossen",
    "it is no serial port": "es ist keine serielle Schnittstelle",
    "it is a folder, no serial port": "es ist ein Ordner, keine serielle Schnittstelle",
    "it is not there (unplugged, or now under another path)": (
        "sie ist nicht da (abgezogen, oder jetzt unter einem anderen Pfad)"
    ),
    "this user may not (is it in the group of the serial ports, often dialout?)": (
        "dieser Benutzer darf das nicht (ist er in der Gruppe der seriellen Schnittstellen, "
        "meist dialout?)"
    ),
    "another program": "ein anderes Programm",
    "modules": "Module",
    "strings": "Stränge",
    "manager": "vom Manager",
    "none": "von niemandem",
    "viewer": "Betrachter",
    "operator": "Bediener",
    "technician": "Techniker",
    "administrator": "Administrator",
    # Modbus application protocol V1.1b3, section 7.
    "illegal function": "unbekannte Funktion",
    "illegal data address": "unbekannte Registeradresse",
    "illegal data value": "unzulässiger Wert",
    "device failure": "Gerät gestört",
    "acknowledge, still busy": "angenommen, noch beschäftigt",
    "device busy": "Gerät beschäftigt",
    "memory parity error": "Speicherfehler",
    "gateway path unavailable": "kein Weg durch das Gateway",
    "gateway target failed to respond": "hinter dem Gateway antwortet niemand",
    # The connection to the engine.
    "the engine closed the connection": "die Engine hat die Verbindung geschlossen",
    "the engine refuses this connection": "die Engine lehnt diese Verbindung ab",
    "the engine sent values that do not fit its plant": (
        "die Engine hat Werte gesendet, die nicht zu ihrer Anlage passen"
    ),
    "the plant was changed while connecting": "die Anlage wurde beim Verbinden geändert",
    "the stream carries something else than text messages": (
        "der Datenstrom enthält etwas anderes als Textnachrichten"
    ),
    "the token is not valid": "das Token gilt nicht",
    "the token is no longer valid": "das Token gilt nicht mehr",
    "a valid token is needed": "ein gültiges Token ist nötig",
    "a token is needed": "ein Token ist nötig",
    # What the engine refuses.
    "this is possible only at the cabinet": "das geht nur am Schrank",
    "this manager is only monitored: that takes an engine": (
        "dieser Manager wird nur überwacht: dazu braucht es eine Engine"
    ),
    "the end of it is in the past": "das Ende liegt in der Vergangenheit",
    "that is years from now; leave the end out": "das sind Jahre; das Ende weglassen",
    "the engine has just started": "die Engine ist gerade erst gestartet",
    "the engine is still starting": "die Engine startet noch",
    "the API is still starting": "die API startet noch",
    "nothing has been recorded yet": "es ist noch nichts aufgezeichnet",
    "`from` must lie before `to`": "der Beginn muss vor dem Ende liegen",
    # Operating systems and SQLite.
    "Address already in use": "Adresse schon belegt",
    "Broken pipe": "Verbindung abgerissen",
    "Cannot connect to host": "Rechner nicht erreichbar",
    "Connection refused": "Verbindung abgelehnt",
    "Connection reset by peer": "von der Gegenseite abgebrochen",
    "Connection timed out": "keine Antwort",
    "Device or resource busy": "von einem anderen Programm belegt",
    "Host is unreachable": "Rechner nicht erreichbar",
    "Input/output error": "Ein-/Ausgabefehler",
    "Name or service not known": "der Name ist nicht bekannt",
    "Network is unreachable": "Netzwerk nicht erreichbar",
    "No address associated with hostname": "zu dem Namen gehört keine Adresse",
    "No route to host": "kein Weg zu diesem Rechner",
    "No space left on device": "der Datenträger ist voll",
    "No such device": "das Gerät gibt es nicht",
    "No such file or directory": "das gibt es nicht",
    "Permission denied": "keine Berechtigung",
    "Read-only file system": "der Datenträger lässt sich nicht beschreiben",
    "Server disconnected": "von der Gegenseite geschlossen",
    "Temporary failure in name resolution": "der Namensdienst antwortet nicht",
    "attempt to write a readonly database": "der Datenträger lässt sich nicht beschreiben",
    "another history was found in place of the one before; what counts is written anew": (
        "statt der bisherigen Historie lag eine andere da; was zählt, wird neu geschrieben"
    ),
    "database is locked": "ein anderes Programm hält die Datei",
    "database or disk is full": "der Datenträger ist voll",
    "disk I/O error": "der Datenträger meldet einen Fehler",
}
