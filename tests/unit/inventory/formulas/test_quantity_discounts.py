import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.formulas.quantity_discounts import (
    PriceBreaks,
    all_units_discount,
    incremental_discount,
)

SHARE = np.array([0.2])


def breaks(from_units, unit_cost):
    return PriceBreaks(
        from_units=np.array([from_units], dtype=float), unit_cost=np.array([unit_cost], dtype=float)
    )


def priced_by_hand(rule, batch, demand, order_cost):
    """Cost per period of one batch, units priced one by one from the definition."""
    start, price = [0.0, 200.0, 500.0], [500.0, 475.0, 450.0]
    if rule is all_units_discount:
        bought = batch * price[int(np.searchsorted(start, batch, side="right")) - 1]
    else:
        ends = [*start[1:], np.inf]
        parts = zip(start, ends, price, strict=True)
        bought = sum(p * max(min(batch, end) - begin, 0) for begin, end, p in parts)
    return (order_cost + bought) * demand / batch + 0.2 * bought / 2


@pytest.mark.parametrize("rule", [all_units_discount, incremental_discount])
@pytest.mark.parametrize(("demand", "order_cost"), [(1000.0, 200.0), (40.0, 20.0), (9000.0, 50.0)])
def test_no_batch_on_a_fine_grid_costs_less(rule, demand, order_cost) -> None:
    lot = rule(
        np.array([demand]),
        breaks([0, 200, 500], [500, 475, 450]),
        order_cost=np.array([order_cost]),
        holding_share=SHARE,
    )
    grid = np.arange(0.25, 4000, 0.25)
    cheapest = min(priced_by_hand(rule, batch, demand, order_cost) for batch in grid)
    assert lot.cost[0] <= cheapest + 1e-9
    assert lot.cost[0] == pytest.approx(priced_by_hand(rule, lot.batch[0], demand, order_cost))


def test_where_demand_is_small_the_first_price_is_taken() -> None:
    lot = all_units_discount(
        np.array([1.0]), breaks([0, 200], [5, 4.9]), order_cost=np.array([1.0]), holding_share=SHARE
    )
    assert lot.taken[0] == 0
    assert lot.batch[0] == pytest.approx(np.sqrt(2))


@pytest.mark.parametrize(
    ("from_units", "unit_cost", "said"),
    [
        ([1, 200], [5, 4], "begin at 0"),
        ([0, 0], [5, 4], "begin at 0 and rise"),
        ([0, 200], [5, 5], "fall from break to break"),
        ([0, 200], [5, 0], "must be > 0"),
    ],
)
def test_breaks_that_are_no_discounts_are_refused(from_units, unit_cost, said) -> None:
    breaks([0, 200], [5, 4])
    with pytest.raises(DataError, match=said):
        breaks(from_units, unit_cost)


def test_free_holding_has_no_best_batch() -> None:
    with pytest.raises(DataError, match="holding_share must be > 0"):
        all_units_discount(
            np.ones(1), breaks([0, 2], [5, 4]), order_cost=np.ones(1), holding_share=np.zeros(1)
        )
