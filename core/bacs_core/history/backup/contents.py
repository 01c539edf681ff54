"""What a backup consists of, as data."""

from __future__ import annotations

from typing import Final

from bacs_core.history import database
from bacs_core.history.measurements import database as measurements, journal
from bacs_core.history.site_copy import FOLDER, PLANT_FILE, SITE_FILE

STATE_DATABASE: Final = database.FILE_NAME
MEASUREMENTS: Final = measurements.FILE_NAME
JOURNAL: Final = journal.FILE_NAME
#: As `api.tls` names it, which is not loaded here: its cryptography takes a panel half a second.
CERTIFICATE: Final = "network-certificate.pem"
#: Files of the state directory; beside them there is only what lies in the folder of the site.
KNOWN_FILES: Final = frozenset({STATE_DATABASE, CERTIFICATE, MEASUREMENTS, JOURNAL})
#: Tables whose rows let somebody in; a backup without credentials has none of them.
CREDENTIAL_TABLES: Final = ("users", "tokens", "lockouts")
PACKED_SITE_FILE: Final = f"{FOLDER}/{SITE_FILE}"
PACKED_PLANT: Final = f"{FOLDER}/{PLANT_FILE}"
#: The name under which a restore leaves the site file: the engine never writes over it.
RESTORED_SITE_FILE: Final = "from-backup.toml"
#: Keys among the settings that a restore has to look at.
TRIPS: Final = "trips"
SITE_ID: Final = "site_id"
