"""How the dialogs get into an engine: with what a person typed, a code or a token."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import HomeAssistant

from bacs_core.api.client import ClientError
from bacs_core.api.messages import SiteInfo

from .connection import (
    client_for,
    error_key,
    is_code,
    pair_site,
    pairing_error_key,
    parse_fingerprint,
    probe,
)
from .const import CONF_FINGERPRINT
from .forms import with_plain_host

type Errors = dict[str, str]


class Entrance:
    """Pairs at most once with what was typed: a code works once, a form may come back."""

    def __init__(self) -> None:
        self._paired: tuple[dict[str, Any], dict[str, Any]] | None = None
        """What was typed, and what pairing made of it."""

    async def enter(
        self, hass: HomeAssistant, typed: dict[str, Any], *, only_code: bool = False
    ) -> tuple[dict[str, Any], SiteInfo | None, Errors]:
        """Pair, where a code was typed, and ask the engine who it is.

        Return what the entry keeps, and who answered or what is wrong.
        """
        try:
            typed = with_plain_host(typed)
        except ValueError:
            return typed, None, {CONF_HOST: "invalid_host"}
        data = typed
        if self._paired is not None and self._paired[0] == typed:
            data = self._paired[1]
        elif is_code(typed[CONF_TOKEN], typed[CONF_HOST]):
            try:
                data = await pair_site(hass, typed[CONF_HOST], typed[CONF_PORT], typed[CONF_TOKEN])
            except ClientError as error:
                return typed, None, {"base": pairing_error_key(error)}
            self._paired = (typed, data)
        elif only_code:
            return typed, None, {"base": "invalid_code"}
        info, errors = await ask_engine(hass, data)
        return data, info, errors


async def ask_engine(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> tuple[SiteInfo | None, Errors]:
    """Ask the engine who it is; without an answer, say what is wrong with which field."""
    try:
        if text := data.get(CONF_FINGERPRINT):
            parse_fingerprint(text)
    except ValueError:
        return None, {CONF_FINGERPRINT: "invalid_fingerprint"}
    try:
        return await probe(client_for(hass, data)), {}
    except ClientError as error:
        return None, {"base": error_key(error)}
