"""What the page of lines and devices says, in words."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from bacs_core.api.image import site_image
from bacs_core.api.live import LiveSite
from bacs_core.api.messages import Doubt, EngineState, SiteInfo, Wording
from bacs_core.model import AlarmSeverity
from bacs_core.snapshot import LineSnapshot
from bacs_hmi.texts import numbers_of, texts_of
from bacs_hmi.wires import MAY_BREAK, Row, RowKind, port_name, rows
from tests.hmi.standin_engine import ACCESSORIES, LINES, Plant, small_site


class Mirror:
    """A mirror of a stand-in plant that no stream feeds."""

    def __init__(self) -> None:
        self.plant = Plant(small_site())
        self.live = LiveSite(None)  # type: ignore[arg-type]
        self.live.info = SiteInfo(
            site_id="stand-in",
            version="0",
            state=EngineState.RUNNING,
            site=self.plant.site,
            network_enabled=False,
            lines=LINES,
            accessories=ACCESSORIES,
        )

    def rows(self, language: str = "en") -> dict[str, Row]:
        image = site_image(self.plant.tick(1))
        live = self.live
        live.at = live.received_at = time.time()
        live.managers = {status.id: status for status in image.managers}
        live.lines = {status.id: status for status in image.lines}
        live.accessories = {status.id: status for status in image.accessories}
        texts = texts_of(language)
        return {row.key: row for row in rows(live, texts, numbers_of(texts))}


@pytest.fixture
def mirror() -> Mirror:
    return Mirror()


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_under_each_line_stands_what_hangs_on_it(mirror: Mirror) -> None:
    assert [(row.kind, key) for key, row in mirror.rows().items()] == [
        (RowKind.LINE, "managers"),
        (RowKind.MANAGER, "ups-a"),
        (RowKind.MANAGER, "ups-b"),
        (RowKind.LINE, "modules"),
        (RowKind.MANAGER, "telecom"),
        (RowKind.ACCESSORY, "box"),
        (RowKind.ACCESSORY, "room"),
    ]


def test_one_of_a_kind_is_counted_in_the_singular(mirror: Mirror) -> None:
    line = mirror.plant.lines["managers"]
    mirror.plant.lines["managers"] = replace(line, timeouts=1, frame_errors=1)
    told = {language: plain(mirror.rows(language)["managers"].counts) for language in ("en", "de")}
    assert "1 time-out · 1 frame error · 0 refusals" in told["en"]
    assert "1 Zeitüberschreitung · 1 Rahmenfehler · 0 Ablehnungen" in told["de"]


def test_a_long_port_is_told_by_what_tells_it_from_others_and_breaks_between_its_parts() -> None:
    name = port_name("/dev/serial/by-id/usb-FTDI_USB-RS485_Cable_FT4K2ABC-if00-port0")
    assert name.replace(MAY_BREAK, "") == "usb-FTDI_USB-RS485_Cable_FT4K2ABC-if00-port0"
    assert name.split(MAY_BREAK)[:3] == ["usb-", "FTDI_", "USB-"]
    assert port_name("/dev/ttyUSB0") == "/dev/ttyUSB0"


def test_a_line_tells_its_round_against_what_the_wire_allows(mirror: Mirror) -> None:
    line = mirror.rows()["managers"]
    assert (line.name, line.state, line.severity) == ("Line managers", "open", None)
    assert plain(line.facts) == "serial · 115200 baud · usb:A10LWZ3C"
    assert plain(line.values) == "round 0.41 s · wire 0.40 s"
    assert plain(line.counts) == (
        "184 023 requests · 2 time-outs · 0 frame errors · 0 refusals · 3 lost bytes"
    )
    assert plain(line.reason) == "sound: 0.00 % of the answers garbled"
    assert plain(mirror.rows("de")["managers"].values) == "Umlauf 0,41 s · Draht 0,40 s"


@pytest.mark.parametrize(
    ("frame_errors", "said", "severity"),
    [
        (99, "sound: 0.10 % of the answers garbled", None),
        (100, "0.10 % of the answers garbled, more than usual", AlarmSeverity.WARNING),
        (999, "1.00 % of the answers garbled, more than usual", AlarmSeverity.WARNING),
        (1000, "bad line: 1.0 % of the answers garbled", AlarmSeverity.WARNING),
    ],
)
def test_from_which_share_garbled_answers_matter_is_said_in_words(
    mirror: Mirror, frame_errors: int, said: str, severity: AlarmSeverity | None
) -> None:
    mirror.plant.lines["managers"] = LineSnapshot(
        "managers", True, "", 0.4, 100_000, 0, frame_errors
    )
    line = mirror.rows()["managers"]
    assert plain(line.reason).startswith(said)
    assert line.severity is severity


def test_a_few_requests_say_nothing_of_a_line(mirror: Mirror) -> None:
    for requests, garbled in ((999, 900), (9999, 99)):
        mirror.plant.lines["managers"] = LineSnapshot(
            "managers", True, "", 0.4, requests, 0, garbled
        )
        line = mirror.rows()["managers"]
        assert (line.reason, line.severity) == ("", None)


@pytest.mark.parametrize(
    ("line", "state", "reason", "severity"),
    [
        (
            LineSnapshot("managers", False, "no such port", None, 0, 0, 0),
            "port not available",
            "no such port",
            AlarmSeverity.ALARM,
        ),
        (
            LineSnapshot("managers", True, "", 1.0, 0, 0, 0, lent=True),
            "lent, nothing is polled",
            "",
            AlarmSeverity.WARNING,
        ),
        (
            LineSnapshot("managers", True, "", 1.0, 0, 0, 0, silent_units=(7, 19)),
            "open",
            "silent: 7, 19",
            AlarmSeverity.WARNING,
        ),
    ],
)
def test_what_is_wrong_with_a_line_is_said_in_words(
    mirror: Mirror, line: LineSnapshot, state: str, reason: str, severity: AlarmSeverity
) -> None:
    mirror.plant.lines["managers"] = line
    row = mirror.rows()["managers"]
    assert (row.state, row.reason, row.severity) == (state, reason, severity)


def test_a_manager_that_is_not_believed_says_why(mirror: Mirror) -> None:
    mirror.rows()
    told = {"problem": "string count is 3", "remarks": ["scales are unverified"]}
    status = mirror.live.managers["ups-a"].model_copy(update=told)
    mirror.live.managers["ups-a"] = status
    texts = texts_of("en")
    row = next(row for row in rows(mirror.live, texts, numbers_of(texts)) if row.key == status.id)
    assert (row.state, row.reason) == ("not believed", "string count is 3")
    assert row.severity is AlarmSeverity.ALARM
    assert (row.values, row.counts) == ("serial no. 4711 · firmware 1.0", "scales are unverified")


def test_the_first_doubted_module_is_named_and_the_others_are_counted(mirror: Mirror) -> None:
    doubts = [Doubt(cell=3, reason="module type is 20"), Doubt(cell=4, reason="module type is 20")]
    scalars = SimpleNamespace(doubts=doubts, doubt_count=9)
    mirror.live.strings["telecom/1"] = SimpleNamespace(scalars=scalars)  # type: ignore[assignment]
    row = mirror.rows()["telecom"]
    assert (row.state, row.severity) == ("not believed", AlarmSeverity.WARNING)
    assert row.reason == "cell 03: module type is 20; and 8 more"


def test_accessories_show_contacts_by_name_and_the_room_with_its_age(mirror: Mirror) -> None:
    told = mirror.rows()
    assert told["box"].values == (
        "Door open · Smoke — · Horn closed · String breaker: breaker relay not energised"
    )
    assert plain(told["room"].values) == (
        "Temperature 21.4 °C · humidity 46 % · hydrogen 0.02 % · 0 s old"
    )
    assert not told["room"].old
    mirror.plant.room_read_at = time.time() - 80
    told = mirror.rows()
    assert plain(told["room"].values).endswith("1 min old")
    assert told["room"].old


def test_a_line_of_which_nothing_is_known_yet_has_a_row(mirror: Mirror) -> None:
    mirror.plant.lines = {}
    assert replace(mirror.rows()["managers"], facts="") == Row(
        RowKind.LINE, "managers", "Line managers"
    )


def doubted(mirror: Mirror, *doubts: Doubt) -> Row:
    mirror.rows()
    scalars = SimpleNamespace(doubts=list(doubts), doubt_count=len(doubts))
    mirror.live.strings["telecom/1"] = SimpleNamespace(scalars=scalars)  # type: ignore[assignment]
    return mirror.rows("de")["telecom"]


def test_a_reason_with_a_code_is_told_in_the_language_of_the_panel(mirror: Mirror) -> None:
    wording = Wording(code="bypass_ends_too_high", arguments={"found": 2.4, "limit": 2.27})
    row = doubted(mirror, Doubt(cell=3, reason="in English", believed=True, wording=wording))
    assert (row.state, row.severity) == ("zweifelhaft", AlarmSeverity.WARNING)
    assert row.reason.startswith("Zelle 03: kein Bypass unter 2,4 V, der Strang wird aber bei 2,27")
    wording = Wording(
        code="other_kind", arguments={"unit": 7, "found": "relay box", "expected": "module"}
    )
    row = doubted(mirror, Doubt(cell=3, reason="in English", wording=wording))
    assert row.state == "nicht geglaubt"
    assert row.reason == "Zelle 03: Adresse 7 ist: Relaisbox; die Anlagendatei sagt: Modul"


@pytest.mark.parametrize(
    "wording",
    [None, Wording(code="of_a_newer_engine"), Wording(code="other_map", arguments={"unit": 1})],
)
def test_a_reason_that_the_panel_does_not_know_is_told_as_it_came(
    mirror: Mirror, wording: Wording | None
) -> None:
    assert doubted(mirror, Doubt(cell=3, reason="as it is", wording=wording)).reason == (
        "Zelle 03: as it is"
    )


def test_what_a_foreign_manager_tells_beside_its_strings_is_told_in_words(mirror: Mirror) -> None:
    mirror.rows()
    told = {
        "phases": ["float_charging"],
        "flags": ["module lost", "bit 0x4000"],
        "registers": {"ups.output_voltage_1": 230.5},
        "remarks": ["scales are unverified"],
        "remark_wordings": [Wording(code="unverified")],
    }
    mirror.live.managers["ups-a"] = mirror.live.managers["ups-a"].model_copy(update=told)
    texts = texts_of("de")
    row = next(row for row in rows(mirror.live, texts, numbers_of(texts)) if row.key == "ups-a")
    assert row.values == (
        "Seriennr. 4711 · Firmware 1.0 · Erhaltungsladung · Modul verloren · bit 0x4000"
    )
    assert row.more == ("USV: Ausgangsspannung 1 230,5",)
    assert row.counts == "Faktoren und Register, die die Anlagendatei angibt, sind ungeprüft"
