"""The address of a view leads back to it."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from bacs_hmi.views import Sort, View, ViewName, view_of

string_views = st.builds(
    View,
    st.just(ViewName.STRING),
    st.text(min_size=1),
    st.none() | st.integers(1, 512),
    st.sampled_from(Sort),
)


@given(string_views)
def test_a_string_view_is_found_again_from_its_address(view: View) -> None:
    assert view_of(view.query()) == view


@pytest.mark.parametrize("name", [ViewName.OVERVIEW, ViewName.ALARMS])
def test_the_other_views_are_found_again_from_their_address(name: ViewName) -> None:
    assert view_of(View(name).query()) == View(name)


@pytest.mark.parametrize("query", ["", "?", "view=nothing", "?view=string", "?cell=3", "%%%"])
def test_an_odd_address_leads_to_the_overview(query: str) -> None:
    assert view_of(query) == View()


def test_a_cell_that_is_no_number_is_left_out() -> None:
    assert view_of("?view=string&string=a/1&cell=-4").cell is None
