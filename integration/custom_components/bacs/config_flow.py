"""Adding a site by pairing or token, its managers as they are offered, or a manager alone."""

from collections.abc import Mapping
from typing import Any, override
from uuid import uuid4

from homeassistant.config_entries import (
    SOURCE_IMPORT,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlow,
)
from homeassistant.const import CONF_HOST, CONF_NAME, CONF_PORT, CONF_TOKEN
from homeassistant.core import callback
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from homeassistant.helpers.typing import DiscoveryInfoType

from bacs_core.api.messages import API_VERSION

from .connection import announced_address
from .const import (
    CONF_BATTERY,
    CONF_DEVICE_KIND,
    CONF_MANAGER_ID,
    CONF_MANAGER_NAME,
    CONF_SERIAL_NUMBER,
    CONF_SERIAL_PORT,
    CONF_SITE_ID,
    CONF_SITE_NAME,
    CONF_UNIT,
    DOMAIN,
    MANAGER_ID,
)
from .entrance import Entrance
from .forms import (
    CODE_SCHEMA,
    ENGINE_SCHEMA,
    LINK_FORMS,
    MOVE_SCHEMA,
    TOKEN_SCHEMA,
    battery_schema,
    battery_suggested,
    kept_of,
    link_step,
    site_name,
    typed_of,
    with_plain_host,
    without_token,
)
from .monitoring import NOBODY, Answer, MonitoringError, ask_manager, check_entry, is_direct
from .options import LimitsFlow
from .wording import error_said, speech_here


class BacsConfigFlow(ConfigFlow, domain=DOMAIN):
    """Makes site entries and manager entries."""

    VERSION = 1

    def __init__(self) -> None:
        self._manager: dict[str, str] = {}
        self._found: dict[str, Any] = {}
        """Address and name of an engine that was announced."""
        self._entrance = Entrance()
        self._link: dict[str, Any] = {}
        self._answer = NOBODY

    # -- a site with an engine -----------------------------------------------------------------

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what there is to be added."""
        return self.async_show_menu(step_id="user", menu_options=["engine", *LINK_FORMS])

    async def async_step_engine(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the address of an engine, and for a code or a token."""
        errors: dict[str, str] = {}
        if user_input is not None:
            data, info, errors = await self._entrance.enter(self.hass, user_input)
            if info is not None:
                await self.async_set_unique_id(info.site_id, raise_on_progress=False)
                self._abort_if_unique_id_configured()
                return self.async_create_entry(title=info.site.name, data=data)
        return self.async_show_form(
            step_id="engine",
            data_schema=self.add_suggested_values_to_schema(ENGINE_SCHEMA, user_input),
            errors=errors,
        )

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Take up an engine that announces itself, or follow one that has moved."""
        told = discovery_info.properties
        if not (site_id := told.get("site_id")) or discovery_info.port is None:
            return self.async_abort(reason="no_engine")
        known = await self.async_set_unique_id(site_id)
        if known is not None:
            moved = await announced_address(self.hass, known, discovery_info)
            self._abort_if_unique_id_configured(updates=moved)
        if told.get("api") != str(API_VERSION):
            return self.async_abort(reason="wrong_version")
        self._found = {
            CONF_HOST: discovery_info.host,
            CONF_PORT: discovery_info.port,
            CONF_NAME: told.get("name") or site_id,
        }
        self.context["title_placeholders"] = {"name": self._found[CONF_NAME]}
        return await self.async_step_pair()

    async def async_step_pair(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the code that the panel of an announced engine shows."""
        found = self._found
        errors: dict[str, str] = {}
        if user_input is not None:
            address = {CONF_HOST: found[CONF_HOST], CONF_PORT: found[CONF_PORT]}
            data, info, errors = await self._entrance.enter(
                self.hass, address | user_input, only_code=True
            )
            if info is not None:
                if info.site_id != self.unique_id:
                    return self.async_abort(reason="wrong_site")
                return self.async_create_entry(title=info.site.name, data=data)
        return self.async_show_form(
            step_id="pair",
            data_schema=CODE_SCHEMA,
            description_placeholders={"site": found[CONF_NAME], "host": found[CONF_HOST]},
            errors=errors,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new address of a site."""
        entry = self._get_reconfigure_entry()
        if CONF_MANAGER_ID in entry.data:
            return self.async_abort(reason="manager_has_no_address")
        if is_direct(entry.data):
            return await self._ask_link(link_step(entry.data), None)
        errors: dict[str, str] = {}
        if user_input is not None:
            # Rebuilt instead of updated, so that a fingerprint left empty is taken away.
            if CONF_TOKEN in user_input:
                data, info, errors = await self._entrance.enter(self.hass, user_input)
            else:
                kept = {**user_input, CONF_TOKEN: entry.data[CONF_TOKEN]}
                data, info, errors = await self._entrance.enter(self.hass, kept)
            if info is not None:
                await self.async_set_unique_id(info.site_id)
                self._abort_if_unique_id_mismatch(reason="wrong_site")
                return self.async_update_reload_and_abort(entry, data=data)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                MOVE_SCHEMA, user_input or without_token(entry.data)
            ),
            errors=errors,
        )

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start because the engine no longer takes the token."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new code or token, once for the site and all its managers."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            data, info, errors = await self._entrance.enter(self.hass, {**entry.data, **user_input})
            if info is not None:
                await self.async_set_unique_id(info.site_id)
                self._abort_if_unique_id_mismatch(reason="wrong_site")
                return self.async_update_reload_and_abort(entry, data=data)
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=TOKEN_SCHEMA,
            description_placeholders={"site": entry.title},
            errors=errors,
        )

    # -- a manager of a site -------------------------------------------------------------------

    @override
    async def async_step_integration_discovery(
        self, discovery_info: DiscoveryInfoType
    ) -> ConfigFlowResult:
        """Take up a manager that its site offers."""
        site_id, manager_id = discovery_info[CONF_SITE_ID], discovery_info[CONF_MANAGER_ID]
        await self.async_set_unique_id(f"{site_id}_{manager_id}")
        self._abort_if_unique_id_configured()
        self._manager = dict(discovery_info)
        self.context["title_placeholders"] = {"name": self._manager[CONF_MANAGER_NAME]}
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether the manager shall be added."""
        manager = self._manager
        if user_input is not None:
            return self._add_manager(manager)
        return self.async_show_form(
            step_id="confirm",
            description_placeholders={
                "manager": manager[CONF_MANAGER_NAME],
                "site": manager[CONF_SITE_NAME],
            },
        )

    async def async_step_import(self, import_data: dict[str, Any]) -> ConfigFlowResult:
        """Add the manager of an entry that has no other: whoever made it has confirmed it."""
        manager_id = f"{import_data[CONF_SITE_ID]}_{import_data[CONF_MANAGER_ID]}"
        await self.async_set_unique_id(manager_id, raise_on_progress=False)
        self._abort_if_unique_id_configured()
        return self._add_manager(import_data)

    def _add_manager(self, manager: Mapping[str, str]) -> ConfigFlowResult:
        return self.async_create_entry(
            title=manager[CONF_MANAGER_NAME],
            data={key: manager[key] for key in (CONF_SITE_ID, CONF_MANAGER_ID)},
        )

    # -- a manager without an engine -----------------------------------------------------------

    async def async_step_snmp_v2c(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a manager that is read by SNMP with a community."""
        return await self._ask_link("snmp_v2c", user_input)

    async def async_step_snmp_v3(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a manager that is read by SNMP as a user."""
        return await self._ask_link("snmp_v3", user_input)

    async def async_step_modbus_tcp(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a manager that is read by Modbus TCP."""
        return await self._ask_link("modbus_tcp", user_input)

    async def async_step_serial(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a manager on a serial adapter of this machine."""
        return await self._ask_link("serial", user_input)

    async def _ask_link(self, step: str, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        """Ask where a manager is, and then the manager itself."""
        form, detail = LINK_FORMS[step], ""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                self._link = form.kept(with_plain_host(user_input))
            except ValueError:
                errors = {CONF_HOST: "invalid_host"}
        if user_input is not None and not errors:
            try:
                self._answer = await self._asked(self._link)
            except MonitoringError as error:
                errors = {"base": error.key}
                detail = error_said(error, self.hass)
            else:
                return await self._identified(self._answer)
        entry = self._entry
        suggested = user_input or (None if entry is None else typed_of(entry.data))
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(form.schema, suggested),
            description_placeholders={"detail": detail},
            errors=errors,
        )

    async def _asked(self, link: Mapping[str, Any]) -> Answer:
        """Ask the manager; an entry that has its port or connection lets go of it meanwhile."""
        entry = self._entry
        if entry is None:
            return await ask_manager(self.hass, link)
        async with entry.setup_lock:
            # What is under way comes to its end first.
            pass
        if entry.state.recoverable:
            await self.hass.config_entries.async_unload(entry.entry_id)
        try:
            return await ask_manager(self.hass, link)
        finally:
            self.hass.config_entries.async_schedule_reload(entry.entry_id)

    async def _identified(self, answer: Answer) -> ConfigFlowResult:
        """Refuse a manager that is known already, or another one than the entry is of."""
        entry = self._entry
        if entry is not None:
            known = (entry.data[CONF_DEVICE_KIND], entry.data[CONF_SERIAL_NUMBER])
            if known != (answer.device_kind, answer.serial_number):
                return self.async_abort(reason="wrong_manager")
        elif answer.serial_number is None:
            # What has no number is known by its place alone.
            place = (CONF_HOST, CONF_PORT, CONF_SERIAL_PORT, CONF_UNIT)
            self._async_abort_entries_match(
                {key: self._link[key] for key in place if key in self._link}
            )
            await self.async_set_unique_id(f"{answer.device_kind}-{uuid4().hex}")
        else:
            await self.async_set_unique_id(
                f"{answer.device_kind}-{answer.serial_number}", raise_on_progress=False
            )
            self._abort_if_unique_id_configured(updates=self._link)
        return await self.async_step_battery()

    async def async_step_battery(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for what no manager tells of its battery."""
        entry, answer = self._entry, self._answer
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None:
            try:
                data = kept_of(self._link, answer, user_input)
                await check_entry(self.hass, data, {} if entry is None else entry.options)
            except ValueError:
                errors = {"cells": "invalid_cells"}
            except MonitoringError as error:
                errors = {"base": error.key}
                detail = error_said(error, self.hass)
            else:
                if entry is not None:
                    return self.async_update_reload_and_abort(entry, data=data)
                return self.async_create_entry(title=site_name(data), data=data)
        return self.async_show_form(
            step_id="battery",
            data_schema=self.add_suggested_values_to_schema(
                battery_schema(answer.asks),
                user_input or battery_suggested(answer, None if entry is None else entry.data),
            ),
            description_placeholders={
                "device": speech_here(self.hass).named(
                    f"device_{answer.device_kind}", answer.title
                ),
                "serial_number": str(answer.serial_number or "?"),
                "detail": detail,
            },
            errors=errors,
        )

    @property
    def _entry(self) -> ConfigEntry | None:
        """The entry that is being changed, if one is."""
        return self._get_reconfigure_entry() if self.source == SOURCE_RECONFIGURE else None

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Add the one manager of an entry without an engine at once."""
        entry = result["result"]
        if is_direct(entry.data):
            manager = {
                CONF_SITE_ID: entry.unique_id,
                CONF_MANAGER_ID: MANAGER_ID,
                CONF_MANAGER_NAME: entry.data[CONF_BATTERY][CONF_NAME],
            }
            await self.hass.config_entries.flow.async_init(
                DOMAIN, context={"source": SOURCE_IMPORT}, data=manager
            )
        return result

    @classmethod
    @callback
    @override
    def async_supports_options_flow(cls, config_entry: ConfigEntry) -> bool:
        """Tell whether there is anything to be chosen: an engine has its limits itself."""
        return is_direct(config_entry.data)

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Let a person choose the limits of a manager without an engine."""
        return LimitsFlow()
