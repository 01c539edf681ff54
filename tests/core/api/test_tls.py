from __future__ import annotations

import hashlib
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bacs_core.api.tls import CertificateFileError, own_certificate

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_the_key_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    certificate = own_certificate(tmp_path, ["panel"], NOW)
    assert stat.S_IMODE(certificate.path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [certificate.path]


def test_the_fingerprint_is_that_of_the_certificate_in_the_file(tmp_path: Path) -> None:
    certificate = own_certificate(tmp_path, ["panel", "panel.local"], NOW)
    loaded = x509.load_pem_x509_certificate(certificate.path.read_bytes())
    assert hashlib.sha256(loaded.public_bytes(Encoding.DER)).digest() == certificate.fingerprint
    names = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["panel", "panel.local"]
    assert loaded.not_valid_before_utc < NOW < loaded.not_valid_after_utc


def test_an_interrupted_write_leaves_no_half_certificate(tmp_path: Path) -> None:
    (tmp_path / "network-certificate.new").write_text("half")
    certificate = own_certificate(tmp_path, ["panel"], NOW)
    assert own_certificate(tmp_path, ["panel"], NOW) == certificate


@pytest.mark.parametrize("content", ["", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_broken_file_is_refused_with_a_way_out(tmp_path: Path, content: str) -> None:
    own_certificate(tmp_path, ["panel"], NOW).path.write_text(content)
    with pytest.raises(CertificateFileError, match="paired again"):
        own_certificate(tmp_path, ["panel"], NOW)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(CertificateFileError, match="nowhere"):
        own_certificate(tmp_path / "nowhere", ["panel"], NOW)
