"""What the dynamics accept and refuse, and each setting on a case that fits on a hand."""

import numpy as np
import pytest

from allocast.errors import DataError, SettingsError
from allocast.inventory.costs import Costs
from allocast.simulation.dynamics import (
    Delivery,
    Ledger,
    Rates,
    Rules,
    Stock,
    Terms,
    advance,
    place,
    ration,
    run,
)
from allocast.supply.sourcing import Sourcing

RATES = Rates(holding_cost=1.0, shortage_cost=4.0, lost_cost=2.0, waste_cost=3.0, salvage_value=0.5)


def empty(rules: Rules, longest_lead_time: int = 3) -> Stock:
    return Stock.empty(rules, (1,), longest_lead_time=longest_lead_time)


def ordered(rules: Rules, units, lead_time, **options) -> Stock:
    return place(rules, empty(rules), units, lead_time, **options)[0]


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        ({"suppliers": 1}, {"suppliers": 0}, "suppliers must be >= 1; it is 0"),
        ({"shelf_life": None}, {"shelf_life": 0}, "shelf_life must be >= 1; it is 0"),
        ({"waiting_share": 1.0}, {"waiting_share": 1.1}, r"waiting_share must lie in \[0, 1\]; it is 1.1"),
        ({"issuing": "lifo"}, {"issuing": "filo"}, "issuing must be fifo or lifo; it is 'filo'"),
    ],
)
def test_rules_out_of_their_range_are_refused(good: dict, bad: dict, message: str) -> None:
    Rules(**good)
    with pytest.raises(SettingsError, match=message):
        Rules(**bad)


def test_rates_and_deliveries_out_of_their_range_are_refused() -> None:
    Rates(holding_cost=[0.0, 1.0], shortage_cost=1.0, salvage_value=-2.0)
    with pytest.raises(DataError, match=r"holding_cost must be >= 0; at \(1,\) it is -1.0 \(1 of 2"):
        Rates(holding_cost=[0.0, -1.0], shortage_cost=1.0)
    Delivery(first_share=0.5, rest_later=2)
    with pytest.raises(DataError, match=r"first_share must be in \[0, 1\]"):
        Delivery(first_share=1.5)
    with pytest.raises(DataError, match="whole periods"):
        Delivery(rest_later=0.5)
    with pytest.raises(DataError, match=r"fit to one shape.*holding_cost \(2,\), shortage_cost \(3,\)"):
        Rates(holding_cost=[1.0, 1.0], shortage_cost=[1.0, 1.0, 1.0])


def test_negative_demand_and_orders_and_orders_that_take_too_long_are_refused() -> None:
    stock = empty(Rules())
    advance(Rules(), stock, np.array([0.0]), RATES)
    with pytest.raises(DataError, match="demand must be >= 0; that of series 0 is -1"):
        advance(Rules(), stock, np.array([-1.0]), RATES)
    place(Rules(), stock, 1.0, 3)
    with pytest.raises(
        DataError, match="within the 4 periods of the pipeline; that of series 0 with supplier 0"
    ):
        place(Rules(), stock, 1.0, 4)
    with pytest.raises(DataError, match="is -2 units"):
        place(Rules(), stock, -2.0, 1)
    with pytest.raises(DataError, match="series 0 in period 1 do not"):
        run(Rules(), stock, [[1.0, np.nan]], RATES, 1, order_units=0.0)


def test_shapes_that_are_not_those_of_the_rules_are_refused() -> None:
    spoils, fixed = Rules(shelf_life=2), Rules(crossover=False)
    advance(spoils, empty(spoils), 0.0, RATES)
    with pytest.raises(DataError, match=r"on_hand must have shape \(1, 2\); it has \(1,\)"):
        advance(spoils, empty(Rules()), 0.0, RATES)
    with pytest.raises(DataError, match=r"latest must have shape \(1, 1\); it has \(1, 0\)"):
        place(fixed, empty(Rules()), 1.0, 1)
    with pytest.raises(DataError, match=r"demand must fit the shape \(1,\); it has \(3,\)"):
        advance(Rules(), empty(Rules()), np.ones(3), RATES)
    with pytest.raises(DataError, match=r"order_units must fit the shape \(1, 2\); it has \(3,\)"):
        place(Rules(suppliers=2), empty(Rules(suppliers=2)), np.ones(3), 1)


def test_a_run_needs_orders_or_levels_and_at_least_one_period() -> None:
    run(Rules(), empty(Rules()), [[1.0]], RATES, 1, order_up_to=3.0)
    with pytest.raises(DataError, match="either order_units or order_up_to"):
        run(Rules(), empty(Rules()), [[1.0]], RATES, 1)
    with pytest.raises(DataError, match="demand must have shape"):
        run(Rules(), empty(Rules()), [1.0], RATES, 1, order_units=1.0)


def test_reviews_and_seasons_ask_which_period_is_coming() -> None:
    monthly = Rules(review_periods=4, season_periods=2)
    with pytest.raises(DataError, match="reviews of 4 periods"):
        place(monthly, empty(monthly), 1.0, 0)
    with pytest.raises(DataError, match="seasons of 2 periods"):
        advance(monthly, empty(monthly), 0.0, RATES)
    assert ordered(monthly, 5.0, 0, period=4).position == 5
    assert ordered(monthly, 5.0, 0, period=5).position == 0


def test_an_order_never_arrives_before_an_earlier_one_of_its_supplier_where_orders_may_not_cross() -> None:
    rules = Rules(crossover=False, suppliers=2)
    stock, _ = place(rules, empty(rules), np.array([[7.0, 0.0]]), 3)
    stock, _ = advance(rules, stock, 0.0, RATES)
    stock, _ = place(rules, stock, np.array([[5.0, 4.0]]), 1)
    np.testing.assert_array_equal(stock.pipeline, [[0, 4, 12, 0]])
    np.testing.assert_array_equal(stock.latest, [[2, 1]])


def test_an_order_comes_in_two_parts_and_less_than_was_ordered() -> None:
    fate = Delivery(share=0.5, first_share=0.5, rest_later=2)
    stock, placed = place(Rules(), empty(Rules()), 9.0, 1, delivery=fate)
    assert (placed.ordered[0], placed.delivered[0]) == (9, 5)
    np.testing.assert_array_equal(stock.pipeline, [[0, 3, 0, 2]])


@pytest.mark.parametrize(("issuing", "left", "wasted"), [("fifo", [2, 3, 0], 0), ("lifo", [1, 0, 0], 1)])
def test_the_oldest_or_the_youngest_units_are_sold_first(issuing, left, wasted) -> None:
    rules = Rules(shelf_life=3, issuing=issuing)
    stock = Stock(on_hand=np.array([[1.0, 3, 0]]), backordered=np.zeros(1), pipeline=np.array([[3.0]]))
    after, ledger = advance(rules, stock, 5.0 if issuing == "lifo" else 2.0, RATES)
    np.testing.assert_array_equal(after.on_hand, [left])
    assert (ledger.wasted[0], ledger.waste_cost[0], ledger.holding_cost[0]) == (wasted, 3 * wasted, sum(left))


def test_a_share_of_new_demand_waits_and_what_is_lost_costs_more() -> None:
    rules = Rules(waiting_share=0.5)
    stock = Stock(on_hand=np.array([2.0]), backordered=np.array([3.0]), pipeline=np.zeros((1, 1)))
    after, ledger = advance(rules, stock, 6.0, RATES)
    assert (ledger.sold[0], ledger.lost[0], after.backordered[0]) == (2, 3, 4)
    assert (ledger.missed[0], ledger.shortage_cost[0]) == (7, 4 * 7 + 2 * 3)


def test_what_is_left_at_the_end_of_a_season_is_sold_off_after_it_was_held() -> None:
    rules = Rules(season_periods=2)
    stock = Stock(on_hand=np.array([9.0]), backordered=np.zeros(1), pipeline=np.array([[0.0, 4.0]]))
    before, _ = advance(rules, stock, 1.0, RATES, period=0)
    after, ledger = advance(rules, before, 2.0, RATES, period=1)
    assert (before.on_hand[0], after.on_hand[0], ledger.salvaged[0]) == (8, 0, 10)
    assert (ledger.holding_cost[0], ledger.salvage[0], ledger.cost[0]) == (10, 5, 5)


def test_terms_are_those_of_sourcing_lines_and_rates_those_of_costs() -> None:
    text, rng = np.full(200, "x", dtype=object), np.random.default_rng(1)
    lines = Sourcing(
        item_id=text, location_id=text, supplier_id=text, unit_cost=rng.random(200), order_cost=rng.random(200),
        minimum_order_units=rng.integers(0, 9, 200), pack_units=rng.integers(1, 5, 200),
        lead_time_days=np.ones(200), capacity_units=rng.choice([3.0, 10.0, np.inf], 200),
    )  # fmt: skip
    wanted = rng.integers(0, 12, 200).astype(float)
    stock = Stock.empty(Rules(), (200,), longest_lead_time=0)
    _, placed = place(Rules(), stock, wanted, 0, terms=Terms.of(lines))
    np.testing.assert_array_equal(placed.ordered, lines.feasible_units(wanted))
    np.testing.assert_allclose(placed.purchase_cost, lines.unit_cost * placed.ordered)
    costs = Rates.of(Costs.uniform(3, holding_cost=0.2, shortage_cost=1.0))
    np.testing.assert_array_equal(costs.table[:, :2], [[0.2, 1.0]] * 3)


def test_periods_add_up_to_one_ledger() -> None:
    stock, first = advance(Rules(), empty(Rules()), 3.0, RATES)
    stock, second = advance(Rules(), stock, 4.0, RATES)
    total = Ledger.over([first, second])
    assert (total.missed[0], total.on_hand[0], total.cost[0]) == (7, 0, 7 * (4 + 2))


def test_rationing_refuses_what_is_negative_or_does_not_fit() -> None:
    np.testing.assert_array_equal(ration([[4.0, 4.0], [1.0, 1.0]], [4.0, 4.0]), [[2, 2], [1, 1]])
    with pytest.raises(DataError, match="wanted must be finite and >= 0"):
        ration([1.0, -1.0], 3.0)
    with pytest.raises(DataError, match="available must be finite and >= 0"):
        ration([1.0, 1.0], -3.0)
    with pytest.raises(DataError, match="available must fit the shape"):
        ration([1.0, 1.0], [3.0, 4.0])


def test_lead_times_in_parts_of_a_period_are_refused() -> None:
    ordered(Rules(), 4.0, 2.0)
    with pytest.raises(DataError, match="lead_time must be whole; round it first"):
        ordered(Rules(), 4.0, 1.7)
