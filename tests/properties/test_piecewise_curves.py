"""Curves of constant hazards, whatever the edges and the rates."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocast.errors import DataError
from allocast.supply.survival.piecewise import PiecewiseExponential

gaps = st.lists(st.floats(0.01, 50), min_size=1, max_size=8)
rate = st.one_of(st.just(0.0), st.floats(1e-4, 3.0))
days = st.floats(0, 200)


@st.composite
def curves_of(draw) -> PiecewiseExponential:
    edges = np.append(0.0, np.cumsum(draw(gaps)))
    n = draw(st.integers(1, 4))
    rates = [[draw(rate) for _ in edges[1:]] for _ in range(n)]
    return PiecewiseExponential(edges=edges, rates=np.array(rates))


@given(curves=curves_of(), times=st.lists(days, min_size=1, max_size=12))
def test_they_start_at_one_and_never_rise(curves, times) -> None:
    survival = curves.survival(np.sort([-1.0, 0.0, *times]))
    assert (survival[:, :2] == 1).all()
    assert (np.diff(survival, axis=1) <= 0).all()


@given(curves=curves_of(), times=st.lists(days, min_size=1, max_size=6), age=days)
def test_those_still_waiting_have_the_ratio_of_the_joint(curves, times, age) -> None:
    later = np.maximum(times, age)
    joint = curves.survival(later)
    np.testing.assert_allclose(
        curves.survival(later, age) * curves.survival([age]), joint, rtol=1e-12, atol=1e-300
    )
    assert (curves.survival(np.minimum(times, age), age) == 1).all()


@given(curves=curves_of(), level=st.one_of(st.just(0.0), st.floats(1e-9, 0.999)), age=days)
def test_quantiles_invert_them(curves, level: float, age: float) -> None:
    found = curves.quantile(level, age)
    assert (found >= age).all()
    reached = np.isfinite(found)
    asked = np.where(reached, found, 0.0)[:, None]
    np.testing.assert_allclose(curves.survival(asked, age)[reached, 0], 1 - level, rtol=1e-9)
    assert (curves.survival([1e9], age)[~reached, 0] > 1 - level).all()


@given(curves=curves_of(), horizon=days, age=days)
def test_the_restricted_mean_is_the_area_under_the_curve(curves, horizon: float, age: float) -> None:
    start = min(age, horizon)
    knots = np.unique(np.clip(np.append(curves.edges, horizon), start, horizon))
    points, weights = np.polynomial.legendre.leggauss(40)
    area = np.zeros(len(curves))
    for a, b in pairwise(knots):
        at = a + (b - a) * (points + 1) / 2
        area += curves.survival(at, age) @ weights * (b - a) / 2
    np.testing.assert_allclose(curves.mean(horizon, age), start + area, rtol=1e-6, atol=1e-9)


@given(curves=curves_of(), age=st.floats(0, 60), seed=st.integers(0, 5))
def test_draws_come_after_the_age_and_have_the_curves_shares(curves, age: float, seed: int) -> None:
    drawn = curves.sample(4000, np.random.default_rng(seed), age)
    assert (drawn >= age).all()
    at = age + 5.0
    np.testing.assert_allclose((drawn > at).mean(axis=1), curves.survival([at], age)[:, 0], atol=0.05)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda c: c.survival(np.ones((3, 2))), "times must have shape"),
        (lambda c: c.survival([np.nan]), "times must be finite"),
        (lambda c: c.survival([1.0], given=-1.0), "days must be finite and >= 0"),
        (lambda c: c.survival([1.0], given=np.ones(3)), "a number or 2 of them"),
        (lambda c: c.quantile(1.0), r"in \[0, 1\)"),
        (lambda c: PiecewiseExponential(edges=c.edges, rates=-c.rates), "rates must be finite and >= 0"),
        (lambda c: PiecewiseExponential(edges=c.edges + 1, rates=c.rates), "edges must be 0"),
        (lambda c: PiecewiseExponential(edges=c.edges, rates=c.rates[:, :1]), "rates must have shape"),
    ],
)
def test_what_cannot_be_asked_is_refused(ask, message: str) -> None:
    curves = PiecewiseExponential(edges=np.array([0.0, 1.0, 2.0]), rates=np.ones((2, 2)))
    assert curves.survival([1.0]).shape == (2, 1)
    with pytest.raises(DataError, match=message):
        ask(curves)
