"""The part of the settings about the network: the switch, pairing, and who is paired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Literal, cast

from bacs_core.api.client import EngineClient
from bacs_core.api.messages import CommandName, SetNetwork
from bacs_core.api.pairing_messages import PairingStatus
from bacs_core.api.people_client import PeopleClient
from bacs_core.api.people_messages import TokenInfo
from bacs_core.api.system_messages import NetworkStatus
from bacs_core.model import Role
from bacs_hmi.choosing import OneOf, Option
from bacs_hmi.conclusions import today_of
from bacs_hmi.format import NO_BREAK, minute_of
from bacs_hmi.hold import hold_button
from bacs_hmi.network import Address
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.settings.in_person import asked, by_person, has_role
from bacs_hmi.parts import box, button, choose, label
from bacs_hmi.rereading import Rereading
from bacs_hmi.texts import Texts
from bacs_hmi.views import View

PairRole = Literal[Role.VIEWER, Role.OPERATOR]
EVERY_TICKS = 3
TOKENS_EVERY_TICKS = 10
#: A fingerprint is compared by eye, in groups.
GROUP = 4
SHOWN_DIGITS = 32


class NetworkPart:
    """Shows whether the engine can be reached from elsewhere, and lets programs in."""

    def __init__(self, around: Surroundings, view: View) -> None:  # noqa: ARG002 - one form only
        self._around = around
        self._role: PairRole = Role.OPERATOR
        self._network: NetworkStatus | None = None
        self._panel: Address | None = None
        self._pairing: PairingStatus | None = None
        self._tokens: Sequence[TokenInfo] | None = None
        self._switch = box("bacs-form")
        self._pair = box("bacs-form")
        self._list = box("bacs-persons")
        self._drawn: object = None
        self._statuses: Rereading[NetworkStatus] = Rereading(
            around.ask,
            "network",
            read=_read_network,
            then=self._network_told,
            failed=self._network_failed,
            every=EVERY_TICKS,
        )
        self._codes: Rereading[PairingStatus] = Rereading(
            around.ask,
            "pairing",
            read=by_person(PeopleClient.pairing),
            then=self._pairing_told,
            failed=lambda _problem, _person: self._pairing_told(None),
            every=1,
        )
        self._programs: Rereading[list[TokenInfo]] = Rereading(
            around.ask,
            "tokens",
            read=by_person(PeopleClient.tokens),
            then=self._tokens_told,
            failed=lambda _problem, _person: None,
            every=TOKENS_EVERY_TICKS,
        )
        with self._switch:
            label(around.texts["being_read"], "bacs-empty", tag="p")

    def refresh(self, *, alarms_changed: bool) -> None:
        """Follow the network, the code and its time, and who is paired."""
        if alarms_changed:
            for reading in (self._statuses, self._codes, self._programs):
                reading.soon()
            self._drawn = None
            self._draw_pairing()
            self._tokens = None
            self._list.clear()
        self._statuses.tick()
        if self._network is not None and self._network.enabled:
            if has_role(self._around, Role.TECHNICIAN) and not self._around.elsewhere:
                self._codes.tick()
            self._draw_pairing()
        if has_role(self._around, Role.ADMINISTRATOR):
            self._programs.tick()

    # -- the switch ----------------------------------------------------------------------------

    def _network_told(self, network: NetworkStatus) -> None:
        address = self._around.network.address
        if network == self._network and address == self._panel:
            return
        self._network, self._panel = network, address
        around, texts = self._around, self._around.texts
        self._switch.clear()
        with self._switch:
            label(texts["network_title"], tag="h2")
            state = label(
                texts["network_on" if network.enabled else "network_off"], "bacs-spot-name"
            )
            choose(state, "on", network.enabled)
            if network.enabled:
                with box("bacs-fact-list", "dl"):
                    for title, text in network_facts(network, address, texts):
                        label(title, "bacs-quiet", tag="dt")
                        label(text, tag="dd")
            label(texts["network_what"], "bacs-quiet", tag="p")
            if around.may(CommandName.SET_NETWORK):
                what = texts["network_switch_off" if network.enabled else "network_switch_on"]
                hold_button(what, lambda: self._set_network(not network.enabled, what))
        self._draw_pairing()

    def _network_failed(self, problem: str, _: bool) -> None:  # noqa: FBT001 - as it is told
        self._network = None
        self._switch.clear()
        with self._switch:
            label(problem, "bacs-empty", tag="p")
        self._draw_pairing()

    def _set_network(self, enabled: bool, what: str) -> None:  # noqa: FBT001 - one switch
        self._around.order(SetNetwork(enabled=enabled), what)
        self._statuses.soon()

    # -- pairing -------------------------------------------------------------------------------

    def _pairing_told(self, pairing: PairingStatus | None) -> None:
        before, self._pairing = self._pairing, pairing
        if before is not None and pairing is not None and before.paired != pairing.paired:
            self._programs.soon()
        self._draw_pairing()

    def _draw_pairing(self) -> None:
        """Draw what pairing needs now; only the time that is left changes each second."""
        enabled = None if self._network is None else self._network.enabled
        pairing = self._pairing
        drawn = (enabled, pairing, self._role)
        if drawn != self._drawn:
            self._drawn = drawn
            self._pair.clear()
            with self._pair:
                self._build_pairing(pairing, enabled=enabled)
        if pairing is not None and pairing.code is not None and pairing.ends_at is not None:
            left = left_words(pairing.ends_at, today_of(self._around.live), self._around.texts)
            self._left.set_text(left)

    def _build_pairing(self, pairing: PairingStatus | None, *, enabled: bool | None) -> None:
        texts = self._around.texts
        label(texts["pairing_title"], tag="h2")
        if enabled is None:
            label(texts["network_unknown"], "bacs-quiet", tag="p")
            return
        lacking = "pairing_at_cabinet" if self._around.elsewhere else "pairing_needs_network"
        if not enabled or self._around.elsewhere:
            label(texts[lacking], "bacs-quiet", tag="p")
            return
        if pairing is not None and pairing.code is not None:
            label(texts["pairing_type_this"], tag="p")
            label(pairing.code, "bacs-code-large").props("data-stay")
            self._left = label("", "bacs-quiet")
            if pairing.wrong:
                label(texts["pairing_wrong"].format(count=pairing.wrong), "bacs-problem")
            button(texts["pairing_end"], self._end, "bacs-button bacs-action")
            return
        if pairing is not None and pairing.paired is not None:
            at = minute_of(pairing.paired.at, today_of(self._around.live), texts["day_format"])
            label(
                texts["pairing_done"].format(
                    name=pairing.paired.name,
                    address=pairing.paired.address,
                    role=texts[f"role_{pairing.paired.role}"],
                    at=at,
                ),
                "bacs-done",
                tag="p",
            )
        label(texts["pairing_what"], "bacs-quiet", tag="p")
        OneOf(
            texts["pairing_role"],
            [
                Option(role.value, texts[f"pairing_as_{role}"])
                for role in (Role.VIEWER, Role.OPERATOR)
            ],
            self._role.value,
            self._choose_role,
        )
        button(texts["pairing_start"], self._begin, "bacs-button bacs-action primary")

    def _choose_role(self, value: str) -> None:
        self._role = cast("PairRole", Role(value))

    def _begin(self) -> None:
        role = self._role
        asked(
            self._around,
            self._around.texts["pairing_start"],
            lambda people: people.start_pairing(role),
            self._pairing_told,
        )

    def _end(self) -> None:
        asked(
            self._around,
            self._around.texts["pairing_end"],
            PeopleClient.end_pairing,
            lambda _: self._codes.soon(),
        )

    # -- who is paired -------------------------------------------------------------------------

    def _tokens_told(self, tokens: list[TokenInfo]) -> None:
        if tokens == self._tokens:
            return
        self._tokens = tokens
        texts = self._around.texts
        self._list.clear()
        with self._list:
            label(texts["tokens_title"], tag="h2")
            if not tokens:
                label(texts["tokens_none"], "bacs-quiet", tag="p")
            for token in tokens:
                self._token(token)

    def _token(self, token: TokenInfo) -> None:
        texts, today = self._around.texts, today_of(self._around.live)
        with box("bacs-person-row").props(f'data-token="{token.name}"'):
            with box("bacs-found-what"):
                label(token.name, "bacs-found-name")
                label(token_words(token, texts, today), "bacs-quiet")
            hold_button(texts["token_remove"], partial(self._revoke, token.name))

    def _revoke(self, name: str) -> None:
        around, texts = self._around, self._around.texts

        def told(_: object) -> None:
            around.tell(texts["done_token_removed"], True)
            self._programs.soon()

        asked(around, texts["token_remove"], lambda people: people.revoke(name), told)


def network_facts(
    network: NetworkStatus, panel: Address | None, texts: Texts
) -> list[tuple[str, str]]:
    """List where engine and panel are reached and how they are known, as titles and texts."""
    facts = [
        (
            texts["network_addresses"],
            ", ".join(f"{address}:{network.port}" for address in network.addresses)
            or texts["network_no_address"],
        ),
        (texts["network_announced"], network.announced_as or texts["network_not_announced"]),
    ]
    if network.fingerprint is not None:
        facts.append((texts["network_fingerprint"], grouped(network.fingerprint)))
    if panel is None:
        return [*facts, (texts["network_panel"], texts["network_panel_closed"])]
    pages = [f"https://{in_address(each)}:{panel.port}/" for each in network.addresses]
    facts.append((texts["network_panel"], ", ".join(pages) or texts["network_no_address"]))
    facts.append((texts["network_panel_fingerprint"], grouped(panel.fingerprint.hex())))
    return facts


def in_address(host: str) -> str:
    """Write a host as it stands in the address of a page."""
    return f"[{host}]" if ":" in host else host


def grouped(fingerprint: str) -> str:
    """Write the beginning of a fingerprint so that eyes can compare it."""
    digits = fingerprint[:SHOWN_DIGITS].upper()
    groups = [digits[start : start + GROUP] for start in range(0, len(digits), GROUP)]
    return " ".join(groups) + (" …" if len(fingerprint) > SHOWN_DIGITS else "")


def left_words(ends_at: datetime, now: datetime, texts: Texts) -> str:
    """Say how long a code still counts: `4:07 min`."""
    left_s = max(0, int((ends_at - now).total_seconds()))
    return texts["pairing_left"].format(time=f"{left_s // 60}:{left_s % 60:02d}{NO_BREAK}min")


def token_words(token: TokenInfo, texts: Texts, today: datetime) -> str:
    """Say what a program may do, who let it in, and when it was last here."""
    day = texts["day_format"]
    parts = [
        texts[f"role_{token.role}"],
        texts["token_made"].format(
            name=token.created_by, at=minute_of(token.created_at, today, day)
        ),
    ]
    if token.last_used_at is None:
        parts.append(texts["token_never_used"])
    else:
        used = minute_of(token.last_used_at, today, day)
        parts.append(texts["token_used"].format(at=used))
    return " · ".join(parts)


async def _read_network(client: EngineClient, _: str | None) -> NetworkStatus:
    return (await client.system()).network
