"""The secrets file of an SNMP line: readable by its owner only, and holding nothing else.

Version 2c: `community`. Version 3: `user`, `auth`, `auth_key`, and, for encrypted messages, `priv`
and `priv_key`.
"""

from __future__ import annotations

import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bacs_core.errors import SettingsError
from bacs_core.settings import SnmpVersion

#: Protocols that a version 3 user may have (RFC 3414, RFC 7860).
AUTHENTICATION: Final = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
PRIVACY: Final = ("aes",)
"""AES with 128 bits (RFC 3826); DES is broken, and longer keys have no standard of their own."""

#: (needed, possible) keys of each version.
_KEYS: Final = {
    SnmpVersion.V2C: (frozenset({"community"}), frozenset({"community"})),
    SnmpVersion.V3: (
        frozenset({"user", "auth", "auth_key"}),
        frozenset({"user", "auth", "auth_key", "priv", "priv_key"}),
    ),
}
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
#: RFC 3414, 11.2: agents do not take shorter passwords.
_SHORTEST_KEY: Final = 8
#: In bytes (RFC 3414, section 5).
_LONGEST_USER: Final = 32


@dataclass(frozen=True, slots=True)
class Community:
    """The community of version 2c: its only, and open, protection."""

    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class User:
    """A user of version 3; without `priv` messages are signed, but readable."""

    name: str
    auth: str
    auth_key: str = field(repr=False)
    priv: str | None = None
    priv_key: str | None = field(default=None, repr=False)


def load(path: Path, version: SnmpVersion) -> Community | User:
    """Read and check the secrets; raises `SettingsError` that names the file, never a secret."""
    table = _read(path)
    needed, possible = _KEYS[version]
    for problem, keys in (("unknown", table.keys() - possible), ("missing", needed - table.keys())):
        if keys:
            names = ", ".join(sorted(keys))
            message = f"{path}: {problem} for SNMP version {version}: {names}"
            raise SettingsError(message)
    if version is SnmpVersion.V2C:
        return Community(table["community"])
    return _user(path, table)


def _read(path: Path) -> dict[str, str]:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: cannot be read: {error}"
        raise SettingsError(message) from error
    if mode & _OTHERS:
        message = f"{path}: others may read these secrets; run: chmod 600 {path}"
        raise SettingsError(message)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"{path}: is not valid TOML: {error}"
        raise SettingsError(message) from error
    for key, value in table.items():
        if not isinstance(value, str) or not value:
            message = f"{path}: {key} must be a text that is not empty"
            raise SettingsError(message)
    return table


def _user(path: Path, table: dict[str, str]) -> User:
    _allow(path, "auth", table["auth"], AUTHENTICATION)
    if len(table["user"].encode()) > _LONGEST_USER:
        message = f"{path}: user must have at most {_LONGEST_USER} characters"
        raise SettingsError(message)
    if ("priv" in table) != ("priv_key" in table):
        message = f"{path}: priv and priv_key belong together"
        raise SettingsError(message)
    if "priv" in table:
        _allow(path, "priv", table["priv"], PRIVACY)
    for key in ("auth_key", "priv_key"):
        if len(table.get(key, "x" * _SHORTEST_KEY)) < _SHORTEST_KEY:
            message = f"{path}: {key} must have at least {_SHORTEST_KEY} characters"
            raise SettingsError(message)
    return User(
        name=table["user"],
        auth=table["auth"],
        auth_key=table["auth_key"],
        priv=table.get("priv"),
        priv_key=table.get("priv_key"),
    )


def _allow(path: Path, key: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        message = f"{path}: {key} must be one of {', '.join(allowed)}"
        raise SettingsError(message)
