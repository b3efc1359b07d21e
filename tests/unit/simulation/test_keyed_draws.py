import numpy as np
import pytest

from allocast.errors import DataError
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.scenarios.keyed_draws import KeyedDraws, draw_keys
from allocast.simulation.textbook.demand_laws import poisson, uniform


def test_keyed_draws_follow_their_law_and_do_not_depend_on_their_neighbours():
    key, period = draw_keys(40_000, np.random.default_rng(1)), np.arange(40_000) % 7
    law = poisson(5.0)
    values = KeyedDraws(law).at(key, period)
    seen = np.bincount(values.astype(int), minlength=law.probability.shape[1]) / 40_000
    np.testing.assert_allclose(seen, law.probability[0], atol=0.01)
    some = np.arange(5, 40_000, 11)
    np.testing.assert_array_equal(KeyedDraws(law).at(key[some], period[some]), values[some])


def test_draws_of_neighbouring_periods_keys_and_purposes_are_unrelated():
    law, n = KeyedDraws(uniform(99)), 20_000
    key, period = np.arange(n), np.zeros(n, dtype=int)
    base = law.at(key, period)
    for other in (
        law.at(key, period + 1),
        law.at(key + 1, period),
        KeyedDraws(uniform(99), purpose=1).at(key, period),
    ):
        assert abs(np.corrcoef(base, other)[0, 1]) < 0.03


def test_one_law_and_a_purpose_below_sixteen_are_asked_for():
    with pytest.raises(DataError, match="they are 2 rows and 0"):
        KeyedDraws(DiscreteDistribution.stack([uniform(3), uniform(4)]))
    with pytest.raises(DataError, match="they are 1 rows and 16"):
        KeyedDraws(uniform(3), purpose=16)
