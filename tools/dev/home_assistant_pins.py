"""Compare the constraints of integration/pyproject.toml with those of the installed Home Assistant.

Run by the Python of the Home Assistant environment.
"""

import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from importlib.resources import files

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.dev.paths import INTEGRATION


def main() -> int:
    """Print what is wrong, with the right list; return the exit code."""
    project = tomllib.loads((INTEGRATION / "pyproject.toml").read_text(encoding="utf-8"))
    written = project["tool"]["uv"]["constraint-dependencies"]
    wanted = sorted(_constraints_that_matter(), key=str.lower)
    if sorted(written, key=str.lower) == wanted:
        return 0
    print("integration/pyproject.toml: constraint-dependencies must be these, then `uv lock`:")
    print("\n".join(f'    "{line}",' for line in wanted))
    return 1


def _constraints_that_matter() -> Iterator[str]:
    """Yield Home Assistant's lines for all that bacs-core brings and that it leaves open itself."""
    exact = {
        canonicalize_name(requirement.name)
        for requirement in map(Requirement, requires("homeassistant") or [])
        if any(specifier.operator == "==" for specifier in requirement.specifier)
    }
    ours = _closure("bacs-core", frozenset({"all"})) - exact
    constraints = files("homeassistant").joinpath("package_constraints.txt")
    for line in constraints.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#") and canonicalize_name(Requirement(line).name) in ours:
            yield line


def _closure(
    name: str, extras: frozenset[str], seen: dict[str, frozenset[str]] | None = None
) -> set[str]:
    """Return the names of all packages that a package brings, itself included."""
    seen = {} if seen is None else seen
    if name in seen and extras <= seen[name]:
        return set(seen)
    seen[name] = seen.get(name, frozenset()) | extras
    for requirement in map(Requirement, requires(name) or []):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""}):
            _closure(canonicalize_name(requirement.name), frozenset(requirement.extras), seen)
    return set(seen)


if __name__ == "__main__":
    sys.exit(main())
