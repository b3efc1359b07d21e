import numpy as np
import pytest

from allocast.agents.budgets.budget import clearing_price, within_budget
from allocast.errors import DataError


def boxes(units):
    """Nothing, or at least ten units in packs of five."""
    return np.where(units > 0, 5 * np.ceil(np.maximum(units, 10) / 5), 0.0)


def test_what_there_is_money_for_is_ordered_as_wanted():
    wanted = np.array([12.0, 0.0, 3.0])
    np.testing.assert_array_equal(
        within_budget(wanted, boxes, np.ones(3), 25.0, urgency=wanted), [15.0, 0.0, 10.0]
    )


def test_where_not_even_all_minimum_orders_can_be_paid_the_most_urgent_are_served():
    wanted = np.full(4, 6.0)
    units = within_budget(wanted, boxes, np.ones(4), 25.0, urgency=np.array([0.3, 0.9, 0.1, 0.5]))
    np.testing.assert_array_equal(units, [0.0, 10.0, 0.0, 10.0])


def test_orders_are_feasible_and_within_the_budget_whatever_is_wanted():
    rng = np.random.default_rng(1)
    for _ in range(200):
        wanted, price = rng.gamma(0.5, 40.0, 30).round(), rng.lognormal(size=30)
        budget = rng.uniform(0, 1500)
        units = within_budget(wanted, boxes, price, budget, urgency=wanted)
        assert units @ price <= budget + 1e-9
        assert ((units == 0) | (units >= 10)).all()
        assert (units <= boxes(wanted)).all()
        assert (units % 5 == 0).all()


def test_at_the_clearing_price_what_is_wanted_costs_what_there_is():
    def spending(price):
        return sum(max(50.0 - 80.0 * price * weight, 0.0) for weight in (0.5, 1.0, 2.0))

    price = clearing_price(spending, 60.0, highest=5.0)
    assert spending(price) == pytest.approx(60.0)
    assert clearing_price(spending, 150.0, highest=5.0) == 0.0
    assert clearing_price(lambda _: 90.0, 60.0, highest=5.0) == 5.0


def test_a_negative_budget_is_refused():
    with pytest.raises(DataError, match="a budget must be >= 0; it is -2"):
        within_budget(np.ones(1), boxes, np.ones(1), -2.0, urgency=np.ones(1))
