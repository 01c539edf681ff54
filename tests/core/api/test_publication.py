from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from bacs_core.api.image import PARTS, SiteImage, site_image
from bacs_core.api.publication import DeadBands, publish, rebuilt
from bacs_core.model import CellStatus, EqualizationState, Quantity
from bacs_core.snapshot import Floats
from tests.core.api.stand_in import (
    LIMITS,
    START,
    make_alarm,
    make_string,
    make_string_snapshot,
    make_tick,
)

BANDS = DeadBands()
STRING = make_string(cell_count=3)
KEY = STRING.key


def image(quantity: Quantity, *values: float, status: tuple[int, ...] = (0, 0, 0)) -> SiteImage:
    snapshot = make_string_snapshot(
        STRING, {quantity: np.array(values)}, status=np.array(status, dtype=np.uint8)
    )
    return site_image(make_tick(1, snapshot))


def published_after(*images: SiteImage, bands: DeadBands = BANDS) -> SiteImage:
    published = images[0]
    for raw in images[1:]:
        published = publish(published, raw, bands)
    return published


def column(site: SiteImage, quantity: Quantity) -> list[float | None]:
    values = site.strings[KEY].column(quantity).tolist()
    return [None if value != value else value for value in values]  # noqa: PLR0124 - NaN


@pytest.mark.parametrize(
    ("nominal_v", "band_v"),
    [(1.2, 0.0038), (2.0, 0.005), (6.0, 0.011), (12.0, 0.02), (16.0, 0.026)],
)
def test_the_voltage_band_grows_with_the_nominal_voltage(nominal_v: float, band_v: float) -> None:
    assert BANDS.voltage_v(nominal_v) == pytest.approx(band_v)


@pytest.mark.parametrize(
    ("quantity", "start", "inside", "outside"),
    [
        (Quantity.VOLTAGE, 2.250, 2.254, 2.255),
        (Quantity.TEMPERATURE, 20.0, 20.2, 20.3),
        (Quantity.RESISTANCE, 0.000200, 0.000203, 0.000204),
        (Quantity.CHARGE, 98.0, 98.4, 98.5),
        (Quantity.DUTY, 40.0, 41.9, 42.0),
    ],
)
def test_a_value_is_told_once_it_has_moved_by_its_band(
    quantity: Quantity, start: float, inside: float, outside: float
) -> None:
    held = published_after(
        image(quantity, start, start, start), image(quantity, inside, start, start)
    )
    assert column(held, quantity) == [start, start, start]
    told = published_after(held, image(quantity, outside, start, start))
    assert column(told, quantity) == [outside, start, start]


def test_a_slow_drift_is_told_because_the_last_published_value_counts() -> None:
    steps = [image(Quantity.VOLTAGE, 2.250 + n / 1000, 2.25, 2.25) for n in range(6)]
    assert column(published_after(*steps[:5]), Quantity.VOLTAGE)[0] == 2.250
    assert column(published_after(*steps), Quantity.VOLTAGE)[0] == 2.255


@pytest.mark.parametrize(
    ("quantity", "before", "after"),
    [
        (Quantity.VOLTAGE, 2.400, 2.401),
        (Quantity.VOLTAGE, 2.401, 2.400),
        (Quantity.VOLTAGE, 2.100, 2.099),
        (Quantity.TEMPERATURE, 40.0, 40.1),
        (Quantity.TEMPERATURE, 55.1, 55.0),
        (Quantity.RESISTANCE, 0.000400, 0.000401),
    ],
)
def test_a_crossed_limit_is_told_at_once(quantity: Quantity, before: float, after: float) -> None:
    told = published_after(image(quantity, before, 1, 1), image(quantity, after, 1, 1))
    assert column(told, quantity)[0] == after


def test_a_cell_whose_mark_changes_shows_the_values_that_changed_it() -> None:
    told = published_after(
        image(Quantity.VOLTAGE, 2.25, 2.25, 2.25),
        image(Quantity.VOLTAGE, 2.251, 2.251, 2.251, status=(0, CellStatus.WARNING, 0)),
    )
    assert column(told, Quantity.VOLTAGE) == [2.25, 2.251, 2.25]
    assert told.strings[KEY].status.tolist() == [0, CellStatus.WARNING, 0]


def test_a_value_that_vanishes_or_appears_is_told_at_once() -> None:
    told = published_after(
        image(Quantity.VOLTAGE, 2.25, float("nan"), 2.25),
        image(Quantity.VOLTAGE, float("nan"), 2.25, float("inf")),
    )
    assert column(told, Quantity.VOLTAGE) == [None, 2.25, None]


def test_a_column_that_vanishes_is_absent_in_every_cell() -> None:
    told = published_after(image(Quantity.CHARGE, 98, 98, 98), image(Quantity.VOLTAGE, 2, 2, 2))
    assert column(told, Quantity.CHARGE) == [None, None, None]
    assert column(told, Quantity.VOLTAGE) == [2.0, 2.0, 2.0]


def test_values_are_rounded_to_what_is_worth_telling() -> None:
    values = {
        Quantity.VOLTAGE: np.array([2.25049, 2.2506, np.nan]),
        Quantity.TEMPERATURE: np.array([20.04, -0.06, 21.0]),
        Quantity.RESISTANCE: np.array([0.0002004, 0.0002006, 0.06]),
    }
    site = site_image(make_tick(1, make_string_snapshot(STRING, values)))
    assert column(site, Quantity.VOLTAGE) == [2.25, 2.251, None]
    assert column(site, Quantity.TEMPERATURE) == [20.0, -0.1, 21.0]
    assert column(site, Quantity.RESISTANCE) == [0.0002, 0.000201, 0.06]


def test_reading_times_are_told_in_tenths_and_never_later_than_they_were() -> None:
    snapshot = make_string_snapshot(
        STRING, {Quantity.VOLTAGE: np.ones(3)}, read_at=np.array([1000.09, 1000.1, np.nan])
    )
    times = site_image(make_tick(1, snapshot)).strings[KEY].times(Quantity.VOLTAGE)
    assert times[:2].tolist() == [1000.0, 1000.1]
    assert np.isnan(times[2])


def test_a_held_value_still_gets_its_new_reading_time() -> None:
    first, second = (
        site_image(make_tick(1, make_string_snapshot(STRING, {Quantity.VOLTAGE: v}, read_at=t)))
        for v, t in ((np.full(3, 2.25), 1000.0), (np.full(3, 2.251), 1001.0))
    )
    published = publish(first, second, BANDS).strings[KEY]
    assert published.column(Quantity.VOLTAGE).tolist() == [2.25] * 3
    assert published.times(Quantity.VOLTAGE).tolist() == [1001.0] * 3


def test_scalars_have_small_bands_and_their_states_are_told_at_once() -> None:
    def scalars(
        sum_voltage_v: float | None, state: EqualizationState = EqualizationState.ACTIVE
    ) -> SiteImage:
        snapshot = make_string_snapshot(STRING, {}, sum_voltage_v=sum_voltage_v, equalization=state)
        return site_image(make_tick(1, snapshot))

    def told(after: SiteImage) -> bool:
        raw = after.strings[KEY].scalars
        return publish(scalars(6.75), after, BANDS).strings[KEY].scalars == raw

    assert not told(scalars(6.755))
    assert told(scalars(6.76))
    assert told(scalars(None))
    assert told(scalars(6.75, EqualizationState.INHIBITED))


def test_faults_of_a_line_are_told_at_once_and_its_counters_now_and_then() -> None:
    def line(seconds: float, requests: int, timeouts: int = 0) -> SiteImage:
        at = START + timedelta(seconds=seconds)
        return site_image(make_tick(1, at=at, requests=requests, timeouts=timeouts))

    first = line(0, requests=10)
    assert publish(first, line(1, requests=20), BANDS).lines[0].requests == 10
    assert publish(first, line(1, requests=20, timeouts=1), BANDS).lines[0].requests == 20
    assert publish(first, line(5, requests=60), BANDS).lines[0].requests == 60
    assert publish(first, line(-3600, requests=60), BANDS).lines[0].requests == 60


def test_managers_and_alarms_that_did_not_change_stay_the_same_objects() -> None:
    first = site_image(make_tick(1, alarms=(make_alarm(),)))
    same = publish(first, site_image(make_tick(2, alarms=(make_alarm(),))), BANDS)
    assert same.alarms is first.alarms
    assert same.managers is first.managers
    other = publish(first, site_image(make_tick(2, online=False)), BANDS)
    assert other.alarms == ()
    assert other.managers[0].online is False


def test_another_plant_is_noticed() -> None:
    def site(*strings: str) -> SiteImage:
        return site_image(
            make_tick(
                1,
                *(
                    make_string_snapshot(replace(STRING, number=i, name=name), {})
                    for i, name in enumerate(strings, 1)
                ),
            )
        )

    assert not rebuilt(site("a", "b"), site("a", "b"))
    assert rebuilt(site("a", "b"), site("a"))
    assert rebuilt(site("a"), site("renamed"))


VALUES = {
    Quantity.VOLTAGE: st.one_of(st.just(np.nan), st.floats(2.08, 2.12), st.floats(2.39, 2.41)),
    Quantity.TEMPERATURE: st.one_of(st.just(np.nan), st.floats(39, 41), st.floats(54, 56)),
    Quantity.RESISTANCE: st.one_of(st.just(np.nan), st.floats(0.00038, 0.00042)),
    Quantity.DUTY: st.one_of(st.just(np.nan), st.floats(0, 100)),
}
LIMITS_OF = {
    Quantity.VOLTAGE: (LIMITS.voltage_low_v, LIMITS.voltage_high_v),
    Quantity.TEMPERATURE: (LIMITS.temperature_high_c, LIMITS.temperature_critical_c),
    Quantity.RESISTANCE: (LIMITS.resistance_high_ohm,),
    Quantity.DUTY: (),
}


@settings(deadline=None)
@given(data=st.data(), quantity=st.sampled_from(list(VALUES)))
def test_published_values_stay_within_the_band_and_on_the_same_side_of_each_limit(
    data: st.DataObject, quantity: Quantity
) -> None:
    rows: list[Floats] = data.draw(
        st.lists(arrays(float, 3, elements=VALUES[quantity]), min_size=2, max_size=8)
    )
    published = image(quantity, *rows[0])
    for row in rows[1:]:
        raw = image(quantity, *row)
        published = publish(published, raw, BANDS)
        told, true = (site.strings[KEY].column(quantity) for site in (published, raw))
        assert np.array_equal(np.isnan(told), np.isnan(true))
        present = ~np.isnan(true)
        told, true = told[present], true[present]
        band = BANDS.of_cells(quantity, STRING, told)
        assert (np.abs(told - true) < band).all()
        assert (np.abs(told - row[present]) < band + 0.51 / PARTS[quantity]).all()
        for limit in LIMITS_OF[quantity]:
            assert limit is not None
            assert np.array_equal(told > limit, true > limit)
            assert np.array_equal(told < limit, true < limit)


@settings(deadline=None)
@given(row=arrays(float, 3, elements=VALUES[Quantity.VOLTAGE]))
def test_without_bands_every_value_is_told(row: Floats) -> None:
    none = DeadBands(0, 0, 0, 0, 0, 0, 0, 0)
    first = image(Quantity.VOLTAGE, 2.25, 2.25, 2.25)
    raw = image(Quantity.VOLTAGE, *row)
    assert column(publish(first, raw, none), Quantity.VOLTAGE) == column(raw, Quantity.VOLTAGE)
