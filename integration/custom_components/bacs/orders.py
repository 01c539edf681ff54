"""Giving orders to an engine, and saying in the user's language why it refused.

The engine decides what a token may do. What is asked here before is asked only for a better answer.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from bacs_core.api.client import (
    ClientError,
    CommandRefusedError,
    EngineClient,
    NotAuthorizedError,
)
from bacs_core.api.messages import Command, CommandResult

from .connection import error_key
from .const import DOMAIN
from .contacts import may_operate
from .runtime import SiteConfigEntry
from .wording import error_said

#: Refusals that have a sentence of their own; all others say what the engine said.
REFUSALS: Final = frozenset(
    {
        "cabinet_only",
        "device_refused",
        "forbidden",
        "history_unavailable",
        "in_the_past",
        "is_breaker",
        "line_lent",
        "no_answer",
        "no_such_relay",
        "not_offered",
        "not_online",
        "not_released",
        "not_shelved",
        "stands",
        "too_long",
        "unknown_alarm",
    }
)


def operating_client(hass: HomeAssistant, entry: SiteConfigEntry) -> EngineClient:
    """Get who carries out orders, or say why nobody does."""
    runtime = entry.runtime_data
    if runtime.client is None:
        raise invalid("read_only", site=entry.title)
    if not may_operate(runtime.role):
        raise invalid("role_too_low", site=entry.title, role=error_said(runtime.role, hass))
    return runtime.client


async def give_order(
    hass: HomeAssistant, entry: SiteConfigEntry, command: Command
) -> CommandResult:
    """Let an engine carry out a command; raises `HomeAssistantError` if it does not."""
    client = operating_client(hass, entry)
    with told_in_words(hass, entry):
        return await client.command(command)


@dataclass(frozen=True, slots=True)
class Order:
    """A command for one site, and in words what it is about."""

    entry: SiteConfigEntry
    command: Command
    about: str


async def give_orders(hass: HomeAssistant, orders: Iterable[Order]) -> None:
    """Give one order after the other, also after one that is refused.

    Raises what went wrong with a single order, and of several a `ServiceValidationError` that tells
    how many were carried out, and why the others were not. An engine that does not answer is not
    asked again.
    """
    wanted = list(orders)
    done, troubles = 0, []
    for order in wanted:
        try:
            await give_order(hass, order.entry, order.command)
        except HomeAssistantError as error:
            if len(wanted) == 1:
                raise
            troubles.append(f"{order.about}: {error}")
            if not isinstance(error.__cause__, CommandRefusedError):
                break
        else:
            done += 1
    if troubles:
        told = {"done": str(done), "all": str(len(wanted)), "refusals": "; ".join(troubles)}
        raise invalid("partly_done", **told)


@contextmanager
def told_in_words(hass: HomeAssistant, entry: SiteConfigEntry) -> Iterator[None]:
    """Turn what goes wrong between us and the engine into sentences for people."""
    try:
        yield
    except NotAuthorizedError as error:
        entry.async_start_reauth(hass)
        raise failed(hass, "invalid_auth", error) from error
    except CommandRefusedError as error:
        if error.code in REFUSALS:
            said = error_said(error.reason, hass)
            raise invalid(f"refused_{error.code}", error=said) from error
        raise failed(hass, "refused", error) from error
    except ClientError as error:
        raise failed(hass, error_key(error), error) from error


def invalid(key: str, **placeholders: str) -> ServiceValidationError:
    """Say that something was asked for that cannot be done."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders
    )


def failed(hass: HomeAssistant, key: str, error: Exception) -> HomeAssistantError:
    """Say that something went wrong which is not the fault of who asked."""
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"error": error_said(error, hass)},
    )
