import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from allocast.forecast.hierarchy import Hierarchy


@st.composite
def grouped_paths(draw):
    """Series with two attributes, whole units as paths, and a seed of nothing else."""
    n = draw(st.integers(1, 12))
    letters = st.lists(st.sampled_from("abc"), min_size=n, max_size=n)
    series = pd.DataFrame(
        {"item_id": draw(letters), "location_id": draw(letters), "kind": draw(letters), "area": draw(letters)}
    )
    shape = (n, draw(st.integers(1, 4)), draw(st.integers(1, 5)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return series, rng.integers(0, 10**12, shape).astype(np.float64)


@given(grouped_paths())
@settings(deadline=None)
def test_sums_of_whole_paths_are_exact_for_any_grouping(drawn):
    series, paths = drawn
    groupings = {"total": [], "kind": ["kind"], "both": ["area", "kind"]}
    made = Hierarchy.of(series, groupings)
    sums = made.aggregate(paths)
    np.testing.assert_array_equal(sums[made.of_level("series")], paths)
    for level, columns in groupings.items():
        by_hand = {}
        for row, units in zip(
            series[columns].itertuples(index=False, name=None), paths.astype(object), strict=True
        ):
            by_hand[row] = by_hand.get(row, 0) + units
        assert (sums[made.of_level(level)] == np.stack(list(by_hand.values())).astype(np.float64)).all()


@given(grouped_paths())
@settings(deadline=None)
def test_every_level_holds_every_series_once(drawn):
    series, _ = drawn
    made = Hierarchy.of(series, {"total": [], "kind": ["kind"], "both": ["area", "kind"]})
    for level in made.levels:
        assert made.summing[np.flatnonzero(made.of_level(level))].sum(axis=0).tolist() == [1] * len(series)
