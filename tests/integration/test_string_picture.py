"""What the string card is sent, from a mirrored site."""

from bacs_core.model import CellStatus, Quantity
from custom_components.bacs.readings import look
from custom_components.bacs.string_picture import (
    MAX_ALARMS,
    StringPicture,
    changes,
    picture_of,
    whole,
)
from tests.integration.mirrors import KEY, START, MirroredSite, alarm, scalars


def taken(site: MirroredSite) -> StringPicture:
    picture = picture_of(look(site.live), KEY)
    assert picture is not None
    return picture


def test_a_picture_holds_columns_status_and_the_line_below_the_table() -> None:
    message = whole(taken(MirroredSite()))
    assert message["columns"]["voltage_v"] == (2.25, 2.25, 2.25, 2.25)
    assert message["columns"]["charge_percent"] == (None, None, None, None)
    assert message["status"] == (0, 0, 0, 0)
    assert message["scalars"]["sum_voltage_v"] == 9.0
    assert message["alarms"] == ()
    assert message["old"] == {}


def test_only_the_cells_that_changed_are_sent() -> None:
    site = MirroredSite()
    before = taken(site)
    site.tick(voltages={1: 2.31, 3: None}, status={1: CellStatus.WARNING})
    assert changes(before, taken(site)) == {
        "changed": {"voltage_v": ([1, 3], [2.31, None])},
        "changed_status": ([1], [CellStatus.WARNING]),
    }


def test_a_tick_without_news_sends_nothing() -> None:
    site = MirroredSite()
    before = taken(site)
    site.tick()
    assert changes(before, taken(site)) == {}


def test_the_line_below_the_table_is_sent_whole() -> None:
    site = MirroredSite()
    before = taken(site)
    site.tick(new_scalars=scalars(current_a=12.5))
    message = changes(before, taken(site))
    assert message.keys() == {"scalars"}
    assert message["scalars"]["current_a"] == 12.5


def test_a_quantity_that_no_cell_had_before_sends_everything() -> None:
    site = MirroredSite()
    before = taken(site)
    site.live.strings[KEY].columns[Quantity.DUTY] = [0.0, 10.0, None, 0.0]
    assert changes(before, taken(site)) == whole(taken(site))


def test_a_value_that_is_too_old_is_named_and_comes_back() -> None:
    site = MirroredSite()
    site.tick(seconds=11.0, read=[(START, 2), (START + 11.0, 2)])
    late = taken(site)
    assert late.old == {"voltage_v": (0, 1)}
    site.tick()
    assert changes(late, taken(site)) == {"old": {}}


def test_a_value_without_a_time_is_not_live_and_an_absent_one_is_not_old() -> None:
    site = MirroredSite()
    site.tick(voltages={0: None}, read=[(None, 2), (START + 1.0, 2)])
    assert taken(site).old == {"voltage_v": (1,)}


def test_values_of_a_connection_that_stands_still_grow_old() -> None:
    site = MirroredSite()
    site.clock.now += 60.0
    assert taken(site).old == {"voltage_v": (0, 1, 2, 3)}


def test_nothing_is_told_of_a_string_whose_manager_is_silent() -> None:
    site = MirroredSite(online=False)
    assert picture_of(look(site.live), KEY) is None
    assert picture_of(None, KEY) is None
    assert picture_of(look(MirroredSite().live), "ups-b/1") is None


def test_alarms_name_cell_severity_and_reason_newest_first_and_are_counted() -> None:
    site = MirroredSite()
    many = [alarm(text=f"reason {number}", at=START + number) for number in range(MAX_ALARMS + 3)]
    site.tick(alarms=many)
    picture = taken(site)
    assert picture.alarm_count == MAX_ALARMS + 3
    assert len(picture.alarms) == MAX_ALARMS
    newest = f"reason {MAX_ALARMS + 2}"
    assert picture.alarms[0] == {"cell": 1, "severity": "alarm", "text": newest}
