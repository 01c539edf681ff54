"""Adding a site by its address and token, and its managers as they are offered."""

from collections.abc import Mapping
from typing import Any, override

import probatio as vol
from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.typing import DiscoveryInfoType

from bacs_core.api.client import ClientError
from bacs_core.api.messages import DEFAULT_PORT, SiteInfo

from .connection import client_for, error_key, parse_fingerprint, probe
from .const import (
    CONF_FINGERPRINT,
    CONF_MANAGER_ID,
    CONF_MANAGER_NAME,
    CONF_SITE_ID,
    CONF_SITE_NAME,
    DOMAIN,
)

ADDRESS_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_HOST): TextSelector(),
        vol.Required(CONF_PORT, default=DEFAULT_PORT): vol.All(
            NumberSelector(
                NumberSelectorConfig(min=1, max=65535, step=1, mode=NumberSelectorMode.BOX)
            ),
            vol.Coerce(int),
        ),
        vol.Optional(CONF_FINGERPRINT): TextSelector(),
    }
)
TOKEN_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_TOKEN): TextSelector(
            TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
        )
    }
)
USER_SCHEMA = ADDRESS_SCHEMA.extend(TOKEN_SCHEMA.schema)


class BacsConfigFlow(ConfigFlow, domain=DOMAIN):
    """Makes site entries and manager entries."""

    VERSION = 1

    def __init__(self) -> None:
        self._manager: dict[str, str] = {}

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for address and token of an engine."""
        errors: dict[str, str] = {}
        if user_input is not None:
            info, errors = await self._probe(user_input)
            if info is not None:
                await self.async_set_unique_id(info.site_id)
                self._abort_if_unique_id_configured()
                return self.async_create_entry(title=info.site.name, data=user_input)
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(USER_SCHEMA, user_input),
            errors=errors,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new address of a site."""
        entry = self._get_reconfigure_entry()
        if CONF_MANAGER_ID in entry.data:
            return self.async_abort(reason="manager_has_no_address")
        errors: dict[str, str] = {}
        if user_input is not None:
            # Rebuilt instead of updated, so that a fingerprint left empty is taken away.
            data = {**user_input, CONF_TOKEN: entry.data[CONF_TOKEN]}
            info, errors = await self._probe(data)
            if info is not None:
                await self.async_set_unique_id(info.site_id)
                self._abort_if_unique_id_mismatch(reason="wrong_site")
                return self.async_update_reload_and_abort(entry, data=data)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                ADDRESS_SCHEMA, user_input or entry.data
            ),
            errors=errors,
        )

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start because the engine no longer takes the token."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new token."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            info, errors = await self._probe({**entry.data, **user_input})
            if info is not None:
                await self.async_set_unique_id(info.site_id)
                self._abort_if_unique_id_mismatch(reason="wrong_site")
                return self.async_update_reload_and_abort(entry, data_updates=user_input)
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=TOKEN_SCHEMA,
            description_placeholders={"site": entry.title},
            errors=errors,
        )

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
            return self.async_create_entry(
                title=manager[CONF_MANAGER_NAME],
                data={key: manager[key] for key in (CONF_SITE_ID, CONF_MANAGER_ID)},
            )
        return self.async_show_form(
            step_id="confirm",
            description_placeholders={
                "manager": manager[CONF_MANAGER_NAME],
                "site": manager[CONF_SITE_NAME],
            },
        )

    async def _probe(self, data: Mapping[str, Any]) -> tuple[SiteInfo | None, dict[str, str]]:
        """Ask the engine who it is; without an answer, say what is wrong with which field."""
        try:
            if text := data.get(CONF_FINGERPRINT):
                parse_fingerprint(text)
        except ValueError:
            return None, {CONF_FINGERPRINT: "invalid_fingerprint"}
        try:
            return await probe(client_for(self.hass, data)), {}
        except ClientError as error:
            return None, {"base": error_key(error)}
