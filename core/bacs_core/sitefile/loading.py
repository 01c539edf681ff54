"""Reads a site file: TOML, every key known, every quantity written with its unit.

A file that is not entirely understood is refused as a whole, with the line and the reason of every
mistake. Nothing is guessed: an unknown key is taken for a typing error.
"""

from __future__ import annotations

import reprlib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError as PydanticError

from bacs_core.errors import SettingsError
from bacs_core.settings import Settings
from bacs_core.sitefile import checks, plan, toml_lines
from bacs_core.sitefile.tables import SiteFile
from bacs_core.sitefile.toml_lines import Refusal

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

#: A site of 4096 cells needs a tenth of that.
MAX_BYTES: Final = 512 * 1024
#: A list of 512 unit addresses needs a third of that; reading a key of a longer line takes minutes.
MAX_LINE: Final = 8192
#: Nobody reads on after that many mistakes.
MAX_REFUSALS: Final = 50


def load(path: Path) -> Settings:
    """Read the site file at `path`.

    Raises `SettingsError` whose message has one line per mistake: file, line and reason.
    """
    text = _text(path)
    try:
        content = tomllib.loads(text)
    except RecursionError as error:
        msg = f"{path}: nested too deeply for a site file"
        raise SettingsError(msg) from error
    except tomllib.TOMLDecodeError as error:
        msg = f"{path}: {error}"
        raise SettingsError(msg) from error
    except ValueError as error:
        msg = f"{path}: a number in it is too long"
        raise SettingsError(msg) from error
    lines = toml_lines.key_lines(text)
    try:
        tables = SiteFile.model_validate(content)
    except PydanticError as error:
        details = error.errors(include_url=False, include_context=False)
        raise _refused(path, lines, list(map(_refusal, details))) from error
    if refusals := checks.refusals(tables, path.parent):
        raise _refused(path, lines, refusals)
    settings = plan.build(tables, path.parent)
    if refusals := list(checks.unfit(tables, settings.site)):
        raise _refused(path, lines, refusals)
    return settings


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        # An editor of Windows puts a mark in front that is no part of the text.
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read: {error}"
        raise SettingsError(msg) from error
    if len(content) > MAX_BYTES:
        msg = f"{path}: longer than {MAX_BYTES // 1024} KiB, that is no site file"
        raise SettingsError(msg)
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MAX_LINE:
            msg = f"{path}, line {number}: longer than {MAX_LINE} characters"
            raise SettingsError(msg)
    return text


def _refusal(detail: ErrorDetails) -> Refusal:
    place = tuple(detail["loc"])
    match detail["type"]:
        case "extra_forbidden":
            return Refusal(place, f"unknown key {_short(place[-1])}")
        case "missing":
            return Refusal(place, f"{place[-1]!r} is missing")
        case "value_error":
            return Refusal(place, f"{_key(place)}: {detail['msg'].removeprefix('Value error, ')}")
        case _:
            return Refusal(place, f"{_key(place)} = {_short(detail['input'])}: {detail['msg']}")


def _short(value: object) -> str:
    """Write a value as the person wrote it, but never pages of it."""
    return reprlib.repr(value)


def _key(place: tuple[str | int, ...]) -> str:
    return next((part for part in reversed(place) if isinstance(part, str)), "file")


def _refused(
    path: Path, lines: dict[toml_lines.Path, int], refusals: Sequence[Refusal]
) -> SettingsError:
    numbered = sorted({(toml_lines.line_of(lines, item.place), item.reason) for item in refusals})
    told = [f"{path}, line {line}: {reason}" for line, reason in numbered[:MAX_REFUSALS]]
    if len(numbered) > MAX_REFUSALS:
        told.append(f"{path}: and {len(numbered) - MAX_REFUSALS} more mistakes")
    return SettingsError("\n".join(told))
