"""`python -m bacs_core.annunciator`: started by the system where the panel computer has outputs."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bacs_core.annunciator.pins import Board, KernelChips
from bacs_core.annunciator.running import Annunciator, follow
from bacs_core.annunciator.settings import Settings, load
from bacs_core.annunciator.signs import Outputs
from bacs_core.annunciator.sound import Loudspeaker, player
from bacs_core.errors import BacsError
from bacs_core.watchdog import ServiceManager, report

_DEFAULT_ENGINE: Final = "http://127.0.0.1:8480"


class _Cabinet:
    """Pins, and the loudspeaker if there is to be sound."""

    def __init__(self, settings: Settings) -> None:
        self._board = Board(settings.pins, KernelChips())
        self._loudspeaker = None if settings.sound is None else Loudspeaker(player(settings.sound))

    def show(self, wanted: Outputs) -> None:
        self._board.show(wanted)
        if self._loudspeaker is not None:
            self._loudspeaker.show(sounding=wanted.buzzer)

    def close(self) -> None:
        self._board.close()
        if self._loudspeaker is not None:
            self._loudspeaker.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until it is told to stop; return the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        cabinet = _Cabinet(load(options.settings))
        try:
            asyncio.run(_run(cabinet, options.engine, options.token_file))
        finally:
            cabinet.close()
    except (BacsError, OSError) as error:
        sys.stderr.write(f"annunciator: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bacs_core.annunciator",
        description="Shows on buzzer, LED and relay of this computer what the engine tells.",
    )
    parser.add_argument(
        "settings", type=Path, metavar="SETTINGS.toml", help="which pins, which sound"
    )
    parser.add_argument(
        "--engine",
        default=_DEFAULT_ENGINE,
        metavar="URL",
        help="address of the engine (default: %(default)s)",
    )
    parser.add_argument(
        "--token-file", required=True, type=Path, metavar="FILE", help="token file of the panel"
    )
    return parser


async def _run(cabinet: _Cabinet, engine: str, token_file: Path) -> None:
    manager = ServiceManager()
    annunciator = Annunciator(cabinet)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    showing = asyncio.create_task(annunciator.run(), name="show")
    others = (
        asyncio.create_task(follow(annunciator, engine, token_file), name="follow"),
        asyncio.create_task(report(manager, lambda: annunciator.steps), name="service manager"),
    )
    manager.ready()
    stopping = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait({showing, stopping, *others}, return_when=asyncio.FIRST_COMPLETED)
    manager.stopping()
    for task in (stopping, *others):
        task.cancel()
    if not showing.done():
        showing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await showing


if __name__ == "__main__":
    sys.exit(main())
