import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from allocast.errors import DataError, SettingsError
from allocast.supply.survival import hazard_model, survival_estimator
from allocast.supply.survival.clocks import Clocks
from allocast.supply.survival.durations import feature_matrix
from allocast.supply.survival.hazard_model import HazardModel
from allocast.supply.survival.kaplan_meier import KaplanMeier
from allocast.supply.survival.piecewise import PiecewiseExponential
from allocast.supply.survival.plain_rates import plain_rates

RNG = np.random.default_rng(1)
N = 1200
X = RNG.normal(size=(N, 2))
TRUE_DAYS = 30 * np.exp(0.6 * X[:, 0]) * RNG.exponential(size=N) + 0.1
CENSORED_AT = RNG.uniform(5, 90, N)
DAYS, EVENT = np.minimum(TRUE_DAYS, CENSORED_AT), TRUE_DAYS <= CENSORED_AT


@pytest.fixture(scope="module")
def model() -> HazardModel:
    return HazardModel(rounds=60).fit(X, DAYS, EVENT)


def test_the_mean_curve_is_near_kaplan_meier(model: HazardModel) -> None:
    times = np.linspace(0, 60, 13)
    ours = model.predict_survival(X, times).mean(axis=0)
    np.testing.assert_allclose(ours, KaplanMeier.fit(DAYS, EVENT).survival(times), atol=0.03)


def test_a_feature_that_slows_raises_the_curve(model: HazardModel) -> None:
    fast, slow = model.predict_survival(np.array([[-1.0, 0.0], [1.0, 0.0]]), np.array([30.0]))[:, 0]
    assert fast + 0.2 < slow


def test_dropping_the_censored_would_bias_the_curve(model: HazardModel) -> None:
    dropped = HazardModel(rounds=60).fit(X[EVENT], DAYS[EVENT], EVENT[EVENT])
    truth = (TRUE_DAYS > 40).mean()
    assert abs(model.predict_survival(X, np.array([40.0])).mean() - truth) < 0.04
    assert dropped.predict_survival(X, np.array([40.0])).mean() < truth - 0.1


def test_late_entry_is_exposure_only_after_it() -> None:
    """Orders first watched at 20 days say nothing about the time before."""
    watched = DAYS > 20
    late = HazardModel(rounds=60).fit(
        X[watched], DAYS[watched], EVENT[watched], entry=np.full(watched.sum(), 20.0)
    )
    truth = (TRUE_DAYS > 40).sum() / (TRUE_DAYS > 20).sum()
    among = TRUE_DAYS > 20
    assert abs(late.predict_survival(X[among], np.array([40.0]), given=20.0).mean() - truth) < 0.05


def test_weights_count_like_repeated_rows() -> None:
    twice = np.concatenate([np.arange(N), np.arange(N)])
    one = {"rounds": 5, "members": 1, "n_periods": 40}  # members are drawn by row
    repeated = HazardModel(**one).fit(X[twice], DAYS[twice], EVENT[twice])
    weighted = HazardModel(**one).fit(X, DAYS, EVENT, sample_weight=np.full(N, 2.0))
    np.testing.assert_allclose(repeated.predict_hazard(X[:9]), weighted.predict_hazard(X[:9]), rtol=1e-6)


def test_leaving_out_person_periods_keeps_the_level(
    monkeypatch: pytest.MonkeyPatch, model: HazardModel
) -> None:
    monkeypatch.setattr(hazard_model, "FEWEST_ROWS", 1)
    sampled = HazardModel(rounds=60, keep_share=0.3).fit(X, DAYS, EVENT)
    times = np.array([10.0, 30.0, 60.0])
    whole = model.predict_survival(X, times).mean(axis=0)
    np.testing.assert_allclose(sampled.predict_survival(X, times).mean(axis=0), whole, atol=0.03)


def test_beyond_the_last_edge_the_last_hazard_goes_on(model: HazardModel) -> None:
    last = model.edges_[-1]
    curve = model.predict_survival(X[:3], last + np.array([0.0, 10.0, 20.0]))
    np.testing.assert_allclose(curve[:, 1] / curve[:, 0], curve[:, 2] / curve[:, 1])


def test_a_quoted_duration_is_a_second_clock() -> None:
    quoted = RNG.choice([5.0, 40.0, 60.0], N)
    days = np.ceil(quoted * RNG.uniform(0.9, 1.2, N))
    model = HazardModel(rounds=100, clock_feature=0).fit(quoted[:, None], days, np.ones(N, dtype=bool))
    median = model.predict_quantile(np.array([[5.0], [40.0]]), 0.5)
    np.testing.assert_allclose(median, [5.5, 42.5], rtol=0.1)


def test_state_round_trip_predicts_the_same_bits(model: HazardModel) -> None:
    again = HazardModel.from_state(model.state())
    np.testing.assert_array_equal(again.predict_hazard(X), model.predict_hazard(X))
    assert again.state() == model.state()


def test_curves_are_those_of_lightgbms_own_prediction(model: HazardModel) -> None:
    slow = plain_rates(model.booster_, feature_matrix(X), Clocks(edges=model.edges_))
    np.testing.assert_allclose(model.predict_hazard(X), slow, rtol=1e-12)
    curves = PiecewiseExponential(edges=model.edges_, rates=slow)
    age, times = RNG.uniform(0, 60, N), np.linspace(0, 120, 41)
    np.testing.assert_allclose(
        model.predict_survival(X, times, given=age), curves.survival(times, age), atol=1e-12
    )


def test_one_seed_gives_one_model(model: HazardModel) -> None:
    again = HazardModel(rounds=60).fit(X, DAYS, EVENT)
    assert again.state() == model.state()


def test_the_number_of_threads_changes_nothing() -> None:
    one, two = (HazardModel(rounds=2, num_threads=n).fit(X, DAYS, EVENT) for n in (1, 2))
    np.testing.assert_array_equal(one.predict_hazard(X), two.predict_hazard(X))


def test_it_is_clonable_and_works_in_a_pipeline(model: HazardModel) -> None:
    assert clone(model).get_params() == model.get_params()
    pipeline = Pipeline([("scale", StandardScaler()), ("model", HazardModel(rounds=5))])
    pipeline.fit(X, DAYS, model__event=EVENT, model__entry=np.zeros(N), model__sample_weight=np.ones(N))
    assert pipeline.predict(X[:2]).shape == (2,)
    assert pipeline[-1].predict_survival(pipeline[:-1].transform(X[:2]), np.array([3.0])).shape == (2, 1)


def test_a_grid_search_can_choose_by_likelihood() -> None:
    with config_context(enable_metadata_routing=True):
        estimator = HazardModel().set_fit_request(event=True).set_score_request(event=True)
        search = GridSearchCV(estimator, {"rounds": [1, 40]}, cv=2).fit(X, DAYS, event=EVENT)
    assert search.best_params_ == {"rounds": 40}


def test_lists_and_frames_are_read_like_arrays(model: HazardModel) -> None:
    listed = HazardModel(rounds=60).fit(X.tolist(), DAYS.tolist(), EVENT.astype(int).tolist())
    framed = HazardModel(rounds=60).fit(
        pd.DataFrame(X, columns=["a", "b"]), pd.Series(DAYS), pd.Series(EVENT)
    )
    assert listed.state() == model.state()
    assert framed.state()["trees.txt"] == model.state()["trees.txt"]
    assert framed.feature_names_in_.tolist() == ["a", "b"]
    assert not hasattr(listed, "feature_names_in_")
    for again in (framed, HazardModel.from_state(framed.state())):
        with pytest.raises(ValueError, match="feature names should match"):
            again.predict(pd.DataFrame(X[:2], columns=["b", "a"]))


def test_an_estimator_not_fitted_says_so_as_scikit_learn_does() -> None:
    for ask in (lambda m: m.predict(X), lambda m: m.state(), lambda m: m.sample(X, 1, RNG)):
        with pytest.raises(NotFittedError):
            ask(HazardModel())


def test_features_that_change_with_time_are_chained_through_given() -> None:
    """A switch at 10 days doubles the hazard; subjects are one row before it and one after."""
    rng = np.random.default_rng(5)
    slow, fast = rng.exponential(20.0, 4000), rng.exponential(10.0, 4000)
    days = np.where(slow < 10, slow, 10 + fast)
    second = days > 10
    rows = np.concatenate([np.zeros(4000), np.ones(second.sum())])[:, None]
    duration = np.concatenate([np.minimum(days, 10), days[second]])
    entry = np.concatenate([np.zeros(4000), np.full(second.sum(), 10.0)])
    event = np.concatenate([~second, np.full(second.sum(), True)])
    model = HazardModel(rounds=80).fit(rows, duration, event, entry)
    before = model.predict_survival([[0.0]], [10.0])
    after = model.predict_survival([[1.0]], [15.0, 25.0], given=10.0)
    np.testing.assert_allclose((before * after)[0], np.exp([-0.5 - 0.5, -0.5 - 1.5]), atol=0.02)


def test_early_stopping_takes_fewer_trees_and_looks_at_the_last_rows_only() -> None:
    noise = np.random.default_rng(3).normal(size=(N, 6))
    settings = {"leaf_events": 5, "learning_rate": 0.05, "members": 3}
    stopped = HazardModel(rounds=900, early_stopping_rounds=5, **settings).fit(noise, DAYS, EVENT)
    assert 3 <= stopped.n_rounds_ < 150
    assert stopped.booster_.num_trees() == stopped.n_rounds_
    same = HazardModel(rounds=stopped.n_rounds_, **settings).fit(noise, DAYS, EVENT)
    np.testing.assert_array_equal(stopped.predict_hazard(noise), same.predict_hazard(noise))


def test_early_stopping_without_an_event_at_the_end_is_refused() -> None:
    late = np.arange(N) >= N - N // 10
    with pytest.raises(DataError, match="one among the last"):
        HazardModel(early_stopping_rounds=5).fit(X, DAYS, EVENT & ~late)


def test_the_score_is_the_mean_log_likelihood(model: HazardModel) -> None:
    h, seen = 1e-6, np.flatnonzero(DAYS > 2.5)[:50]
    around = np.stack([DAYS[seen] - h, DAYS[seen]], axis=1)
    survival = model.predict_survival(X[seen], around, given=2.0)
    density = (survival[:, 0] - survival[:, 1]) / h
    slow = np.log(np.where(EVENT[seen], density, survival[:, 1])).mean()
    score = model.score(X[seen], DAYS[seen], EVENT[seen], np.full(len(seen), 2.0))
    assert score == pytest.approx(slow, abs=1e-4)


def test_a_frame_is_scored_without_a_warning() -> None:
    frame = pd.DataFrame(X, columns=[f"x{k}" for k in range(X.shape[1])])
    own = HazardModel(rounds=2).fit(frame, DAYS, EVENT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert own.score(frame, DAYS, EVENT) == HazardModel(rounds=2).fit(X, DAYS, EVENT).score(
            X, DAYS, EVENT
        )


def test_many_rows_are_answered_block_by_block(monkeypatch: pytest.MonkeyPatch, model: HazardModel) -> None:
    age, times = RNG.uniform(0, 50, 30), RNG.uniform(0, 90, (30, 4))

    def answers() -> list[np.ndarray]:
        return [
            model.predict_survival(X[:30], times, given=age),
            model.predict_quantile(X[:30], [0.1, 0.9], given=age),
            model.predict_mean(X[:30], 70 + age, given=age),
            model.sample(X[:30], 3, np.random.default_rng(0), given=age),
        ]

    whole = answers()
    monkeypatch.setattr(survival_estimator, "BLOCK_CURVES", 7)
    for one, other in zip(whole, answers(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    assert model.predict_survival(X[:0], [1.0]).shape == (0, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"event": np.zeros(N, dtype=bool)}, "at least one event"),
        ({"event": EVENT * 2}, "true or false"),
        ({"entry": DAYS}, "later than its entry"),
        ({"entry": DAYS + 1, "event": EVENT & (np.arange(N) < 0)}, "end before it begins"),
        ({"duration": -DAYS}, "duration must be finite and >= 0"),
        ({"duration": DAYS[:, None]}, "one number a row"),
        ({"sample_weight": np.full(N, np.nan)}, "sample_weight must be finite"),
        ({"X": X[:, 0]}, "must have shape"),
        ({"X": [["red"], ["blue"]]}, "must hold numbers"),
        ({"event": EVENT[:-1]}, "equally long"),
    ],
)
def test_input_that_cannot_be_is_refused(change: dict[str, np.ndarray], message: str) -> None:
    arguments = {"X": X, "duration": DAYS, "event": EVENT, **change}
    with pytest.raises(DataError, match=message):
        HazardModel(rounds=1).fit(**arguments)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rounds": 0},
        {"leaves": 65},
        {"keep_share": 0.0},
        {"validation_fraction": 1.0},
        {"n_periods": 0},
        {"members": 0},
        {"learning_rate": 0.0},
        {"leaf_events": 0.0},
        {"feature_share": 0.0},
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match=f"out of range .* {next(iter(wrong))} = "):
        HazardModel(**wrong).fit(X, DAYS, EVENT)


def test_questions_about_other_rows_are_refused(model: HazardModel) -> None:
    with pytest.raises(DataError, match="must have shape"):
        model.predict_hazard(X[:, :1])
    with pytest.raises(DataError, match="times must have shape"):
        model.predict_survival(X[:3], np.ones((2, 5)))
    with pytest.raises(DataError, match="given must be"):
        model.predict_quantile(X[:3], 0.5, given=np.ones(2))
    with pytest.raises(DataError, match="horizon must be"):
        model.predict_mean(X[:3], np.ones(2))
