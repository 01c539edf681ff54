"""The page of protection in docs/ says what table and figures say."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_page_of_protection_is_the_one_that_the_declarations_make() -> None:
    generator = runpy.run_path(str(ROOT / "tools/docs/protection.py"))
    page = (ROOT / "docs/PROTECTION.md").read_text(encoding="utf-8")
    assert page == generator["page"]()
