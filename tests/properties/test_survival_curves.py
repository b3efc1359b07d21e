"""What every survival curve must do, whatever the data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocast.supply.lead_time import periods_from_survival
from allocast.supply.survival.hazard_model import HazardModel
from allocast.supply.survival.kaplan_meier import KaplanMeier

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 3))
DAYS = np.ceil(20 * np.exp(0.5 * X[:, 0] + 0.4 * RNG.standard_normal(400)))
EVENT = RNG.random(400) < 0.8

times_of = st.lists(st.floats(0, 300), min_size=1, max_size=20).map(lambda t: np.sort(np.array(t)))


@pytest.fixture(scope="module")
def model() -> HazardModel:
    return HazardModel(rounds=30, leaf_events=10, n_periods=12).fit(X, DAYS, EVENT)


@given(times=times_of)
@settings(max_examples=40, deadline=None)
def test_curves_start_at_one_and_never_rise(model: HazardModel, times: np.ndarray) -> None:
    curves = model.predict_survival(X[:20], np.append(0.0, times))
    assert (curves[:, 0] == 1).all()
    assert (np.diff(curves, axis=1) <= 0).all()
    assert (curves >= 0).all()


@given(times=times_of, age=st.floats(0, 150))
@settings(max_examples=40, deadline=None)
def test_conditional_is_the_ratio_of_the_joint(model: HazardModel, times: np.ndarray, age: float) -> None:
    later = np.maximum(times, age)
    conditional = model.predict_survival(X[:20], later, given=age)
    joint = model.predict_survival(X[:20], np.append(later, age))
    np.testing.assert_allclose(conditional * joint[:, -1:], joint[:, :-1], atol=1e-12)
    assert (model.predict_survival(X[:20], np.minimum(times, age), given=age) == 1).all()


@given(level=st.floats(0, 0.999), age=st.floats(0, 100))
@settings(max_examples=40, deadline=None)
def test_quantiles_invert_the_curves(model: HazardModel, level: float, age: float) -> None:
    days = model.predict_quantile(X[:20], level, given=age)
    assert (days >= age - 1e-9).all()
    reached = model.predict_survival(X[:20], days[:, None], given=age)[:, 0]
    np.testing.assert_allclose(reached, 1 - level, atol=1e-9)


@given(
    rows=st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=40),
    times=times_of,
    age=st.integers(0, 20),
)
def test_kaplan_meier_never_rises_and_conditions_by_ratio(rows, times, age) -> None:
    curve = KaplanMeier.fit(np.array([float(d) for d, _ in rows]), np.array([e for _, e in rows]))
    joint = curve.survival(times)
    assert (np.diff(np.append(1.0, joint)) <= 0).all()
    at_age = curve.survival(np.array([float(age)]))[0]
    later = curve.survival(np.maximum(times, age), given=float(age))
    assert (np.diff(np.append(1.0, later)) <= 0).all()
    beyond = times > age
    np.testing.assert_allclose((later * at_age)[beyond], joint[beyond], atol=1e-12)


@given(falls=st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_whole_periods_keep_all_probability(falls: list[float]) -> None:
    survival = np.cumprod(falls)[None, :]
    periods = periods_from_survival(survival)
    np.testing.assert_allclose(1 - periods.cumulative[0, :-1], survival[0], atol=1e-12)
