"""Recommendations within limits that all orders share: who is cut, why, and what one more would save.

Each item sells ten a week for certain, its order is there in two weeks; with nothing on hand thirty are wanted, and
the ten of the third week are all that an order can still serve.
"""

from itertools import permutations

import numpy as np
import pytest

from allocast.errors import DataError, InfeasibleError, UnknownNameError
from allocast.inventory.basket import Limits
from allocast.inventory.recommendation import Status
from allocast.supply.supplier_terms import SupplierTerms


def terms(supplier_id="s", **columns) -> SupplierTerms:
    numbers = {
        "payment_terms_days": 0.0,
        "capacity_units": np.inf,
        "minimum_order_value": 0.0,
        "container_volume": np.nan,
        "container_fill": 0.9,
    }
    n = len(supplier_id)
    given = {name: np.broadcast_to(np.float64(value), n) for name, value in (numbers | columns).items()}
    return SupplierTerms(supplier_id=np.array(list(supplier_id), dtype=object), **given)


def test_without_limits_nothing_changes_but_the_basket_is_there(make_plan) -> None:
    plain, limited = make_plan("ab"), make_plan("ab", limits=Limits())
    assert limited.table.equals(plain.table)
    assert plain.cut is None
    assert limited.cut.basket.table["cumulative_money"].iloc[-1] == limited.table["order_value"].sum()


def test_limits_with_room_for_everything_change_nothing(make_plan) -> None:
    wide = Limits(budget=1e6, category_column="group", category_budget={"g": 1e6}, storage=True, suppliers=terms(
        capacity_units=1e6))  # fmt: skip
    limited = make_plan("ab", limits=wide, volume=1.0, capacity=1e6)
    assert limited.table.equals(make_plan("ab").table)
    assert limited.cut.table["limit"].tolist() == [
        "budget 2024-01",
        "category g 2024-01",
        "storage here",
        "capacity s",
    ]
    assert (limited.cut.price == 0).all()


def test_a_budget_goes_to_what_saves_most_and_says_what_one_more_would_save(make_plan) -> None:
    advice = make_plan("abc", shortage_cost=[2.0, 9.0, 5.0], limits=Limits(budget=45.0))
    rows = advice.table.set_index("item_id")
    assert rows["order_units"].tolist() == [0, 10, 5]
    assert rows["status"].tolist() == [Status.LIMITED, Status.ORDER, Status.ORDER]
    assert (rows["binding_constraint"] == "budget 2024-01").all()
    assert rows["reason"]["c"].endswith(
        "Cut from 30: budget 2024-01 ends here; one more of it would save 1.67."
    )
    assert rows["reason"]["a"].startswith("Nothing ordered: 30 are wanted, but budget 2024-01 ends here")
    assert advice.cut.table.loc[0, ["available", "used", "lines_cut"]].tolist() == [45.0, 45.0, 3]


def test_an_order_uses_the_budget_of_the_period_in_which_it_is_paid(make_plan, make_lines) -> None:
    lines = make_lines("ab", supplier_id="sl")
    limits = Limits(budget=30.0, budget_in={"2024-02": 60.0}, suppliers=terms("l", payment_terms_days=30.0))
    table = make_plan("ab", lines=lines, limits=limits).table
    assert table["order_value"].tolist() == [30.0, 60.0]
    assert table["binding_constraint"].tolist() == ["budget 2024-01", "budget 2024-02"]


def test_what_was_ordered_before_is_paid_first(make_plan, make_book) -> None:
    book = make_book("b", ordered_on="2024-01-02", units_ordered=6.0)
    table = make_plan("ab", [0.0, 99.0], book=book, limits=Limits(budget=48.0)).table
    assert table["order_value"].tolist() == [30.0, 0.0]
    last_month = make_book("b", ordered_on="2023-12-30", units_ordered=6.0)
    table = make_plan("ab", [0.0, 99.0], book=last_month, limits=Limits(budget=48.0)).table
    assert table["order_value"].tolist() == [48.0, 0.0]


def test_a_category_has_a_budget_of_its_own(make_plan) -> None:
    limits = Limits(category_column="kind", category_budget={"food": 12.0})
    table = make_plan("abc", limits=limits, kind=["food", "food", "toys"]).table
    assert table["order_value"].iloc[:2].sum() == 12.0
    assert table["order_units"].iloc[2] == 30
    assert table["binding_constraint"].tolist()[:2] == ["category food 2024-01"] * 2


def test_stock_and_open_orders_take_room_already(make_plan, make_book) -> None:
    limits = Limits(storage=True)
    room = {"volume": 2.0, "capacity": 100.0, "limits": limits}
    table = make_plan("ab", [0.0, 10.0], book=make_book("b"), **room).table
    assert 2 * table["order_units"].sum() == 100 - 2 * (10 + 10)
    assert sorted(table["binding_constraint"]) == ["", "storage here"]  # which of the two is a tie


def test_a_supplier_delivers_no_more_than_it_can_in_all(make_plan, make_book) -> None:
    limits = Limits(suppliers=terms(capacity_units=25.0))
    table = make_plan("ab", limits=limits).table
    assert table["order_units"].sum() == 25
    table = make_plan("abc", [0.0, 0.0, 99.0], book=make_book("c"), limits=limits).table
    assert table["order_units"].sum() == 15


def test_what_must_be_ordered_comes_first(make_plan) -> None:
    limits = Limits(budget=45.0, least_units={("a", "here"): 12.0})
    table = make_plan("abc", [0.0, 0.0, 99.0], shortage_cost=[0.0, 9.0, 1.0], limits=limits).table
    assert table["order_units"].tolist() == [12, 3, 0]
    raised = make_plan("a", 99.0, limits=limits)
    assert raised.table["order_units"].tolist() == [12]
    assert raised.table["reason"][0] == (
        "Order 12, of which the policy wants nothing: so much must be ordered."
    )
    assert raised.table["binding_constraint"].tolist() == ["least_units"]


def test_what_must_be_ordered_beyond_the_budget_is_refused_with_the_rules_that_clash(make_plan) -> None:
    limits = Limits(budget=45.0, least_units={("a", "here"): 10.0, ("b", "here"): 6.0})
    with pytest.raises(InfeasibleError) as refused:
        make_plan("ab", limits=limits)
    assert sorted(refused.value.rules) == [
        "budget of 2024-01 (45)",
        "least_units of a here s (10)",
        "least_units of b here s (6)",
    ]
    assert (
        make_plan("ab", limits=Limits(budget=48.0, least_units=limits.least_units)).table["order_value"].sum()
        == 48
    )


def test_what_must_be_ordered_beyond_what_a_supplier_accepts_is_refused(make_plan, make_lines) -> None:
    limits = Limits(least_units={("a", "here"): 10.0})
    with pytest.raises(InfeasibleError, match="capacity_units of its supplier s"):
        make_plan("a", lines=make_lines("a", capacity_units=9.0), limits=limits)
    with pytest.raises(UnknownNameError, match="c at here"):
        make_plan("a", limits=Limits(least_units={("c", "here"): 10.0}))


def test_a_price_a_volume_or_a_category_that_is_not_known_is_refused(make_plan, make_lines) -> None:
    with pytest.raises(DataError, match="goes by unit_cost, which is not known of item a"):
        make_plan("a", lines=make_lines("a", unit_cost=np.nan), limits=Limits(budget=1.0))
    with pytest.raises(DataError, match="goes by volume"):
        make_plan("a", volume=np.nan, capacity=9.0, limits=Limits(storage=True))
    with pytest.raises(DataError, match="column capacity of the table locations"):
        make_plan("a", limits=Limits(storage=True))
    with pytest.raises(UnknownNameError, match="group with a budget 'x'; valid are g"):
        make_plan("a", limits=Limits(category_column="group", category_budget={"x": 1.0}))


def test_the_order_of_rows_never_matters(make_plan, make_lines) -> None:
    limits = Limits(budget=100.0, storage=True, suppliers=terms("st", capacity_units=[25.0, 31.0]))
    found = []
    for order in permutations("abcd"):
        items = "".join(order)
        stake = [{"a": 4.0, "b": 4.0, "c": 4.0, "d": 7.0}[one] for one in order]
        lines = make_lines(items, supplier_id=["t" if one in "ad" else "s" for one in order])
        table = make_plan(
            items, lines=lines, shortage_cost=stake, limits=limits, volume=1.0, capacity=60.0
        ).table
        found.append(table.sort_values("item_id")["order_units"].tolist())
    assert all(one == found[0] for one in found)


def test_a_negative_budget_and_a_period_that_is_none_are_refused() -> None:
    with pytest.raises(DataError, match="budget must be >= 0"):
        Limits(budget=-1.0)
    with pytest.raises(UnknownNameError, match="calendar period 'moth'"):
        Limits(every="moth")
    with pytest.raises(DataError, match="need the column"):
        Limits(category_budget={"food": 1.0})


def test_terms_of_suppliers_are_checked() -> None:
    assert terms("st").payment_days(np.array(["t", "u"], dtype=object)).tolist() == [0.0, 0.0]
    with pytest.raises(DataError, match="s has 2"):
        terms("ss")
    with pytest.raises(DataError, match="container_volume must be above 0"):
        terms(container_volume=0.0)
    with pytest.raises(DataError, match="container_fill must lie"):
        terms(container_fill=1.5)
