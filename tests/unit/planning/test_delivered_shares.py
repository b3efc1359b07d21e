"""Scenarios of what is delivered of a new order, which policies look at."""

import numpy as np

from allocast.inventory.policies import OrderUpTo


class BySupplier:
    """Half or all of what is ordered, with equal chances."""

    def expected(self, lines):
        return np.full(len(lines), 0.75)

    def at(self, lines, uniforms, received):
        assert len(lines) == len(uniforms) == len(received)
        return np.where(uniforms < 0.5, 0.5, 1.0)


def test_a_policy_sees_which_share_of_a_new_order_is_delivered(make_plan, watched) -> None:
    policy = watched(OrderUpTo())
    make_plan("ab", policy=policy, share=BySupplier())
    share = policy.seen[0].scenarios.delivered_share
    assert share.shape == (2, 40)
    np.testing.assert_array_equal((share == 0.5).sum(axis=1), [20, 20])  # as often as it should be
    assert (share[0] != share[1]).any()


def test_without_a_model_of_shares_all_is_delivered(make_plan, watched) -> None:
    policy = watched(OrderUpTo())
    make_plan("a", policy=policy)
    assert policy.seen[0].scenarios.delivered_share is None
