"""Survival curves judged again, one row and one pair at a time."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocast.supply.survival.judging.brier import censored_brier
from allocast.supply.survival.judging.calibration import d_calibration, kaplan_meier_calibration
from allocast.supply.survival.judging.concordance import concordance
from allocast.supply.survival.judging.reliability import reliability

Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@st.composite
def rows(draw: st.DrawFn) -> Rows:
    """A few curves with many ties, in times and in levels."""
    n = draw(st.integers(3, 12))
    duration = np.array(draw(st.lists(st.integers(1, 5), min_size=n, max_size=n)), dtype=float)
    event = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    times = np.arange(1, 6.0)
    steps = np.array(draw(st.lists(st.integers(0, 3), min_size=5 * n, max_size=5 * n))).reshape(n, 5)
    return np.exp(-np.cumsum(steps, axis=1) / 4), times, duration, event


def slow_survival(duration, event, time):
    """Kaplan-Meier by its definition."""
    left = 1.0
    for moment in sorted(set(duration)):
        at_risk = sum(1 for other in duration if other >= moment)
        happened = sum(1 for other, seen in zip(duration, event, strict=True) if seen and other == moment)
        if moment <= time:
            left *= 1 - happened / at_risk
    return left


@given(rows())
def test_concordance_counts_every_comparable_pair(case: Rows) -> None:
    survival, times, duration, event = case
    won = pairs = 0.0
    for i, j in np.ndindex(len(event), len(event)):
        later = duration[j] > duration[i] or (duration[j] == duration[i] and not event[j])
        if event[i] and later:
            column = list(times).index(duration[i])
            own, other = survival[i, column], survival[j, column]
            pairs += 1
            won += 1.0 if own < other else 0.5 if own == other else 0.0
    if pairs:
        assert concordance(survival, times, duration, event) == pytest.approx(won / pairs, abs=1e-12)


@given(rows())
def test_censored_brier_weighs_by_the_chance_of_being_watched(case: Rows) -> None:
    survival, times, duration, event = case
    scores = censored_brier(survival, times, duration, event)
    for column, time in enumerate(times):
        total = weights = 0.0
        for i, ended in enumerate(duration):
            if ended <= time and not event[i]:
                continue
            watched = slow_survival(duration, ~event, min(ended, time))
            weight = 1 / watched if watched > 0 else 0.0
            weights += weight
            total += weight * (survival[i, column] - (ended > time)) ** 2
        if weights:
            assert scores[column] == pytest.approx(total / weights, abs=1e-12)
        else:
            assert np.isnan(scores[column])


@given(rows())
def test_kaplan_meier_calibration_is_the_area_between_two_curves(case: Rows) -> None:
    survival, times, duration, event = case
    gaps = [
        abs(survival[:, column].mean() - slow_survival(duration, event, time))
        for column, time in enumerate(times)
    ]
    area = sum((left + right) / 2 for left, right in pairwise(gaps))
    found = kaplan_meier_calibration(survival, times, duration, event)
    assert found == pytest.approx(area / (times[-1] - times[0]), abs=1e-12)


@given(st.lists(st.tuples(st.floats(0.001, 1), st.booleans()), min_size=1, max_size=20))
def test_d_calibration_spreads_what_is_censored(cases: list[tuple[float, bool]]) -> None:
    level, event = np.array([one for one, _ in cases]), np.array([seen for _, seen in cases])
    shares = np.zeros(10)
    for one, seen in cases:
        for tenth in range(10):
            low, high = tenth / 10, (tenth + 1) / 10
            if seen:
                shares[tenth] += low < one <= high
            else:
                shares[tenth] += max(0.0, min(one, high) - low) / one
    on_an_edge = np.isclose(np.array(level) * 10, np.round(np.array(level) * 10), atol=1e-9) & event
    if not on_an_edge.any():
        np.testing.assert_allclose(d_calibration(level, event).shares, shares / len(cases), atol=1e-9)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30), st.integers(1, 7))
def test_reliability_averages_each_bin(cases: list[tuple[float, bool]], n_bins: int) -> None:
    bins: dict[int, list[tuple[float, bool]]] = {}
    for probability, happened in cases:
        bins.setdefault(min(int(probability * n_bins), n_bins - 1), []).append((probability, happened))
    table = reliability(np.array([p for p, _ in cases]), np.array([h for _, h in cases]), n_bins=n_bins)
    assert table.count.tolist() == [len(bins[place]) for place in sorted(bins)]
    for row, place in enumerate(sorted(bins)):
        assert table.predicted[row] == pytest.approx(np.mean([p for p, _ in bins[place]]))
        assert table.realised[row] == pytest.approx(np.mean([h for _, h in bins[place]]))
