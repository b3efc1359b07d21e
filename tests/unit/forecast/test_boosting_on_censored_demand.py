import lightgbm
import numpy as np
import pytest

from allocast.forecast.censored.completed_tweedie import CompletedTweedie, boost
from allocast.forecast.censored.outcomes import Outcomes

PARAMETERS = {
    "objective": "tweedie",
    "tweedie_variance_power": 1.2,
    "num_leaves": 7,
    "learning_rate": 0.1,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "seed": 3,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


def demand(n: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.random((n, 3))
    mean = 5 * np.exp(x[:, 0])
    return x, mean, rng.poisson(rng.gamma(2, mean / 2)).astype(np.float64)


def boosted(x, units, exposure, weight, scale, rounds: int = 60, power: float = 1.2) -> lightgbm.Booster:
    outcomes = Outcomes(series=np.arange(len(x)) % 5, units=units, exposure=exposure)
    objective = CompletedTweedie(outcomes, scale, weight, n_series=5, power=power)
    data = lightgbm.Dataset(x, units / scale, weight=weight, params=PARAMETERS)
    return boost(PARAMETERS | {"tweedie_variance_power": power}, data, objective, rounds=rounds)


@pytest.mark.parametrize("power", [1.0, 1.2, 1.7])
def test_where_all_was_seen_the_trees_are_lightgbms_own(power: float) -> None:
    x, _, units = demand()
    weight, scale = np.random.default_rng(1).random((2, len(x))) + 0.5
    ours = boosted(x, units, np.ones(len(x)), weight, scale, power=power)
    data = lightgbm.Dataset(x, units / scale, weight=weight)
    own = lightgbm.train(PARAMETERS | {"tweedie_variance_power": power}, data, num_boost_round=60)
    np.testing.assert_allclose(ours.predict(x), own.predict(x), rtol=1e-6)
    np.testing.assert_allclose(
        ours.predict(x, pred_contrib=True), own.predict(x, pred_contrib=True), atol=1e-6
    )


def test_the_text_is_read_as_a_tweedie_model() -> None:
    x, _, units = demand(500)
    ours = boosted(x, units, np.ones(500), np.ones(500), np.ones(500), rounds=3)
    again = lightgbm.Booster(model_str=ours.model_to_string())
    np.testing.assert_allclose(again.predict(x), np.exp(again.predict(x, raw_score=True)))


@pytest.mark.parametrize("known", [False, True])
def test_the_mean_is_that_of_demand_where_high_demand_sold_out(known: bool) -> None:
    x, mean, units = demand(12_000)
    stock = np.random.default_rng(2).integers(2, 30, len(x)).astype(np.float64)
    out = units >= stock
    share = stock / np.maximum(units, 1.0)  # sales came evenly, so stock lasted for this share of the period
    exposure = np.where(out, np.minimum(share, 0.99) if known else np.nan, 1.0)
    one = np.ones(len(x))
    said = boosted(x, np.minimum(units, stock), exposure, one, one, rounds=100).predict(x).mean()
    seen = lightgbm.train(PARAMETERS, lightgbm.Dataset(x[~out], units[~out]), num_boost_round=100)
    assert abs(said / mean.mean() - 1) < 0.05
    assert seen.predict(x).mean() / mean.mean() < 0.8


def test_rows_of_which_nothing_was_seen_whole_do_not_run_away() -> None:
    x, _, units = demand(2000)
    hidden = x[:, 1] > 0.7
    exposure = np.where(hidden, np.nan, 1.0)
    one = np.ones(len(x))
    said = boosted(x, np.maximum(units, 1.0), exposure, one, one, rounds=300).predict(x)
    assert said[hidden].mean() < 10 * said[~hidden].mean()
