"""Cumulative incidences share out what survival leaves."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from allocast.supply.survival.competing import cumulative_incidence

N_CURVES = 3
RATES = st.floats(0, 3, allow_subnormal=False)
LATER = st.lists(st.integers(1, 60), min_size=1, max_size=6, unique=True)


@st.composite
def causes(draw):
    edges = [np.array([0.0, *sorted(draw(LATER))]) for _ in range(draw(st.integers(1, 3)))]
    hazards = [draw(arrays(float, (N_CURVES, len(own) - 1), elements=RATES)) for own in edges]
    ages = draw(arrays(float, N_CURVES, elements=st.floats(0, 80)))
    return edges, hazards, ages


def total_hazard(edges, hazards, row, until):
    """Cumulative hazard of all causes by a time, piece by piece; the last piece goes on."""
    total = 0.0
    for own, hazard in zip(edges, hazards, strict=True):
        ends = np.append(own[1:-1], np.inf)
        total += float(hazard[row] @ np.clip(np.minimum(ends, until) - own[:-1], 0, None))
    return total


@given(causes())
def test_incidences_and_survival_add_up_to_one(case):
    edges, hazards, ages = case
    times = np.array([0.0, 0.5, 7.0, 59.0, 200.0])
    incidence = cumulative_incidence(edges, hazards, times, ages)
    for row, age in enumerate(ages):
        waited = total_hazard(edges, hazards, row, age)
        more = [total_hazard(edges, hazards, row, max(time, age)) - waited for time in times]
        np.testing.assert_allclose(
            incidence[:, row].sum(axis=0) + np.exp(-np.array(more)), 1, rtol=0, atol=1e-12
        )


@given(causes())
def test_an_incidence_starts_at_nothing_at_the_age_and_never_falls(case):
    edges, hazards, ages = case
    times = ages[:, None] + np.array([-5.0, 0.0, 1e-3, 1.0, 10.0, 40.0, 500.0])
    incidence = cumulative_incidence(edges, hazards, np.maximum(times, 0), ages)
    assert (incidence[:, :, :2] == 0).all()
    assert (np.diff(incidence, axis=2) >= -1e-15).all()
    assert (incidence <= 1 + 1e-12).all()


@given(causes())
def test_more_of_one_hazard_never_makes_another_thing_likelier(case):
    edges, hazards, ages = case
    times = np.array([3.0, 30.0, 300.0])
    before = cumulative_incidence(edges, hazards, times, ages)
    after = cumulative_incidence(edges, [hazards[0] + 0.1, *hazards[1:]], times, ages)
    assert (after[0] >= before[0] - 1e-12).all()
    assert (after[1:] <= before[1:] + 1e-12).all()
