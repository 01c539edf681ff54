"""The certificate of the network side: made by the engine itself, pinned by clients at pairing."""

from __future__ import annotations

import hashlib
import os
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bacs_core.errors import BacsError

FILE_NAME: Final = "network-certificate.pem"

#: It is trusted because it was pinned, not because of its dates; a panel lives this long.
LIFETIME: Final = timedelta(days=30 * 365)
#: A panel without a network may have any clock; a client must not stumble over that.
BACKDATED: Final = timedelta(days=5 * 365)


class CertificateFileError(BacsError):
    """The file with certificate and key cannot be used."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its key in one file; `fingerprint` is its SHA-256 (32 bytes)."""

    path: Path
    fingerprint: bytes


def own_certificate(folder: Path, names: Iterable[str], now: datetime) -> Certificate:
    """Read the certificate kept in `folder`, or make it; raise `CertificateFileError`."""
    path = folder / FILE_NAME
    try:
        if not path.exists():
            _write_private(path, _make(sorted(set(names)), now))
        # Loads certificate and key, and fails if they do not belong together.
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(path)
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        text = (
            f"{path} cannot be used: {error}. Delete it to get a new certificate; "
            "then every client has to be paired again"
        )
        raise CertificateFileError(text) from error
    der = certificate.public_bytes(serialization.Encoding.DER)
    return Certificate(path, hashlib.sha256(der).digest())


def _make(names: list[str], now: datetime) -> bytes:
    """Make key and self-signed certificate, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "BACS engine")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(list(map(x509.DNSName, names))), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
