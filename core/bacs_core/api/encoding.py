"""Images as JSON: whole, or what changed between two of them. The form stands in `messages`."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan
from typing import Final

import numpy as np
import orjson
from pydantic import TypeAdapter

from bacs_core.api.image import SiteImage, StringImage
from bacs_core.api.messages import Alarm, Runs
from bacs_core.model import Quantity
from bacs_core.snapshot import Flags, Floats

_ALARMS: Final[TypeAdapter[tuple[Alarm, ...]]] = TypeAdapter(tuple[Alarm, ...])


def string_json(image: StringImage) -> bytes:
    """Encode one string as `StringValues`."""
    return _json(
        {
            "key": image.string.key,
            "scalars": orjson.Fragment(image.scalars.model_dump_json()),
            "columns": {quantity.value: column for quantity, column in image.columns.items()},
            "read_at": {quantity.value: runs(times) for quantity, times in image.read_at.items()},
            "status": image.status,
        }
    )


def string_changes_json(before: StringImage, after: StringImage) -> bytes | None:
    """Encode what changed in one string as `StringChanges`; `None` if nothing did."""
    content: dict[str, object] = {}
    if after.scalars is not before.scalars and after.scalars != before.scalars:
        content["scalars"] = orjson.Fragment(after.scalars.model_dump_json())
    columns: dict[str, object] = {}
    read_at: dict[str, object] = {}
    for quantity in _quantities(before, after):
        values, last_values = after.column(quantity), before.column(quantity)
        if values is not last_values:
            index = np.flatnonzero(_different(last_values, values))
            if index.size:
                columns[quantity.value] = {"index": index, "value": values[index]}
        times = after.times(quantity)
        if _different(before.times(quantity), times).any():
            read_at[quantity.value] = runs(times)
    if columns:
        content["columns"] = columns
    if read_at:
        content["read_at"] = read_at
    if after.status is not before.status:
        marked = np.flatnonzero(after.status != before.status)
        if marked.size:
            content["status"] = {str(cell): int(after.status[cell]) for cell in marked}
    return _json({"key": after.string.key, **content}) if content else None


def snapshot_json(sequence: int, image: SiteImage, strings: Iterable[bytes]) -> str:
    """Encode a `SnapshotMessage` around strings that are encoded already."""
    return _json(
        {
            "type": "snapshot",
            "sequence": sequence,
            "at": image.at,
            "strings": list(map(orjson.Fragment, strings)),
            "managers": [status.model_dump() for status in image.managers],
            "lines": [status.model_dump() for status in image.lines],
            "alarms": orjson.Fragment(_ALARMS.dump_json(image.alarms)),
            "accessories": [status.model_dump() for status in image.accessories],
        }
    ).decode()


def changes_json(
    sequence: int, before: SiteImage, after: SiteImage, strings: Iterable[bytes]
) -> str:
    """Encode a `ChangesMessage` around string changes that are encoded already."""
    content: dict[str, object] = {
        "type": "changes",
        "sequence": sequence,
        "at": after.at,
        "strings": list(map(orjson.Fragment, strings)),
    }
    if after.managers is not before.managers:
        content["managers"] = [status.model_dump() for status in after.managers]
    if after.lines is not before.lines:
        content["lines"] = [status.model_dump() for status in after.lines]
    if after.alarms is not before.alarms:
        content["alarms"] = orjson.Fragment(_ALARMS.dump_json(after.alarms))
    if after.accessories is not before.accessories:
        content["accessories"] = [status.model_dump() for status in after.accessories]
    return _json(content).decode()


def runs(times: Floats) -> Runs:
    """Run-length code reading times; NaN becomes `None`."""
    starts = [0, *(np.flatnonzero(_different(times[:-1], times[1:])) + 1).tolist()]
    ends = [*starts[1:], times.size]
    return [
        (None if isnan(read_at) else read_at, end - start)
        for read_at, start, end in zip(times[starts].tolist(), starts, ends, strict=True)
    ]


def _quantities(before: StringImage, after: StringImage) -> list[Quantity]:
    return list({**before.columns, **after.columns})


def _different(before: Floats, after: Floats) -> Flags:
    """Tell where two columns differ; absent equals absent."""
    different: Flags = (before != after) & ~(np.isnan(before) & np.isnan(after))
    return different


def _json(content: dict[str, object]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
