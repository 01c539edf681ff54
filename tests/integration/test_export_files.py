from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from homeassistant.core import HomeAssistant

from custom_components.bacs.export_files import export_path, write_pieces

AT = datetime(2026, 3, 4, 5, 6, 7)  # noqa: DTZ001 - as people name files: after their clock


@pytest.mark.parametrize(
    ("site", "name"),
    [
        ("Battery room 1", "battery-room-1-20260304T050607.tar.gz"),
        ("../../etc", "etc-20260304T050607.tar.gz"),
        ("电池室", "site-20260304T050607.tar.gz"),
    ],
)
def test_an_export_is_named_after_its_site_and_never_leaves_its_folder(
    site: str, name: str
) -> None:
    assert export_path(Path("/config"), site, AT) == Path("/config/bacs_exports") / name


async def test_of_a_download_that_breaks_off_nothing_is_left(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"the first half"
        raise ConnectionResetError

    path = export_path(tmp_path, "room", AT)
    with pytest.raises(ConnectionResetError):
        await write_pieces(hass, path, pieces())
    assert [*path.parent.iterdir()] == []
