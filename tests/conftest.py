"""Holds for every test: a loaded machine is slow, and no test is about that."""

from typing import Final

import pytest
from hypothesis import HealthCheck, settings

#: What a property is tried with where the test does not say; the long runs try more.
USUAL_EXAMPLES: Final = 40
MANY_EXAMPLES: Final = 200


def pytest_configure(config: pytest.Config) -> None:
    """Choose how hard properties are tried."""
    is_long = config.getoption("markexpr") != "not soak"
    settings.register_profile(
        "patient",
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        max_examples=MANY_EXAMPLES if is_long else USUAL_EXAMPLES,
    )
    settings.load_profile("patient")
