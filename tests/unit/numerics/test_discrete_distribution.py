import numpy as np
import pytest

from allocast.errors import DataError
from allocast.numerics.discrete import DiscreteDistribution


def distribution(*rows: list[float]) -> DiscreteDistribution:
    return DiscreteDistribution(probability=np.array(rows))


def test_two_dice_make_a_triangle() -> None:
    die = distribution([0.0] + [1 / 6] * 6)
    both = die.convolve(die)
    np.testing.assert_allclose(both.probability[0, 2:] * 36, [1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1])
    np.testing.assert_allclose(both.mean, [7.0])


def test_the_quantile_is_the_smallest_value_that_reaches_the_level() -> None:
    one = distribution([0.25, 0.25, 0.5], [0.0, 0.0, 1.0])
    assert one.quantile(0.25).tolist() == [0, 2]
    assert one.quantile(0.26).tolist() == [1, 2]
    assert one.quantile(0.51).tolist() == [2, 2]
    assert one.quantile(1.0).tolist() == [2, 2]


def test_rounding_does_not_push_a_quantile_one_further() -> None:
    tenths = distribution([0.1] * 10)
    assert [int(tenths.quantile(k / 10)[0]) for k in range(1, 11)] == list(range(10))


def test_the_cumulative_ends_at_exactly_one() -> None:
    thirds = distribution([1 / 3, 1 / 3, 1 / 3 - 1e-12], [0.1] * 2 + [0.8])
    assert (thirds.cumulative[:, -1] == 1).all()
    assert (thirds.cumulative <= 1).all()


def test_values_at_uniforms_invert_the_cumulative() -> None:
    one = distribution([0.25, 0.25, 0.5])
    assert one.at(np.array([[0.0, 0.2499, 0.25, 0.4999, 0.5, 0.9999]])).tolist() == [[0, 0, 1, 1, 2, 2]]


def test_samples_follow_the_probabilities() -> None:
    drawn = distribution([0.2, 0.5, 0.3], [0.0, 0.0, 1.0]).sample(20_000, np.random.default_rng(0))
    assert drawn.shape == (2, 20_000)
    np.testing.assert_allclose(np.bincount(drawn[0]) / 20_000, [0.2, 0.5, 0.3], atol=0.015)
    assert (drawn[1] == 2).all()


def test_a_certain_variable_is_always_its_value() -> None:
    sure = DiscreteDistribution.certain(np.array([0, 3]), largest=5)
    assert sure.probability.shape == (2, 6)
    assert sure.quantile(0.01).tolist() == sure.quantile(0.99).tolist() == [0, 3]


def test_a_certain_variable_beyond_the_largest_value_is_refused() -> None:
    with pytest.raises(DataError, match="row 1 sums to 0"):
        DiscreteDistribution.certain(np.array([0, 3]), largest=2)


def test_stacked_rows_keep_their_order_and_get_the_widest_range() -> None:
    both = DiscreteDistribution.stack([distribution([0.5, 0.5]), distribution([0.0, 0.0, 1.0])])
    assert len(both) == 2
    assert both.probability.tolist() == [[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]


def test_taken_rows_come_in_the_given_order() -> None:
    three = DiscreteDistribution.certain(np.array([0, 1, 2]))
    assert three.take(np.array([2, 0])).mean.tolist() == [2, 0]


@pytest.mark.parametrize(
    ("row", "what"), [([1.5, -0.5], "row 1 sums to 1"), ([0.5, 0.4], "0.9"), ([np.nan, 1.0], "row 1")]
)
def test_rows_that_are_no_distribution_are_refused_with_row_and_count(row: list[float], what: str) -> None:
    with pytest.raises(DataError, match=what) as refused:
        distribution([0.5, 0.5], row)
    assert "1 of 2 rows" in str(refused.value)


@pytest.mark.parametrize("shape", [(3,), (2, 0), (1, 2, 3)])
def test_probabilities_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match="shape"):
        DiscreteDistribution(probability=np.ones(shape))


def test_probabilities_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="read-only"):
        distribution([0.5, 0.5]).probability[0, 0] = 1


def test_spread_draws_hold_each_value_as_often_as_it_is_likely() -> None:
    drawn = distribution([0.95, 0.0, 0.05], [0.2, 0.5, 0.3]).spread(1000, np.random.default_rng(0))
    assert np.bincount(drawn[0]).tolist() == [950, 0, 50]
    assert np.bincount(drawn[1]).tolist() == [200, 500, 300]


def test_spread_draws_come_in_random_order_and_differ_between_rows() -> None:
    drawn = distribution([0.5, 0.5], [0.5, 0.5]).spread(200, np.random.default_rng(1))
    assert not (drawn[0] == drawn[1]).all()
    assert 60 < np.abs(np.diff(drawn[0])).sum() < 140  # sorted draws would change once
