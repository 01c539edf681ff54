"""The code of a pairing: 16 characters that carry half a handshake in each direction.

The first ten are 50 bits of scrypt (RFC 7914) over the fingerprint of the engine's certificate,
salted with the secret: by them a program knows the engine, before it says a word. The last six are
a secret of 30 bits, by which the engine knows the program. They are written in Crockford's base 32,
which has no I, L, O and U. Needs nothing but the standard library: clients import it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

#: Douglas Crockford, Base 32: https://www.crockford.com/base32.html
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: What people type for a character that they cannot tell from another.
_ALIKE: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SEPARATORS: Final = str.maketrans("", "", "-–—_. \t\r\n")
BITS_PER_CHARACTER: Final = 5
PROOF_CHARACTERS: Final = 10
SECRET_CHARACTERS: Final = 6
CODE_CHARACTERS: Final = PROOF_CHARACTERS + SECRET_CHARACTERS
GROUP_CHARACTERS: Final = 4
#: 16 MiB and five passes, as for passwords: each guess of a forged certificate costs that much.
_LOG2_ROUNDS, _BLOCK_SIZE, _PASSES = 14, 8, 5
_PROOF_BYTES: Final = 7


class PairingCodeError(ValueError):
    """What was typed cannot be a pairing code."""


@dataclass(frozen=True, slots=True)
class PairingCode:
    """Both halves, in the alphabet of the code; never shown by accident."""

    proof: str = field(repr=False)
    secret: str = field(repr=False)

    @property
    def text(self) -> str:
        """The code as it stands on the screen, in groups of four."""
        whole = self.proof + self.secret
        starts = range(0, CODE_CHARACTERS, GROUP_CHARACTERS)
        return "-".join(whole[start : start + GROUP_CHARACTERS] for start in starts)

    def fits(self, fingerprint: bytes) -> bool:
        """Tell whether the certificate with this SHA-256 is the one that was meant. Takes long."""
        return hmac.compare_digest(self.proof, _proof(fingerprint, self.secret))


def new_code(fingerprint: bytes) -> PairingCode:
    """Make the code of one pairing for the certificate with this SHA-256 (32 bytes). Takes long."""
    secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_CHARACTERS))
    return PairingCode(_proof(fingerprint, secret), secret)


def read_code(typed: str) -> PairingCode:
    """Read what a person typed, lower case and without dashes if need be.

    Raises `PairingCodeError` where it is no code.
    """
    plain = plain_characters(typed)
    if len(plain) != CODE_CHARACTERS:
        msg = f"a pairing code has {CODE_CHARACTERS} characters, not {len(plain)}"
        raise PairingCodeError(msg)
    if strange := set(plain) - set(ALPHABET):
        msg = f"a pairing code has no {', '.join(sorted(strange))}"
        raise PairingCodeError(msg)
    return PairingCode(plain[:PROOF_CHARACTERS], plain[PROOF_CHARACTERS:])


def plain_characters(typed: str) -> str:
    """Bring what was typed to the alphabet, as far as that is possible."""
    return typed.translate(_SEPARATORS).upper().translate(_ALIKE)


def _proof(fingerprint: bytes, secret: str) -> str:
    key = hashlib.scrypt(
        fingerprint,
        # Whoever does not know the secret cannot even begin to look for a certificate that fits.
        salt=f"bacs pairing 1 {secret}".encode(),
        n=1 << _LOG2_ROUNDS,
        r=_BLOCK_SIZE,
        p=_PASSES,
        maxmem=256 * _BLOCK_SIZE * ((1 << _LOG2_ROUNDS) + _PASSES),
        dklen=_PROOF_BYTES,
    )
    bits = int.from_bytes(key) >> (8 * _PROOF_BYTES - BITS_PER_CHARACTER * PROOF_CHARACTERS)
    places = range(BITS_PER_CHARACTER * (PROOF_CHARACTERS - 1), -1, -BITS_PER_CHARACTER)
    return "".join(ALPHABET[bits >> place & (len(ALPHABET) - 1)] for place in places)
