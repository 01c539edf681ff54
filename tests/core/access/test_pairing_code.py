"""The code of a pairing, as it is made, shown, typed and compared."""

from __future__ import annotations

import pytest

from bacs_core.access import pairing_code
from bacs_core.access.pairing_code import (
    ALPHABET,
    PairingCode,
    PairingCodeError,
    new_code,
    read_code,
)

FINGERPRINT = bytes(range(32))


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing_code, "_LOG2_ROUNDS", 4)


def test_a_code_has_four_groups_of_four_characters_that_nobody_mistakes() -> None:
    groups = new_code(FINGERPRINT).text.split("-")
    assert [len(group) for group in groups] == [4, 4, 4, 4]
    assert set("".join(groups)) <= set(ALPHABET)
    assert not set("ILOU") & set(ALPHABET)
    assert len(ALPHABET) == 32


def test_a_code_knows_its_certificate_and_no_other() -> None:
    code = new_code(FINGERPRINT)
    assert code.fits(FINGERPRINT)
    assert not code.fits(bytes(32))


def test_the_proof_is_the_first_fifty_bits_of_scrypt_over_the_fingerprint() -> None:
    # Worked out once by OpenSSL's command line: N=16, r=8, p=5, salt "bacs pairing 1 0123AB".
    assert PairingCode("KP38CXG14W", "0123AB").fits(FINGERPRINT)


def test_no_two_codes_of_one_certificate_are_alike() -> None:
    codes = [new_code(FINGERPRINT) for _ in range(20)]
    assert len({code.secret for code in codes}) == 20
    # A certificate for one code is none for the next: the proof hangs on the secret too.
    assert len({code.proof for code in codes}) == 20


@pytest.mark.parametrize(
    "typed",
    [
        "0123-4567-89AB-CD1E",
        "0123456789abcd1e",
        " o123 4567 89ab cdie ",
        "O123.4567.89AB.CDlE",
        "0123–4567–89ab–cdLe",
    ],
)
def test_what_people_type_is_forgiven(typed: str) -> None:
    assert read_code(typed) == PairingCode("0123456789", "ABCD1E")


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "16 characters, not 0"),
        ("0123-4567-89AB-CD1", "16 characters, not 15"),
        ("0123-4567-89AB-CD1EF", "not 17"),
        ("0123-4567-89AB-CDUE", "has no U"),
        ("0123-4567-89AB-CDÄE", "has no Ä"),
    ],
)
def test_what_cannot_be_a_code_is_told_without_repeating_it(typed: str, why: str) -> None:
    with pytest.raises(PairingCodeError, match=why):
        read_code(typed)


def test_a_code_does_not_show_itself_by_accident() -> None:
    code = PairingCode("0123456789", "ABCDEF")
    assert "ABCDEF" not in repr(code)
    assert code.text == "0123-4567-89AB-CDEF"
