import pytest

from bacs_core.access.passwords import (
    DEFAULT_COST,
    Cost,
    check_password,
    check_pin,
    hash_secret,
    looks_like_pin,
    matches,
)
from bacs_core.errors import RefusedError

CHEAP = Cost(log2_rounds=4, passes=1)


def test_only_the_right_secret_matches() -> None:
    kept = hash_secret("correct horse", CHEAP)
    assert matches("correct horse", kept)
    assert not matches("correct horsf", kept)
    assert not matches("", kept)


def test_the_same_secret_is_never_kept_the_same_way_twice() -> None:
    assert hash_secret("correct horse", CHEAP) != hash_secret("correct horse", CHEAP)


def test_the_secret_does_not_stand_in_what_is_kept() -> None:
    assert "correct" not in hash_secret("correct horse", CHEAP)


def test_a_letter_matches_however_the_keyboard_composed_it() -> None:
    assert matches("schlu\u0308ssel-bund", hash_secret("schl\u00fcssel-bund", CHEAP))


def test_a_secret_kept_at_another_cost_still_matches() -> None:
    assert matches("correct horse", hash_secret("correct horse", Cost(5, 4, 2)))


def test_the_default_cost_takes_sixteen_mebibytes_and_works() -> None:
    assert 128 * DEFAULT_COST.block_size * 2**DEFAULT_COST.log2_rounds == 16 << 20
    assert matches("correct horse", hash_secret("correct horse"))


@pytest.mark.parametrize(
    "password", ["short", "", "123456789012", "aaaaaaaaaaaa", "x" * 129, "ababababab"]
)
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(RefusedError) as refused:
        check_password(password)
    assert refused.value.code == "weak_password"


@pytest.mark.parametrize("pin", ["12345", "000000", "123456", "987654", "12345a", "", "١٢٣٤٥٩"])
def test_a_weak_pin_is_refused(pin: str) -> None:
    with pytest.raises(RefusedError) as refused:
        check_pin(pin)
    assert refused.value.code == "weak_pin"


def test_no_accepted_password_can_be_taken_for_a_pin() -> None:
    check_password("battery room 7")
    check_pin("482915")
    assert not looks_like_pin("battery room 7")
    assert looks_like_pin("482915")
