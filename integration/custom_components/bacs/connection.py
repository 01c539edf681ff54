"""How an entry reaches its engine: the address, the client, and the first questions."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final

from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from bacs_core.api.client import (
    CertificateError,
    ClientError,
    EngineClient,
    EngineUnreachableError,
    NotAuthorizedError,
    VersionMismatchError,
)
from bacs_core.api.messages import EngineState, SiteInfo

from .const import CONF_FINGERPRINT

#: A SHA-256 digest.
FINGERPRINT_BYTES: Final = 32


class CommissioningError(ClientError):
    """The engine answers, but nobody has given it a site yet."""


#: Which sentence of the translations stands for an error; the first that fits counts.
ERROR_KEYS: Final[tuple[tuple[type[ClientError], str], ...]] = (
    (CommissioningError, "commissioning"),
    (NotAuthorizedError, "invalid_auth"),
    (CertificateError, "wrong_certificate"),
    (VersionMismatchError, "wrong_version"),
    (EngineUnreachableError, "cannot_connect"),
    (ClientError, "refused"),
)


def error_key(error: ClientError) -> str:
    """Name the sentence that tells a person about `error`."""
    return next(key for kind, key in ERROR_KEYS if isinstance(error, kind))


def is_loopback(host: str) -> bool:
    """Tell whether `host` is this machine itself, where the engine speaks plain HTTP."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def engine_url(host: str, port: int, *, pinned: bool) -> str:
    """Build the base address: plain HTTP inside one machine, unless a certificate is pinned."""
    scheme = "http" if is_loopback(host) and not pinned else "https"
    bare = host.strip("[]")
    return f"{scheme}://[{bare}]:{port}" if ":" in bare else f"{scheme}://{bare}:{port}"


def parse_fingerprint(text: str) -> bytes:
    """Read a SHA-256 fingerprint as people write it, with or without colons; ValueError if not."""
    digest = bytes.fromhex(text.replace(":", " "))
    if len(digest) != FINGERPRINT_BYTES:
        raise ValueError(f"a SHA-256 fingerprint has {FINGERPRINT_BYTES} bytes")
    return digest


def client_for(hass: HomeAssistant, data: Mapping[str, Any]) -> EngineClient:
    """Make the client that the data of a site entry describes."""
    fingerprint = parse_fingerprint(text) if (text := data.get(CONF_FINGERPRINT)) else None
    url = engine_url(data[CONF_HOST], data[CONF_PORT], pinned=fingerprint is not None)
    return EngineClient(
        async_get_clientsession(hass), url, data[CONF_TOKEN], fingerprint=fingerprint
    )


async def probe(client: EngineClient) -> SiteInfo:
    """Ask an engine who it is and whether it lets us in; raises a `ClientError`."""
    health = await client.health()
    await client.me()
    if health.state is EngineState.COMMISSIONING:
        raise CommissioningError("the engine has no site yet")
    return await client.site()
