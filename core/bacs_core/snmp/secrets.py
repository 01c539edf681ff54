"""The secrets file of an SNMP line: readable by its owner only, and holding nothing else.

Version 2c: `community`. Version 3: `user`, `auth`, `auth_key`, and, for encrypted messages, `priv`
and `priv_key`.
"""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path
from typing import Final

from bacs_core.errors import SettingsError
from bacs_core.settings import SnmpVersion
from bacs_core.snmp.community import Community
from bacs_core.snmp.user import DIGEST_LENGTHS, PRIVACY, User

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
    _allow(path, "auth", table["auth"], tuple(DIGEST_LENGTHS))
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
