"""The register page in docs/ says what the declarations say."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_register_page_is_the_one_that_the_declarations_make() -> None:
    generator = runpy.run_path(str(ROOT / "tools/docs/register_map.py"))
    assert (ROOT / "docs/REGISTER-MAP.md").read_text(encoding="utf-8") == generator["page"]()
