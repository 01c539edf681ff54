"""The chart of one quantity of a cell over time, from what the history tells; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bacs_core.api.history_messages import SeriesMessage
from bacs_core.model import Quantity, String
from bacs_hmi.charts.line_chart import Axis, Chart, Limit, Line, Scale
from bacs_hmi.format import FINE_BELOW_V, SHOWN
from bacs_hmi.texts import Texts

_MS: Final = 1000
#: What there is where nothing was ever recorded.
NOTHING: Final = SeriesMessage(
    tier="full", width_s=1.0, at=[], minimum=[], mean=[], maximum=[], count=[]
)
#: What the string has of the same kind, to compare with.
COMPARED: Final = {
    Quantity.VOLTAGE: "target_voltage_v",
    Quantity.TEMPERATURE: "room_temperature_c",
    Quantity.CHARGE: "mean_charge_percent",
}
_COMPARED_NAMES: Final = {
    Quantity.VOLTAGE: "trend_string_mean",
    Quantity.TEMPERATURE: "trend_room",
    Quantity.CHARGE: "trend_string_mean",
}
#: What a chart spans at least, in the unit that is shown, for small and for large cells: noise must
#: not look like a change.
_LEAST: Final = {
    Quantity.VOLTAGE: (0.02, 0.12),
    Quantity.TEMPERATURE: (2.0, 2.0),
    Quantity.RESISTANCE: (0.05, 0.5),
    Quantity.CHARGE: (5.0, 5.0),
    Quantity.DUTY: (20.0, 20.0),
}


@dataclass(frozen=True, slots=True)
class Trend:
    """What was read: the cell, and beside it the string where it has something to compare."""

    cell: SeriesMessage
    string: SeriesMessage | None = None

    @property
    def has_values(self) -> bool:
        """Whether there is any value of the cell."""
        return any(self.cell.count)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is shown: a quantity of a cell, from when to when (unix seconds), and its limits."""

    quantity: Quantity
    string: String
    label: str
    start: float
    end: float
    limits: tuple[Limit, ...] = ()


def chart_of(asked: Asked, trend: Trend, texts: Texts) -> Chart:
    """Draw mean, minimum and maximum of the cell, the string beside it, and limits."""
    quantity, voltage_v = asked.quantity, asked.string.cell_voltage_v
    shown = SHOWN[quantity]
    decimals = shown.decimals(voltage_v)
    factor = shown.factor
    cell = trend.cell
    lines = [
        Line(texts["trend_lowest"], _scaled(cell.minimum, factor, decimals), "edge"),
        Line(texts["trend_highest"], _scaled(cell.maximum, factor, decimals), "edge"),
    ]
    if trend.string is not None:
        held = _at_places(trend.string, cell.at)
        name = texts[_COMPARED_NAMES[quantity]]
        lines.append(Line(name, _scaled(held, factor, decimals), "thin"))
    lines.append(Line(texts["trend_mean"], _scaled(cell.mean, factor, decimals), "main"))
    least = _LEAST[quantity][0 if voltage_v < FINE_BELOW_V else 1]
    is_duty = quantity is Quantity.DUTY
    return Chart(
        label=asked.label,
        axis=Axis("time", asked.start, asked.end),
        # A bucket stands in its middle.
        at=[(at + cell.width_s * _MS / 2) / _MS for at in cell.at],
        lines=tuple(lines),
        scales=(Scale(shown.unit, decimals, least, zero=is_duty),),
        bands=((1, 0, len(lines) - 1),),
        limits=asked.limits,
    )


def _at_places(series: SeriesMessage, places: list[int]) -> list[float | None]:
    """Return the means of the string at the places of the cell; both have the same grid mostly."""
    if series.at == places:
        return series.mean
    width = series.width_s * _MS
    known = {round(at / width): mean for at, mean in zip(series.at, series.mean, strict=True)}
    return [known.get(round(place / width)) for place in places]


def _scaled(values: list[float | None], factor: float, decimals: int) -> list[float | None]:
    # One decimal more than is shown: the mean of many readings is finer than one of them.
    return [None if value is None else round(value * factor, decimals + 1) for value in values]
