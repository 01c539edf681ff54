"""The stream of a manager that is read without an engine."""

from collections.abc import AsyncIterator, Callable

import pytest

from bacs_core.api.broadcast import Broadcast
from bacs_core.api.client import EngineUnreachableError
from custom_components.bacs.direct.client import DirectStream


class Muddled(Broadcast):
    """Brings what is no message."""

    async def follow(self, wanted: Callable[[], frozenset[str]]) -> AsyncIterator[str]:
        yield '{"type": "surprise"}'


async def test_what_makes_no_message_ends_the_stream_and_it_may_be_tried_again() -> None:
    with pytest.raises(EngineUnreachableError, match="no message"):
        await anext(DirectStream(Muddled()))
