"""The action that covers a multiple of expected demand."""

import numpy as np
import pytest
import torch

from allocast.agents.worlds.actions import wanted_units
from allocast.agents.worlds.cover import COVER_AT_ZERO, expected_left


def seen(net_stock, arriving, on_order, coming):
    return np.array([[net_stock, *arriving, on_order, *coming]], dtype=np.float64)


def test_a_shortage_before_the_arrival_is_not_made_up_for_where_sales_are_lost():
    short = seen(0.2, (0.0, 0.0, 0.0), 0.0, (0.5, 1.0, 1.5))
    assert expected_left(short, np.array([2.0]), lost_sales=True) == 0.0
    assert expected_left(short, np.array([2.0]), lost_sales=False) == pytest.approx(-0.8)


def test_what_is_on_order_counts_whenever_it_comes():
    waiting = seen(0.0, (0.0, 0.0, 0.0), 2.0, (0.2, 0.4, 0.6))
    assert expected_left(waiting, np.array([1.0]), lost_sales=True) == pytest.approx(2.0)


def test_demand_beyond_the_periods_seen_is_taken_as_the_mean():
    far = seen(1.0, (0.0, 0.0, 0.0), 0.0, (0.125, 0.25, 0.375))
    left = expected_left(far, np.array([7.0]), lost_sales=True)
    assert left == pytest.approx(1.0 - 0.375 - 4 / 8)


def test_arrays_and_tensors_have_the_same_left():
    rng = np.random.default_rng(3)
    some = rng.random((40, 8))
    some[:, 1:5], some[:, 5:8] = np.cumsum(some[:, 1:5], axis=1), np.cumsum(some[:, 5:8], axis=1)
    lead_time = rng.uniform(0, 6, 40)
    for lost in (True, False):
        ours = expected_left(some, lead_time, lost_sales=lost)
        theirs = expected_left(torch.tensor(some), torch.tensor(lead_time), lost_sales=lost)
        np.testing.assert_allclose(theirs.numpy(), ours)


def test_the_middle_of_the_action_covers_nearly_what_is_expected():
    units = wanted_units(
        "cover",
        np.zeros(2),
        position=np.zeros(2),
        quantiles=np.ones((2, 7)),
        mean=np.array([100.0, 100.0]),
        critical_ratio=np.ones(2),
        left=np.array([0.0, 5.0]),
    )
    np.testing.assert_array_equal(units, [100 * COVER_AT_ZERO, 0.0])
