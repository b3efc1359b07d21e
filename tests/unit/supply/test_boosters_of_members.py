import lightgbm as lgb
import numpy as np
import pytest

from allocast.supply.survival.booster_settings import leaf_events, learning_rate
from allocast.supply.survival.hazard_model import HazardModel
from allocast.supply.survival.mean_booster import mean_booster
from allocast.supply.survival.members import left_out_of

RNG = np.random.default_rng(8)
X = RNG.normal(size=(2000, 5)).astype(np.float32)
Y = np.exp(0.4 * X[:, 0]) * RNG.exponential(size=2000)


def booster(seed: int, **settings: object) -> lgb.Booster:
    given = {"objective": "poisson", "verbosity": -1, "num_threads": 1, "feature_fraction_bynode": 0.5}
    return lgb.train({**given, "seed": seed, **settings}, lgb.Dataset(X, Y), num_boost_round=7)


@pytest.mark.parametrize("n", [1, 3])
def test_a_mean_booster_predicts_the_mean_of_the_others_and_a_shift(n: int) -> None:
    boosters = [booster(seed, num_leaves=2 + seed) for seed in range(n)]
    mean = mean_booster(boosters, shift=0.25)
    wanted = np.mean([each.predict(X, raw_score=True) for each in boosters], axis=0) + 0.25
    np.testing.assert_allclose(mean.predict(X, raw_score=True), wanted, atol=1e-12)
    np.testing.assert_allclose(mean.predict(X), np.exp(wanted), rtol=1e-12)
    assert mean.num_trees() == 7 * n
    again = lgb.Booster(model_str=mean.model_to_string())
    np.testing.assert_array_equal(again.predict(X), mean.predict(X))


def test_what_a_mean_booster_says_of_its_features_adds_up() -> None:
    mean = mean_booster([booster(seed) for seed in range(3)], shift=-0.5)
    shares = mean.predict(X[:20], pred_contrib=True)
    np.testing.assert_allclose(shares.sum(axis=1), mean.predict(X[:20], raw_score=True), atol=1e-9)


def test_events_and_others_are_shared_out_evenly() -> None:
    event = np.arange(1003) % 5 == 0
    member = left_out_of(event, 4, np.random.default_rng(0))
    assert np.ptp(np.bincount(member[event])) <= 1
    assert np.ptp(np.bincount(member[~event])) <= 1


@pytest.mark.parametrize(("n_events", "members"), [(0, 1), (19, 1), (25, 2), (4000, 4)])
def test_few_events_are_not_shared_out_among_many_members(n_events: int, members: int) -> None:
    event = np.arange(5000) < n_events
    assert left_out_of(event, 4, np.random.default_rng(0)).max() + 1 == members


def test_new_rows_end_in_the_middle_of_their_curves_on_average() -> None:
    """Noise learned by heart makes hazards too high: the curves of one booster are too low when new rows end."""
    rng = np.random.default_rng(9)
    found = {}
    for members in (1, 4):
        noise, seen, new = rng.normal(size=(1500, 8)), rng.exponential(10, 1500), rng.exponential(10, 4000)
        model = HazardModel(members=members, rounds=400, leaf_events=5, n_periods=10, learning_rate=0.05)
        model.fit(noise, seen, np.ones(1500, dtype=bool))
        found[members] = model.predict_survival(rng.normal(size=(4000, 8)), new[:, None]).mean()
    assert found[1] < 0.48
    assert found[4] == pytest.approx(0.5, abs=0.02)


def test_more_events_bear_more_steps_and_larger_leaves() -> None:
    rates = [learning_rate(n_events, 60) for n_events in (10, 100, 1000, 10_000, 1e7)]
    assert rates == sorted(rates)
    assert learning_rate(1000, 120) == pytest.approx(learning_rate(1000, 60) / 2)
    assert [leaf_events(n_events) for n_events in (1, 400, 1e6)] == [10, 20, 40]
