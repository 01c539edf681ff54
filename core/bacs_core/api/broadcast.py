"""Shared work for all streams: each tick is published and encoded once, whoever listens.

A reader is at a step or it is not. If the step after its own is still kept, it gets the changes;
if not, it was too slow and gets a full snapshot. So nothing is ever queued for a reader, and what
it holds plus what it gets is always the published image.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from bacs_core.api.encoding import (
    changes_json,
    snapshot_json,
    string_changes_json,
    string_json,
)
from bacs_core.api.image import SiteImage, StringImage, site_image
from bacs_core.api.publication import DeadBands, publish, rebuilt
from bacs_core.api.service import Tick

#: So many steps may pass while a reader is busy before it needs a full snapshot.
KEPT_STEPS: Final = 5

#: Keys of the strings that a reader wants raw.
RawKeys = frozenset[str]
NOTHING_RAW: Final[RawKeys] = frozenset()


class Images(NamedTuple):
    """One tick, with and without the dead band."""

    published: SiteImage
    raw: SiteImage

    def string(self, key: str, *, raw: bool) -> StringImage:
        """One string as a reader sees it; only what was measured is ever raw."""
        image = self.published.strings[key]
        if not raw:
            return image
        return replace(
            self.raw.strings[key],
            brain=image.brain,
            figures=image.figures,
            findings=image.findings,
        )


@dataclass(slots=True)
class Step:
    """One published tick and the one before; each piece is encoded when first needed.

    `before` is `None` where only a full snapshot makes sense.
    """

    sequence: int
    before: Images | None
    after: Images
    _snapshots: dict[RawKeys, str] = field(default_factory=dict)
    _messages: dict[tuple[RawKeys, RawKeys], str] = field(default_factory=dict)
    _strings: dict[tuple[str, bool], bytes] = field(default_factory=dict)
    _changes: dict[tuple[str, bool, bool], bytes | None] = field(default_factory=dict)

    def message(self, at: int | None, was_raw: RawKeys, is_raw: RawKeys) -> str:
        """Encode what a reader needs that is at step `at` and had some strings raw."""
        if self.before is None or at != self.sequence - 1:
            return self.snapshot(is_raw)
        return self._message_after(self.before, was_raw, is_raw)

    def snapshot(self, raw: RawKeys = NOTHING_RAW) -> str:
        """Encode everything, for a reader that wants some strings raw."""
        if raw not in self._snapshots:
            strings = [self._string(key, key in raw) for key in self.after.published.strings]
            self._snapshots[raw] = snapshot_json(self.sequence, self.after.published, strings)
        return self._snapshots[raw]

    def _message_after(self, before: Images, was_raw: RawKeys, is_raw: RawKeys) -> str:
        choice = (was_raw, is_raw)
        if choice not in self._messages:
            changes = [
                self._change(before, key, key in was_raw, key in is_raw)
                for key in self.after.published.strings
            ]
            self._messages[choice] = changes_json(
                self.sequence,
                before.published,
                self.after.published,
                [change for change in changes if change is not None],
            )
        return self._messages[choice]

    def _string(self, key: str, raw: bool) -> bytes:  # noqa: FBT001 - part of a cache key
        if (key, raw) not in self._strings:
            self._strings[key, raw] = string_json(self.after.string(key, raw=raw))
        return self._strings[key, raw]

    def _change(self, before: Images, key: str, was_raw: bool, is_raw: bool) -> bytes | None:  # noqa: FBT001
        choice = (key, was_raw, is_raw)
        if choice not in self._changes:
            self._changes[choice] = string_changes_json(
                before.string(key, raw=was_raw), self.after.string(key, raw=is_raw)
            )
        return self._changes[choice]


class Broadcast:
    """The published state of the site, and whoever waits for its next step."""

    def __init__(self, bands: DeadBands | None = None) -> None:
        """Start without a step; `bands` are the dead bands in force."""
        self._bands = bands or DeadBands()
        self._steps: deque[Step] = deque(maxlen=KEPT_STEPS)
        self._published = asyncio.Event()
        self._whole = False

    @property
    def newest(self) -> Step | None:
        """The newest step, `None` before the first tick."""
        return self._steps[-1] if self._steps else None

    def renew(self) -> None:
        """Send everybody a full snapshot next: what stands beside the values has changed."""
        self._whole = True

    def publish(self, tick: Tick) -> None:
        """Take the next tick in and wake everybody who waits for it."""
        raw = site_image(tick)
        last = self.newest
        if last is None or self._whole or rebuilt(last.after.raw, raw):
            # No change leads to another plant: everybody gets a full snapshot.
            before, published = None, raw
            self._whole = False
        else:
            before = last.after
            published = publish(before.published, raw, self._bands)
        sequence = 1 if last is None else last.sequence + 1
        self._steps.append(Step(sequence, before, Images(published, raw)))
        self._published.set()
        self._published = asyncio.Event()

    async def follow(self, wanted: Callable[[], RawKeys]) -> AsyncIterator[str]:
        """Yield encoded stream messages: a snapshot first, then changes, for ever.

        `wanted` tells at each step which strings the reader wants raw.
        """
        at: int | None = None
        was_raw = NOTHING_RAW
        while True:
            step = await self._after(at)
            is_raw = wanted().intersection(step.after.raw.strings)
            yield step.message(at, was_raw, is_raw)
            at, was_raw = step.sequence, is_raw

    async def _after(self, at: int | None) -> Step:
        """Wait for the step after `at`; return the newest one if that is gone."""
        while not self._steps or self._steps[-1].sequence == at:
            await self._published.wait()
        if at is not None:
            for step in self._steps:
                if step.sequence == at + 1:
                    return step
        return self._steps[-1]
