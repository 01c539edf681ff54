"""What somebody has to repair: worked out from the mirrored site, kept in the issue registry."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

import bacs_core
from bacs_core.api.live import LiveSite
from bacs_core.api.messages import SiteInfo
from bacs_core.api.system_messages import Fault, FaultKind
from bacs_core.model import Inhibit, Role, TripState

from .const import DOMAIN
from .wording import ENGLISH, Speech, alarm_said, doubt_said, speech_here

#: Alarms that tell of a sensor whose values are missed, whatever lost it.
LOST_SENSOR: Final = frozenset(
    {
        "accessory_silent",
        "current_missing",
        "current_sensor_silent",
        "room_missing",
        "temperatures_missing",
    }
)
RECORDING_FAILED: Final = "recording_failed"
STORAGE: Final = frozenset({FaultKind.RECORDING, FaultKind.DISK_NEARLY_FULL})
#: How a manager says that scales or registers were declared, and that nobody has shown them true.
UNVERIFIED: Final = "unverified"


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to repair: which sentence, about which place, and what stands in it."""

    key: str
    place: str
    severity: ir.IssueSeverity
    placeholders: dict[str, str] = field(hash=False)


def issues_of(
    live: LiveSite, info: SiteInfo, faults: Iterable[Fault], speech: Speech = ENGLISH
) -> Iterator[Issue]:
    """Find everything that somebody has to repair at a connected site."""
    yield from _strings(live, speech)
    yield from _managers(live, info, speech)
    yield from _alarms(live, speech)
    yield from _storage(live, faults, speech)
    if (issue := version_issue(info.version)) is not None:
        yield issue


def version_issue(version: str) -> Issue | None:
    """Compare the version of an engine with that of the library in use here."""
    if version == bacs_core.__version__:
        return None
    told = {"engine": version, "integration": bacs_core.__version__}
    return Issue("version_mismatch", "", ir.IssueSeverity.WARNING, told)


def _strings(live: LiveSite, speech: Speech) -> Iterator[Issue]:
    for key, mirror in live.strings.items():
        name = {"string": mirror.string.name}
        if Inhibit.MIXED_GENERATIONS in mirror.scalars.inhibited_by:
            yield Issue("mixed_generations", key, ir.IssueSeverity.WARNING, name)
        trip = None if mirror.brain is None else mirror.brain.trip
        if trip is not None and trip.state is TripState.OFF:
            until = "?" if trip.until is None else speech.moment(trip.until)
            told = name | {"by": trip.by or "?", "reason": trip.reason or "?", "until": until}
            yield Issue("protection_off", key, ir.IssueSeverity.CRITICAL, told)


def _managers(live: LiveSite, info: SiteInfo, speech: Speech) -> Iterator[Issue]:
    names = {manager.id: manager.name for manager in info.site.managers}
    for id_, status in live.managers.items():
        for remark, wording in zip(status.remarks, status.remark_wordings, strict=False):
            if wording is not None and wording.code == UNVERIFIED:
                told = {
                    "manager": names.get(id_, id_),
                    "remark": doubt_said(remark, wording, speech),
                }
                yield Issue("unverified_registers", id_, ir.IssueSeverity.WARNING, told)
                break


def _alarms(live: LiveSite, speech: Speech) -> Iterator[Issue]:
    for alarm in live.alarms.values():
        # In this order: of ten thousand alarms nearly all are of another rule.
        if alarm.rule in LOST_SENSOR and alarm.active:
            told = {"reason": alarm_said(alarm, live, speech)}
            yield Issue("lost_sensor", alarm.id, ir.IssueSeverity.WARNING, told)


def _storage(live: LiveSite, faults: Iterable[Fault], speech: Speech) -> Iterator[Issue]:
    told = [speech.sentence(fault.detail) for fault in faults if fault.kind in STORAGE]
    told += [
        alarm_said(alarm, live, speech)
        for alarm in live.alarms.values()
        if alarm.rule == RECORDING_FAILED and alarm.active
    ]
    if told:
        yield Issue("storage_full", "", ir.IssueSeverity.ERROR, {"reason": told[0]})


class IssueBook:
    """Keeps the issues of one site in Home Assistant true."""

    def __init__(self, hass: HomeAssistant, site_id: str, site: str) -> None:
        self._hass = hass
        self._site_id = site_id
        self._site = site
        self._raised: dict[str, Issue] = {}

    @callback
    def show(self, issues: Iterable[Issue]) -> None:
        """Raise these, and take back all others."""
        wanted = {f"{self._site_id}/{issue.key}/{issue.place}": issue for issue in issues}
        for issue_id in self._raised.keys() - wanted.keys():
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        for issue_id, issue in wanted.items():
            if self._raised.get(issue_id) != issue:
                ir.async_create_issue(
                    self._hass,
                    DOMAIN,
                    issue_id,
                    is_fixable=False,
                    severity=issue.severity,
                    translation_key=issue.key,
                    translation_placeholders={"site": self._site, **issue.placeholders},
                )
        self._raised = wanted

    @callback
    def clear(self) -> None:
        """Take everything back: the site is being unloaded."""
        self.show(())


@callback
def refuse_version(hass: HomeAssistant, entry_id: str, site: str, error: str) -> None:
    """Tell that an engine and this integration do not speak the same language."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{entry_id}/api_mismatch",
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key="api_mismatch",
        translation_placeholders={"site": site, "error": error},
    )


@callback
def accept_version(hass: HomeAssistant, entry_id: str) -> None:
    """Take that back: one of both was updated."""
    ir.async_delete_issue(hass, DOMAIN, f"{entry_id}/api_mismatch")


@callback
def tell_role_fell(
    hass: HomeAssistant, site_id: str, site: str, role: Role, relays: Iterable[str]
) -> None:
    """Tell that these relays can no longer be switched, as the token may do less than before."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{site_id}/role_fell",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="role_fell",
        translation_placeholders={
            "site": site,
            "role": speech_here(hass).sentence(role.value),
            "relays": ", ".join(relays),
        },
    )


@callback
def forget_role_fell(hass: HomeAssistant, site_id: str) -> None:
    """Take that back: the token may operate again, or the site is gone."""
    ir.async_delete_issue(hass, DOMAIN, f"{site_id}/role_fell")
