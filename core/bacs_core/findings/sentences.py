"""Why a cell stands out, in English and as a code, so that a screen can say it in its language."""

from __future__ import annotations

from typing import Final

#: By code; `{amount}` is how far the cell is off, in the unit that the sentence names. A code that
#: ends in `_rising` also tells that it was clearly less a month ago.
SENTENCES: Final = {
    "resistance_above_baseline": "Ri {amount:.0f} % above its baseline",
    "resistance_above_baseline_rising": "Ri {amount:.0f} % above its baseline and rising",
    "resistance_above_string": "Ri {amount:.0f} % above the median of its string",
    "resistance_above_string_rising": "Ri {amount:.0f} % above the median of its string and rising",
    "capacity_low": "capacity {amount:.0f} % of the rated one, measured in a discharge",
    "voltage_above_string": "{amount:.0f} mV above the median of its string",
    "voltage_above_string_rising": "{amount:.0f} mV above the median of its string and rising",
    "voltage_below_string": "{amount:.0f} mV below the median of its string",
    "voltage_below_string_rising": "{amount:.0f} mV below the median of its string and falling",
    "warmer_than_string": "{amount:.1f} K warmer than the median of its string",
    "warmer_than_string_rising": "{amount:.1f} K warmer than the median of its string and rising",
    "bled_more_than_string": "{amount:.1f} Ah more bypassed than the median of its string",
    "bled_less_than_string": "{amount:.1f} Ah less bypassed than the median of its string",
}
