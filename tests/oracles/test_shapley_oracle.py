"""Shapley values against their definition: every order in which causes can come about."""

from itertools import permutations

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.numerics.shapley import members, owen_values, shapley_values


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_shares_are_the_mean_over_all_orders(n):
    outcomes = np.random.default_rng(n).normal(size=(2**n, 4))
    slow = np.zeros((n, 4))
    orders = list(permutations(range(n)))
    for order in orders:
        there = 0
        for cause in order:
            slow[cause] += outcomes[there | 2**cause] - outcomes[there]
            there |= 2**cause
    np.testing.assert_allclose(shapley_values(outcomes), slow / len(orders))


def test_shares_add_up_to_the_whole():
    outcomes = np.random.default_rng(2).normal(size=(64, 9))
    np.testing.assert_allclose(shapley_values(outcomes).sum(axis=0), outcomes[-1] - outcomes[0])


def test_where_causes_only_add_up_each_has_its_own():
    own = np.array([3.0, -1.0, 0.0])
    np.testing.assert_allclose(shapley_values(members(3) @ own), own, atol=1e-12)


def test_shares_within_groups_are_the_mean_over_orders_that_interrupt_no_group():
    groups, outcomes = (
        np.array([[1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]),
        np.random.default_rng(3).normal(size=16),
    )
    slow, orders = np.zeros(4), []
    for order in permutations(range(4)):
        if abs(order.index(0) - order.index(1)) == 1:
            orders.append(order)
            there = 0
            for cause in order:
                slow[cause] += outcomes[there | 2**cause] - outcomes[there]
                there |= 2**cause
    shares = owen_values(lambda sets: outcomes[(sets @ 2 ** np.arange(4)).astype(int)], groups.astype(float))
    np.testing.assert_allclose(shares, slow / len(orders))


def test_outcomes_that_are_not_of_all_sets_are_refused():
    with pytest.raises(DataError, match=r"2\^n outcomes, one a set of causes; there are 6"):
        shapley_values(np.zeros(6))
