from bacs_core.api.live import Update
from bacs_core.model import Quantity
from custom_components.bacs.freshness import FreshnessWatch
from tests.integration.mirrors import KEY, STALE_AFTER_S, START, MirroredSite

V = Quantity.VOLTAGE


class Watched:
    """A mirrored site whose watch is asked at every update."""

    def __init__(self) -> None:
        self.site = MirroredSite()
        self.watch = FreshnessWatch(self.site.live, [KEY])
        self.turned: list[tuple[str, Quantity, int]] = []
        self.site.live.listen(self._follow)

    def _follow(self, update: Update) -> None:
        self.turned = sorted(self.watch.turned(update))


def test_confirmed_values_do_not_turn() -> None:
    watched = Watched()
    for _ in range(30):
        watched.site.tick()
        assert watched.turned == []


def test_an_unconfirmed_value_turns_once_when_it_has_become_too_old() -> None:
    watched = Watched()
    turned_at = []
    for second in range(1, 20):
        watched.site.tick(read=[(START + second, 1), (START, 1), (START + second, 2)])
        if watched.turned:
            assert watched.turned == [(KEY, V, 1)]
            turned_at.append(second)
    assert turned_at == [int(STALE_AFTER_S) + 1]


def test_a_value_that_comes_back_unchanged_turns_again() -> None:
    watched = Watched()
    watched.site.tick(seconds=11.0, read=[(START, 4)])
    assert watched.turned == [(KEY, V, index) for index in range(4)]
    watched.site.tick(read=[(START, 2), (START + 12.0, 2)])
    assert watched.turned == [(KEY, V, 2), (KEY, V, 3)]
    watched.site.tick(seconds=11.0, read=[(START, 2), (START + 12.0, 2)])
    assert watched.turned == [(KEY, V, 2), (KEY, V, 3)]


def test_a_value_read_for_the_first_time_is_watched_from_then_on() -> None:
    watched = Watched()
    watched.site.connect()
    watched.site.tick(voltages={0: None}, read=[(None, 1), (START + 1, 3)])
    watched.watch = FreshnessWatch(watched.site.live, [KEY])
    watched.site.tick(voltages={0: 2.2})
    assert watched.turned == []
    for second in range(3, 20):
        watched.site.tick(read=[(START + 2, 1), (START + second, 3)])
        if watched.turned:
            break
    assert watched.turned == [(KEY, V, 0)]


def test_strings_of_other_entries_are_not_watched() -> None:
    watched = Watched()
    watched.watch = FreshnessWatch(watched.site.live, ["other/1"])
    watched.site.tick(seconds=60.0, read=[(START, 4)])
    assert watched.turned == []
