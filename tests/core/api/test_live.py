from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime

import pytest

from bacs_core.api import live as live_module
from bacs_core.api.client import Stream
from bacs_core.api.live import LiveSite, StringUpdate, Update, UpdateKind
from bacs_core.api.messages import (
    API_VERSION,
    Alarm,
    CellFigure,
    ChangesMessage,
    StreamMessage,
    StringChanges,
)
from bacs_core.api.server import ApiServer
from bacs_core.model import AlarmState, Quantity
from tests.core.api.conftest import STRING, Engine
from tests.core.api.stand_in import START, make_alarm, make_site, make_string_snapshot, make_tick

KEY = STRING.key


class Follower:
    """A live site that runs, and the updates it told."""

    def __init__(self, live: LiveSite) -> None:
        self.live = live
        self._updates: asyncio.Queue[Update] = asyncio.Queue()
        live.listen(self._updates.put_nowait)

    async def next(self, kind: UpdateKind) -> Update:
        """Wait for the next update, which must be of this kind."""
        update = await self._updates.get()
        assert update.kind is kind, (update, self.live.problem)
        return update


@asynccontextmanager
async def following(live: LiveSite) -> AsyncIterator[Follower]:
    follower = Follower(live)
    running = asyncio.create_task(live.run())
    try:
        yield follower
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "FIRST_RETRY_S", 0.01)
    monkeypatch.setattr(live_module, "LAST_RETRY_S", 0.05)


async def test_the_mirror_shows_the_site_and_follows_changes(engine: Engine) -> None:
    await engine.ready()
    async with following(LiveSite(engine.client())) as follower:
        live = follower.live
        update = await follower.next(UpdateKind.CONNECTED)
        assert live.connected
        assert live.problem is None
        assert live.info is not None
        assert live.info.site.name == "Test site"
        assert live.strings[KEY].string == STRING
        assert live.strings[KEY].columns[Quantity.VOLTAGE] == [2.25, 2.25, 2.25]
        assert live.managers["ups"].online is True
        assert live.lines["bus"].port_open is True
        assert update.strings[KEY] == StringUpdate(
            scalars=True,
            cells={Quantity.VOLTAGE: (0, 1, 2)},
            status=(0, 1, 2),
            read_at=True,
        )

        engine.tick(2.25, 2.26, float("nan"))
        update = await follower.next(UpdateKind.CHANGES)
        assert live.strings[KEY].columns[Quantity.VOLTAGE] == [2.25, 2.26, None]
        assert update.strings[KEY] == StringUpdate(
            scalars=False, cells={Quantity.VOLTAGE: (1, 2)}, status=(), read_at=False
        )
        assert (update.managers, update.lines) == (False, False)


async def test_alarms_are_told_as_raised_changed_and_cleared(engine: Engine) -> None:
    def told(update: Update) -> tuple[list[Alarm], list[Alarm], list[Alarm]]:
        return (
            list(update.alarms_raised),
            list(update.alarms_changed),
            list(update.alarms_cleared),
        )

    first, second = make_alarm(1), make_alarm(2)
    acknowledged = make_alarm(1, AlarmState.ACKNOWLEDGED)
    engine.tick(2.25, 2.25, 2.25, alarms=(first,))
    await engine.told()
    async with following(LiveSite(engine.client())) as follower:
        assert told(await follower.next(UpdateKind.CONNECTED)) == ([first], [], [])
        engine.tick(2.25, 2.25, 2.25, alarms=(acknowledged, second))
        assert told(await follower.next(UpdateKind.CHANGES)) == ([second], [acknowledged], [])
        assert follower.live.alarms == {first.id: acknowledged, second.id: second}
        engine.tick(2.25, 2.25, 2.25, alarms=(acknowledged,))
        assert told(await follower.next(UpdateKind.CHANGES)) == ([], [], [second])


async def test_the_mirror_comes_back_by_itself_after_the_engine_was_away(
    engine: Engine,
) -> None:
    engine.tick(2.25, 2.25, 2.25, alarms=(make_alarm(1),))
    await engine.told()
    async with following(LiveSite(engine.client())) as follower:
        await follower.next(UpdateKind.CONNECTED)
        port = engine.server.port
        await engine.server.stop()
        await follower.next(UpdateKind.LOST)
        assert not follower.live.connected
        assert follower.live.problem
        assert follower.live.strings[KEY].columns[Quantity.VOLTAGE] == [2.25, 2.25, 2.25]

        restarted = ApiServer(engine.service, engine.gate, folder=engine.server._folder, port=port)
        engine.tick(2.3, 2.3, 2.3, alarms=(make_alarm(2),))
        await restarted.start()
        try:
            # Between the two, the reason why there is no connection may change.
            while True:
                update = await follower._updates.get()
                if update.kind is UpdateKind.CONNECTED:
                    break
            assert follower.live.strings[KEY].columns[Quantity.VOLTAGE] == [2.3, 2.3, 2.3]
            assert update.alarms_raised == (make_alarm(2),)
            assert update.alarms_cleared == (make_alarm(1),)
        finally:
            await restarted.stop()


async def test_a_client_may_come_before_the_first_tick(engine: Engine) -> None:
    async with following(LiveSite(engine.client())) as follower:
        await asyncio.sleep(0)
        await engine.ready()
        await follower.next(UpdateKind.CONNECTED)


async def test_a_revoked_token_is_told_and_a_renewed_one_is_enough(engine: Engine) -> None:
    await engine.ready()
    async with following(LiveSite(engine.client())) as follower:
        await follower.next(UpdateKind.CONNECTED)
        principal = engine.gate.principals.pop("viewer")
        engine.tick(2.3, 2.3, 2.3)
        await follower.next(UpdateKind.REFUSED)
        assert not follower.live.connected
        assert follower.live.strings[KEY].columns[Quantity.VOLTAGE] == [2.25, 2.25, 2.25]
        engine.gate.principals["viewer"] = principal
        while (await follower._updates.get()).kind is not UpdateKind.CONNECTED:
            assert not follower.live.connected
        assert follower.live.strings[KEY].columns[Quantity.VOLTAGE] == [2.3, 2.3, 2.3]


async def test_an_engine_of_another_version_is_not_followed(engine: Engine) -> None:
    await engine.ready()
    engine.service.api_version = API_VERSION + 1
    async with following(LiveSite(engine.client())) as follower:
        await follower.next(UpdateKind.LOST)
        assert "API version" in str(follower.live.problem)
        assert follower.live.strings == {}
        engine.service.api_version = API_VERSION
        await follower.next(UpdateKind.CONNECTED)


async def test_a_silent_stream_counts_as_lost(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "SILENCE_S", 0.1)
    await engine.ready()
    async with following(LiveSite(engine.client())) as follower:
        await follower.next(UpdateKind.CONNECTED)
        await follower.next(UpdateKind.LOST)
        assert "silent" in str(follower.live.problem)
        await follower.next(UpdateKind.CONNECTED)


async def test_raw_values_are_asked_for_again_after_a_reconnect(engine: Engine) -> None:
    await engine.ready()
    async with following(LiveSite(engine.client())) as follower:
        live = follower.live
        await live.watch_raw([KEY])
        await follower.next(UpdateKind.CONNECTED)
        await engine.told()
        engine.tick(2.251, 2.25, 2.25)
        await follower.next(UpdateKind.CHANGES)
        assert live.strings[KEY].columns[Quantity.VOLTAGE][0] == 2.251

        await live.watch_raw([])
        await engine.told()
        engine.tick(2.252, 2.25, 2.25)
        await follower.next(UpdateKind.CHANGES)
        assert live.strings[KEY].columns[Quantity.VOLTAGE][0] == 2.25


async def test_a_changed_plant_replaces_the_mirror(engine: Engine) -> None:
    await engine.ready()
    async with following(LiveSite(engine.client())) as follower:
        await follower.next(UpdateKind.CONNECTED)
        wider = replace(STRING, number=2, name="New", cell_count=1)
        engine.service.site = make_site(wider)
        engine.service.publish(make_tick(2, make_string_snapshot(wider, {Quantity.DUTY: [5]})))  # type: ignore[dict-item]
        await follower.next(UpdateKind.CONNECTED)
        assert list(follower.live.strings) == [wider.key]
        assert follower.live.strings[wider.key].string == wider


async def test_a_snapshot_that_does_not_fit_the_plant_is_not_shown(engine: Engine) -> None:
    engine.service.site = make_site(replace(STRING, cell_count=7))
    await engine.ready()
    async with following(LiveSite(engine.client())) as follower:
        await follower.next(UpdateKind.LOST)
        assert follower.live.strings == {}
        assert "do not fit" in str(follower.live.problem)


def _of_string(**changes: object) -> dict[str, object]:
    return {"strings": [StringChanges.model_validate({"key": KEY, **changes})]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": datetime(1, 1, 1)},  # noqa: DTZ001 - it is what a hostile engine sent
        _of_string(columns={Quantity.VOLTAGE: {"index": [-1], "value": [9.9]}}),
        _of_string(columns={Quantity.VOLTAGE: {"index": [3], "value": [9.9]}}),
        _of_string(figures={CellFigure.HEALTH: {"index": [-1], "value": [9.9]}}),
        _of_string(status={-1: 2}),
        _of_string(read_at={Quantity.VOLTAGE: [(1.0, 10**30)]}),
    ],
    ids=["time", "cell -1", "cell beyond", "figure", "status", "runs"],
)
async def test_changes_that_cannot_be_lose_the_engine_until_it_is_followed_anew(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, object]
) -> None:
    told = iter([wrong])
    _meddle(monkeypatch, lambda message: message.model_copy(update=next(told, {})))
    await engine.ready()
    async with following(LiveSite(engine.client())) as follower:
        await follower.next(UpdateKind.CONNECTED)
        engine.tick(2.25, 2.25, 2.25)
        await follower.next(UpdateKind.LOST)
        assert not follower.live.connected
        await follower.next(UpdateKind.CONNECTED)
        assert follower.live.strings[KEY].columns[Quantity.VOLTAGE] == [2.25, 2.25, 2.25]


async def test_whatever_goes_wrong_while_following_is_told_logged_and_tried_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_message: ChangesMessage) -> ChangesMessage:
        raise RuntimeError("nobody thought of this")

    _meddle(monkeypatch, fail)
    await engine.ready()
    async with following(LiveSite(engine.client())) as follower:
        await follower.next(UpdateKind.CONNECTED)
        engine.tick(2.3, 2.3, 2.3)
        await follower.next(UpdateKind.LOST)
        assert follower.live.problem == "following the engine failed: nobody thought of this"
        assert "RuntimeError" in caplog.text
        await follower.next(UpdateKind.CONNECTED)
        assert follower.live.strings[KEY].columns[Quantity.VOLTAGE] == [2.3, 2.3, 2.3]


def _meddle(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[ChangesMessage], ChangesMessage]
) -> None:
    """Let `change` see, and alter, all changes that a stream brings."""
    receive = Stream.__anext__

    async def meddled(stream: Stream) -> StreamMessage:
        message = await receive(stream)
        return change(message) if isinstance(message, ChangesMessage) else message

    monkeypatch.setattr(Stream, "__anext__", meddled)


async def test_a_failing_listener_does_not_stop_the_others(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(update: Update) -> None:
        raise RuntimeError(update.kind)

    await engine.ready()
    live = LiveSite(engine.client())
    live.listen(fail)
    async with following(live) as follower:
        await follower.next(UpdateKind.CONNECTED)
        engine.tick(2.3, 2.3, 2.3)
        await follower.next(UpdateKind.CHANGES)
    assert "listener" in caplog.text


async def test_a_listener_that_left_hears_nothing(engine: Engine) -> None:
    await engine.ready()
    heard: list[Update] = []
    live = LiveSite(engine.client())
    leave: list[Callable[[], None]] = [live.listen(heard.append), live.listen(heard.append)]
    async with following(live) as follower:
        await follower.next(UpdateKind.CONNECTED)
        assert len(heard) == 2
        leave[0]()
        leave[0]()
        engine.tick(2.3, 2.3, 2.3)
        await follower.next(UpdateKind.CHANGES)
        assert len(heard) == 3
        leave[1]()
        engine.tick(2.2, 2.2, 2.2)
        await follower.next(UpdateKind.CHANGES)
        assert len(heard) == 3


async def test_age_counts_on_after_the_connection_is_lost(engine: Engine) -> None:
    now = 5_000_000.0
    await engine.ready()
    live = LiveSite(engine.client(), clock=lambda: now)
    async with following(live) as follower:
        await follower.next(UpdateKind.CONNECTED)
        # Read at START, told one second later; the client's own clock shows another day.
        assert live.at == START.timestamp() + 1
        assert live.age_s(KEY, Quantity.VOLTAGE, 0) == 1.0
        assert not live.stale(KEY, Quantity.VOLTAGE, 0)
    now += 19.0
    assert live.age_s(KEY, Quantity.VOLTAGE, 0) == 20.0
    assert not live.stale(KEY, Quantity.VOLTAGE, 0)
    now += 0.5
    assert live.stale(KEY, Quantity.VOLTAGE, 0)


async def test_a_value_that_was_never_read_has_no_age_and_is_stale(engine: Engine) -> None:
    await engine.ready()
    live = LiveSite(engine.client())
    async with following(live) as follower:
        await follower.next(UpdateKind.CONNECTED)
    assert live.age_s(KEY, Quantity.CHARGE, 0) is None
    assert live.stale(KEY, Quantity.CHARGE, 0)
