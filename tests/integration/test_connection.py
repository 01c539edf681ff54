import pytest

from bacs_core.api.client import (
    CertificateError,
    ClientError,
    CommandRefusedError,
    EngineUnreachableError,
    NotAuthorizedError,
    VersionMismatchError,
)
from bacs_core.api.pairing_client import BadCodeError
from custom_components.bacs.connection import (
    CodeOverLoopbackError,
    CommissioningError,
    engine_url,
    error_key,
    is_code,
    is_loopback,
    pairing_error_key,
    parse_fingerprint,
)

FINGERPRINT = "ab" * 32


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "LocalHost", "::1"])
def test_this_machine_is_spoken_to_without_tls(host: str) -> None:
    assert is_loopback(host)
    assert engine_url(host, 8480, pinned=False).startswith("http://")


@pytest.mark.parametrize("host", ["192.168.1.20", "panel.local", "fe80::1", "localhost.example"])
def test_every_other_machine_is_spoken_to_with_tls(host: str) -> None:
    assert not is_loopback(host)
    assert engine_url(host, 8480, pinned=False).startswith("https://")


def test_a_pinned_certificate_needs_tls_everywhere() -> None:
    assert engine_url("127.0.0.1", 8480, pinned=True) == "https://127.0.0.1:8480"


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_address_of_version_6_stands_in_brackets(host: str) -> None:
    assert engine_url(host, 8480, pinned=False) == "http://[::1]:8480"


@pytest.mark.parametrize(
    "text", [FINGERPRINT, FINGERPRINT.upper(), ":".join(["ab"] * 32), " ".join(["ab"] * 32)]
)
def test_a_fingerprint_is_read_as_people_write_it(text: str) -> None:
    assert parse_fingerprint(text) == b"\xab" * 32


@pytest.mark.parametrize("text", ["ab", "ab" * 20, "not a fingerprint", FINGERPRINT + "00"])
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"fingerprint|hexadecimal"):
        parse_fingerprint(text)


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (CommissioningError(), "commissioning"),
        (NotAuthorizedError(), "invalid_auth"),
        (CertificateError(), "wrong_certificate"),
        (VersionMismatchError(), "wrong_version"),
        (EngineUnreachableError(), "cannot_connect"),
        (CommandRefusedError("no", code="forbidden"), "refused"),
        (ClientError(), "refused"),
    ],
)
def test_each_error_has_its_own_sentence(error: ClientError, key: str) -> None:
    assert error_key(error) == key


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (BadCodeError(), "invalid_code"),
        (CommandRefusedError("no", code="wrong_code"), "wrong_code"),
        (CommandRefusedError("no", code="pairing_closed"), "code_expired"),
        (CommandRefusedError("no", code="bad_name"), "refused"),
        (CertificateError(), "code_of_another"),
        (EngineUnreachableError(), "network_off"),
        (VersionMismatchError(), "wrong_version"),
        (CodeOverLoopbackError(), "code_over_loopback"),
    ],
)
def test_each_refusal_of_a_code_has_its_own_sentence(error: ClientError, key: str) -> None:
    assert pairing_error_key(error) == key


@pytest.mark.parametrize(
    ("typed", "host", "meant_as_code"),
    [
        ("0123-4567-89AB-CDEF", "panel.local", True),
        ("o123 4567 89ab cdef", "panel.local", True),
        ("0123-4567-89AB-CDEF", "127.0.0.1", True),
        ("0123-4567-89AB-CDE", "panel.local", True),
        ("0123-4567-89AB-CDE", "127.0.0.1", False),
        ("a" * 43, "panel.local", False),
    ],
)
def test_a_code_is_told_from_a_token(typed: str, host: str, meant_as_code: bool) -> None:
    assert is_code(typed, host) is meant_as_code
