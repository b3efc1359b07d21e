"""Open orders as expediting sees them: cancelled ones bring nothing, terms say how soon they could come."""

import numpy as np
import pandas as pd

from allocast.adapters.expedite_terms import expedite_terms
from allocast.adapters.tables import Tables
from allocast.numerics.discrete import DiscreteDistribution
from allocast.planning.expediting import orders_to_hurry
from allocast.supply.arrivals import OpenOrderArrivals

TERMS = {"period_days": 7, "n_paths": 2000, "seed": 1}


def test_an_order_that_may_be_cancelled_brings_nothing_where_it_is(make_book):
    law = DiscreteDistribution(probability=np.array([[0.5, 0.2, 0.3]]))
    coming = OpenOrderArrivals(orders=make_book("a"), arrival=law, never=np.array([0.1]))
    unknown = np.array([np.nan])
    found = orders_to_hurry(coming, np.array([0]), expedited_days=unknown, cost_per_unit=unknown, **TERMS)
    nothing = found.units[0] == 0
    assert abs(nothing.mean() - 0.1) < 0.02 and (found.periods[0, nothing] == 2).all()
    assert abs((found.periods[0] == 2).mean() - 0.3) < 0.03  # later ones among them
    assert found.expedited_period.tolist() == [0]


def test_an_expedited_order_needs_the_days_that_the_supplier_says(make_book):
    coming = OpenOrderArrivals(
        orders=make_book("ab"), arrival=DiscreteDistribution(probability=np.full((2, 3), 1 / 3))
    )
    days, cost = np.array([0.0, 8.0]), np.array([1.0, 2.0])
    found = orders_to_hurry(coming, np.array([0, 1]), expedited_days=days, cost_per_unit=cost, **TERMS)
    assert found.expedited_period.tolist() == [0, 2]
    assert (found.units == 10).all()


def test_terms_of_expediting_are_those_of_the_orders_own_line(make_book):
    book = make_book("ab")
    lines = {"supplier_id": ["s", "t"], "item_id": ["a", "b"], "location_id": "here"}
    sourcing = pd.DataFrame(lines | {"expedite_cost_per_unit": [1.5, 9.0]})
    cost, days = expedite_terms(Tables(sourcing=sourcing), book)
    np.testing.assert_array_equal(cost, [1.5, np.nan])
    assert np.isnan(days).all()
    assert np.isnan(expedite_terms(Tables(), book)).all()
