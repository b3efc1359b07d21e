"""A rolling quantile is numpy's quantile of each window, whatever the values, gaps, window and level."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from allocast.forecast.features.quantiles import rolling_quantile

values = st.one_of(st.just(np.nan), st.integers(0, 4).map(float), st.floats(-1000, 1000, width=32))
histories = arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 40)), elements=values)


def slow_quantile(window: np.ndarray, level: float) -> float:
    known = window[~np.isnan(window)].astype(np.float64)
    return float(np.quantile(known, level)) if len(known) else np.nan


@given(history=histories, window=st.integers(1, 45), level=st.floats(0, 1), data=st.data())
@settings(max_examples=100, deadline=None, derandomize=True)
def test_every_window_is_numpys(history: np.ndarray, window: int, level: float, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, history.shape[1] - 1))
    ours = rolling_quantile(history, window, level, first=first)
    theirs = [
        [slow_quantile(row[max(0, t - window + 1) : t + 1], level) for t in range(first, len(row))]
        for row in history
    ]
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-3)


def test_series_beyond_the_first_128_are_treated_alike() -> None:
    history = np.random.default_rng(0).poisson(3, (300, 20)).astype(np.float32)
    together = rolling_quantile(history, 6, 0.4)
    apart = np.vstack([rolling_quantile(history[k : k + 1], 6, 0.4) for k in range(300)])
    np.testing.assert_array_equal(together, apart)
