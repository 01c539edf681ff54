"""Passwords and PINs: what is accepted, how it is kept, how it is compared.

Kept as scrypt (RFC 7914) with the parameters beside the hash, so that they can grow later.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bacs_core.errors import RefusedError

MIN_PASSWORD_LENGTH: Final = 10
MIN_PIN_LENGTH: Final = 6
#: Longer secrets would only cost time.
MAX_SECRET_LENGTH: Final = 128
_SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Cost:
    """Parameters of scrypt: memory is `128 * block_size * 2**log2_rounds` bytes."""

    log2_rounds: int = 14
    block_size: int = 8
    passes: int = 5


#: 16 MiB and five passes: OWASP Password Storage Cheat Sheet, the row for little memory.
DEFAULT_COST: Final = Cost()


def hash_secret(secret: str, cost: Cost = DEFAULT_COST) -> str:
    """Return `scrypt$log2_rounds$block_size$passes$salt$key`, with a new salt each time."""
    salt = secrets.token_bytes(_SALT_BYTES)
    key = _key(secret, salt, cost)
    parameters = f"{cost.log2_rounds}${cost.block_size}${cost.passes}"
    return f"scrypt${parameters}${_text(salt)}${_text(key)}"


def matches(secret: str, kept: str) -> bool:
    """Compare `secret` with what `hash_secret` made; the time does not tell how alike they are."""
    _, log2_rounds, block_size, passes, salt, key = kept.split("$")
    cost = Cost(int(log2_rounds), int(block_size), int(passes))
    return hmac.compare_digest(_key(secret, base64.b64decode(salt), cost), base64.b64decode(key))


def looks_like_pin(secret: str) -> bool:
    """Tell whether `secret` can only be a PIN: passwords are never digits alone."""
    return secret.isascii() and secret.isdigit()


def check_password(password: str) -> None:
    """Refuse passwords that are easily guessed, or that could be taken for a PIN."""
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_SECRET_LENGTH:
        reason = f"a password has {MIN_PASSWORD_LENGTH} to {MAX_SECRET_LENGTH} characters"
        raise RefusedError(reason, code="weak_password")
    if looks_like_pin(password):
        raise RefusedError("a password is not digits alone", code="weak_password")
    if len(set(password)) < MIN_PASSWORD_LENGTH // 2:
        raise RefusedError("a password has more different characters", code="weak_password")


def check_pin(pin: str) -> None:
    """Refuse PINs that are not digits, too short, or a simple row."""
    if not looks_like_pin(pin) or not MIN_PIN_LENGTH <= len(pin) <= MAX_SECRET_LENGTH:
        raise RefusedError(f"a PIN has at least {MIN_PIN_LENGTH} digits", code="weak_pin")
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    if len(steps) == 1 and steps <= {-1, 0, 1}:
        raise RefusedError("a PIN is not a simple row of digits", code="weak_pin")


def _key(secret: str, salt: bytes, cost: Cost) -> bytes:
    # Keyboards write the same letter as one or as two code points.
    plain = unicodedata.normalize("NFKC", secret[: 2 * MAX_SECRET_LENGTH]).encode()
    return hashlib.scrypt(
        plain,
        salt=salt,
        n=1 << cost.log2_rounds,
        r=cost.block_size,
        p=cost.passes,
        # OpenSSL counts the passes too.
        maxmem=256 * cost.block_size * ((1 << cost.log2_rounds) + cost.passes),
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
