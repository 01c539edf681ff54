"""The string card counts in the unit of temperature that its reader has, without a browser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import playwright
import pytest

from tests.processes import ROOT

WWW = ROOT / "integration" / "custom_components" / "bacs" / "www"
#: The one that drives the browsers of other tests.
NODE = Path(str(playwright.__file__)).parent / "driver" / "node"
#: A guard only.
PATIENCE_S = 120.0
MESSAGE = {
    "state": "live",
    "string": {"name": "S", "cell_count": 3, "cell_voltage_v": 2.0},
    "columns": {"temperature_c": [20.0, 25.0, None], "voltage_v": [2.2, 2.3, 2.4]},
    "status": [0, 0, 0],
}
SCRIPT = """
const [folder, message, unit] = JSON.parse(process.argv[1]);
const { QUANTITIES, SCALARS, converted, shownAs } = await import(folder + "/quantities.js");
const { StringModel } = await import(folder + "/model.js");
const model = new StringModel();
model.apply(message);
const shown = QUANTITIES.slice(0, 2).map((quantity) => shownAs(quantity, unit));
const room = shownAs(SCALARS.find((scalar) => scalar.key === "room_temperature_c"), unit);
console.log(JSON.stringify({
  units: shown.map((quantity) => quantity.unit),
  cells: shown.map((quantity) => [0, 1, 2].map((cell) => model.value(quantity, cell))),
  mean: model.extremes(shown[1]).mean,
  room: [room.unit, converted(room, 20), converted(room, null)],
}));
"""


def shown(unit: str) -> dict[str, Any]:
    """Let the modules of the card work out what it shows in a Home Assistant with this unit."""
    told = subprocess.run(
        [
            *(NODE, "--input-type=module", "--eval", SCRIPT),
            json.dumps([WWW.as_uri(), MESSAGE, unit]),
        ],
        capture_output=True,
        check=True,
        text=True,
        timeout=PATIENCE_S,
    )
    found: dict[str, Any] = json.loads(told.stdout)
    return found


@pytest.mark.parametrize(("unit", "temperatures"), [("°C", [20, 25, None]), ("°F", [68, 77, None])])
def test_temperatures_are_in_the_unit_of_home_assistant_and_nothing_else_is(
    unit: str, temperatures: list[float | None]
) -> None:
    told = shown(unit)
    assert told["units"] == ["V", unit]
    assert told["cells"] == [[2.2, 2.3, 2.4], temperatures]
    assert told["mean"] == sum(filter(None, temperatures)) / 2
    assert told["room"] == [unit, temperatures[0], None]
