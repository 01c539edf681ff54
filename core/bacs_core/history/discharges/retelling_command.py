"""Retells a discharge out of its samples, as a program of its own: `analysis`, `replay`, `compare`.

Reading hours of samples anew takes seconds; the engine lets this program do it (see
`api.history_access`). It writes one message as JSON, or says on standard error why it cannot.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from bacs_core.api.message_base import Message
from bacs_core.errors import REFUSED_EXIT_CODE, BacsError, RefusedError
from bacs_core.history.discharges import retelling
from bacs_core.history.reader import HistoryReader

WORKS: Final[Mapping[str, Callable[..., Message]]] = {
    "analysis": retelling.analysis_of,
    "replay": retelling.replay_of,
    "compare": retelling.comparison_of,
}


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say: the state directory, a work, and its numbers."""
    folder, work, *numbers = arguments
    try:
        with HistoryReader(Path(folder)) as reader:
            told = WORKS[work](reader, *(int(number) for number in numbers))
    except RefusedError as refused:
        sys.stderr.write(f"{refused.code}\t{refused.reason}\n")
        return REFUSED_EXIT_CODE
    except BacsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(told.model_dump_json())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
