"""What comes in English without a code is said in German, as far as the library itself says it."""

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from custom_components.bacs.sentences import sentence_said

CORE = Path(str(files("bacs_core")))
#: Where sentences are made that Home Assistant passes on to people.
MODULES = (
    "api/client.py",
    "api/live.py",
    "api/pairing_client.py",
    "bus/line.py",
    "bus/mbap_connection.py",
    "bus/modbus_tcp.py",
    "bus/network.py",
    "bus/serial_finding.py",
    "bus/tcp_port.py",
    "polling/accessories.py",
)
ERRORS = frozenset(
    {
        "BusTimeoutError",
        "CertificateError",
        "ClientError",
        "CommandRefusedError",
        "EngineUnreachableError",
        "NotAuthorizedError",
        "PortGoneError",
        "RefusedError",
        "VersionMismatchError",
    }
)
#: What is nothing but another sentence, or is known by it.
WITHOUT_WORDS = re.compile(r"(the connection to 7 |7 )?7")


def texts(node: ast.expr, known: dict[str, list[ast.expr]]) -> Iterator[str]:
    """Write the texts that an expression may be; what varies stands in them as 7."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(
                part.value if isinstance(part, ast.Constant) else "7"  # type: ignore[misc]
                for part in parts
            )
        case ast.Name(id=name):
            for value in known.get(name, ()):
                yield from texts(value, {})
        case ast.IfExp(body=one, orelse=other):
            yield from texts(one, known)
            yield from texts(other, known)


def told_by(module: str) -> Iterator[str]:
    """Find the texts of the errors that a module makes."""
    tree = ast.parse((CORE / module).read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        known: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                known.setdefault(node.targets[0].id, []).append(node.value)
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ERRORS and node.args:
                yield from texts(node.args[0], known)


@pytest.mark.parametrize("module", MODULES)
def test_every_sentence_of_lines_and_connections_has_german_words(module: str) -> None:
    told = {text for text in told_by(module) if WITHOUT_WORDS.fullmatch(text) is None}
    assert told
    assert [text for text in sorted(told) if sentence_said(text, "de") == text] == []


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            "port /dev/ttyS1 cannot be opened: it is no serial port",
            "/dev/ttyS1 lässt sich nicht öffnen: es ist keine serielle Schnittstelle",
        ),
        (
            "no connection to the engine at 10.0.0.5:8480: Connection refused",
            "keine Verbindung zur Engine unter 10.0.0.5:8480: Verbindung abgelehnt",
        ),
        (
            "line modules: unit 7 refused function 6: device busy",
            "Leitung modules: Adresse 7 lehnt Funktion 6 ab: Gerät beschäftigt",
        ),
        ("has 41 modules, the site file 40", "hat 41 Module, angegeben sind 40"),
        (
            "home-assistant is viewer; this needs the role operator",
            "home-assistant hat die Rolle Betrachter, nötig ist Bediener",
        ),
        (
            "voltage_low 2.5 V must be below voltage_high 2.4 V; was away",
            "die untere Spannungsgrenze 2,5 V muss unter der oberen 2,4 V liegen; war weg",
        ),
        (
            "the history cannot be written: cannot write x: database or disk is full",
            (
                "die Historie lässt sich nicht schreiben: x lässt sich nicht schreiben: "
                "der Datenträger ist voll"
            ),
        ),
        ("as a newer engine says it", "as a newer engine says it"),
    ],
)
def test_a_sentence_is_said_with_what_stands_in_it(told: str, said: str) -> None:
    assert sentence_said(told, "de") == said
    assert sentence_said(told, "en") == told
