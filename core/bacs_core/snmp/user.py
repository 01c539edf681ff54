"""Keys of a version 3 user (RFC 3414, RFC 3826, RFC 7860): passwords bound to one agent."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

#: Length in bytes of the digest that a message carries, by authentication protocol.
DIGEST_LENGTHS: Final = {
    "md5": 12,
    "sha1": 12,
    "sha224": 16,
    "sha256": 24,
    "sha384": 32,
    "sha512": 48,
}
PRIVACY: Final = ("aes",)
"""AES with 128 bits; DES is broken, and longer keys have no standard of their own."""

_EXPANDED: Final = 1 << 20
_AES_KEY: Final = 16


@dataclass(frozen=True, slots=True)
class User:
    """A user as the secrets file names it; without `priv` messages are signed, but readable."""

    name: str
    auth: str
    auth_key: str = field(repr=False)
    priv: str | None = None
    priv_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a user at one agent."""

    auth: str
    auth_key: bytes = field(repr=False)
    priv_key: bytes | None = field(repr=False)

    @property
    def digest_length(self) -> int:
        """How many bytes of a message are its digest."""
        return DIGEST_LENGTHS[self.auth]

    def digest(self, message: bytes) -> bytes:
        """Sign a message in which the place of the digest is zero."""
        return hmac.digest(self.auth_key, message, self.auth)[: self.digest_length]

    def encrypt(self, clear: bytes, boots: int, time_s: int, salt: bytes) -> bytes:
        """Encrypt what a message carries."""
        encryptor = self._cipher(boots, time_s, salt).encryptor()
        return encryptor.update(clear) + encryptor.finalize()

    def decrypt(self, secret: bytes, boots: int, time_s: int, salt: bytes) -> bytes:
        """Decrypt what a message carries; with a wrong key that is noise."""
        decryptor = self._cipher(boots, time_s, salt).decryptor()
        return decryptor.update(secret) + decryptor.finalize()

    def _cipher(self, boots: int, time_s: int, salt: bytes) -> Cipher[CFB]:
        assert self.priv_key is not None  # noqa: S101  # only messages with privacy come here
        start = boots.to_bytes(4, "big") + time_s.to_bytes(4, "big") + salt
        return Cipher(AES(self.priv_key), CFB(start))


def localized(user: User, engine_id: bytes) -> Keys:
    """Derive the keys of `user` at the agent with this engine id (RFC 3414, 2.6)."""
    privacy = None
    if user.priv_key is not None:
        privacy = _localized(user.auth, user.priv_key, engine_id)[:_AES_KEY]
    return Keys(user.auth, _localized(user.auth, user.auth_key, engine_id), privacy)


def _localized(auth: str, password: str, engine_id: bytes) -> bytes:
    secret = password.encode()
    expanded = (secret * (_EXPANDED // len(secret) + 1))[:_EXPANDED]
    master = hashlib.new(auth, expanded, usedforsecurity=True).digest()
    return hashlib.new(auth, master + engine_id + master, usedforsecurity=True).digest()
