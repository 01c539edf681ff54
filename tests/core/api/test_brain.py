"""What the brain concludes: told as columns, held inside its bands, rarely when it rarely moves."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from bacs_core.api.broadcast import Broadcast, Step
from bacs_core.api.client import EngineClient
from bacs_core.api.encoding import code_runs
from bacs_core.api.live import LiveSite, LiveString, UpdateKind
from bacs_core.api.messages import (
    CellCode,
    CellFigure,
    CellMark,
    ChangesMessage,
    CommandName,
    EngineState,
    SiteInfo,
    SnapshotMessage,
)
from bacs_core.api.publication import FIGURES_EVERY
from bacs_core.api.service import Tick
from bacs_core.model import (
    Basis,
    ChargePhase,
    EqualizationMode,
    Quantity,
    RunawayStage,
    TripCause,
    TripState,
)
from bacs_core.snapshot import (
    Annunciation,
    BrainSummary,
    CellEstimates,
    CellFinding,
    Floats,
    TripSummary,
)
from tests.core.api.conftest import Engine
from tests.core.api.stand_in import (
    START,
    make_site,
    make_string,
    make_string_snapshot,
    make_tick,
)
from tests.core.api.test_live import following

STRING = make_string(cell_count=3)
KEY = STRING.key
NAN = float("nan")
SECOND = timedelta(seconds=1)


def cells(value: float | Floats, uncertainty: float = 3.0) -> CellEstimates:
    return CellEstimates(
        np.full(3, value), np.full(3, uncertainty), np.full(3, Basis.COUNTED, np.uint8)
    )


def flags(*marked: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.isin(np.arange(3), marked)


BRAIN = BrainSummary(
    phase=ChargePhase.FLOAT,
    phase_since=START.timestamp(),
    mode=EqualizationMode.CONTINUOUS,
    limit_percent=50.0,
    charge_percent=98.04,
    charge_uncertainty_percent=3.0,
    charge_basis=Basis.COUNTED,
    charge=cells(98.0),
    capacity=cells(NAN, NAN),
    health=cells(91.26),
    bled_ah=np.array([0.0, 1.234, 2.0]),
    resistance_baseline_ohm=np.array([NAN, 0.4e-3, 0.5e-3]),
    resistance_rise=np.array([NAN, 0.0312, -0.02]),
    stage=np.zeros(3, np.uint8),
    equalizes=flags(1, 2),
    paused=flags(),
    exhausted=flags(2),
    stuck_on=flags(),
    stuck_off=flags(),
)
CALM = Annunciation(sounding=False, muted=False, led="green")


def tick(
    sequence: int,
    brain: BrainSummary | None = BRAIN,
    *,
    at: datetime | None = None,
    annunciation: Annunciation | None = CALM,
) -> Tick:
    snapshot = make_string_snapshot(STRING, {Quantity.VOLTAGE: np.array([2.25, 2.25, 2.25])})
    made = make_tick(sequence, replace(snapshot, brain=brain), at=at)
    return replace(made, snapshot=replace(made.snapshot, annunciation=annunciation))


def told(*brains: BrainSummary, apart: timedelta = SECOND) -> list[dict[str, Any]]:
    """The string in each message of a stream: whole in the first, then what changed."""
    broadcast = Broadcast()
    messages = []
    for number, brain in enumerate(brains):
        broadcast.publish(tick(number + 1, brain, at=START + number * apart))
        messages.append(json.loads(message_of(broadcast)))
    return [next(iter(message["strings"]), {}) for message in messages]


def message_of(broadcast: Broadcast) -> str:
    step = newest(broadcast)
    return step.message(step.sequence - 1, frozenset(), frozenset())


def newest(broadcast: Broadcast) -> Step:
    assert broadcast.newest is not None
    return broadcast.newest


def test_a_snapshot_tells_it_as_columns_per_string() -> None:
    (string,) = told(BRAIN)
    assert string["figures"] == {
        "charge_uncertainty": [3.0, 3.0, 3.0],
        "capacity": [None, None, None],
        "capacity_uncertainty": [None, None, None],
        "health": [91.3, 91.3, 91.3],
        "health_uncertainty": [3.0, 3.0, 3.0],
        "bled_ah": [0.0, 1.23, 2.0],
        "resistance_baseline_ohm": [None, 0.0004, 0.0005],
        "resistance_rise": [None, 3.1, -2.0],
    }
    assert string["codes"] == {
        "charge_basis": [[Basis.COUNTED, 3]],
        "capacity_basis": [[Basis.COUNTED, 3]],
        "health_basis": [[Basis.COUNTED, 3]],
        "runaway_stage": [[RunawayStage.NONE, 3]],
        "marks": [
            [CellMark.NONE, 1],
            [CellMark.EQUALIZES, 1],
            [CellMark.EQUALIZES | CellMark.EXHAUSTED, 1],
        ],
    }
    assert string["brain"]["phase"] == ChargePhase.FLOAT
    assert string["brain"]["charge_percent"] == 98.0
    assert string["brain"]["trip"]["state"] == "no_breaker"
    assert string["findings"] == []


def test_what_does_not_change_is_not_told_again() -> None:
    _, second = told(BRAIN, replace(BRAIN))
    assert second == {}


def test_a_string_of_which_nothing_is_concluded_says_nothing() -> None:
    broadcast = Broadcast()
    broadcast.publish(tick(1, None, annunciation=None))
    message = json.loads(message_of(broadcast))
    assert not {"brain", "figures", "codes", "findings"} & message["strings"][0].keys()
    assert "annunciation" not in message


@pytest.mark.parametrize(
    ("figure", "inside", "outside"),
    [
        (CellFigure.BLED, {"bled_ah": np.array([0.09, 1.234, 2.0])}, np.array([0.1, 1.234, 2.0])),
        (CellFigure.HEALTH, {"health": cells(91.7)}, cells(91.8)),
        (CellFigure.CHARGE_UNCERTAINTY, {"charge": cells(98.0, 3.4)}, cells(98.0, 3.5)),
        (
            CellFigure.RESISTANCE_RISE,
            {"resistance_rise": np.array([NAN, 0.05, -0.02])},
            np.array([NAN, 0.052, -0.02]),
        ),
        (
            CellFigure.RESISTANCE_BASELINE,
            {"resistance_baseline_ohm": np.array([NAN, 0.4e-3, 0.5e-3])},
            np.array([0.45e-3, 0.4e-3, 0.5e-3]),
        ),
        (CellFigure.CAPACITY, {"capacity": cells(NAN, NAN)}, cells(85.0, NAN)),
    ],
)
def test_a_figure_is_told_once_it_has_moved_by_its_band(
    figure: CellFigure, inside: dict[str, Any], outside: Any
) -> None:
    (name,) = inside
    first, held, moved = told(
        BRAIN,
        replace(BRAIN, **inside),
        replace(BRAIN, **{name: outside}),
        apart=FIGURES_EVERY,
    )
    assert figure in first["figures"]
    assert held == {}
    assert list(moved["figures"]) == [figure]


def test_figures_wait_for_their_turn_and_codes_and_stages_do_not() -> None:
    hot = replace(
        BRAIN,
        bled_ah=BRAIN.bled_ah + 1,
        stage=np.array([0, RunawayStage.ALARM, 0], np.uint8),
        stuck_on=flags(0),
    )
    _, at_once = told(BRAIN, hot)
    assert at_once == {
        "key": KEY,
        "codes": {
            "runaway_stage": [[0, 1], [RunawayStage.ALARM, 1], [0, 1]],
            "marks": [
                [CellMark.STUCK_ON, 1],
                [CellMark.EQUALIZES, 1],
                [CellMark.EQUALIZES | CellMark.EXHAUSTED, 1],
            ],
        },
    }
    *_, later = told(BRAIN, *[hot] * int(FIGURES_EVERY / SECOND))
    assert later["figures"] == {"bled_ah": {"index": [0, 1, 2], "value": [1.0, 2.23, 3.0]}}


@pytest.mark.parametrize(
    ("change", "is_told"),
    [
        ({"charge_percent": 97.7}, False),
        ({"charge_percent": 97.5}, True),
        ({"charge_percent": None}, True),
        ({"limit_percent": 51.0}, False),
        ({"limit_percent": 100.0}, True),
        ({"phase": ChargePhase.DISCHARGE}, True),
        ({"mode": EqualizationMode.OFF}, True),
        ({"testing_until": START.timestamp() + 3600}, True),
        ({"trip": TripSummary(TripState.ARMED)}, True),
    ],
)
def test_states_of_a_string_are_told_at_once_and_its_values_out_of_their_band(
    change: dict[str, Any], is_told: bool
) -> None:
    _, second = told(BRAIN, replace(BRAIN, **change))
    assert ("brain" in second) is is_told


def test_a_trip_is_told_with_its_cause_its_cell_and_its_person() -> None:
    at = START.timestamp()
    trip = TripSummary(
        TripState.OFF, (TripCause.THERMAL_RUNAWAY,), 2, at, "miller", "new sensors", at + 60, False
    )
    _, second = told(BRAIN, replace(BRAIN, trip=trip))
    assert second["brain"]["trip"] == {
        "state": "off",
        "causes": ["thermal_runaway"],
        "cell": 2,
        "since": "2026-11-21T06:00:00Z",
        "by": "miller",
        "reason": "new sensors",
        "until": "2026-11-21T06:01:00Z",
        "contact_open": False,
    }


def test_a_clock_that_is_adjusted_by_a_hair_is_no_change_of_a_trip() -> None:
    at = START.timestamp()
    trip = TripSummary(TripState.OFF, since=at, until=at + 3600)
    nearly = TripSummary(TripState.OFF, since=at - 1e-6, until=at + 3600 - 1e-6)
    _, second = told(replace(BRAIN, trip=trip), replace(BRAIN, trip=nearly))
    assert "brain" not in second


def test_findings_are_told_as_a_sentence_and_as_a_code_and_only_when_they_read_otherwise() -> None:
    found = CellFinding(2, "resistance_above_baseline", 23.04, "cell 2: Ri 23 % above", 4.1)
    nearly = replace(found, amount=23.1, score=4.2)
    other = replace(found, amount=24.0, text="cell 2: Ri 24 % above")
    _, first, second, third = told(
        BRAIN, *(replace(BRAIN, findings=(item,)) for item in (found, nearly, other))
    )
    assert first["findings"] == [
        {
            "cell": 2,
            "score": 4.1,
            "text": "cell 2: Ri 23 % above",
            "wording": {"code": "resistance_above_baseline", "arguments": {"amount": 23.04}},
        }
    ]
    assert second == {}
    assert third["findings"][0]["text"] == "cell 2: Ri 24 % above"


def test_the_buzzer_is_told_when_it_changes() -> None:
    broadcast = Broadcast()
    messages = []
    for number, sounding in enumerate((False, False, True)):
        now = Annunciation(sounding, muted=False, led="red" if sounding else "green")
        broadcast.publish(tick(number + 1, annunciation=now))
        messages.append(json.loads(message_of(broadcast)).get("annunciation"))
    assert messages == [
        {"sounding": False, "muted": False, "led": "green", "stick": None},
        None,
        {"sounding": True, "muted": False, "led": "red", "stick": None},
    ]


@given(codes=st.lists(st.integers(0, 3), min_size=1))
def test_codes_are_run_length_coded_without_loss(codes: list[int]) -> None:
    coded = code_runs(np.array(codes, np.uint8))
    assert [code for code, count in coded for _ in range(count)] == codes


@st.composite
def summaries(draw: st.DrawFn) -> BrainSummary:
    estimate = st.sampled_from([NAN, 90.0, 90.3, 91.0])
    return replace(
        BRAIN,
        charge_percent=draw(st.one_of(st.none(), st.sampled_from([90.0, 90.2, 91.0]))),
        phase=draw(st.sampled_from(ChargePhase)),
        capacity=CellEstimates(
            draw(arrays(float, 3, elements=estimate)),
            draw(arrays(float, 3, elements=estimate)),
            draw(arrays(np.uint8, 3, elements=st.integers(0, 8))),
        ),
        bled_ah=draw(arrays(float, 3, elements=st.sampled_from([0.0, 0.05, 0.2]))),
        stage=draw(arrays(np.uint8, 3, elements=st.integers(0, 3))),
        exhausted=draw(arrays(np.bool_, 3)),
        findings=draw(
            st.sampled_from([(), (CellFinding(1, "voltage_above_string", 12.0, "odd", 5.0),)])
        ),
    )


@settings(deadline=None, max_examples=30)
@given(brains=st.lists(summaries(), min_size=2, max_size=8), raw=st.booleans())
def test_changes_lead_to_the_same_mirror_as_a_snapshot(
    brains: list[BrainSummary], raw: bool
) -> None:
    keys = frozenset([KEY]) if raw else frozenset[str]()
    broadcast, followed = Broadcast(), mirror()
    for number, brain in enumerate(brains):
        broadcast.publish(tick(number + 1, brain, at=START + number * 3 * SECOND))
        step = newest(broadcast)
        message = step.message(step.sequence - 1, keys, keys)
        if number == 0:
            followed._replace(SnapshotMessage.model_validate_json(message), info())
        else:
            followed._apply(ChangesMessage.model_validate_json(message))
        fresh = mirror()
        fresh._replace(SnapshotMessage.model_validate_json(step.snapshot(keys)), info())
        assert concluded(followed.strings[KEY]) == concluded(fresh.strings[KEY])
        assert followed.annunciation == fresh.annunciation


def mirror() -> LiveSite:
    return LiveSite(cast("EngineClient", None))


def info() -> SiteInfo:
    return SiteInfo(
        site_id="id",
        version="0",
        state=EngineState.RUNNING,
        site=make_site(STRING),
        network_enabled=False,
    )


def concluded(live: LiveString) -> tuple[object, ...]:
    return live.brain, live.figures, live.codes, live.findings


async def test_a_client_sees_what_is_concluded_and_what_changed(engine: Engine) -> None:
    def brained(brain: BrainSummary) -> None:
        engine.sequence += 1
        engine.service.publish(tick(engine.sequence, brain))

    brained(BRAIN)
    await engine.told()
    async with following(LiveSite(engine.client())) as follower:
        update = (await follower.next(UpdateKind.CONNECTED)).strings[KEY]
        live = follower.live.strings[KEY]
        assert update.brain
        assert update.findings
        assert live.brain is not None
        assert live.brain.phase is ChargePhase.FLOAT
        assert live.brain.phase_since == datetime.fromtimestamp(START.timestamp(), UTC)
        assert live.figures[CellFigure.BLED] == [0.0, 1.23, 2.0]
        assert live.figures[CellFigure.RESISTANCE_BASELINE] == [None, 0.0004, 0.0005]
        assert live.codes[CellCode.MARKS][2] == CellMark.EQUALIZES | CellMark.EXHAUSTED
        assert follower.live.annunciation is not None
        assert follower.live.annunciation.led == "green"

        brained(replace(BRAIN, stage=np.array([0, 3, 0], np.uint8)))
        update = (await follower.next(UpdateKind.CHANGES)).strings[KEY]
        assert (update.brain, update.findings, update.codes) == (
            False,
            False,
            frozenset[str]({CellCode.RUNAWAY_STAGE}),
        )
        assert live.codes[CellCode.RUNAWAY_STAGE] == [0, RunawayStage.TRIP, 0]


async def test_the_openapi_document_lists_every_command_and_what_is_concluded(
    engine: Engine,
) -> None:
    async with engine.session.get(f"{engine.url}/api/v1/openapi.json") as response:
        document = json.loads(await response.text())
    schemas = document["components"]["schemas"]
    body = document["paths"]["/api/v1/commands"]["post"]["requestBody"]["content"]
    mapping = body["application/json"]["schema"]["discriminator"]["mapping"]
    assert set(mapping) == set(CommandName)
    assert {"BrainScalars", "TripStatus", "Finding", "Annunciation", "RecloseBreaker"} <= set(
        schemas
    )
