"""What was recommended and approved is not proposed again."""

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.approved_orders import ApprovedOrders
from allocast.inventory.policies import FixedQuantity, OrderUpTo, ProjectedNeed, ReorderPoint
from allocast.inventory.recommendation import Status

TODAY = np.datetime64("2024-01-14")


def approvals(items: str, units, day=TODAY) -> ApprovedOrders:
    n = len(items)
    return ApprovedOrders(
        item_id=np.array(list(items), dtype=object),
        location_id=np.full(n, "here", dtype=object),
        supplier_id=np.full(n, "s", dtype=object),
        units=np.asarray(units, dtype=np.float64),
        approved_on=np.full(n, day, dtype="datetime64[D]"),
    )


@pytest.mark.parametrize("policy", [OrderUpTo(), ProjectedNeed(), ReorderPoint(), FixedQuantity()])
def test_what_was_approved_is_not_proposed_again(make_plan, make_lines, policy) -> None:
    terms = {
        "lines": make_lines("abc", pack_units=[1, 8, 1], minimum_order_units=[0, 0, 50]),
        "policy": policy,
    }
    first = make_plan("abc", [5.0, 0.0, 3.0], **terms).table
    again = make_plan("abc", [5.0, 0.0, 3.0], approved=approvals("abc", first["order_units"]), **terms).table
    assert (first["order_units"] > 0).all()
    assert again["order_units"].tolist() == [0, 0, 0]
    assert again["status"].tolist() == [Status.ENOUGH] * 3


def test_approved_units_are_on_order_and_said_to_be_approved(make_plan, make_book) -> None:
    advice = make_plan("ab", 5.0, book=make_book("a"), approved=approvals("a", [7.0])).table
    assert advice["on_order"].tolist() == [17, 0]
    assert advice["approved_units"].tolist() == [7, 0]
    assert advice["warning"].iloc[0].endswith("7 are approved and count as on order: place them.")
    assert "approved" not in advice["warning"].iloc[1]


def test_approved_units_arrive_when_an_order_placed_now_would(make_plan, watched) -> None:
    policy = watched(OrderUpTo())
    make_plan("a", approved=approvals("aa", [7.0, 2.0]), policy=policy)
    scenarios = policy.seen[0].scenarios
    assert (scenarios.arrivals[0].argmax(axis=1) == scenarios.lead_time[0]).all()
    assert (scenarios.arrivals[0].sum(axis=1) == 9).all()


def test_less_approved_than_recommended_leaves_the_rest_to_be_proposed(make_plan) -> None:
    assert make_plan("a", 5.0, approved=approvals("a", [10.0])).table["order_units"].tolist() == [15]


def test_approvals_for_other_series_change_nothing(make_plan) -> None:
    with_others = make_plan("a", 5.0, approved=approvals("z", [10.0])).table
    assert with_others.equals(make_plan("a", 5.0).table)


def test_an_approval_of_later_is_not_known_yet() -> None:
    both = ApprovedOrders(
        item_id=np.array(["a", "b"], dtype=object),
        location_id=np.array(["x", "x"], dtype=object),
        supplier_id=np.array(["s", "s"], dtype=object),
        units=np.ones(2),
        approved_on=np.array([TODAY, TODAY + 1]),
    )
    assert both.known_at(TODAY).item_id.tolist() == ["a"]
    assert len(ApprovedOrders.none().known_at(TODAY)) == 0


def test_approved_units_below_zero_are_refused() -> None:
    with pytest.raises(DataError, match="units must be"):
        approvals("a", [-1.0])


def test_a_short_history_is_said_beside_the_reason(make_plan) -> None:
    assert "The forecast rests on 2 weeks of its own demand." in make_plan("a", 99.0).table["warning"].iloc[0]
