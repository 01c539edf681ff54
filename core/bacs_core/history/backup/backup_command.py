"""`bacs backup`: settings and state in one file, also while the engine runs."""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path

from bacs_core.history.backup.making import Wish, backup_name, pack
from bacs_core.history.backup.manifest import Manifest
from bacs_core.history.database import DEFAULT_STATE_DIR
from bacs_core.history.export.arguments import STANDARD_OUTPUT, folder
from bacs_core.history.export.targets import (
    FolderTarget,
    StreamInto,
    free_name,
    new_file,
    standard_output,
)
from bacs_core.history.taken_out import record_taken_out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `bacs backup`."""
    parser.add_argument(
        "--out",
        type=folder,
        default=Path(),
        metavar="DIR",
        help="folder for the backup, - is standard output (default: here)",
    )
    parser.add_argument(
        "--with-credentials",
        action="store_true",
        help="people, tokens, the key of the network and the secrets of managers too: keep it safe",
    )
    parser.add_argument(
        "--with-measurements", action="store_true", help="everything that was measured too: large"
    )
    parser.add_argument("--by", help=argparse.SUPPRESS)
    parser.add_argument(
        "--state",
        type=Path,
        default=DEFAULT_STATE_DIR,
        metavar="DIR",
        help="state directory of the engine (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the backup. Raises `HistoryError` where reading, `TargetError` where writing fails."""
    wish = Wish(credentials=args.with_credentials, measurements=args.with_measurements)
    now = datetime.now(UTC).astimezone()
    record_taken_out(
        args.state,
        "backup",
        {"credentials": wish.credentials, "measurements": wish.measurements},
        by=args.by or f"command line ({getpass.getuser()})",
        at=now,
        # Credentials leave only with a record.
        required=wish.credentials,
    )
    if args.out == STANDARD_OUTPUT:
        with standard_output() as output:
            pack(args.state, output, now, wish)
        return 0
    target = FolderTarget(args.out, private=True)
    name = free_name(target.folder, backup_name(now, wish))
    with new_file(target, name) as file:
        manifest = pack(args.state, StreamInto(file), now, wish)
    sys.stdout.write(f"{target.folder / name}: {_told(manifest)}\n")
    return 0


def _told(manifest: Manifest) -> str:
    parts = [
        f"{len(manifest.files)} files, {manifest.total_bytes} bytes",
        "with credentials" if manifest.with_credentials else "without credentials",
        "with measurements" if manifest.with_measurements else "without measurements",
    ]
    return ", ".join(parts)
