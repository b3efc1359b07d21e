import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from allocast.errors import DataError
from allocast.supply.survival import hazard_model
from allocast.supply.survival.hazard_model import HazardModel
from allocast.supply.survival.kaplan_meier import KaplanMeier

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
    repeated = HazardModel(rounds=5).fit(X[twice], DAYS[twice], EVENT[twice])
    weighted = HazardModel(rounds=5).fit(X, DAYS, EVENT, sample_weight=np.full(N, 2.0))
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


def test_one_seed_gives_one_model(model: HazardModel) -> None:
    again = HazardModel(rounds=60).fit(X, DAYS, EVENT)
    assert again.state() == model.state()


def test_the_number_of_threads_changes_nothing() -> None:
    one, two = (HazardModel(rounds=2, num_threads=n).fit(X, DAYS, EVENT) for n in (1, 2))
    np.testing.assert_array_equal(one.predict_hazard(X), two.predict_hazard(X))


def test_it_is_clonable_and_works_in_a_pipeline(model: HazardModel) -> None:
    assert clone(model).get_params() == model.get_params()
    pipeline = make_pipeline(StandardScaler(), HazardModel(rounds=5))
    pipeline.fit(X, DAYS, hazardmodel__event=EVENT)
    assert pipeline[-1].predict_survival(pipeline[:-1].transform(X[:2]), np.array([3.0])).shape == (2, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"event": np.zeros(N, dtype=bool)}, "at least one event"),
        ({"entry": DAYS}, "later than its entry"),
        ({"duration": -DAYS}, "duration must be finite and >= 0"),
        ({"sample_weight": np.full(N, np.nan)}, "sample_weight must be finite"),
        ({"X": X[:, 0]}, "must have shape"),
        ({"event": EVENT[:-1]}, "equally long"),
    ],
)
def test_input_that_cannot_be_is_refused(change: dict[str, np.ndarray], message: str) -> None:
    arguments = {"X": X, "duration": DAYS, "event": EVENT, **change}
    with pytest.raises(DataError, match=message):
        HazardModel(rounds=1).fit(**arguments)


def test_features_of_another_width_are_refused(model: HazardModel) -> None:
    with pytest.raises(DataError, match="must have shape"):
        model.predict_hazard(X[:, :1])
