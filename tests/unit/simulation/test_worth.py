import numpy as np
import pandas as pd
import pytest
from scipy import stats

from allocast.demand.calendar import Frequency
from allocast.errors import DataError, UnknownNameError
from allocast.inventory.costs import Costs
from allocast.simulation.replay import ReplayResult
from allocast.simulation.worth import MEASURES, cheapest_at_service, measures_of, worth_of

DEMAND = np.array([[4.0, 6.0, 0.0, 5.0], [0.0, 2.0, 2.0, 2.0]])
SOLD = np.array([[4.0, 3.0, 0.0, 5.0], [0.0, 2.0, 2.0, 2.0]])
ON_HAND = np.array([[3.0, 0.0, 8.0, 3.0], [6.0, 4.0, 2.0, 0.0]])
ORDERED = np.array([[0.0, 5.0, 8.0, 0.0], [0.0, 0.0, 1.0, 0.0]])


def result() -> ReplayResult:
    nothing = np.zeros(DEMAND.shape)
    return ReplayResult(
        policy="ours",
        ordered=ORDERED,
        demand=DEMAND,
        sold=SOLD,
        missed=DEMAND - SOLD,
        on_hand=ON_HAND,
        holding_cost=0.1 * ON_HAND,
        shortage_cost=nothing,
        order_cost=nothing,
    )


def costs(*unit_cost: float) -> Costs:
    ones = np.ones(2)
    return Costs(
        holding_cost=0.1 * ones, shortage_cost=ones, order_cost=0 * ones, unit_cost=np.array(unit_cost)
    )


def table(**policies: list[tuple[float, float]]) -> pd.DataFrame:
    """Carrying cost and fill rate of each policy, window by window; other measures are 1."""
    rows = [
        dict.fromkeys([*MEASURES, "demand_units"], 1.0)
        | {"window": window, "policy": policy, "carrying_cost": cost, "fill_rate": fill}
        for policy, each in policies.items()
        for window, (cost, fill) in enumerate(each)
    ]
    return pd.DataFrame(rows)


def test_measures_are_those_that_a_controller_computes_by_hand() -> None:
    found = measures_of(result(), costs(2.0, 10.0), Frequency.WEEKLY)
    stock = np.mean([2 * 3 + 10 * 6, 10 * 4, 2 * 8 + 10 * 2, 2 * 3])  # money, at the end of each week
    goods = 2 * 12 + 10 * 6  # money, in four weeks
    assert found["carrying_cost"] == pytest.approx(2.6)
    assert found["fill_rate"] == pytest.approx(18 / 21)
    assert found["working_capital"] == pytest.approx(stock)
    assert found["turns"] == pytest.approx(goods / 4 * 365 / 7 / stock)
    assert found["days_of_supply"] == pytest.approx(stock / (goods / 28))
    assert found["stock_out_share"] == pytest.approx(1 / 6)  # one of six weeks with demand
    assert found["orders_while_short"] == 1  # the 8 of the third week, after 3 were missed in the second
    assert found["carrying_percent_of_goods"] == pytest.approx(100 * 2.6 / goods)


def test_only_the_chosen_periods_count_but_what_was_missed_before_them_is_known() -> None:
    found = measures_of(result(), costs(2.0, 10.0), Frequency.WEEKLY, slice(2, 4))
    assert found["carrying_cost"] == pytest.approx(1.3)
    assert found["fill_rate"] == 1
    assert found["stock_out_share"] == 0
    assert found["orders_while_short"] == 1


def test_without_prices_goods_are_counted_in_units_and_money_is_not_made_up() -> None:
    found = measures_of(result(), costs(0.0, 0.0), Frequency.WEEKLY)
    assert found["days_of_supply"] == pytest.approx(ON_HAND.sum(axis=0).mean() / (18 / 28))
    assert np.isnan(found["working_capital"])
    assert np.isnan(found["carrying_percent_of_goods"])


def test_intervals_are_students_over_windows() -> None:
    rng = np.random.default_rng(2)
    old, new = rng.uniform(90, 110, 6), rng.uniform(60, 80, 6)
    fill = rng.uniform(0.8, 0.9, (2, 6))
    found = worth_of(table(old=np.stack([old, fill[0]], 1), new=np.stack([new, fill[1]], 1)), "old")
    mean = found.measures.set_index(["policy", "measure"]).loc[("new", "carrying_cost")]
    expected = stats.ttest_1samp(new, 0).confidence_interval(0.95)
    assert mean.tolist() == pytest.approx([new.mean(), expected.low, expected.high])
    saving = found.savings.iloc[0]
    paired = stats.ttest_rel(old, new).confidence_interval(0.95)
    assert saving["carrying_percent"] == pytest.approx(100 * (1 - new.sum() / old.sum()))
    assert saving["carrying_low"] == pytest.approx(100 * paired.low / old.mean())
    assert saving["fill_points"] == pytest.approx(100 * (fill[1] - fill[0]).mean())


def test_the_wide_table_keeps_the_order_of_policies_and_of_measures() -> None:
    wide = worth_of(table(z=[(3.0, 0.9), (5.0, 0.9)], a=[(2.0, 0.9), (2.0, 0.8)]), "z").wide()
    assert wide.columns.tolist() == ["policy", *MEASURES]
    assert wide["policy"].tolist() == ["z", "a"]
    assert wide["carrying_cost"].tolist() == [4.0, 2.0]


def test_one_window_proves_nothing() -> None:
    saving = worth_of(table(old=[(10.0, 0.9)], new=[(8.0, 0.9)]), "old").savings.iloc[0]
    assert saving["carrying_percent"] == pytest.approx(20)
    assert (saving["carrying_low"], saving["carrying_high"]) == (-np.inf, np.inf)


def test_the_cheapest_policy_that_serves_as_well_is_chosen() -> None:
    windows = table(
        usual=[(10.0, 0.90), (12.0, 0.94)],
        cheap=[(4.0, 0.80), (5.0, 0.85)],
        ours=[(8.0, 0.91), (9.0, 0.94)],
        safe=[(9.0, 0.95), (9.5, 0.96)],
    )
    assert cheapest_at_service(windows, "usual") == "ours"
    assert cheapest_at_service(windows, "usual", margin=0.02) == "safe"


def test_a_window_counts_by_what_was_asked_for_in_it() -> None:
    windows = table(usual=[(10.0, 0.9), (10.0, 0.9)], ours=[(8.0, 0.8), (8.0, 0.95)])
    with pytest.raises(DataError, match=r"0\.8750"):
        cheapest_at_service(windows, "usual")
    assert cheapest_at_service(windows.assign(demand_units=[1.0, 3.0] * 2), "usual") == "ours"


def test_what_no_policy_reaches_is_refused() -> None:
    windows = table(usual=[(10.0, 0.9)], ours=[(8.0, 0.8)])
    with pytest.raises(DataError, match=r"no policy reaches a fill rate of 0\.9000; the best, ours"):
        cheapest_at_service(windows, "usual")


@pytest.mark.parametrize("ask", [worth_of, cheapest_at_service])
def test_an_unknown_reference_is_refused(ask) -> None:
    with pytest.raises(UnknownNameError, match="usual"):
        ask(table(ours=[(8.0, 0.8)]), "usual")


def test_a_policy_that_lacks_a_window_is_refused() -> None:
    whole = table(old=[(10.0, 0.9), (9.0, 0.9)], new=[(8.0, 0.9), (8.0, 0.9)])
    with pytest.raises(DataError, match="every policy must be replayed in every window once; new was not"):
        worth_of(whole.iloc[:-1], "old")
    with pytest.raises(DataError, match="confidence"):
        worth_of(whole, "old", confidence=1.0)
