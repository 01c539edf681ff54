"""How an entry reaches its engine: the address, pairing, the client, and the first questions."""

from collections.abc import Mapping
from ipaddress import ip_address
from secrets import token_hex
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from bacs_core.access.pairing_code import PairingCodeError, plain_characters, read_code
from bacs_core.api.client import (
    CertificateError,
    ClientError,
    CommandRefusedError,
    EngineClient,
    EngineUnreachableError,
    NotAuthorizedError,
    VersionMismatchError,
)
from bacs_core.api.messages import EngineState, SiteInfo
from bacs_core.api.pairing_client import BadCodeError, pair

from .const import CONF_FINGERPRINT

#: A SHA-256 digest.
FINGERPRINT_BYTES: Final = 32
#: A token has 43 characters, a pairing code 16: whatever is shorter was meant as a code.
LEAST_TOKEN_CHARACTERS: Final = 30
#: How the engine knows us, unless another Home Assistant was there first.
PAIRING_NAME: Final = "home-assistant"
NAME_BYTES: Final = 3


class CommissioningError(ClientError):
    """The engine answers, but nobody has given it a site yet."""


class CodeOverLoopbackError(ClientError):
    """On this machine itself the engine shows no certificate that a code could vouch for."""


#: Which sentence stands for a refusal of a code.
REFUSED_CODES: Final = {"wrong_code": "wrong_code", "pairing_closed": "code_expired"}

#: Which sentence of the translations stands for an error; the first that fits counts.
ERROR_KEYS: Final[tuple[tuple[type[ClientError], str], ...]] = (
    (CommissioningError, "commissioning"),
    (BadCodeError, "invalid_code"),
    (CodeOverLoopbackError, "code_over_loopback"),
    (NotAuthorizedError, "invalid_auth"),
    (CertificateError, "wrong_certificate"),
    (VersionMismatchError, "wrong_version"),
    (EngineUnreachableError, "cannot_connect"),
    (ClientError, "refused"),
)


def error_key(error: ClientError) -> str:
    """Name the sentence that tells a person about `error`."""
    return next(key for kind, key in ERROR_KEYS if isinstance(error, kind))


def pairing_error_key(error: ClientError) -> str:
    """Name the sentence that tells a person why a code did not work."""
    match error:
        case CommandRefusedError(code=code) if code in REFUSED_CODES:
            return REFUSED_CODES[code]
        case CertificateError():
            return "code_of_another"
        case EngineUnreachableError():
            return "network_off"
    return error_key(error)


def is_code(typed: str, host: str) -> bool:
    """Tell whether what a person typed was meant as the code on the panel, and not as a token."""
    try:
        read_code(typed)
    except PairingCodeError:
        return not is_loopback(host) and len(plain_characters(typed)) < LEAST_TOKEN_CHARACTERS
    return True


async def pair_site(hass: HomeAssistant, host: str, port: int, code: str) -> dict[str, Any]:
    """Pair with an engine; return what its entry keeps of the connection.

    Raises a `ClientError`; see `pairing_error_key`.
    """
    if is_loopback(host):
        raise CodeOverLoopbackError(f"{host} is this machine itself")
    session, bare = async_get_clientsession(hass), host.strip("[]")
    try:
        paired = await pair(session, bare, port, code, PAIRING_NAME)
    except CommandRefusedError as error:
        if error.code != "name_taken":
            raise
        name = f"{PAIRING_NAME}-{token_hex(NAME_BYTES)}"
        paired = await pair(session, bare, port, code, name)
    return {
        CONF_HOST: host,
        CONF_PORT: port,
        CONF_TOKEN: paired.token,
        CONF_FINGERPRINT: paired.fingerprint.hex(),
    }


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


async def announced_address(
    hass: HomeAssistant, entry: ConfigEntry, announced: ZeroconfServiceInfo
) -> dict[str, Any]:
    """Return the new address of a site that announces itself, nothing where it is the old one.

    Anybody can announce anything: an entry follows only its own engine, known by its certificate.
    """
    data = entry.data
    known = data.get(CONF_HOST) in announced.addresses and data.get(CONF_PORT) == announced.port
    if CONF_FINGERPRINT not in data or known:
        return {}
    address = {CONF_HOST: announced.host, CONF_PORT: announced.port}
    try:
        health = await client_for(hass, {**data, **address}).health()
    except ClientError:
        return {}
    return address if health.site_id == entry.unique_id else {}
