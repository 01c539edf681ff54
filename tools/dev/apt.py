"""Operating system packages by apt, where this user may install any."""

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence

from tools.dev.console import DevError, run_quietly, step


@functools.cache
def as_root() -> list[str] | None:
    """Return what to put before a command to run it as root; None where that needs a password."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    asks = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode != 0
    return None if asks else ["sudo", "-n"]


def install(packages: Sequence[str], needed_for: str) -> None:
    """Install packages, or raise with the command that a person has to run."""
    prefix = as_root()
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        message = f"{needed_for} needs these programs, please install them: {names}"
        raise DevError(message)
    if prefix is None:
        message = (
            f"{needed_for} needs packages that only root may install. Please run\n"
            f"    sudo apt-get update && sudo apt-get install {names}\nand then this again."
        )
        raise DevError(message)
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes"]
    command = [*apt, "--no-install-recommends", "install", *packages]
    with step(f"system packages: {names}"):
        try:
            run_quietly(command, "apt")
        except DevError:
            # A fresh machine has no package lists, an old one has stale ones.
            run_quietly([*apt, "update"], "apt-update")
            run_quietly(command, "apt")
