"""`bacs restore`: takes back a backup while no engine runs."""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path

from bacs_core.access.users import Change
from bacs_core.history.backup.restoring import restore
from bacs_core.history.database import DEFAULT_STATE_DIR


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `bacs restore`."""
    parser.add_argument("archive", type=Path, metavar="FILE", help="a backup-….tar.gz")
    parser.add_argument(
        "--other-site",
        action="store_true",
        help="let a backup of another site take the place of this one",
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=DEFAULT_STATE_DIR,
        metavar="DIR",
        help="state directory of the engine (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Take it back. Raises `StateInUseError`, `BackupError`; then nothing was changed."""
    change = Change(f"command line ({getpass.getuser()})", datetime.now(UTC))
    restored = restore(args.state, args.archive, change, other_site=args.other_site)
    manifest = restored.manifest
    site = manifest.site_name or manifest.site_id or "without a name"
    made_at = manifest.made_at.astimezone(UTC)
    lines = [
        f"restored: the backup of {made_at:%Y-%m-%d %H:%M} UTC (site {site})",
        *([f"what it replaced is in {restored.aside}"] if restored.aside else []),
        *restored.told,
    ]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0
