"""`bacs stick`: what root's service starts for a stick that was plugged in."""

from __future__ import annotations

import argparse
import os
import signal
from pathlib import Path
from typing import Final

from bacs_core.history.database import DEFAULT_STATE_DIR
from bacs_core.stick.helper import ending_at, serve
from bacs_core.stick.mounting import BlockDevice, MountError
from bacs_core.stick.states import StickProblem

DEFAULT_MOUNTS: Final = Path("/run/bacs-stick")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `bacs stick`."""
    parser.epilog = (
        "Runs as root, for as long as the stick is plugged in. The engine says when it is mounted "
        "and unmounted."
    )
    parser.add_argument(
        "--device", required=True, type=Path, metavar="DEVICE", help="e.g. /dev/sda1"
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=DEFAULT_STATE_DIR,
        metavar="DIR",
        help="state directory of the engine (default: %(default)s)",
    )
    parser.add_argument(
        "--mounts",
        type=Path,
        default=DEFAULT_MOUNTS,
        metavar="DIR",
        help="where the stick is mounted, in a folder of its own (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Serve one stick until it is pulled out. Raises `MountError`, `OSError`."""
    if os.geteuid() != 0:
        raise MountError(StickProblem.FAILED, "only root may mount a stick")
    if not args.device.exists():
        raise MountError(StickProblem.FAILED, f"there is no device {args.device}")
    device = BlockDevice(args.device, args.mounts)
    device.require_usable()
    signal.signal(signal.SIGTERM, ending_at)
    serve(device, args.state)
    return 0
