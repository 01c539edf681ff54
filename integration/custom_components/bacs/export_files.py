"""Where exports are put, and how they get there without holding them in memory."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from homeassistant.core import HomeAssistant

from .const import DOMAIN

#: Beside the configuration, like backups; not below `www`, which needs no login.
FOLDER: Final = f"{DOMAIN}_exports"


def export_path(config_dir: Path, site: str, at: datetime) -> Path:
    """Name the file of an export after its site and the time on the clock of the user."""
    name = re.sub(r"[^0-9A-Za-z]+", "-", site).strip("-").lower() or "site"
    return config_dir / FOLDER / f"{name}-{at:%Y%m%dT%H%M%S}.tar.gz"


def _open(path: Path) -> BinaryIO:
    path.parent.mkdir(exist_ok=True)
    return path.open("wb")


def _discard(file: BinaryIO, path: Path) -> None:
    file.close()
    path.unlink()


async def write_pieces(hass: HomeAssistant, path: Path, pieces: AsyncIterator[bytes]) -> int:
    """Write a download; it gets its name when it is complete. Returns its length in bytes."""
    part = path.with_suffix(".part")
    file = await hass.async_add_executor_job(_open, part)
    size = 0
    try:
        async for piece in pieces:
            size += await hass.async_add_executor_job(file.write, piece)
    except BaseException:
        await hass.async_add_executor_job(_discard, file, part)
        raise
    await hass.async_add_executor_job(file.close)
    await hass.async_add_executor_job(part.replace, path)
    return size
