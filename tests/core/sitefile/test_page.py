"""The page about the site file says what the tables say, and its examples are understood."""

from __future__ import annotations

import re
import runpy
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bacs_core import sitefile

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/SITE-FILE.md"
GENERATOR = ROOT / "tools/docs/site_file.py"
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def keys_in(content: object) -> Iterator[str]:
    """Every key of every table inside `content`."""
    if isinstance(content, dict):
        yield from content
        for inside in content.values():
            yield from keys_in(inside)
    if isinstance(content, list):
        for inside in content:
            yield from keys_in(inside)


def test_the_page_is_the_one_that_the_tables_make() -> None:
    generator = runpy.run_path(str(GENERATOR))
    assert PAGE.read_text(encoding="utf-8") == generator["page"]()


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_page_is_understood(example: str, tmp_path: Path) -> None:
    secrets = tmp_path / "ups-c.snmp.toml"
    secrets.write_text('user = "panel"\nauth = "sha256"\nauth_key = "long enough"\n')
    secrets.chmod(0o600)
    path = tmp_path / "site.toml"
    path.write_text(example, encoding="utf-8")
    assert sitefile.load(path).site.managers


def test_every_key_stands_in_an_example() -> None:
    tables = runpy.run_path(str(GENERATOR))["TITLES"]
    shown = {key for example in EXAMPLES for key in keys_in(tomllib.loads(example))}
    assert {key for table in tables for key in table.model_fields} - shown == set()
