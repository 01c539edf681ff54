"""A small state directory as an engine leaves it, made without one."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bacs_core import sitefile
from bacs_core.access.passwords import Cost
from bacs_core.access.tokens import add_token
from bacs_core.access.users import Change, add_user
from bacs_core.history import site_copy
from bacs_core.history.database import open_database, transaction
from bacs_core.history.events import Event, EventKind, Json, insert_event
from bacs_core.history.settings_rows import read_setting, write_memory, write_setting
from bacs_core.model import Role

NOW = datetime(2026, 11, 21, 14, 35, tzinfo=UTC)
CHANGE = Change("tessa", NOW)
SITE = "3e0c5a0e-0000-4000-8000-000000000001"
OTHER_SITE = "3e0c5a0e-0000-4000-8000-000000000002"
PASSWORD = "correct horse battery"
CHEAP = Cost(log2_rounds=1, block_size=1, passes=1)

SITE_FILE = """
[site]
name = "Cellar"

[[line]]
id = "bus"
port = "/dev/ttyUSB0"
baud = 9600
parity = "even"

[[manager]]
id = "ups"
name = "UPS"
device = "panel_manager"
line = "bus"
unit = 1

[[manager.string]]
number = 1
name = "String 1"
chemistry = "vrla"
cells = 4
cell_voltage = "2 V"
capacity = "500 Ah"
module_type = "C44"
equalized_by = "manager"
"""


def make_state(folder: Path, site_id: str = SITE) -> Path:
    """One person, one token, one setting and one event."""
    folder.mkdir(parents=True)
    with closing(open_database(folder)) as database:
        with transaction(database):
            write_memory(database, "site_id", site_id, "engine", NOW)
            write_setting(database, "network_enabled", True, "tessa", NOW)
            insert_event(database, Event(NOW, EventKind.LINE_LOST, "line bus is lost"))
        add_user(database, CHANGE, "otto", Role.OPERATOR, PASSWORD, cost=CHEAP)
        add_token(database, CHANGE, "home-assistant", Role.OPERATOR)
    return folder


def keep_site(folder: Path) -> None:
    site = folder.parent / "site.toml"
    site.write_text(SITE_FILE)
    site_copy.keep(folder, site, sitefile.load(site))


def write(folder: Path, key: str, value: Json) -> None:
    with closing(open_database(folder)) as database, transaction(database):
        write_memory(database, key, value, "engine", NOW)


def setting(folder: Path, key: str) -> Json:
    with closing(open_database(folder)) as database:
        return read_setting(database, key)


def rows(folder: Path, table: str) -> list[dict[str, object]]:
    with closing(open_database(folder)) as database:
        return list(database[table].rows)


def texts(folder: Path) -> list[object]:
    return [row["text"] for row in rows(folder, "events")]
