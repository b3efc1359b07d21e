"""Intervals hold their estimate, and lines that share their luck never count as more than they are."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from allocast.supply.suppliers.lead_time_figures import LEAD_TIME_FIGURES, lead_time_figures
from allocast.supply.suppliers.shared_luck import effective_number, shared_luck

groups = st.lists(st.integers(0, 7), min_size=1, max_size=40)


@given(groups, st.floats(0, 1), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_lines_count_as_no_more_than_they_are_and_less_the_more_luck_they_share(
    group, one, two, seed
) -> None:
    group = np.unique(group, return_inverse=True)[1]
    owner, weight = group % 2, np.random.default_rng(seed).uniform(0.1, 5, len(group))
    less, more = (effective_number(owner, group, 2, rho) for rho in sorted((one, two)))
    lines = np.bincount(owner, minlength=2)
    assert (less <= lines + 1e-9).all() and (more <= less + 1e-9).all()
    weighted = effective_number(owner, group, 2, one, weight)
    assert (weighted <= lines + 1e-9).all() and ((weighted >= 1 - 1e-9) | (lines == 0)).all()


@given(groups, st.integers(0, 2**32 - 1))
def test_a_correlation_lies_between_none_and_all_and_knows_no_unit(group, seed) -> None:
    group = np.unique(group, return_inverse=True)[1]
    values = np.random.default_rng(seed).integers(0, 5, len(group)).astype(float)
    found = shared_luck(values, group % 2, group)
    assert 0 <= found <= 1
    np.testing.assert_allclose(shared_luck(7 - 3 * values, group % 2, group), found, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=60), st.floats(0.05, 1))
@example([(0, True), (0, True), (0, True), (1, False)], 0.75)
@example([(0, True), (0, True), (0, True), (1, False)], 1.0)
def test_each_figure_lies_in_its_interval_where_there_is_one(waited, worth) -> None:
    days, received = (np.array(column) for column in zip(*waited, strict=True))
    found = dict(zip(LEAD_TIME_FIGURES, lead_time_figures(days.astype(float), received, worth), strict=True))
    for name in ("lead_time_p50{}_days", "lead_time_p90{}_days", "lead_time_variation{}"):
        value, low, high = (found[name.format(end)] for end in ("", "_low", "_high"))
        assert not low > value and not value > high and not low > high
