"""Brings the string card to the browser: its files, and the address of its first one."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http.server import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_when_setup

from .const import DOMAIN

WWW: Final = Path(__file__).with_name("www")
FIRST_FILE: Final = "string-card.js"
FRONTEND: Final = "frontend"


async def async_serve_card(hass: HomeAssistant) -> None:
    """Serve the card, and let every page of the frontend load it.

    The address changes with the content, so a browser may keep the files for ever and still has
    the right ones after an update.
    """
    mark = await hass.async_add_executor_job(_content_mark)
    address = f"/{DOMAIN}_files/{mark}"
    await hass.http.async_register_static_paths([StaticPathConfig(address, str(WWW), True)])

    async def announce(hass: HomeAssistant, component: str) -> None:
        add_extra_js_url(hass, f"{address}/{FIRST_FILE}")

    async_when_setup(hass, FRONTEND, announce)


def _content_mark() -> str:
    """Name the content of all files of the card."""
    digest = sha256()
    for file in sorted(WWW.rglob("*.js")):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:12]
