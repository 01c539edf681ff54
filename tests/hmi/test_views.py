"""The address of a view leads back to it."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from bacs_core.model import Quantity
from bacs_hmi.views import Look, Sort, View, ViewName, view_of

string_views = st.builds(
    View,
    st.sampled_from([ViewName.STRING, ViewName.CELL]),
    st.text(min_size=1, max_size=50),
    st.integers(1, 512),
    st.sampled_from(Sort),
    st.sampled_from(Look),
    st.sampled_from(Quantity),
    st.text(max_size=20),
    st.none() | st.integers(0, 10**6),
    st.none() | st.integers(0, 10**6),
)


@given(string_views)
def test_a_view_is_found_again_from_its_address(view: View) -> None:
    assert view_of(view.query()) == view


@pytest.mark.parametrize("name", sorted(set(ViewName) - {ViewName.STRING, ViewName.CELL}))
def test_the_other_views_are_found_again_from_their_address(name: ViewName) -> None:
    assert view_of(View(name).query()) == View(name)


@pytest.mark.parametrize(
    "query", ["", "?", "view=nothing", "?view=string", "?view=cell&key=a/1", "?cell=3", "%%%"]
)
def test_an_odd_address_leads_to_the_overview(query: str) -> None:
    assert view_of(query) == View()


def test_a_cell_that_is_no_number_is_left_out() -> None:
    assert view_of("?view=string&key=a/1&cell=-4").cell is None
