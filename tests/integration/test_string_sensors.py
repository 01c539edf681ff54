from homeassistant.core import HomeAssistant

from bacs_core.model import Manager
from custom_components.bacs.feed import Feed
from custom_components.bacs.runtime import ManagerRuntime
from custom_components.bacs.sensor import manager_sensors
from custom_components.bacs.writer import ChunkedWriter
from tests.integration.mirrors import KEY, SITE_ID, string

CONCLUDED = {"health", "bled", "phase", "runaway", "trip"}


async def test_without_an_engine_nothing_is_offered_that_only_an_engine_concludes(
    hass: HomeAssistant,
) -> None:
    def offered(*, has_engine: bool) -> set[str]:
        feed = Feed(ChunkedWriter(hass), SITE_ID, [KEY], lambda _update: None)
        manager = Manager("ups-a", "UPS A", "panel_manager", (string(2),))
        runtime = ManagerRuntime(SITE_ID, manager, {KEY: "device"}, feed, has_engine)
        ids = {str(sensor.unique_id) for sensor in manager_sensors(runtime)}
        assert len(ids) == len([*manager_sensors(runtime)])
        return {unique_id.rsplit("/", 1)[1] for unique_id in ids}

    assert offered(has_engine=True) - offered(has_engine=False) == CONCLUDED
