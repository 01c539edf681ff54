"""Going through the dialogs as a person does."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant

from custom_components.bacs.const import DOMAIN


async def open_form(hass: HomeAssistant, step: str = "engine") -> ConfigFlowResult:
    """Choose what is to be added; return the form that asks for it."""
    flows = hass.config_entries.flow
    menu = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    return await flows.async_configure(menu["flow_id"], {"next_step_id": step})


async def type_in(
    hass: HomeAssistant, typed: dict[str, Any], step: str = "engine"
) -> ConfigFlowResult:
    """Fill in the first form of what is to be added."""
    form = await open_form(hass, step)
    return await hass.config_entries.flow.async_configure(form["flow_id"], typed)
