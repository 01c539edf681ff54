"""Setting up a site entry: the one connection to an engine."""

import asyncio
import logging

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryError,
    ConfigEntryNotReady,
)
from homeassistant.helpers import discovery_flow

from bacs_core.api.client import ClientError, EngineClient, NotAuthorizedError, VersionMismatchError
from bacs_core.api.live import LiveSite, Update, UpdateKind
from bacs_core.api.messages import SiteInfo

from .connection import client_for, error_key, probe
from .const import (
    CONF_MANAGER_ID,
    CONF_MANAGER_NAME,
    CONF_SITE_ID,
    CONF_SITE_NAME,
    DOMAIN,
    FIRST_POLL_TIMEOUT_S,
    FIRST_SNAPSHOT_TIMEOUT_S,
)
from .devices import (
    present_site_devices,
    register_accessory,
    register_site,
    remove_stale_devices,
)
from .feed import Feed
from .issues import accept_version, refuse_version
from .manager import attach_manager, detach_manager
from .monitoring import MonitoringError, direct_client, is_direct
from .runtime import PLATFORMS, SiteConfigEntry, SiteRuntime, manager_entries
from .upkeep import Upkeep
from .wording import error_said, speech_here
from .writer import WRITER

_LOGGER = logging.getLogger(__name__)


async def async_setup_site(hass: HomeAssistant, entry: SiteConfigEntry) -> None:
    """Connect to the engine, wait for its first snapshot, then bring the managers to life."""
    client = await _client(hass, entry)
    try:
        info = await probe(client)
        role = (await client.me()).role
    except NotAuthorizedError as error:
        raise ConfigEntryAuthFailed(
            translation_domain=DOMAIN, translation_key="invalid_auth"
        ) from error
    except ClientError as error:
        if isinstance(error, VersionMismatchError):
            refuse_version(hass, entry.entry_id, entry.title, error_said(error, hass))
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key=error_key(error),
            translation_placeholders={"error": error_said(error, hass)},
        ) from error
    accept_version(hass, entry.entry_id)
    if info.site_id != entry.unique_id:
        # Whoever has this address now, the engine may be back at it later.
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key="wrong_site",
            translation_placeholders={"site": info.site.name},
        )

    live = LiveSite(client)
    feed = Feed(
        hass.data[WRITER],
        info.site_id,
        (),
        lambda update: _on_update(hass, entry, update),
        speech_here(hass),
    )
    await _first_snapshot(hass, entry, live)
    entry.runtime_data = SiteRuntime(
        None if is_direct(entry.data) else client,
        live,
        feed,
        frozenset(live.lines),
        tuple(info.accessories),
        role,
    )
    feed.attach(live)
    entry.async_on_unload(feed.detach)

    register_site(hass, entry.entry_id, info)
    _register_accessories(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    remove_stale_devices(hass, entry.entry_id, present_site_devices(info))
    runtime = entry.runtime_data
    upkeep = Upkeep(hass, runtime.client, live, info.site_id, info.site.name)
    entry.async_on_unload(upkeep.start())
    offer_managers(hass, info)
    # Only a loaded site can be shared, and this entry is not loaded before its setup has returned.
    entry.async_on_unload(entry.async_on_state_change(lambda: _share(hass, entry)))


async def async_unload_site(hass: HomeAssistant, entry: SiteConfigEntry) -> bool:
    """Take the connection away from the managers and close it."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    for manager in manager_entries(hass, str(entry.unique_id)):
        detach_manager(manager)
    return True


async def async_remove_site(hass: HomeAssistant, entry: SiteConfigEntry) -> None:
    """Remove what is of no use without the site: offers of managers, and their entries."""
    site_id = str(entry.unique_id)
    for flow in hass.config_entries.flow.async_progress_by_handler(
        DOMAIN, match_context={"source": SOURCE_INTEGRATION_DISCOVERY}
    ):
        if str(flow["context"].get("unique_id")).startswith(f"{site_id}_"):
            hass.config_entries.flow.async_abort(flow["flow_id"])
    for manager in manager_entries(hass, site_id):
        hass.async_create_task(hass.config_entries.async_remove(manager.entry_id))


@callback
def offer_managers(hass: HomeAssistant, info: SiteInfo) -> None:
    """Offer each manager of a site; the flow of one that was added or ignored ends by itself."""
    for manager in info.site.managers:
        discovery_flow.async_create_flow(
            hass,
            DOMAIN,
            context={"source": SOURCE_INTEGRATION_DISCOVERY},
            data={
                CONF_SITE_ID: info.site_id,
                CONF_SITE_NAME: info.site.name,
                CONF_MANAGER_ID: manager.id,
                CONF_MANAGER_NAME: manager.name,
            },
        )


async def _client(hass: HomeAssistant, entry: SiteConfigEntry) -> EngineClient:
    """Make the client of the engine, or what stands in for it where there is none."""
    if not is_direct(entry.data):
        return client_for(hass, entry.data)
    try:
        return await direct_client(hass, str(entry.unique_id), entry.data, entry.options)
    except MonitoringError as error:
        raise ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key=error.key,
            translation_placeholders={"detail": error_said(error, hass)},
        ) from error


async def _first_snapshot(hass: HomeAssistant, entry: SiteConfigEntry, live: LiveSite) -> None:
    """Start to follow the engine, and wait until everything was read once."""
    first: asyncio.Future[UpdateKind] = hass.loop.create_future()

    def on_update(update: Update) -> None:
        if not first.done():
            first.set_result(update.kind)

    def on_end(following: asyncio.Task[None]) -> None:
        if following.cancelled():
            return
        _LOGGER.error("%s: nothing is followed", entry.title, exc_info=following.exception())
        if first.done():
            _begin_anew(hass, entry)
        else:
            first.set_result(UpdateKind.LOST)

    stop = live.listen(on_update)
    following = entry.async_create_background_task(
        hass, live.run(), f"{DOMAIN} stream of {entry.title}"
    )
    following.add_done_callback(on_end)
    try:
        first_poll_s = FIRST_POLL_TIMEOUT_S if is_direct(entry.data) else 0.0
        async with asyncio.timeout(first_poll_s + FIRST_SNAPSHOT_TIMEOUT_S):
            kind = await first
    except TimeoutError as error:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN, translation_key="no_snapshot"
        ) from error
    finally:
        stop()
    if kind is UpdateKind.REFUSED:
        raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="invalid_auth")
    if kind is not UpdateKind.CONNECTED:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key="cannot_connect",
            translation_placeholders={"error": error_said(str(live.problem), hass)},
        )


@callback
def _begin_anew(hass: HomeAssistant, entry: SiteConfigEntry) -> None:
    """Show nothing and set the entry up again: without a stream, what is shown stays for ever."""
    if entry.state is ConfigEntryState.LOADED:
        entry.runtime_data.feed.detach()
        for manager in manager_entries(hass, str(entry.unique_id)):
            detach_manager(manager)
    hass.config_entries.async_schedule_reload(entry.entry_id)


@callback
def _on_update(hass: HomeAssistant, entry: SiteConfigEntry, update: Update) -> None:
    """Follow the stream of a loaded site."""
    runtime = entry.runtime_data
    info = runtime.live.info
    if update.accessories:
        # An accessory that answers at last tells its serial number.
        _register_accessories(hass, entry)
    if update.kind is UpdateKind.CONNECTED and info is not None:
        if info.site_id != entry.unique_id:
            _LOGGER.error("%s: the engine now runs another site", entry.title)
            return
        _LOGGER.info("%s: the engine is back", entry.title)
        offer_managers(hass, info)
        if runtime.line_ids != runtime.live.lines.keys() or runtime.accessories != tuple(
            info.accessories
        ):
            hass.config_entries.async_schedule_reload(entry.entry_id)
    elif update.kind is UpdateKind.REFUSED:
        entry.async_start_reauth(hass)


@callback
def _register_accessories(hass: HomeAssistant, entry: SiteConfigEntry) -> None:
    """Register the accessories with what they say of themselves by now."""
    runtime = entry.runtime_data
    for accessory in runtime.accessories:
        status = runtime.live.accessories.get(accessory.id)
        register_accessory(hass, entry.entry_id, str(entry.unique_id), accessory, status)


@callback
def _share(hass: HomeAssistant, entry: SiteConfigEntry) -> None:
    """Hand the connection to the managers, once the entry is loaded."""
    if entry.state is ConfigEntryState.LOADED:
        for manager in manager_entries(hass, str(entry.unique_id)):
            attach_manager(hass, manager, entry.runtime_data)
