"""What the engine tells of itself, in words of the panel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from bacs_core.api.messages import ClockStatus, LineStatus
from bacs_core.api.system_messages import Disk, Fault, FaultKind, Load, StoredHistory, System
from bacs_hmi.format import DAY_S, HOUR_S, MINUTE_S, NO_BREAK, Numbers, day_and_clock, minute_of
from bacs_hmi.pages.system.facts import Cards, Fact
from bacs_hmi.stick import size
from bacs_hmi.texts import Texts

#: What a person is asked for first, in this order; the rest follows as it came.
FIRST_VERSIONS: Final = ("bacs-core", "bacs-hmi", "python", "system")
DAYS_PER_YEAR: Final = 365.25


def state_cards(
    system: System, lines: Iterable[LineStatus], texts: Texts, numbers: Numbers
) -> Cards:
    """Say how engine, clock, machine and lines do."""
    return {
        texts["card_faults"]: fault_facts(system.faults, texts),
        texts["card_engine"]: [
            Fact(texts["uptime"], duration(numbers, system.now - system.started_at)),
            Fact(texts["started"], day_and_clock(system.started_at, texts["day_format"])),
            *clock_facts(system.clock, system.now, texts),
        ],
        texts["card_load"]: load_facts(system.load, texts, numbers),
        texts["card_lines"]: [line_fact(line, texts, numbers) for line in lines]
        or [Fact(texts["lines"], texts["none_yet"])],
        texts["card_network"]: [
            Fact(
                texts["network_title"],
                texts["network_on" if system.network.enabled else "network_off"],
            ),
            Fact(texts["paired_programs"], str(system.network.paired_tokens)),
        ],
        texts["card_versions"]: version_facts(system.versions, texts),
    }


def storage_cards(system: System, texts: Texts, numbers: Numbers) -> Cards:
    """Say what is kept where, how much of it, and for how long."""
    copied = system.safety_copy_at
    at = (
        texts["never_yet"] if copied is None else minute_of(copied, system.now, texts["day_format"])
    )
    return {
        texts["card_disk"]: disk_facts(system.disk, texts, numbers),
        texts["card_history"]: history_facts(system.history, texts, numbers),
        texts["card_keeping"]: keeping_facts(system.history, texts, numbers),
        texts["card_copy"]: [Fact(texts["safety_copy"], at, odd=copied is None)],
    }


def fault_facts(faults: Sequence[Fault], texts: Texts) -> list[Fact]:
    """Say what is wrong with the engine itself; alarms of the plant stand elsewhere."""
    if not faults:
        return [Fact(texts["faults"], texts["no_faults"])]
    return [Fact(fault_name(fault, texts), fault_words(fault, texts), odd=True) for fault in faults]


def fault_name(fault: Fault, texts: Texts) -> str:
    """Name a fault, with its line where it has one."""
    if fault.place is not None and fault.kind is FaultKind.LINE_GONE:
        return texts["line_named"].format(line=fault.place)
    return texts["fault"]


def fault_words(fault: Fault, texts: Texts) -> str:
    """Say what a fault means; one of a newer engine in its own words."""
    return texts.get(f"fault_{fault.kind}", fault.detail or fault.kind)


def clock_facts(clock: ClockStatus | None, now: datetime, texts: Texts) -> list[Fact]:
    """Say what time it is for the engine, and how far that is to be trusted."""
    shown = Fact(texts["clock"], day_and_clock(now, texts["day_format"]))
    if clock is None:
        return [shown]
    if not clock.was_set:
        return [shown, Fact(texts["clock_state"], texts["clock_not_set"], odd=True)]
    if clock.synchronised is None:
        return [shown, Fact(texts["clock_state"], texts["clock_unknown"])]
    state = "clock_synchronised" if clock.synchronised else "clock_free"
    since = minute_of(clock.since, now, texts["day_format"])
    return [shown, Fact(texts["clock_state"], texts[state].format(since=since))]


def load_facts(load: Load, texts: Texts, numbers: Numbers) -> list[Fact]:
    """Say what the engine needs of its machine; what nobody tells is a dash."""
    machine = "—"
    if load.machine_memory_bytes is not None and load.machine_memory_free_bytes is not None:
        machine = texts["free_of"].format(
            free=size(numbers, load.machine_memory_free_bytes),
            whole=size(numbers, load.machine_memory_bytes),
        )
    memory = "—" if load.memory_bytes is None else size(numbers, load.memory_bytes)
    return [
        Fact(texts["processor"], numbers.with_unit(load.processor_percent, 1, "%")),
        Fact(texts["memory_engine"], memory),
        Fact(texts["memory_machine"], machine),
    ]


def line_fact(line: LineStatus, texts: Texts, numbers: Numbers) -> Fact:
    """Summarise a line: its round against the wire, and how much goes wrong."""
    name = texts["line_named"].format(line=line.id)
    if line.lent:
        return Fact(name, texts["line_lent"], odd=True)
    if not line.port_open:
        return Fact(name, texts["line_gone"], odd=True)
    parts = []
    if line.round_s is not None:
        parts.append(texts["round"].format(round=numbers.with_unit(line.round_s, 2, "s")))
    if line.wire_round_s is not None:
        parts.append(texts["wire"].format(wire=numbers.with_unit(line.wire_round_s, 2, "s")))
    wrong = line.timeouts + line.frame_errors
    parts.append(texts["wrong_answers"].format(share=share_text(numbers, wrong, line.requests)))
    if line.silent_units:
        parts.append(texts["silent_units_count"].format(count=len(line.silent_units)))
    return Fact(name, " · ".join(parts), odd=bool(line.silent_units))


def share_text(numbers: Numbers, part: int, whole: int) -> str:
    """Write a share in percent; fine where it is small, so that few are not none."""
    if whole == 0:
        return "—"
    percent = 100 * part / whole
    return numbers.with_unit(percent, 3 if 0 < percent < 1 else 0, "%")


def version_facts(versions: dict[str, str], texts: Texts) -> list[Fact]:
    """List versions, what people are asked for first on top."""
    first = [name for name in FIRST_VERSIONS if name in versions]
    rest = [name for name in versions if name not in FIRST_VERSIONS]
    return [
        Fact(texts.get(f"version_{name.replace('-', '_')}", name), versions[name])
        for name in (*first, *rest)
    ]


def disk_facts(disk: Disk | None, texts: Texts, numbers: Numbers) -> list[Fact]:
    """Say how full the disk of the state is."""
    if disk is None:
        return [Fact(texts["disk_free"], "—")]
    free = texts["free_of"].format(
        free=size(numbers, disk.free_bytes), whole=size(numbers, disk.size_bytes)
    )
    return [
        Fact(texts["disk_free"], free),
        Fact(texts["disk_state"], size(numbers, disk.state_bytes)),
        Fact(texts["disk_folder"], disk.folder),
    ]


def history_facts(history: StoredHistory, texts: Texts, numbers: Numbers) -> list[Fact]:
    """Say from when to when each fineness is kept, and what it takes."""
    if not history.tiers:
        return [Fact(texts["history_kept"], texts["none_yet"])]
    day = texts["day_format"]
    return [
        Fact(
            texts.get(f"tier_{tier.tier}", tier.tier),
            texts["tier_kept"].format(
                first=f"{tier.first.astimezone():{day}}",
                last=f"{tier.last.astimezone():{day}}",
                size=size(numbers, tier.bytes),
            ),
        )
        for tier in history.tiers
    ]


def keeping_facts(history: StoredHistory, texts: Texts, numbers: Numbers) -> list[Fact]:
    """Say how long each fineness is kept, and how much all may take."""
    kept = history.retention
    taken = sum(tier.bytes for tier in history.tiers)
    return [
        Fact(texts["tier_full"], long_time(numbers, kept.full_days, texts)),
        Fact(texts["tier_minute"], long_time(numbers, kept.minute_days, texts)),
        Fact(texts["tier_hour"], long_time(numbers, kept.hour_days, texts)),
        Fact(
            texts["history_taken"],
            texts["taken_of"].format(
                taken=size(numbers, taken), whole=size(numbers, kept.budget_bytes)
            ),
        ),
    ]


def long_time(numbers: Numbers, days: float, texts: Texts) -> str:
    """Write days, or years from one on."""
    if days >= DAYS_PER_YEAR - 1:
        years = days / DAYS_PER_YEAR
        whole = abs(years - round(years)) < 0.05  # noqa: PLR2004 - what one decimal does not show
        if whole and round(years) == 1:
            return texts["year"]
        return texts["years"].format(count=numbers.text(years, 0 if whole else 1))
    return texts["days"].format(count=numbers.text(days, 0 if days.is_integer() else 1))


def duration(numbers: Numbers, of: timedelta) -> str:
    """Write how long something runs already, in its two largest units."""
    whole_s = int(max(0.0, of.total_seconds()))
    days, rest = divmod(whole_s, int(DAY_S))
    hours, rest = divmod(rest, int(HOUR_S))
    minutes = rest // int(MINUTE_S)
    if days:
        return f"{numbers.text(days, 0)}{NO_BREAK}d {hours}{NO_BREAK}h"
    if hours:
        return f"{hours}{NO_BREAK}h {minutes}{NO_BREAK}min"
    return f"{minutes}{NO_BREAK}min"
