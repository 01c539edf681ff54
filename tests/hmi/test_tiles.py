"""Where the tiles of the overview lie, worked out by its own module without a browser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import playwright

from tests.processes import ROOT

MODULE = ROOT / "hmi" / "bacs_hmi" / "canvas" / "shared" / "bacs_tiles.js"
#: The one that drives the browsers of other tests.
NODE = Path(str(playwright.__file__)).parent / "driver" / "node"
#: A guard only.
PATIENCE_S = 120.0
SCRIPT = """
const [module, cells] = JSON.parse(process.argv[1]);
const { arrange } = await import(module);
console.log(JSON.stringify(arrange(cells, 1000, 600)));
"""


def arranged(cells: list[list[int]]) -> dict[str, Any]:
    told = subprocess.run(
        [NODE, "--input-type=module", "--eval", SCRIPT, json.dumps([MODULE.as_uri(), cells])],
        capture_output=True,
        check=True,
        text=True,
        timeout=PATIENCE_S,
    )
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def test_a_manager_without_strings_has_a_head_and_moves_no_tile_of_the_others() -> None:
    told = arranged([[40, 40], [], [24]])
    assert len(told["heads"]) == 3
    heads, tiles = told["heads"], told["tiles"]
    assert len(tiles) == 3
    for tile, head in zip(tiles, (heads[0], heads[0], heads[2]), strict=True):
        assert int(head["y"]) <= tile["y"] < head["y"] + 600 / 3
        assert tile["width"] >= 44
