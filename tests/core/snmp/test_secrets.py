"""The file that holds community or user."""

from __future__ import annotations

from pathlib import Path

import pytest

from bacs_core.errors import SettingsError
from bacs_core.settings import SnmpVersion
from bacs_core.snmp.secrets import Community, User, load

SIGNED = 'user = "panel"\nauth = "sha256"\nauth_key = "long enough"\n'


def secrets_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "ups.snmp.toml"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def test_a_community_is_read(tmp_path: Path) -> None:
    path = secrets_file(tmp_path, 'community = "reading"\n')
    assert load(path, SnmpVersion.V2C) == Community("reading")


def test_a_user_with_privacy_is_read(tmp_path: Path) -> None:
    path = secrets_file(tmp_path, SIGNED + 'priv = "aes"\npriv_key = "also long enough"\n')
    user = User("panel", "sha256", "long enough", "aes", "also long enough")
    assert load(path, SnmpVersion.V3) == user


def test_a_user_may_do_without_privacy(tmp_path: Path) -> None:
    user = User("panel", "sha256", "long enough")
    assert load(secrets_file(tmp_path, SIGNED), SnmpVersion.V3) == user


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_may_open_is_refused_with_the_way_out(tmp_path: Path, mode: int) -> None:
    path = secrets_file(tmp_path, 'community = "reading"\n', mode)
    with pytest.raises(SettingsError, match=f"chmod 600 {path}"):
        load(path, SnmpVersion.V2C)


@pytest.mark.parametrize(
    ("version", "text", "reason"),
    [
        (SnmpVersion.V2C, "", "missing for SNMP version 2c: community"),
        (SnmpVersion.V2C, 'community = "r"\nuser = "x"\n', "unknown for SNMP version 2c: user"),
        (SnmpVersion.V2C, "community = 7\n", "community must be a text"),
        (SnmpVersion.V2C, 'community = ""\n', "community must be a text"),
        (SnmpVersion.V2C, "community\n", "is not valid TOML"),
        (SnmpVersion.V3, 'community = "r"\n', "unknown for SNMP version 3: community"),
        (SnmpVersion.V3, SIGNED.replace("sha256", "sha"), "auth must be one of md5, sha1"),
        (SnmpVersion.V3, SIGNED.replace("panel", "p" * 33), "user must have at most 32"),
        (SnmpVersion.V3, SIGNED.replace("long enough", "short"), "at least 8 characters"),
        (SnmpVersion.V3, SIGNED + 'priv = "aes"\n', "priv and priv_key belong together"),
        (SnmpVersion.V3, SIGNED + 'priv = "des"\npriv_key = "12345678"\n', "priv must be one of"),
    ],
)
def test_a_wrong_file_is_refused_with_a_reason(
    tmp_path: Path, version: SnmpVersion, text: str, reason: str
) -> None:
    with pytest.raises(SettingsError, match=reason):
        load(secrets_file(tmp_path, text), version)


def test_a_refusal_shows_no_secret(tmp_path: Path) -> None:
    path = secrets_file(tmp_path, SIGNED.replace("long enough", "s3cr3t!"))
    with pytest.raises(SettingsError) as refused:
        load(path, SnmpVersion.V3)
    assert "s3cr3t" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path / "nowhere.toml", SnmpVersion.V2C)


def test_no_secret_is_shown_by_accident() -> None:
    assert "reading" not in repr(Community("reading"))
    assert "maple" not in repr(User("somebody", "sha1", "maplesyrup", "aes", "maple-sugar"))
