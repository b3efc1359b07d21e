import numpy as np
import pytest

from allocast.errors import DataError
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.scenarios.keyed_draws import KeyedDraws, draw_keys
from allocast.simulation.scenarios.textbook_demand import geometric, poisson, rounded_gamma, uniform


def moments(law):
    units = np.arange(law.probability.shape[1])
    mean = (law.probability @ units).item()
    return mean, (law.probability @ units**2).item() - mean**2


def test_each_law_has_its_textbooks_mean_and_variance():
    assert moments(poisson(5.0)) == pytest.approx((5.0, 5.0))
    assert moments(geometric(5.0)) == pytest.approx((5.0, 30.0))
    assert moments(uniform(0, 4)) == pytest.approx((2.0, 2.0))
    mean, variance = moments(rounded_gamma(4.0, 0.5))
    assert mean == pytest.approx(4.0, abs=1e-3)
    assert variance == pytest.approx(4.0 + 1 / 12, abs=1e-2)  # rounding adds 1/12 (Sheppard)


@pytest.mark.parametrize("law", [poisson, geometric, lambda mean: rounded_gamma(mean, 0.5)])
def test_a_mean_that_is_not_positive_is_refused(law):
    with pytest.raises(DataError, match="mean must be > 0 and finite; it is 0"):
        law(0.0)


def test_a_range_the_wrong_way_round_is_refused():
    with pytest.raises(DataError, match="0 <= low <= high; they are 3 and 2"):
        uniform(3, 2)


def test_keyed_draws_follow_their_law_and_do_not_depend_on_their_neighbours():
    laws = DiscreteDistribution.stack([poisson(5.0), uniform(0, 4)])
    key = draw_keys(40_000, np.random.default_rng(1))
    row, period = np.arange(40_000) % 2, np.arange(40_000) % 7
    values = KeyedDraws(laws, purpose=0).at(row, key, period)
    for which in (0, 1):
        seen = np.bincount(values[row == which].astype(int), minlength=laws.probability.shape[1]) / 20_000
        np.testing.assert_allclose(seen, laws.probability[which], atol=0.012)
    some = np.arange(5, 40_000, 11)
    np.testing.assert_array_equal(
        KeyedDraws(laws, purpose=0).at(row[some], key[some], period[some]), values[some]
    )


def test_draws_of_neighbouring_periods_keys_and_purposes_are_unrelated():
    law = KeyedDraws(uniform(0, 99), purpose=0)
    n = 20_000
    key, period, row = np.arange(n), np.zeros(n, dtype=int), np.zeros(n, dtype=int)
    base = law.at(row, key, period)
    others = (
        law.at(row, key, period + 1),
        law.at(row, key + 1, period),
        KeyedDraws(uniform(0, 99), purpose=1).at(row, key, period),
    )
    for other in others:
        assert abs(np.corrcoef(base, other)[0, 1]) < 0.03
