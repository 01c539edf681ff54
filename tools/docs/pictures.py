"""Takes the README's pictures: the demonstration, as a technician sees it at 1024x768."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import bacs_core.simulator
from tests.hmi.pictures import pictures_of_engine
from tests.processes import PATIENCE_S, ROOT, Cabinet, Engine

DEMO = Path(bacs_core.simulator.__file__).with_name("demo.toml")
FOLDER = ROOT / "docs" / "pictures"
#: The tired cell of the demonstration is a warning once its delay is over. The warm one is none.
ALARMS = 1


def main() -> None:
    """Run cabinet, engine and panel until its alarm is there, and keep the pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        cabinet = Cabinet(Path(scratch), DEMO)
        engine = Engine(Path(scratch), cabinet.site)
        cabinet.start()
        try:
            engine.start()
            give_up_at = time.monotonic() + 5 * PATIENCE_S
            while len(engine.get("alarms", engine.panel_token)) < ALARMS:
                if time.monotonic() > give_up_at:
                    sys.exit("the demonstration shows no alarms")
                time.sleep(1)
            asyncio.run(pictures_of_engine(FOLDER, engine.url, engine.panel_token_file))
        finally:
            engine.stop()
            cabinet.stop()


if __name__ == "__main__":
    main()
