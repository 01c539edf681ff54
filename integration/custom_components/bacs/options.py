"""What can be chosen of a manager without an engine: the limits of its cells."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload

from .forms import LIMITS_SCHEMA
from .monitoring import MonitoringError, check_entry
from .wording import error_said


class LimitsFlow(OptionsFlowWithReload):
    """Asks for limits; one that is left empty is the usual one of the chemistry."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the limits of all cells."""
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None:
            try:
                await check_entry(self.hass, self.config_entry.data, user_input)
            except MonitoringError as error:
                errors, detail = {"base": error.key}, error_said(error, self.hass)
            else:
                return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                LIMITS_SCHEMA, user_input or self.config_entry.options
            ),
            description_placeholders={"detail": detail},
            errors=errors,
        )
