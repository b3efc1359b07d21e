"""Cutting a panel and revealing the rest gives the panel back."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel

few = settings(max_examples=50, deadline=None, derandomize=True)


@st.composite
def panels(draw: st.DrawFn) -> DemandPanel:
    n_series, n_periods, ahead = draw(st.integers(1, 5)), draw(st.integers(2, 30)), draw(st.integers(0, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    frequency = draw(st.sampled_from(Frequency))
    first = np.datetime64("2023-06-01" if frequency is Frequency.MONTHLY else "2023-06-05")
    observed = rng.random((n_series, n_periods)) < 0.7
    units = np.where(observed | (rng.random(observed.shape) < 0.5), rng.poisson(3, observed.shape), np.nan)
    return DemandPanel(
        series=pd.DataFrame({"item_id": range(n_series), "location_id": "x"}),
        periods=frequency.shifted(first, np.arange(n_periods)),
        frequency=frequency,
        units=units,
        observed=observed,
        known_ahead={"price": rng.random((n_series, n_periods + ahead))},
    )


def assert_same(one: DemandPanel, other: DemandPanel) -> None:
    assert one.frequency == other.frequency
    assert one.series.equals(other.series)
    for name in ("periods", "units", "observed", "demand"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(one.known_ahead["price"], other.known_ahead["price"])


@given(panel=panels(), share=st.floats(0, 1))
@few
def test_cut_and_extended_again_is_the_same_panel(panel: DemandPanel, share: float) -> None:
    last = round(share * (len(panel.periods) - 1))
    past = panel.until(panel.periods[last])
    assert past.as_of == panel.periods[last]
    assert_same(past.extended(panel.units[:, last + 1 :], panel.observed[:, last + 1 :]), panel)


@given(panel=panels(), shares=st.tuples(st.floats(0, 1), st.floats(0, 1)))
@few
def test_cut_twice_is_cut_at_the_earlier(panel: DemandPanel, shares: tuple[float, float]) -> None:
    early, late = sorted(panel.periods[round(share * (len(panel.periods) - 1))] for share in shares)
    assert_same(panel.until(late).until(early), panel.until(early))


@given(panel=panels())
@few
def test_all_series_taken_one_by_one_make_the_panel(panel: DemandPanel) -> None:
    parts = [panel.take(np.array([row])) for row in range(panel.n_series)]
    np.testing.assert_array_equal(np.vstack([part.demand for part in parts]), panel.demand)
    assert pd.concat([part.series for part in parts], ignore_index=True).equals(panel.series)
