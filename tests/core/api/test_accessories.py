"""Relay boxes, environment sensors and doubted modules, from the snapshot to a client's mirror."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bacs_core.api.encoding import changes_json, snapshot_json
from bacs_core.api.image import SiteImage, site_image
from bacs_core.api.live import LiveSite, UpdateKind
from bacs_core.api.messages import ChangesMessage, Doubt, SnapshotMessage, Wording
from bacs_core.api.publication import DeadBands, publish
from bacs_core.api.service import Tick
from bacs_core.model import Quantity
from bacs_core.reasons import reason
from bacs_core.snapshot import AccessorySnapshot, Doubt as ModuleDoubt, Doubts, Reading
from tests.core.api.conftest import Engine, string
from tests.core.api.stand_in import READ_AT, START, make_tick
from tests.core.api.test_live import following

BOX = AccessorySnapshot(
    "box", "Relay box", "panel_relay_box", True, 520093, "2.0", (False, None), (True, False)
)
BANDS = DeadBands()


def room(
    temperature_c: float = 21.4, hydrogen_percent: float = 0.02, read_at: float = READ_AT
) -> AccessorySnapshot:
    return AccessorySnapshot(
        "room",
        "Battery room",
        "panel_environment_sensor",
        True,
        temperature_c=Reading(temperature_c, read_at),
        humidity_percent=Reading(46.2, read_at),
        hydrogen_percent=Reading(hydrogen_percent, read_at),
    )


def tick_of(*accessories: AccessorySnapshot, after_s: float = 0.0) -> Tick:
    tick = make_tick(1, string(2.25, 2.25, 2.25), at=START + timedelta(seconds=after_s))
    known = {accessory.id: accessory for accessory in accessories}
    return replace(tick, snapshot=replace(tick.snapshot, accessories=known))


def image_of(*accessories: AccessorySnapshot, after_s: float = 0.0) -> SiteImage:
    return site_image(tick_of(*accessories, after_s=after_s))


def test_a_contact_that_moves_is_told_at_once() -> None:
    before = image_of(BOX)
    after = publish(before, image_of(replace(BOX, inputs=(True, None)), after_s=1), BANDS)
    assert after.accessories[0].inputs == [True, None]


@pytest.mark.parametrize(
    ("moved", "told"),
    [
        (room(temperature_c=21.6), False),
        (room(temperature_c=21.7), True),
        (room(hydrogen_percent=0.06), False),
        (room(hydrogen_percent=0.07), True),
    ],
)
def test_the_room_is_told_once_it_has_moved_by_its_band(
    moved: AccessorySnapshot, told: bool
) -> None:
    before = image_of(room())
    after = publish(before, image_of(moved, after_s=1), BANDS)
    assert (after.accessories is not before.accessories) is told


def test_a_held_value_of_the_room_gets_a_new_time_every_few_seconds() -> None:
    before = image_of(room())
    late = publish(before, image_of(room(21.5, read_at=READ_AT + 6), after_s=6), BANDS)
    measured = late.accessories[0].temperature_c
    assert measured is not None
    assert (measured.value, measured.read_at) == (21.4, READ_AT + 6)


def test_only_accessories_that_are_told_are_encoded() -> None:
    before = image_of(BOX, room())
    message = SnapshotMessage.model_validate_json(snapshot_json(1, before, []))
    assert [accessory.id for accessory in message.accessories] == ["box", "room"]
    same = publish(before, image_of(BOX, room(), after_s=1), BANDS)
    assert "accessories" not in json.loads(changes_json(2, before, same, []))
    moved = publish(before, image_of(BOX, room(30.0), after_s=1), BANDS)
    changes = ChangesMessage.model_validate_json(changes_json(2, before, moved, []))
    assert changes.accessories == list(moved.accessories)


def test_a_client_of_before_reads_a_message_of_an_engine_without_accessories() -> None:
    told = json.loads(snapshot_json(1, image_of(BOX), []))
    del told["accessories"]
    assert SnapshotMessage.model_validate(told).accessories == []


async def test_the_mirror_has_accessories_and_the_modules_that_are_not_believed(
    engine: Engine,
) -> None:
    engine.service.publish(tick_of(BOX))
    await engine.told()
    async with following(LiveSite(engine.client())) as follower:
        live = follower.live
        await follower.next(UpdateKind.CONNECTED)
        assert live.accessories["box"].relays == [True, False]
        moved = tick_of(replace(BOX, online=False), after_s=1)
        strings = dict(moved.snapshot.strings)
        doubted = ModuleDoubt(2, reason("deaf"), believed=True)
        for key, snapshot in strings.items():
            strings[key] = replace(snapshot, doubts=Doubts((doubted,), 7))
        engine.service.publish(replace(moved, snapshot=replace(moved.snapshot, strings=strings)))
        update = await follower.next(UpdateKind.CHANGES)
        assert update.accessories
        assert live.accessories["box"].online is False
        scalars = next(iter(live.strings.values())).scalars
        assert scalars.doubts == [
            Doubt(
                cell=2,
                reason="hears no broadcast and obeys no bypass",
                believed=True,
                wording=Wording(code="deaf"),
            )
        ]
        assert scalars.doubt_count == 7
        assert Quantity.VOLTAGE in next(iter(live.strings.values())).columns


def manager_image(registers: dict[str, float], after_s: float = 0.0) -> SiteImage:
    tick = tick_of(after_s=after_s)
    manager = replace(
        tick.snapshot.managers["ups"],
        remarks=(reason("unverified"), "in free words"),
        phases=("float_charging",),
        flags=("running",),
        registers=registers,
    )
    return site_image(
        replace(tick, snapshot=replace(tick.snapshot, managers={manager.id: manager}))
    )


def test_what_a_manager_tells_beside_its_strings_goes_out_with_words_and_codes() -> None:
    message = SnapshotMessage.model_validate_json(
        snapshot_json(1, manager_image({"ups.temperature": 25.0}), [])
    )
    (manager,) = message.managers
    assert (manager.phases, manager.flags) == (["float_charging"], ["running"])
    assert manager.registers == {"ups.temperature": 25.0}
    assert manager.remarks[1] == "in free words"
    assert manager.remark_wordings == [Wording(code="unverified"), None]


def test_numbers_of_a_manager_that_move_all_the_time_are_told_every_few_seconds() -> None:
    before = manager_image({"ups.temperature": 25.0})
    soon = publish(before, manager_image({"ups.temperature": 26.0}, after_s=1), BANDS)
    assert soon.managers is before.managers
    late = publish(soon, manager_image({"ups.temperature": 26.0}, after_s=6), BANDS)
    assert late.managers[0].registers == {"ups.temperature": 26.0}
    gone = image_of(after_s=7)
    assert publish(late, gone, BANDS).managers == gone.managers
