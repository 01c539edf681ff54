"""How a program comes to its token: with the code that the panel shows.

Needs no more than `api.client`. The certificate is compared with the code before anything is said:
whoever stands between learns nothing, not even the secret.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError
from yarl import URL

from bacs_core.access.pairing_code import PairingCode, PairingCodeError, read_code
from bacs_core.api.client import (
    CertificateError,
    ClientError,
    EngineClient,
    EngineUnreachableError,
    VersionMismatchError,
)
from bacs_core.api.messages import API_VERSION
from bacs_core.api.pairing_messages import Pair, PairResult
from bacs_core.model import Role

if TYPE_CHECKING:
    import aiohttp

CONNECT_TIMEOUT_S: Final = 10.0
#: The engine hashes, and others may be before us.
ANSWER_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Paired:
    """What a program keeps: where the engine is, by what it is known, and how it shows itself.

    `fingerprint` is the SHA-256 of the certificate (32 bytes), to be given to `EngineClient`.
    """

    url: str
    fingerprint: bytes
    token: str = field(repr=False)
    role: Role
    site_id: str
    site_name: str


class BadCodeError(ClientError):
    """What was typed is no pairing code; nothing was sent."""


async def pair(
    session: aiohttp.ClientSession, host: str, port: int, code: str, name: str
) -> Paired:
    """Pair with the engine at `host`, which knows this program as `name` from then on.

    Raises `BadCodeError`; `CertificateError` where the code is of another engine (then nothing was
    sent); `CommandRefusedError` (`wrong_code`, `pairing_closed`, `name_taken`, `bad_name`);
    `EngineUnreachableError`, also where nobody speaks TLS, as on loopback; `VersionMismatchError`.
    """
    try:
        known = read_code(code)
    except PairingCodeError as error:
        raise BadCodeError(str(error)) from error
    fingerprint = await _shown_fingerprint(host, port)
    if not await asyncio.to_thread(known.fits, fingerprint):
        text = f"the code does not belong to the engine at {host}: it is mistyped, or of another"
        raise CertificateError(text)
    return await _asked(session, host, port, known, fingerprint, name)


async def _asked(
    session: aiohttp.ClientSession,
    host: str,
    port: int,
    code: PairingCode,
    fingerprint: bytes,
    name: str,
) -> Paired:
    url = str(URL.build(scheme="https", host=host, port=port))
    client = EngineClient(session, url, None, fingerprint=fingerprint)
    asked = Pair(secret=code.secret, name=name)
    content = await client.send("POST", "pair", asked, patience_s=ANSWER_TIMEOUT_S)
    try:
        told = PairResult.model_validate_json(content)
    except ValidationError as error:
        text = f"the answer is no message of API version {API_VERSION}"
        raise VersionMismatchError(text) from error
    return Paired(url, fingerprint, told.token, told.role, told.site_id, told.site_name)


async def _shown_fingerprint(host: str, port: int) -> bytes:
    """Return the SHA-256 of the certificate that is shown there, whosever it is."""
    # Loads no file, which would block.
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, port, ssl=trusting)
    except (OSError, ssl.SSLError, TimeoutError) as error:
        text = f"no encrypted connection to {host}, port {port}: {str(error) or 'no answer'}"
        raise EngineUnreachableError(text) from error
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    return hashlib.sha256(shown).digest()
