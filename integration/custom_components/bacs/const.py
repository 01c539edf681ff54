"""Names and figures that several files of the integration share."""

from typing import Final

DOMAIN: Final = "bacs"

CONF_BATTERY: Final = "battery"
CONF_BAUD: Final = "baud"
CONF_DEVICE_KIND: Final = "device_kind"
CONF_FINGERPRINT: Final = "fingerprint"
CONF_LINK: Final = "link"
CONF_MANAGER_ID: Final = "manager_id"
CONF_MANAGER_NAME: Final = "manager_name"
CONF_PARITY: Final = "parity"
CONF_SERIAL_NUMBER: Final = "serial_number"
CONF_SERIAL_PORT: Final = "serial_port"
CONF_SITE_ID: Final = "site_id"
CONF_SITE_NAME: Final = "site_name"
CONF_SNMP: Final = "snmp"
CONF_UNIT: Final = "unit"

#: The one manager of an entry that has no engine.
MANAGER_ID: Final = "manager"

#: A stream that brings no snapshot within this time counts as a failed setup, which is repeated.
FIRST_SNAPSHOT_TIMEOUT_S: Final = 10.0
#: A manager without an engine is asked for everything first, which a slow line does not do sooner.
FIRST_POLL_TIMEOUT_S: Final = 60.0
