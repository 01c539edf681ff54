"""Keys of a version 3 user, held against the examples of RFC 3414."""

from __future__ import annotations

import pytest

from bacs_core.snmp.user import User, localized

ENGINE_ID = bytes.fromhex("000000000000000000000002")


@pytest.mark.parametrize(
    ("auth", "key"),
    [
        ("md5", "526f5eed9fcce26f8964c2930787d82b"),
        ("sha1", "6695febc9288e36282235fc7151f128497b38f3f"),
    ],
)
def test_a_password_becomes_the_key_that_the_standard_shows(auth: str, key: str) -> None:
    user = User("somebody", auth, "maplesyrup", "aes", "maplesyrup")
    keys = localized(user, ENGINE_ID)
    assert keys.auth_key.hex() == key
    assert keys.priv_key is not None
    assert keys.priv_key.hex() == key[:32]


def test_a_user_does_not_show_its_keys() -> None:
    user = User("somebody", "sha1", "maplesyrup", "aes", "maple-sugar")
    assert "maple" not in repr(user)
    assert "maple" not in repr(localized(user, ENGINE_ID))
