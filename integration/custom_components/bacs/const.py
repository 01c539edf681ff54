"""Names and figures that several files of the integration share."""

from typing import Final

DOMAIN: Final = "bacs"

CONF_FINGERPRINT: Final = "fingerprint"
CONF_MANAGER_ID: Final = "manager_id"
CONF_MANAGER_NAME: Final = "manager_name"
CONF_SITE_ID: Final = "site_id"
CONF_SITE_NAME: Final = "site_name"

#: A stream that brings no snapshot within this time counts as a failed setup, which is repeated.
FIRST_SNAPSHOT_TIMEOUT_S: Final = 10.0
