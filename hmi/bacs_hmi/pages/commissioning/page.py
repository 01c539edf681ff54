"""The page of commissioning: its steps, and above them the job that runs or ran last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, Protocol

from bacs_core.api.client import EngineClient
from bacs_core.api.messages import Commissioning
from bacs_hmi.heading import Heading
from bacs_hmi.pages.commissioning.addresses import AddressStep
from bacs_hmi.pages.commissioning.chosen import Chosen
from bacs_hmi.pages.commissioning.confirm import ConfirmStep
from bacs_hmi.pages.commissioning.guide import Guide
from bacs_hmi.pages.commissioning.job import AT_WORK
from bacs_hmi.pages.commissioning.names import NamesStep
from bacs_hmi.pages.commissioning.progress import JobBand
from bacs_hmi.pages.commissioning.proposal import ProposalStep
from bacs_hmi.pages.commissioning.search import SearchStep
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box
from bacs_hmi.rereading import Rereading
from bacs_hmi.views import View


class Step(Protocol):
    """One step, built where it stands."""

    def show(self, job: Commissioning | None) -> None:
        """Follow the job and the newest values; `None` while nothing is told."""


STEPS: Final[Mapping[str, Callable[[Guide], Step]]] = {
    "search": SearchStep,
    "addresses": AddressStep,
    "confirm": ConfirmStep,
    "proposal": ProposalStep,
    "names": NamesStep,
}
FIRST: Final = "search"


class CommissioningPage:
    """Leads through commissioning; `View.part` is the step, `View.key` the line or port."""

    def __init__(self, around: Surroundings, view: View) -> None:
        self._around = around
        self._view = view if view.part in STEPS else replace(view, part=FIRST)
        self._guide = Guide(around, Chosen(place=view.key), self._place, self._go)
        self._job: Commissioning | None = None
        self._goes_on = False
        """Whether a job ran when the person was signed out, and nothing was told since."""
        self._jobs: Rereading[Commissioning] = Rereading(
            around.ask,
            "job",
            read=_read,
            then=self._told,
            failed=self._failed,
            every=1,
        )
        texts = around.texts
        self._heading = Heading(
            around,
            texts["commissioning"],
            {name: texts[f"step_{name}"] for name in STEPS},
            self._go,
        )
        self._band = JobBand(around)
        self._body = box("bacs-step")
        self._build()
        self.refresh(alarms_changed=True)

    def refresh(self, *, alarms_changed: bool) -> None:
        """Follow the job; `alarms_changed` also tells that somebody else is signed in."""
        self._step.show(self._job)
        if alarms_changed:
            self._jobs.soon()
        self._jobs.tick()

    def close(self) -> None:
        """Nothing to stop: the shell drops the question."""

    def _told(self, job: Commissioning) -> None:
        before, self._job, self._goes_on = self._job, job, False
        self._band.show(job)
        if before != job:
            self._step.show(job)

    def _failed(self, problem: str, is_person: bool) -> None:  # noqa: FBT001 - as it is told
        goes_on = self._goes_on or (self._job is not None and self._job.state in AT_WORK)
        self._job, self._goes_on = None, goes_on and not is_person
        key = "commissioning_goes_on" if self._goes_on else "commissioning_sign_in"
        self._band.refuse(problem if is_person else self._around.texts[key])

    def _go(self, part: str) -> None:
        self._view = replace(self._view, part=part)
        self._around.note(self._view)
        self._build()

    def _place(self, place: str) -> None:
        """Keep the chosen line or port in the address."""
        self._guide.chosen.place = place
        self._view = replace(self._view, key=place)
        self._around.note(self._view)

    def _build(self) -> None:
        self._heading.show(self._view.part)
        self._body.clear()
        with self._body:
            self._step = STEPS[self._view.part](self._guide)
        self._step.show(self._job)


async def _read(client: EngineClient, token: str | None) -> Commissioning:
    return await client.commissioning(session_token=token)
