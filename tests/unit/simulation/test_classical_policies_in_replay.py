"""Every classical policy goes through history, sees nothing of what comes, and orders what can be ordered."""

import numpy as np
import pytest

from allocast.inventory import policies
from allocast.inventory.policies import (
    FillRateLevel,
    FixedQuantity,
    JustInTime,
    MinMax,
    MovingAverageCover,
    NeedAndSafety,
    OrderUpTo,
    PeriodicReview,
    Perishable,
    ProjectedNeed,
    ReorderLevels,
    ReorderPoint,
    RuleOfThumb,
    SigmaFormula,
)

ALL = [
    FillRateLevel(),
    FixedQuantity(batch_units=6),
    JustInTime(),
    MinMax(minimum_periods=1, maximum_periods=3),
    MovingAverageCover(),
    NeedAndSafety(window=4),
    OrderUpTo(),
    PeriodicReview(review_periods=2),
    Perishable(shelf_life_periods=3),
    ProjectedNeed(),
    ReorderLevels(),
    ReorderPoint(),
    RuleOfThumb(window=4),
    SigmaFormula(window=4),
]
DEMAND = np.random.default_rng(0).poisson(9, (3, 6)).astype(float)


def test_no_policy_is_left_out() -> None:
    assert {type(policy).__name__ for policy in ALL} == set(policies.__all__)


@pytest.mark.parametrize("policy", ALL, ids=lambda policy: policy.name)
def test_orders_are_whole_and_something_is_ordered(make_replay_world, run, policy) -> None:
    result = run(make_replay_world(DEMAND), policy)[0]
    np.testing.assert_array_equal(result.ordered, np.rint(result.ordered))
    assert (result.ordered >= 0).all()
    assert result.ordered.sum() > 0


@pytest.mark.parametrize("policy", ALL, ids=lambda policy: policy.name)
def test_no_order_of_any_policy_depends_on_later_demand(make_replay_world, run, policy) -> None:
    before = run(make_replay_world(DEMAND), policy)[0]
    for period in range(6):
        altered = DEMAND.copy()
        altered[:, period:] = 40 + altered[:, period:][:, ::-1]
        after = run(make_replay_world(altered), policy)[0]
        np.testing.assert_array_equal(after.ordered[:, : period + 1], before.ordered[:, : period + 1])
