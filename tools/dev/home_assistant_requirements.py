"""Print what a Home Assistant that starts with its frontend asks for, one requirement per line.

Run by the Python of the Home Assistant environment. Home Assistant would install the same packages
by itself while it starts.
"""

import json
from importlib import import_module
from importlib.resources import files

#: What a person gets at onboarding, and what the configuration of the long runs names.
_MORE = ("google_translate", "hassio", "history", "logbook", "met", "radio_browser", "recorder")


def requirements() -> set[str]:
    """Collect the requirements of all integrations that are set up, and of what they depend on."""
    components = files("homeassistant").joinpath("components")
    # Not there for the tools that check this file.
    started = import_module("homeassistant.bootstrap").DEFAULT_INTEGRATIONS
    platforms = import_module("homeassistant.const").BASE_PLATFORMS
    open_: list[str] = [*started, *platforms, *_MORE]
    seen: set[str] = set()
    found: set[str] = set()
    while open_:
        domain = open_.pop()
        if domain in seen:
            continue
        seen.add(domain)
        manifest = components.joinpath(domain, "manifest.json")
        told = json.loads(manifest.read_text(encoding="utf-8"))
        open_ += told.get("dependencies", ())
        found.update(told.get("requirements", ()))
    return found


if __name__ == "__main__":
    print("\n".join(sorted(requirements())))
