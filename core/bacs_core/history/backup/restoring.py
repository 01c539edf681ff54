"""Takes a backup back: checks all of it, joins it with what must not be forgotten, replaces.

What is replaced is kept aside. Two things of the old state outlive it: a trip, because the breaker
it opened is open; and, where the backup has none and is of the same site, people and tokens.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from bacs_core.access.users import Change
from bacs_core.history.alone import alone
from bacs_core.history.backup import measured, replacing
from bacs_core.history.backup.checking import unpack
from bacs_core.history.backup.contents import (
    CERTIFICATE,
    CREDENTIAL_TABLES,
    PACKED_SITE_FILE,
    RESTORED_SITE_FILE,
    SITE_ID,
    STATE_DATABASE,
    TRIPS,
)
from bacs_core.history.backup.manifest import Manifest
from bacs_core.history.backup.replacing import Order, Replacement
from bacs_core.history.backup.soundness import require_known_schema, require_no_program
from bacs_core.history.database import open_database, transaction
from bacs_core.history.errors import BackupError, HistoryError, SchemaTooNewError
from bacs_core.history.events import command_event, insert_event
from bacs_core.history.safety_copy import FILE_NAME as SAFETY_COPY, read_copy
from bacs_core.history.settings_rows import read_setting, write_memory
from bacs_core.history.site_copy import FOLDER as SITE_FOLDER, Plant, kept
from bacs_core.model import TripState

#: A breaker of a string in one of these states has the order to be open.
LATCHED: Final = frozenset({TripState.TRIPPING, TripState.TRIPPED, TripState.FAILED})
TAKEN: Final = "an engine runs with the state in {folder}; stop it first"
COMPANIONS: Final = tuple(f"{STATE_DATABASE}{end}" for end in ("-wal", "-shm"))

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done: `aside` keeps the replaced state, `told` are sentences for the person.

    `aside` is `None` where there was nothing before.
    """

    manifest: Manifest
    aside: Path | None
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Current:
    """What is known of the state that is to be replaced; empty where it cannot be read."""

    site_id: str | None = None
    access: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    trips: Mapping[str, Any] = field(default_factory=dict)


def restore(state_dir: Path, archive: Path, change: Change, *, other_site: bool) -> Restored:
    """Take `archive` back into `state_dir`, in the name and at the time of `change`.

    Raises `StateInUseError` where an engine runs, `BackupError` where the backup is refused (then
    nothing was changed). A backup of another site is taken only with `other_site`.
    """
    with _naming(state_dir), _made(state_dir), alone(state_dir, TAKEN):
        replacing.finish(state_dir)
        try:
            manifest, order, told = _make_ready(state_dir, archive, change, other_site=other_site)
        except BaseException:
            replacing.give_up(state_dir)
            raise
        replacing.commit(state_dir, order)
        replacing.finish(state_dir)
        aside = state_dir / order.aside
        return Restored(manifest, aside if aside.exists() else None, told)


@contextlib.contextmanager
def _made(state_dir: Path) -> Iterator[None]:
    """Have the directory there; one that was made for nothing goes away."""
    is_new = not state_dir.exists()
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        yield
    except BaseException:
        if is_new:
            with contextlib.suppress(OSError):
                state_dir.rmdir()
        raise


@contextlib.contextmanager
def _naming(state_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        msg = f"cannot replace the state in {state_dir}: {error}"
        raise BackupError(msg) from error


def _make_ready(
    state_dir: Path, archive: Path, change: Change, *, other_site: bool
) -> tuple[Manifest, Order, tuple[str, ...]]:
    """Bring everything new together; nothing of the old state is touched."""
    ready = replacing.begin(state_dir)
    manifest = unpack(archive, ready)
    current = _current(state_dir)
    same_site = current.site_id in {None, manifest.site_id}
    if not same_site and not other_site:
        msg = (
            f"{archive} is refused: it is of another site ({manifest.site_name or 'no name'}, "
            f"{manifest.site_id}) than the state in {state_dir} ({current.site_id}); "
            "--other-site lets it take the place of that all the same"
        )
        raise BackupError(msg)
    told = _join(ready, archive, manifest, current, change, same_site=same_site)
    if PACKED_SITE_FILE in manifest.names:
        (ready / PACKED_SITE_FILE).rename(ready / SITE_FOLDER / RESTORED_SITE_FILE)
    at = change.at.astimezone(UTC)
    order = Order(
        aside=f"replaced-{at:%Y%m%dT%H%M%SZ}",
        replacements=tuple(_replacements(manifest, same_site=same_site)),
    )
    replacing.own_all(state_dir)
    lacking = _told(manifest, current, kept(ready), state_dir, same_site=same_site)
    return manifest, order, (*lacking, *told)


def _replacements(manifest: Manifest, *, same_site: bool) -> list[Replacement]:
    """Return what takes whose place, the state database last."""
    replacements = [Replacement(name=SAFETY_COPY, renewed=False)]
    for name, renewed in (
        (CERTIFICATE, CERTIFICATE in manifest.names),
        (SITE_FOLDER, any(name.startswith(f"{SITE_FOLDER}/") for name in manifest.names)),
    ):
        if renewed or not same_site:
            replacements.append(Replacement(name=name, renewed=renewed))
    if manifest.with_measurements or not same_site:
        replacements += measured.replacements(manifest)
    replacements.append(Replacement(name=STATE_DATABASE, companions=COMPANIONS, renewed=True))
    return replacements


def _current(state_dir: Path) -> _Current:
    """Read what must not be forgotten, as far as it can be read."""
    current = _Current()
    path = state_dir / STATE_DATABASE
    if path.is_file():
        # Where there is no log, only who may write removes the one that reading makes.
        mode = "ro" if path.with_name(COMPANIONS[0]).exists() else "rw"
        with (
            contextlib.suppress(sqlite3.Error, ValueError),
            contextlib.closing(
                sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True)
            ) as connection,
        ):
            connection.row_factory = sqlite3.Row
            kept = {
                row["key"]: json.loads(row["value"])
                for row in connection.execute(
                    "SELECT key, value FROM settings WHERE key IN (?, ?)", (SITE_ID, TRIPS)
                )
            }
            access = {
                # The names are ours.
                table: [dict(row) for row in connection.execute(f"SELECT * FROM [{table}]")]  # noqa: S608
                for table in CREDENTIAL_TABLES
            }
            current = _Current(kept.get(SITE_ID), access, _mapping(kept.get(TRIPS)))
    with contextlib.suppress(HistoryError):
        # It is never older than the database.
        safety = read_copy(state_dir)
        if safety is not None:
            site_id = current.site_id or safety.value(SITE_ID)
            current = _Current(
                site_id if isinstance(site_id, str) else None,
                current.access,
                _mapping(safety.value(TRIPS)) or current.trips,
            )
    return current


def _join(
    ready: Path,
    archive: Path,
    manifest: Manifest,
    current: _Current,
    change: Change,
    *,
    same_site: bool,
) -> list[str]:
    """Bring the database of the backup up to date with what must not be forgotten."""
    try:
        require_no_program(ready)
        with contextlib.closing(open_database(ready)) as database:
            database.conn.execute("PRAGMA trusted_schema = OFF")
            _require_sound(database, manifest)
            with transaction(database):
                trips = _join_trips(
                    _mapping(read_setting(database, TRIPS)), current.trips, same_site=same_site
                )
                write_memory(database, TRIPS, trips, change.by, change.at)
                if same_site and not manifest.with_credentials:
                    _carry_over(database, current.access)
                arguments = {
                    "made_at": manifest.made_at.isoformat(),
                    "version": manifest.version,
                    "site_id": manifest.site_id,
                    "replaced_site_id": current.site_id,
                }
                insert_event(database, command_event("restore", arguments, change.by, change.at))
            # Nothing of it may wait in a log beside it when it is moved.
            database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except SchemaTooNewError as error:
        msg = (
            f"{archive} is refused: version {manifest.version} of this program made it, a newer one"
        )
        raise BackupError(msg) from error
    except (HistoryError, sqlite3.Error) as error:
        msg = f"{archive} is refused: its database cannot be used: {error}"
        raise BackupError(msg) from error
    return [
        f"{key} stands as tripped: its breaker is held open until a person ends that at the panel"
        for key, trip in trips.items()
        if _latched(trip)
    ]


def _require_sound(database: Database, manifest: Manifest) -> None:
    (finding,) = database.conn.execute("PRAGMA quick_check").fetchone()
    if finding != "ok":
        raise HistoryError(finding)
    require_known_schema(database)
    if read_setting(database, SITE_ID) != (manifest.site_id or None):
        msg = "it is of another site than its manifest says"
        raise HistoryError(msg)


def _join_trips(
    packed: Mapping[str, Any], current: Mapping[str, Any], *, same_site: bool
) -> dict[str, Any]:
    """Return what stands of each breaker: what is known now counts, a trip is never lost.

    An old backup must not open a breaker anew that a person has closed since.
    """
    known = {
        key: trip
        for key, trip in current.items()
        if same_site or _latched(trip) or not _latched(packed.get(key))
    }
    return {**packed, **known}


def _latched(trip: object) -> bool:
    return isinstance(trip, Mapping) and trip.get("state") in LATCHED


def _carry_over(database: Database, access: Mapping[str, Sequence[Row]]) -> None:
    for table, rows in access.items():
        columns = set(database[table].columns_dict)
        known = [{name: row[name] for name in row.keys() & columns} for row in rows]
        database.table(table).insert_all(known, replace=True)


def _told(
    manifest: Manifest,
    current: _Current,
    plant: Plant | None,
    state_dir: Path,
    *,
    same_site: bool,
) -> list[str]:
    told = []
    site = state_dir / SITE_FOLDER / RESTORED_SITE_FILE
    if PACKED_SITE_FILE in manifest.names:
        told.append(f"the site file of the backup is {site}; start the engine with it or compare")
    else:
        told.append("the backup holds no site file: use the one you have")
    if not manifest.with_credentials:
        if same_site and any(current.access.get(table) for table in CREDENTIAL_TABLES):
            told.append("the backup holds no people and tokens: those of before stay")
        else:
            told.append(
                "the backup holds no people and tokens: add them anew (bacs user add, "
                "bacs token add) and pair Home Assistant again"
            )
        if plant is not None and plant.secrets:
            told.append(
                "the backup holds no secrets of SNMP managers: put their files beside the site file"
            )
    if not manifest.with_measurements:
        told.append(
            "the backup holds no measurements: those that are there stay"
            if same_site
            else "the backup holds no measurements: they begin anew"
        )
    return told


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
