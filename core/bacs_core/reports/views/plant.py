"""What the string is, how it stands, and how far both can be relied on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from bacs_core import chemistries
from bacs_core.commissioning.pins import spans
from bacs_core.model import Basis, Quantity, cell_label
from bacs_core.reports.content import Concluded, Content, Estimated, Flags, Source, Standing
from bacs_core.reports.judgement import active, alarm_text, recharges
from bacs_core.reports.language import Language
from bacs_core.reports.views.rows import Line, Row, Table, line


def identity_lines(content: Content, language: Language) -> tuple[Line, ...]:
    """Tell what the report is about."""
    return tuple(_identity(content, language))


def _identity(content: Content, language: Language) -> Iterator[Line]:
    identity, text = content.identity, language.text
    unknown = text("unknown")
    yield line(text("site"), identity.site_name or unknown)
    yield line(text("string"), identity.string_name)
    yield line(text("string_key"), identity.string_key)
    string = identity.string
    if string is None:
        yield line(text("cells"), language.number(identity.cell_count))
        yield line(text("chemistry"), unknown)
        yield line(text("rated_capacity"), unknown)
    else:
        voltage = language.amount(string.cell_voltage_v, _decimals(string.cell_voltage_v), "V")
        end_v = chemistries.end_voltage_v(string)
        capacity = language.amount(string.capacity_ah, _decimals(string.capacity_ah), "Ah")
        hours = language.amount(string.rated_hours, _decimals(string.rated_hours), "h")
        yield line(text("cells"), text("cells_of", count=string.cell_count, voltage=voltage))
        yield line(text("chemistry"), language.word("chemistry", string.chemistry))
        yield line(
            text("rated_capacity"), text("rated_capacity_of", capacity=capacity, hours=hours)
        )
        yield line(text("float_voltage"), language.amount(string.float_voltage_v, 3, "V"))
        yield line(text("end_voltage"), language.amount(end_v, 3, "V"))
        yield line(text("module_type"), string.module_type or unknown)
        yield line(text("equalized_by"), language.word("equalized_by", string.equalized_by))
    yield line(text("installed"), text("installed_unknown"))
    since = content.quality.first_sample
    yield line(text("history_from"), unknown if since is None else language.day(since))
    yield line(text("manager"), _manager(content, language))
    sensor = identity.sensor_serial
    yield line(text("sensor"), unknown if sensor is None else text("serial", number=str(sensor)))
    known = sum(serial is not None for serial in identity.module_serials)
    yield line(
        text("module_serials"),
        text("module_serials_known", known=known, count=identity.cell_count) if known else unknown,
    )
    engine = " · ".join(part for part in (identity.engine_version, identity.site_id or "") if part)
    yield line(text("engine"), engine)


def _manager(content: Content, language: Language) -> str:
    identity = content.identity
    parts = [identity.manager_name, identity.manager_device]
    if identity.manager_serial is not None:
        parts.append(language.text("serial", number=str(identity.manager_serial)))
    if identity.manager_firmware:
        parts.append(language.text("firmware", version=identity.manager_firmware))
    return ", ".join(part for part in parts if part) or language.text("unknown")


def _decimals(value: float) -> int:
    return 0 if value == round(value) else 1


def present_lines(content: Content, language: Language) -> tuple[Line, ...]:
    """Tell how the string stood at the moment of its values."""
    standing = content.standing
    return () if standing is None else tuple(_present(standing, content, language))


def _present(standing: Standing, content: Content, language: Language) -> Iterator[Line]:
    text, summary = language.text, standing.summary
    yield line(text("sum_voltage"), language.amount(summary.sum_voltage_v, 2, "V"))
    yield line(text("mean_voltage"), language.amount(summary.target_voltage_v, 3, "V"))
    current = language.amount(summary.current_a, 2, "A")
    error = standing.current_error_a
    if summary.current_a is not None and error is not None:
        current = text("current_of", current=current, error=language.amount(error, 2, "A"))
    yield line(text("current"), current)
    if summary.ac_current_a is not None:
        yield line(text("ac_current"), language.amount(summary.ac_current_a, 2, "A"))
    if summary.power_w is not None:
        yield line(text("power"), language.amount(summary.power_w, 0, "W"))
    room = standing.room_temperature_c
    yield line(text("room_temperature"), language.amount(room, 1, "°C"))
    if standing.concluded is not None:
        yield from _concluded(standing, standing.concluded, language)
    state = standing.equalization
    told = text("unknown") if state is None else language.word("equalization", state)
    if standing.inhibited_by:
        reasons = ", ".join(language.word("inhibit", name) for name in standing.inhibited_by)
        told = text("inhibited", state=told, reasons=reasons)
    yield line(text("equalization"), told)
    yield line(text("alarms_now"), *_alarms(standing, content, language))


def _alarms(standing: Standing, content: Content, language: Language) -> list[str]:
    if standing.alarms is None:
        return [language.text("reason_alarms_unknown")]
    told = [
        f"{language.word('severity', alarm.severity)}: {alarm_text(alarm, content, language)}"
        for alarm in active(standing)
    ]
    return told or [language.text("none")]


def _concluded(standing: Standing, concluded: Concluded, language: Language) -> Iterator[Line]:
    text = language.text
    phase = language.word("phase", concluded.phase.name)
    if recharges(standing):
        phase = text("phase_recharge")
    elif concluded.phase_since is not None:
        phase = text("phase_since", phase=phase, since=concluded.phase_since)
    yield line(text("phase"), phase)
    charge = language.amount(concluded.charge_percent, 0, "%")
    if concluded.charge_percent is not None:
        if concluded.charge_uncertainty_percent is not None:
            charge += f" ±{language.number(concluded.charge_uncertainty_percent)}"
        charge += f" ({language.word('basis', concluded.charge_basis.name)})"
    elif standing.summary.mean_charge_percent is not None:
        mean = language.amount(standing.summary.mean_charge_percent, 0, "%")
        charge = text("charge_mean", charge=mean)
    yield line(text("charge"), charge)
    yield line(text("protection"), language.word("trip", concluded.trip.state))
    if concluded.testing_until is not None:
        yield line("", text("test_until", until=concluded.testing_until))


def source_text(content: Content, language: Language) -> str:
    """Tell where the present values come from."""
    standing = content.standing
    if standing is None:
        return language.text("source_none")
    return language.text(f"source_{standing.source}", at=standing.at)


def equalization_lines(content: Content, language: Language) -> tuple[Line, ...]:
    """Name the cells on which equalization does not do what it should."""
    standing = content.standing
    if standing is None or standing.concluded is None:
        return ()
    concluded = standing.concluded
    flags: dict[str, Flags] = {
        "exhausted_cells": concluded.exhausted,
        "stuck_on_cells": concluded.stuck_on,
        "stuck_off_cells": concluded.stuck_off,
        "paused_cells": concluded.paused,
    }
    return tuple(line(language.text(key), _named(own, language)) for key, own in flags.items())


def _named(flags: Flags, language: Language) -> str:
    cells = [cell for cell, flag in enumerate(flags, start=1) if flag]
    return spans(cells).replace("-", "\N{EN DASH}") if cells else language.text("none")


def quality_lines(content: Content, language: Language) -> tuple[Line, ...]:
    """Tell how far the data can be relied on."""
    return tuple(_quality(content, language))


def _quality(content: Content, language: Language) -> Iterator[Line]:
    text, quality = language.text, content.quality
    step = None if quality.resolution_s is None else timedelta(seconds=quality.resolution_s)
    if quality.recorded_share is None or step is None or quality.first_sample is None:
        yield line(text("recorded"), text("recorded_nothing"))
    else:
        share = language.amount(100 * quality.recorded_share, 1, "%")
        begin = max(content.start, quality.first_sample)
        yield line(text("recorded"), text("recorded_of", share=share, since=begin, step=step))
        gaps = [text("gap", start=a, end=b, duration=b - a) for a, b in quality.gaps]
        yield line(text("gaps"), *(gaps or [text("no_gaps", step=step)]))
    standing = content.standing
    if standing is not None:
        yield line(text("fresh"), *_fresh(standing, language))
        if standing.source is Source.LIVE:
            yield line(text("doubted"), *_doubts(standing, content, language))
    since = quality.synchronised_since
    if quality.synchronised is None or since is None:
        yield line(text("clock"), text("clock_unknown"))
    else:
        key = "clock_yes" if quality.synchronised else "clock_no"
        yield line(text("clock"), text(key, since=since))
    steps = [
        text("clock_step", at=moment, step=f"{language.signed(step_s, 1)} s")
        for moment, step_s in quality.steps
    ]
    yield line(text("clock_steps"), *(steps or [text("none")]))


def _fresh(standing: Standing, language: Language) -> Iterator[str]:
    count = len(standing.status)
    for quantity in Quantity:
        own = standing.readings.get(quantity)
        values = (None,) * count if own is None else own.values
        stale = 0 if own is None else sum(own.stale)
        known = sum(value is not None for value in values)
        word = language.word("quantity", quantity)
        # Of a stored sample nobody knows whether an absent value was too old or never read.
        key = "fresh_of" if standing.source is Source.LIVE else "fresh_of_stored"
        yield language.text(
            key, quantity=word, fresh=known - stale, count=count, stale=stale, absent=count - known
        )


def _doubts(standing: Standing, content: Content, language: Language) -> list[str]:
    count = content.identity.cell_count
    told = [
        f"{language.text('cell_named', cell=cell_label(doubt.cell, count))}: "
        f"{language.doubt(doubt.code, doubt.arguments, doubt.text)}"
        for doubt in standing.doubts
    ]
    more = standing.doubt_count - len(told)
    if more > 0:
        told.append(language.text("and_more", count=more))
    return told or [language.text("none")]


def estimate_table(content: Content, language: Language) -> Table | None:
    """Tell what each estimate rests on and how sure it is, `None` where nothing is estimated."""
    standing = content.standing
    if standing is None or standing.concluded is None:
        return None
    concluded = standing.concluded
    rows = tuple(
        Row((language.text(key), _bases(estimated, language), _spread(estimated, language)))
        for key, estimated in (
            ("estimate_charge", concluded.charge),
            ("estimate_capacity", concluded.capacity),
            ("estimate_health", concluded.health),
        )
    )
    headings = tuple((language.text(key), "") for key in ("estimate", "rests_on", "spread_of"))
    return Table(headings, rows, (False, False, False))


def _bases(estimated: Estimated, language: Language) -> str:
    counts = Counter(estimated.basis)
    told = []
    for basis in sorted(counts):
        key = "cells_with_one" if counts[basis] == 1 else "cells_with"
        word = language.word("basis", Basis(basis).name)
        told.append(language.text(key, basis=word, count=counts[basis]))
    return "; ".join(told)


def _spread(estimated: Estimated, language: Language) -> str:
    spreads = [
        spread
        for spread, basis in zip(estimated.uncertainty, estimated.basis, strict=True)
        if spread is not None and basis not in {Basis.NONE, Basis.LOWER_BOUND}
    ]
    if not spreads:
        return language.text("no_estimate")
    low, high = (language.amount(bound, 0, "%") for bound in (min(spreads), max(spreads)))
    if low == high:
        return language.text("uncertainty_one", value=low)
    return language.text("uncertainty_range", low=low, high=high)


def serial_table(content: Content) -> tuple[tuple[str, str], ...]:
    """Pair each cell with the serial number of its module, where any is known."""
    count = content.identity.cell_count
    return tuple(
        (cell_label(cell, count), "–" if serial is None else str(serial))
        for cell, serial in enumerate(content.identity.module_serials, start=1)
    )
