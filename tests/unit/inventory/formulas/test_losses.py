import numpy as np
import pytest
from scipy import stats

from allocast.errors import DataError
from allocast.inventory.formulas.losses import (
    expected_shortage,
    level_costs,
    normal_loss,
    normal_loss_inverse,
    require_costs,
)
from allocast.numerics.discrete import DiscreteDistribution

DIE = DiscreteDistribution(probability=np.array([[0] + [1 / 6] * 6]))


def test_the_normal_loss_is_the_expected_excess() -> None:
    for z in (-2.0, 0.0, 1.3):
        assert normal_loss(np.array(z)) == pytest.approx(
            stats.norm.expect(lambda x, z=z: x - z, lb=z), abs=1e-8
        )


def test_the_inverse_brings_the_level_back() -> None:
    z = np.array([-6.0, -1.0, 0.0, 2.5, 5.0])
    np.testing.assert_allclose(normal_loss_inverse(normal_loss(z)), z, atol=1e-9)


def test_nobody_can_be_short_of_nothing_at_all() -> None:
    with pytest.raises(DataError, match="a loss must be > 0; the smallest is 0"):
        normal_loss_inverse(np.array([0.1, 0.0]))


def test_the_expected_shortage_is_the_average_over_the_faces_of_a_die() -> None:
    levels = np.array([[-3, 0, 1, 4, 6, 20]])
    by_hand = [np.mean([max(face - level, 0) for face in range(1, 7)]) for level in levels[0]]
    np.testing.assert_allclose(expected_shortage(DIE, levels)[0], by_hand)


def test_a_level_costs_holding_above_and_shortage_below() -> None:
    rates = {"holding_cost": np.array([2.0]), "shortage_cost": np.array([9.0])}
    for level in (-2, 0, 3, 9):
        by_hand = np.mean([2 * max(level - face, 0) + 9 * max(face - level, 0) for face in range(1, 7)])
        assert level_costs(DIE, np.array([level]), **rates)[0] == pytest.approx(by_hand)


@pytest.mark.parametrize("wrong", [[0.0, 1.0], [np.nan, 1.0], [1.0]])
def test_cost_rates_are_one_a_series_and_above_0(wrong) -> None:
    require_costs(2, holding_cost=np.array([1.0, 2.0]))
    with pytest.raises(DataError, match="holding_cost must be 2 finite numbers > 0"):
        require_costs(2, holding_cost=np.array(wrong))
