"""The window in which a program may come in with a code."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from bacs_core.access import pairing_code
from bacs_core.access.pairing import MOST_WRONG, WINDOW_S, Pairing
from bacs_core.access.pairing_code import read_code
from bacs_core.api.pairing_messages import PairingStatus
from bacs_core.errors import RefusedError
from bacs_core.model import Role

FINGERPRINT = bytes(range(32))
ADDRESS = "192.0.2.7"


@dataclass
class Tokens:
    """Makes tokens, and keeps what it was told; `refuses` is raised instead."""

    made: list[tuple[str, Role, str, str]] = field(default_factory=list)
    notes: list[tuple[str, str | None]] = field(default_factory=list)
    refuses: RefusedError | None = None

    def pair(self, name: str, role: Role, by: str, address: str) -> str:
        if self.refuses is not None:
            raise self.refuses
        self.made.append((name, role, by, address))
        return f"token of {name}"

    def note_pairing(self, happened: str, text: str, by: str | None) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.notes.append((happened, by))


@dataclass
class Steady:
    now: float = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing_code, "_LOG2_ROUNDS", 4)


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.fixture
def pairing(tokens: Tokens, steady: Steady) -> Pairing:
    pairing = Pairing(tokens, monotonic=steady, clock=lambda: 1_800_000_000.0)
    pairing.allow()
    return pairing


def secret_of(status: PairingStatus) -> str:
    assert status.code is not None
    return read_code(status.code).secret


def refused_code(pairing: Pairing, secret: str, name: str = "home") -> str:
    with pytest.raises(RefusedError) as refused:
        pairing.redeem(secret, name, ADDRESS)
    return refused.value.code


def wrong(secret: str) -> str:
    return ("1" if secret[0] == "0" else "0") + secret[1:]


def test_nobody_comes_in_before_somebody_asked_for_a_code(pairing: Pairing) -> None:
    assert pairing.status() == PairingStatus()
    assert refused_code(pairing, "") == "pairing_closed"


def test_the_right_secret_makes_a_token_in_the_name_of_whoever_asked_for_the_code(
    pairing: Pairing, tokens: Tokens
) -> None:
    status = pairing.open(FINGERPRINT, Role.OPERATOR, "tessa")
    assert status.role is Role.OPERATOR
    assert status.ends_at is not None
    assert status.ends_at.timestamp() == 1_800_000_000.0 + WINDOW_S
    secret = secret_of(status).lower().replace("0", "o")
    assert pairing.redeem(secret, "Home", ADDRESS) == ("token of Home", Role.OPERATOR)
    assert tokens.made == [("Home", Role.OPERATOR, "tessa", ADDRESS)]
    paired = pairing.status().paired
    assert paired is not None
    assert (paired.name, paired.address, paired.role) == ("home", ADDRESS, Role.OPERATOR)


def test_a_code_lets_one_program_in_and_no_second(pairing: Pairing) -> None:
    secret = secret_of(pairing.open(FINGERPRINT, Role.VIEWER, "tessa"))
    pairing.redeem(secret, "home", ADDRESS)
    assert refused_code(pairing, secret, "other") == "pairing_closed"


def test_a_code_ends_after_five_minutes(pairing: Pairing, steady: Steady) -> None:
    secret = secret_of(pairing.open(FINGERPRINT, Role.VIEWER, "tessa"))
    steady.now += WINDOW_S - 0.1
    assert pairing.status().code is not None
    steady.now += 0.1
    assert pairing.status() == PairingStatus()
    assert refused_code(pairing, secret) == "pairing_closed"


def test_five_wrong_secrets_end_the_code_also_for_the_right_one(
    pairing: Pairing, tokens: Tokens
) -> None:
    secret = secret_of(pairing.open(FINGERPRINT, Role.VIEWER, "tessa"))
    guesses = [wrong(secret), "", "Ä", "\ud800", secret + "0"]
    assert len(guesses) == MOST_WRONG
    for tried, guess in enumerate(guesses):
        assert pairing.status().wrong == tried
        assert refused_code(pairing, guess) == "wrong_code"
    assert refused_code(pairing, secret) == "pairing_closed"
    happened = [name for name, _ in tokens.notes]
    assert happened == ["opened", *["wrong"] * MOST_WRONG, "too_many_wrong"]
    assert tokens.made == []


def test_a_name_that_is_taken_leaves_the_code_for_another_try(
    pairing: Pairing, tokens: Tokens
) -> None:
    secret = secret_of(pairing.open(FINGERPRINT, Role.VIEWER, "tessa"))
    tokens.refuses = RefusedError("taken", code="name_taken")
    assert refused_code(pairing, secret) == "name_taken"
    # Whoever has no code does not learn which names there are.
    assert refused_code(pairing, wrong(secret)) == "wrong_code"
    tokens.refuses = None
    assert pairing.redeem(secret, "other", ADDRESS)[0] == "token of other"


def test_a_person_ends_a_code_before_its_time_and_twice_is_no_error(
    pairing: Pairing, tokens: Tokens
) -> None:
    secret = secret_of(pairing.open(FINGERPRINT, Role.VIEWER, "tessa"))
    pairing.end("olga")
    pairing.end("olga")
    assert refused_code(pairing, secret) == "pairing_closed"
    assert tokens.notes == [("opened", "tessa"), ("ended", "olga")]


def test_a_new_code_replaces_the_one_before(pairing: Pairing) -> None:
    first = secret_of(pairing.open(FINGERPRINT, Role.VIEWER, "tessa"))
    second = secret_of(pairing.open(FINGERPRINT, Role.VIEWER, "tessa"))
    assert refused_code(pairing, first) == "wrong_code"
    pairing.redeem(second, "home", ADDRESS)


def test_what_cannot_be_recorded_is_not_opened(pairing: Pairing, tokens: Tokens) -> None:
    tokens.refuses = RefusedError("full", code="history_unavailable")
    with pytest.raises(RefusedError, match="full"):
        pairing.open(FINGERPRINT, Role.VIEWER, "tessa")
    assert pairing.status().code is None


def refused_to_open(pairing: Pairing) -> str:
    with pytest.raises(RefusedError) as refused:
        pairing.open(FINGERPRINT, Role.VIEWER, "tessa")
    return refused.value.code


def test_no_code_is_made_while_nobody_could_come_with_it(tokens: Tokens) -> None:
    pairing = Pairing(tokens)
    assert refused_to_open(pairing) == "network_off"
    pairing.allow()
    secret = secret_of(pairing.open(FINGERPRINT, Role.VIEWER, "tessa"))
    pairing.drop()
    assert refused_code(pairing, secret) == "pairing_closed"
    assert refused_to_open(pairing) == "network_off"
    pairing.allow()
    assert refused_code(pairing, secret) == "pairing_closed"


def test_a_code_that_was_being_made_when_all_were_dropped_never_counts(
    pairing: Pairing, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[pairing_code.PairingCode] = []

    def slow_code(fingerprint: bytes) -> pairing_code.PairingCode:
        pairing.drop()
        made.append(pairing_code.new_code(fingerprint))
        return made[0]

    monkeypatch.setattr("bacs_core.access.pairing.new_code", slow_code)
    assert refused_to_open(pairing) == "network_off"
    assert pairing.status() == PairingStatus()
    assert refused_code(pairing, made[0].secret) == "pairing_closed"
    assert [happened for happened, _ in tokens.notes] == ["opened", "ended"]


def test_a_wrong_secret_does_not_bring_a_dropped_code_back(
    pairing: Pairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = secret_of(pairing.open(FINGERPRINT, Role.VIEWER, "tessa"))

    def dropped_meanwhile(typed: str) -> bytes:
        pairing.drop()
        return typed.encode()

    monkeypatch.setattr("bacs_core.access.pairing._bytes", dropped_meanwhile)
    assert refused_code(pairing, wrong(secret)) == "wrong_code"
    assert pairing.status() == PairingStatus()
