"""Sentences and names of lines and foreign devices, in the language of the screen."""

from __future__ import annotations

import pytest

from bacs_core.devices import bacs_manager, seplos_v3
from bacs_core.devices.catalogue import DEVICES
from bacs_hmi import wording
from bacs_hmi.line_wording import register_name, sentence
from bacs_hmi.texts import LANGUAGES

ENGLISH, GERMAN = LANGUAGES["en"], LANGUAGES["de"]


@pytest.mark.parametrize(
    ("told", "german"),
    [
        ("not opened yet", "noch nicht gefragt"),
        (
            "port /dev/ttyS1 cannot be opened: it is no serial port",
            "/dev/ttyS1 lässt sich nicht öffnen: es ist keine serielle Schnittstelle",
        ),
        (
            "the serial server 10.0.0.5:4001 is gone: it closed the connection",
            "der Seriell-Server 10.0.0.5:4001 ist weg: von der Gegenseite geschlossen",
        ),
        (
            "agent 10.0.0.7:161 does not answer (wrong address, community or firewall)",
            (
                "10.0.0.7:161 antwortet nicht über SNMP: falsche Adresse, falscher Zugang oder "
                "Firewall"
            ),
        ),
        ("has 41 modules, the site file 40", "hat 41 Module, laut Anlagendatei 40"),
        ("shows only 39 of 40 modules", "zeigt nur 39 von 40 Module"),
        (
            (
                "says what cannot be, left out: cell voltage of 1, 2 and 5 more; "
                "internal resistance of 7"
            ),
            (
                "meldet Unmögliches, das weggelassen wird: Zellspannung 1, 2 und 5 weitere; "
                "Innenwiderstand 7"
            ),
        ),
        (
            "shows no SunSpec marker at 40000, 50000 or 0",
            "ist kein SunSpec-Gerät: seine Kennung fehlt",
        ),
        (
            "the chain of models breaks at register 40123",
            "seine Liste der Modelle bricht bei Register 40123 ab",
        ),
        ("Input/output error", "Input/output error"),
    ],
)
def test_sentences_without_a_code_are_said_in_german_as_far_as_they_are_known(
    told: str, german: str
) -> None:
    assert sentence(told, GERMAN) == german


def test_a_word_of_a_sunspec_check_is_no_english_in_a_german_sentence() -> None:
    assert wording.word(GERMAN, "CellV_SF at register 40123") == "CellV_SF in Register 40123"


def test_numbers_of_known_devices_have_names_in_both_languages() -> None:
    assert register_name("ups.output_voltage_2", ENGLISH) == "UPS: output voltage 2"
    assert register_name("ups.output_voltage_2", GERMAN) == "USV: Ausgangsspannung 2"
    assert register_name("pack.highest_c", GERMAN) == "Pack: höchste Temperatur, °C"
    assert register_name("bank.NCellBal", GERMAN) == "bank.NCellBal"
    own = [bacs_manager.UPS, bacs_manager.STRINGS, seplos_v3.PACK]
    names = [f"{block.name}.{each.name}" for block in own for each in block.registers]
    flags = {"status", "general_status"}
    unnamed = [name for name in names if register_name(name, GERMAN) == name]
    assert [name for name in unnamed if name.rpartition(".")[2] not in flags] == []


def test_every_device_that_can_be_connected_has_a_name() -> None:
    missing = [name for name in DEVICES if f"device_{name}" not in ENGLISH]
    assert missing == []
