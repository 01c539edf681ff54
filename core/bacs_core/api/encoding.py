"""Images as JSON: whole, or what changed between two of them. The form stands in `messages`."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray
from pydantic import TypeAdapter

from bacs_core.api.image import FIGURE_PARTS, SiteImage, StringImage, rounded
from bacs_core.api.messages import Alarm, CodeRuns, Finding, Runs
from bacs_core.model import Quantity
from bacs_core.snapshot import Flags, Floats

_ALARMS: Final[TypeAdapter[tuple[Alarm, ...]]] = TypeAdapter(tuple[Alarm, ...])
_FINDINGS: Final[TypeAdapter[tuple[Finding, ...]]] = TypeAdapter(tuple[Finding, ...])


def string_json(image: StringImage) -> bytes:
    """Encode one string as `StringValues`."""
    return _json(
        {
            "key": image.string.key,
            "scalars": orjson.Fragment(image.scalars.model_dump_json()),
            "columns": {quantity.value: column for quantity, column in image.columns.items()},
            "read_at": {quantity.value: runs(times) for quantity, times in image.read_at.items()},
            "status": image.status,
            **_brain(image),
        }
    )


def _brain(image: StringImage) -> dict[str, object]:
    if image.brain is None:
        return {}
    return {
        "brain": orjson.Fragment(image.brain.model_dump_json()),
        "figures": {
            figure.value: rounded(values, FIGURE_PARTS[figure])
            for figure, values in image.figures.items()
        },
        "codes": {code.value: code_runs(column) for code, column in image.codes.items()},
        "findings": orjson.Fragment(_FINDINGS.dump_json(image.findings)),
    }


def _brain_changes(before: StringImage, after: StringImage) -> dict[str, object]:
    """Return what changed of what was concluded; it never vanishes while the plant stays."""
    content: dict[str, object] = {}
    if after.brain is not before.brain and after.brain is not None and after.brain != before.brain:
        content["brain"] = orjson.Fragment(after.brain.model_dump_json())
    figures: dict[str, object] = {}
    for figure, values in after.figures.items():
        last_values = before.figures.get(figure)
        if values is last_values:
            continue
        told = rounded(values, FIGURE_PARTS[figure])
        last_told = (
            np.full(told.size, np.nan)
            if last_values is None
            else rounded(last_values, FIGURE_PARTS[figure])
        )
        index = np.flatnonzero(_different(last_told, told))
        if index.size:
            figures[figure.value] = {"index": index, "value": told[index]}
    if figures:
        content["figures"] = figures
    codes = {
        code.value: code_runs(column)
        for code, column in after.codes.items()
        if code not in before.codes or not np.array_equal(before.codes[code], column)
    }
    if codes:
        content["codes"] = codes
    if after.findings is not before.findings and after.findings != before.findings:
        content["findings"] = orjson.Fragment(_FINDINGS.dump_json(after.findings))
    return content


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
    content |= _brain_changes(before, after)
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
            **_called(image),
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
    if after.annunciation != before.annunciation:
        content |= _called(after)
    return _json(content).decode()


def _called(image: SiteImage) -> dict[str, object]:
    return {} if image.annunciation is None else {"annunciation": image.annunciation.model_dump()}


def code_runs(codes: NDArray[np.uint8]) -> CodeRuns:
    """Run-length code a column of codes."""
    starts = [0, *(np.flatnonzero(codes[1:] != codes[:-1]) + 1).tolist()]
    ends = [*starts[1:], codes.size]
    return [
        (code, end - start)
        for code, start, end in zip(codes[starts].tolist(), starts, ends, strict=True)
    ]


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
