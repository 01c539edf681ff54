"""The form of commissioning: what was chosen becomes an order, or says what is missing."""

from __future__ import annotations

from pathlib import Path

from bacs_core.api.messages import (
    AddressingMode,
    LineInfo,
    ReaddressModule,
    StartAddressing,
    StartScan,
)
from bacs_core.settings import Link, Parity
from bacs_hmi.pages.commissioning.chosen import Chosen, Giving
from bacs_hmi.pages.commissioning.wires import (
    Adapter,
    adapter_of,
    adapters,
    line_options,
    port_options,
)
from bacs_hmi.texts import texts_of

LINES = [
    LineInfo(id="modules", link=Link.SERIAL, port="usb:A10LWZ3C", baud=19200),
    LineInfo(id="agents", link=Link.SNMP, port="10.0.0.6:161"),
]


def test_a_line_is_searched_at_all_addresses_and_the_usual_speeds() -> None:
    assert Chosen(place="modules").scan(LINES) == StartScan(line_id="modules")


def test_a_port_is_searched_at_what_was_chosen() -> None:
    chosen = Chosen(
        place="/dev/ttyUSB0",
        all_units=False,
        first_unit=3,
        last_unit=9,
        bauds=frozenset({"19200", "9600"}),
        parities=frozenset({"even"}),
    )
    assert chosen.scan(LINES) == StartScan(
        port="/dev/ttyUSB0",
        first_unit=3,
        last_unit=9,
        bauds=[9600, 19200],
        parities=[Parity.EVEN],
    )


def test_what_is_missing_is_said_and_nothing_is_ordered() -> None:
    assert Chosen().scan(LINES) == "choose_place"
    assert Chosen().addressing(LINES) == "choose_place"
    reversed_range = Chosen(place="modules", all_units=False, first_unit=9, last_unit=3)
    assert reversed_range.scan(LINES) == "choose_units"
    assert Chosen(place="modules").addressing(LINES) == "choose_first_and_count"
    too_many = Chosen(place="modules", first_module=200, count=60)
    assert too_many.addressing(LINES) == "choose_fewer"
    assert Chosen(place="modules", giving=Giving.ONE).addressing(LINES) == "choose_module"
    no_serial = Chosen(place="modules", giving=Giving.ONE, unit=1, serial_number=2**32, new_unit=2)
    assert no_serial.addressing(LINES) == "choose_module"


def test_addresses_are_given_to_a_chain_by_buttons_or_to_one_module() -> None:
    chosen = Chosen(place="modules", giving=Giving.MANUAL, first_module=1, count=24, baud=9600)
    assert chosen.addressing(LINES) == StartAddressing(
        line_id="modules", mode=AddressingMode.MANUAL, first_unit=1, count=24, baud=9600
    )
    one = Chosen(place="modules", giving=Giving.ONE, unit=7, serial_number=123456, new_unit=31)
    assert one.addressing(LINES) == ReaddressModule(
        line_id="modules", unit=7, serial_number=123456, new_unit=31
    )


def test_usb_adapters_are_offered_by_their_number(tmp_path: Path) -> None:
    for name in (
        "usb-FTDI_FT232R_USB_UART_A10LWZ3C-if00-port0",
        "usb-FTDI_FT232R_USB_UART_A10LWZ9X-if00-port0",
        "usb-Silicon_Labs_CP2105_00AF12-if00-port0",
        "usb-Silicon_Labs_CP2105_00AF12-if01-port0",
        "pci-0000_00",
    ):
        (tmp_path / name).touch()
    free = Adapter("usb:A10LWZ9X", "FTDI FT232R USB UART")
    found = adapters(tmp_path)
    # The one with two ports has no name of its own, the first one belongs to a line.
    assert found == (Adapter("usb:A10LWZ3C", "FTDI FT232R USB UART"), free)
    assert [option.value for option in port_options(found, LINES)] == [free.port]
    assert adapter_of("usb-nothing") is None
    assert adapters(tmp_path / "none") == ()


def test_lines_without_addresses_are_not_offered() -> None:
    options = line_options(LINES, texts_of("en"))
    assert [option.value for option in options] == ["modules"]
    assert options[0].text == "Line modules\nusb:A10LWZ3C, 19200 baud"
