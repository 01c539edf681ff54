"""What the pages of contacts and of the environment read from what the engine publishes."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from bacs_core.alarms.layout import lay_out
from bacs_core.alarms.overrides import Override
from bacs_core.alarms.place import Place
from bacs_core.api.history_messages import EventMessage, SeriesMessage
from bacs_core.api.image import site_image
from bacs_core.api.live import LiveSite, LiveString
from bacs_core.api.messages import Alarm, EngineState, SiteInfo
from bacs_core.api.rules_in_force import rules_of
from bacs_core.model import AlarmSeverity, AlarmState
from bacs_core.polling.accessories import STALE_AFTER_S
from bacs_hmi.pages.environment_facts import Measurement, measurements, sparkline
from bacs_hmi.pages.relays import contact_svg, state_text
from bacs_hmi.pages.relays_facts import HELD_S, RelayRole, boxes, last_switched, with_breaker
from bacs_hmi.texts import numbers_of, texts_of
from tests.hmi.standin_engine import ACCESSORIES, LINES, Plant, small_site

ENGLISH, GERMAN = texts_of("en"), texts_of("de")


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

    def follow(self) -> LiveSite:
        image = site_image(self.plant.tick(1))
        live = self.live
        live.at = live.received_at = time.time()
        live.accessories = {status.id: status for status in image.accessories}
        live.strings = {
            key: LiveString(each.string, each.scalars, {}, {}, [])
            for key, each in image.strings.items()
        }
        return live

    def measured(self, *overrides: Override, language: str = "en") -> dict[str, Measurement]:
        lines = tuple(line.id for line in LINES)
        accessories = {each.id: each.line_id for each in ACCESSORIES}
        layout = lay_out(self.plant.site, lines, {}, accessories, overrides)
        texts = texts_of(language)
        told = measurements(self.follow(), rules_of(layout, ()), texts, numbers_of(texts))
        return {each.key: each for each in told}


@pytest.fixture
def mirror() -> Mirror:
    return Mirror()


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_box_tells_each_contact_with_its_name_and_role(mirror: Mirror) -> None:
    [box] = boxes(mirror.follow(), ENGLISH)
    assert box.name == "Relay box"
    assert box.facts == "relay box (our map) · Line modules, unit 242"
    assert [(each.name, each.closed) for each in box.inputs] == [("Door", False), ("Smoke", None)]
    assert [(each.name, each.closed, each.role) for each in box.relays] == [
        ("Horn", True, RelayRole.RELEASED),
        ("String breaker", False, RelayRole.BREAKER),
    ]


def test_a_breaker_leads_to_its_own_strings_and_the_alarm_relay_is_named(mirror: Mirror) -> None:
    live, info = mirror.follow(), mirror.live.info
    assert info is not None
    strings = mirror.plant.site.strings
    [trips] = [each for each in boxes(live, ENGLISH)[0].relays if each.role is RelayRole.BREAKER]
    # An engine that does not tell whose breaker it is leads to every string that has one.
    assert trips.strings is None
    own = strings[1].key
    box = ACCESSORIES[0].model_copy(
        update={"released": [], "breaker_strings": {2: [own]}, "alarm_relay": 1}
    )
    live.info = info.model_copy(update={"accessories": [box]})
    alarm, trips = boxes(live, ENGLISH)[0].relays
    assert alarm.role is RelayRole.ALARM
    assert ENGLISH[f"relay_{alarm.role}"].startswith("alarm relay")
    assert [each.key for each in with_breaker(live, strings, trips)] == [own]


def test_of_a_box_that_was_never_heard_no_contact_is_known(mirror: Mirror) -> None:
    live = mirror.follow()
    live.accessories.clear()
    [box] = boxes(live, ENGLISH)
    assert box.state == "not asked yet"
    assert [each.closed for each in (*box.inputs, *box.relays)] == [None] * 4


def test_a_contact_is_open_closed_or_unknown_by_sign_and_word() -> None:
    assert [state_text(each, GERMAN) for each in (True, False, None)] == [
        "Kontakt geschlossen",
        "Kontakt offen",
        "—",
    ]
    assert len({contact_svg(each) for each in (True, False, None)}) == 3


def ordered(relay: int, *, closed: bool, by: str, minutes_ago: float) -> EventMessage:
    return EventMessage(
        id=1,
        at=datetime(2026, 11, 20, 12, tzinfo=UTC) - timedelta(minutes=minutes_ago),
        kind="command",
        text="switch_relay",
        by=by,
        data={"command": "switch_relay", "device_id": "box", "relay": relay, "closed": closed},
    )


def test_the_newest_order_of_a_relay_tells_who_switched_it_last() -> None:
    other = EventMessage(
        id=2, at=datetime.now(UTC), kind="command", text="", data={"command": "mute_buzzer"}
    )
    told = last_switched(
        [
            other,
            ordered(1, closed=True, by="olga", minutes_ago=5),
            ordered(1, closed=False, by="tina", minutes_ago=90),
        ]
    )
    assert {key: (each.by, each.closed) for key, each in told.items()} == {
        ("box", 1): ("olga", True)
    }


def test_a_sensor_tells_its_values_with_age_and_limits(mirror: Mirror) -> None:
    told = mirror.measured()
    room = told["room/temperature_c"]
    assert (room.place, room.name, plain(room.value)) == ("Battery room", "Temperature", "21.4 °C")
    assert plain(room.age).endswith("s old")
    assert sorted(plain(room.limits).split("\n")) == [
        "warning above 35.0 °C",
        "warning below 5.0 °C",
    ]
    hydrogen = mirror.measured(language="de")["room/hydrogen_percent"]
    assert plain(hydrogen.limits).split("\n")[0] == "Alarm über 1,00 %"


def test_a_limit_that_somebody_changed_at_the_sensor_is_the_one_that_is_told(
    mirror: Mirror,
) -> None:
    place = Place(line_id="modules", accessory_id="room")
    changed = Override("hydrogen_high", place, "tina", 0.0, limit=0.8)
    off = Override("hydrogen_raised", place, "tina", 0.0, off=True)
    hydrogen = mirror.measured(changed, off)["room/hydrogen_percent"]
    assert plain(hydrogen.limits) == "alarm above 0.80 %"


def test_an_old_value_is_marked(mirror: Mirror) -> None:
    mirror.plant.room_read_at = time.time() - 25
    assert mirror.measured()["room/humidity_percent"].old


def test_strings_of_a_manager_that_are_told_the_same_room_are_one_row(mirror: Mirror) -> None:
    for key, value in (("ups-a/1", 22.4), ("ups-a/2", 22.4), ("ups-b/1", 31.0)):
        mirror.plant.strings[key].room_temperature_c = value
    told = mirror.measured()
    assert (told["ups-a/1/room_temperature_c"].place, told["ups-a/1/room_temperature_c"].trend) == (
        "UPS A",
        "ups-a/1",
    )
    assert told["ups-b/1/room_temperature_c"].place == "UPS B string 1"


def test_what_has_no_time_of_its_own_says_how_old_it_can_be(mirror: Mirror) -> None:
    mirror.plant.strings["ups-b/1"].room_temperature_c = 31.0
    room = mirror.measured()["ups-b/1/room_temperature_c"]
    assert (plain(room.age), room.old) == ("max. 30 s old", False)
    live = mirror.follow()
    assert plain(boxes(live, ENGLISH)[0].state) == "online · max. 30 s old"
    assert live.received_at is not None
    live.received_at -= 100
    [box] = boxes(live, GERMAN)
    assert plain(box.state) == "online · max. 2 min alt"
    told = measurements(live, None, ENGLISH, numbers_of(ENGLISH))
    [room] = [each for each in told if each.key == "ups-b/1/room_temperature_c"]
    assert (plain(room.age), room.old) == ("max. 2 min old", True)


def test_the_panel_knows_how_long_the_engine_holds_what_an_accessory_told() -> None:
    assert HELD_S == STALE_AFTER_S


def test_an_alarm_about_a_room_marks_its_value(mirror: Mirror) -> None:
    mirror.live.alarms["1"] = Alarm(
        id="1",
        rule="hydrogen_raised",
        severity=AlarmSeverity.WARNING,
        state=AlarmState.UNACKNOWLEDGED,
        line_id="modules",
        accessory_id="room",
        raised_at=datetime.now(UTC),
        text="",
    )
    told = mirror.measured()
    assert told["room/hydrogen_percent"].severity is AlarmSeverity.WARNING
    assert told["room/temperature_c"].severity is None


def series(mean: list[float | None]) -> SeriesMessage:
    return SeriesMessage(
        tier="quarter",
        width_s=900.0,
        at=list(range(len(mean))),
        minimum=[None if value is None else value - 0.5 for value in mean],
        mean=mean,
        maximum=[None if value is None else value + 0.5 for value in mean],
        count=[1] * len(mean),
    )


ROOM = Measurement("room/temperature_c", "Battery room", "temperature", "21.0 °C")


def test_a_gap_in_the_trend_of_a_day_stays_a_gap() -> None:
    drawn = sparkline(series([20.0, 21.0, None, 22.0, 22.5]), ROOM, numbers_of(GERMAN), GERMAN)
    assert drawn.count("<polyline") == 2
    assert "24 h: 19,5\u00a0°C bis 23,0\u00a0°C" in drawn


def test_a_day_without_values_is_not_drawn() -> None:
    assert sparkline(series([None, None]), ROOM, numbers_of(ENGLISH), ENGLISH) == ""
