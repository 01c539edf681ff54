import pytest

from bacs_core.api.live import Update, UpdateKind
from bacs_core.api.messages import Alarm
from bacs_core.model import AlarmState, CellStatus, EqualizationState, Inhibit, Quantity
from custom_components.bacs.readings import (
    MAX_REASONS,
    SITE,
    UNAVAILABLE,
    UNKNOWN,
    Place,
    Shown,
    View,
    alarm_count,
    cell_problem,
    cell_status,
    cell_value,
    equalization,
    line_connected,
    look,
    look_again,
    manager_online,
    place_problem,
    string_problem,
    string_scalar,
)
from tests.integration.mirrors import KEY, START, MirroredSite, alarm, scalars


def view_of(site: MirroredSite) -> View:
    return look(site.live)


def with_alarms(*alarms: Alarm) -> View:
    site = MirroredSite()
    site.tick(alarms=list(alarms))
    return view_of(site)


def voltage(view: View | None, index: int = 0) -> Shown:
    return cell_value(view, key=KEY, quantity=Quantity.VOLTAGE, index=index)


def test_a_fresh_value_is_shown_in_the_unit_of_the_entity() -> None:
    view = view_of(MirroredSite())
    assert voltage(view) == Shown(available=True, value=2.25)
    resistance = cell_value(view, key=KEY, quantity=Quantity.RESISTANCE, index=0, scale=1e3)
    assert resistance.value == 0.45


def test_a_quantity_that_is_never_delivered_is_unknown() -> None:
    view = view_of(MirroredSite())
    assert cell_value(view, key=KEY, quantity=Quantity.CHARGE, index=0) == UNKNOWN
    assert cell_value(view, key=KEY, quantity=Quantity.DUTY, index=0) == UNKNOWN


def test_nothing_is_available_without_a_connection() -> None:
    assert voltage(None) == UNAVAILABLE
    assert cell_status(None, key=KEY, index=0) == UNAVAILABLE
    assert cell_problem(None, key=KEY, index=0) == UNAVAILABLE
    assert string_scalar(None, key=KEY, name="current_a") == UNAVAILABLE
    assert equalization(None, key=KEY) == UNAVAILABLE
    assert string_problem(None, key=KEY) == UNAVAILABLE
    assert place_problem(None, place=SITE) == UNAVAILABLE
    assert alarm_count(None, place=SITE) == UNAVAILABLE
    assert manager_online(None, manager_id="ups-a") == UNAVAILABLE
    assert line_connected(None, line_id="managers") == UNAVAILABLE


@pytest.mark.parametrize("online", [False, None])
def test_nothing_of_a_manager_that_does_not_answer_is_available(online: bool | None) -> None:
    view = view_of(MirroredSite(online=online))
    assert voltage(view) == UNAVAILABLE
    assert cell_problem(view, key=KEY, index=0) == UNAVAILABLE
    assert string_scalar(view, key=KEY, name="current_a") == UNAVAILABLE
    assert string_problem(view, key=KEY) == UNAVAILABLE
    assert manager_online(view, manager_id="ups-a") == Shown(available=True, value=online)


def test_what_the_site_no_longer_has_is_unavailable() -> None:
    view = view_of(MirroredSite())
    assert cell_value(view, key="gone/1", quantity=Quantity.VOLTAGE, index=0) == UNAVAILABLE
    assert manager_online(view, manager_id="gone") == UNAVAILABLE
    assert line_connected(view, line_id="gone") == UNAVAILABLE


def test_a_stale_value_is_unavailable_and_the_others_are_not() -> None:
    site = MirroredSite()
    site.tick(seconds=11.0, read=[(START, 1), (START + 11.0, 3)])
    assert voltage(view_of(site), 0) == UNAVAILABLE
    assert voltage(view_of(site), 1).available


def test_a_silent_cell_has_no_values_although_its_last_ones_are_recent() -> None:
    site = MirroredSite()
    site.tick(status={2: CellStatus.SILENT})
    assert voltage(view_of(site), 2) == UNAVAILABLE
    assert cell_status(view_of(site), key=KEY, index=2).value == "silent"


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (CellStatus.NORMAL, False),
        (CellStatus.WARNING, True),
        (CellStatus.ALARM, True),
        (CellStatus.SILENT, None),
    ],
)
def test_the_status_of_a_cell_decides_over_its_problem(
    status: CellStatus, problem: bool | None
) -> None:
    site = MirroredSite()
    site.tick(status={1: status})
    shown = cell_problem(view_of(site), key=KEY, index=1)
    assert shown.available
    assert shown.value is problem


def test_an_active_alarm_is_a_problem_of_its_cell_its_string_its_manager_and_the_site() -> None:
    view = with_alarms(alarm(cell=2))
    assert cell_problem(view, key=KEY, index=1) == Shown(
        available=True, value=True, attributes={"reasons": ["the voltage is too low"]}
    )
    assert cell_problem(view, key=KEY, index=0).value is False
    assert string_problem(view, key=KEY).value is True
    assert place_problem(view, place=Place("ups-a")).value is True
    assert place_problem(view, place=SITE).value is True
    assert alarm_count(view, place=SITE).value == 1


def test_an_alarm_whose_condition_is_gone_is_no_problem() -> None:
    view = with_alarms(alarm(state=AlarmState.RETURNED))
    assert cell_problem(view, key=KEY, index=0).value is False
    assert alarm_count(view, place=SITE).value == 0


@pytest.mark.parametrize(
    "state", [AlarmState.SHELVED, AlarmState.SUPPRESSED, AlarmState.OUT_OF_SERVICE]
)
def test_an_alarm_that_was_put_aside_is_no_problem_but_is_still_told(state: AlarmState) -> None:
    view = with_alarms(alarm(cell=2, state=state), alarm(cell=1, text="the cell is hot"))
    aside = ["the voltage is too low"]
    assert cell_problem(view, key=KEY, index=1) == Shown(
        available=True, value=False, attributes={"reasons": [], "put_aside": aside}
    )
    assert string_problem(view, key=KEY).attributes == {
        "reasons": ["the cell is hot"],
        "put_aside": aside,
    }
    assert place_problem(view, place=SITE).attributes["put_aside"] == aside
    assert alarm_count(view, place=SITE).value == 1


def test_a_silent_cell_with_an_alarm_is_a_problem() -> None:
    site = MirroredSite()
    site.tick(status={0: CellStatus.SILENT}, alarms=[alarm(cell=1, text="silent")])
    assert cell_problem(view_of(site), key=KEY, index=0).value is True


def test_the_alarms_of_a_manager_hold_while_it_does_not_answer() -> None:
    site = MirroredSite()
    site.tick(online=False, alarms=[alarm(cell=None, string_key=None, text="silent")])
    assert place_problem(view_of(site), place=Place("ups-a")).value is True


def test_reasons_are_limited_and_the_newest_come_first() -> None:
    alarms = [alarm(cell=None, text=str(at), at=START + at) for at in range(MAX_REASONS + 5)]
    reasons = string_problem(with_alarms(*alarms), key=KEY).attributes["reasons"]
    assert len(reasons) == MAX_REASONS
    assert reasons[0] == str(MAX_REASONS + 4)


def test_equalization_names_what_inhibits_it() -> None:
    site = MirroredSite()
    inhibited = scalars(EqualizationState.INHIBITED).model_copy(
        update={"inhibited_by": [Inhibit.DISCHARGE, Inhibit.MANUAL_STOP]}
    )
    site.tick(new_scalars=inhibited)
    assert equalization(view_of(site), key=KEY) == Shown(
        available=True,
        value="inhibited",
        attributes={"inhibited_by": ["discharge", "manual_stop"]},
    )


def test_an_unknown_state_of_equalization_is_no_state() -> None:
    site = MirroredSite()
    site.tick(new_scalars=scalars(EqualizationState.UNKNOWN))
    assert equalization(view_of(site), key=KEY).value is None


def _ids(view: View) -> list[dict[object, set[tuple[str, AlarmState]]]]:
    return [
        {place: {(each.id, each.state) for each in alarms} for place, alarms in sorted_.items()}
        for sorted_ in (view.alarms, view.put_aside, view.by_string)
    ]


def test_a_look_at_what_changed_shows_the_same_as_a_look_at_everything() -> None:
    site = MirroredSite()
    updates: list[Update] = []
    site.live.listen(updates.append)
    view = view_of(site)
    for alarms in (
        [alarm(cell=1), alarm(cell=2)],
        [alarm(cell=1, state=AlarmState.SHELVED), alarm(cell=2), alarm(string_key=None, cell=None)],
        [alarm(cell=1, state=AlarmState.RETURNED), alarm(cell=3)],
        [alarm(cell=1), alarm(cell=3), alarm(cell=3, text="it is hot")],
        [],
    ):
        site.tick(alarms=alarms)
        view = look_again(view, updates[-1])
        assert _ids(view) == _ids(view_of(site))


def test_alarms_that_an_update_does_not_touch_are_not_looked_at() -> None:
    view = with_alarms(alarm(cell=1), alarm(string_key="ups-b/1", cell=1))
    raised = Update(UpdateKind.CHANGES, alarms_raised=(alarm(cell=2),))
    again = look_again(view, raised)
    assert again.by_string["ups-b/1"] is view.by_string["ups-b/1"]
    assert again.alarms[Place(KEY, 1)] is view.alarms[Place(KEY, 1)]
    assert len(again.alarms[Place(KEY)]) == 2
