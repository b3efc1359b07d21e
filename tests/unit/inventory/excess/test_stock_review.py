"""How a series stands, what it has too much of, and which way out pays best."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocast.errors import SettingsError
from allocast.inventory.excess import StockRules, StockState, StockView, WaysOut, review_stock
from allocast.inventory.rebalancing import Transfers
from allocast.inventory.situation import Situation

N_PATHS, N_PERIODS = 5, 12


@pytest.fixture
def seen(make_situation: Callable[..., Situation]) -> Callable[..., StockView]:
    """One series: sells as many a week as said, for certain, a year behind it and a quarter ahead; orders take two."""

    def see(on_hand: float, weekly: float = 5.0, *, past: Any = None, pipeline: Any = None, **known: Any):
        demand = np.full((1, N_PATHS, N_PERIODS), weekly)
        history = np.full((1, 60), weekly) if past is None else np.asarray(past, dtype=np.float64)[None, :]
        situation = make_situation(demand, np.array([on_hand]), lead_time=2, units=history)
        if pipeline is not None:
            coming = np.zeros((1, N_PERIODS))
            coming[0, : len(pipeline)] = pipeline
            position = type(situation.position).from_pipeline(np.array([on_hand]), coming, np.zeros(1))
            arrivals = np.broadcast_to(coming[:, None], demand.shape)
            situation = replace(
                situation, position=position, scenarios=replace(situation.scenarios, arrivals=arrivals)
            )
        one = {name: np.array([value]) for name, value in known.items()}
        return StockView.of(situation, **one)

    return see


def row_of(view: StockView, **terms: Any) -> "pd.Series[Any]":
    return review_stock(view, **terms).table.iloc[0]


@pytest.mark.parametrize(
    ("on_hand", "weekly", "past", "pipeline", "state"),
    [
        (0, 5, None, None, StockState.STOCKED_OUT),
        (0, 0, [0.0] * 60, None, StockState.OK),  # nothing there, nothing wanted
        (9, 5, None, None, StockState.POTENTIAL_STOCK_OUT),  # ten are asked for before an order can come
        (9, 5, None, [5], StockState.OK),
        (
            9,
            5,
            None,
            [0, 0, 5],
            StockState.POTENTIAL_STOCK_OUT,
        ),  # a late delivery hides no stock-out before it
        (35, 5, None, None, StockState.OK),  # three weeks until the next order, four of cover
        (36, 5, None, None, StockState.EXCESS),
        (20, 5, None, [0, 0, 0, 20], StockState.SURPLUS_ORDERS),
        (20, 0.1, [0.0] * 40 + [1.0] + [0.0] * 19, None, StockState.SLOW),
        (20, 0.1, [0.0] * 60, None, StockState.DEAD),
        (20, 5, [0.0] * 5, None, StockState.OK),  # too new to say
    ],
)
def test_each_state_is_told_by_its_rule(seen, on_hand, weekly, past, pipeline, state: StockState) -> None:
    assert row_of(seen(float(on_hand), float(weekly), past=past, pipeline=pipeline))["state"] == state


def test_what_was_not_in_stock_could_not_sell_and_is_not_slow(seen) -> None:
    view = seen(20.0, 0.5, past=[1.0] * 40 + [0.0] * 20)
    assert row_of(view)["state"] == StockState.SLOW
    away = view.panel.observed.copy()
    away[:, 40:] = False
    assert row_of(replace(view, panel=replace(view.panel, observed=away)))["state"] != StockState.SLOW


def test_days_of_supply_follow_the_expected_demand_and_go_on_beyond_the_horizon(seen) -> None:
    assert row_of(seen(12.5, pipeline=[0, 10]))["days_of_supply"] == pytest.approx(2.5 * 7)
    assert row_of(seen(12.5, pipeline=[0, 10]))["days_with_orders"] == pytest.approx(4.5 * 7)
    assert row_of(seen(100.0))["days_of_supply"] == pytest.approx(20 * 7)
    assert row_of(seen(100.0, 0.0))["days_of_supply"] == np.inf
    assert row_of(seen(0.0, 0.0))["days_of_supply"] == 0


def test_excess_is_counted_in_units_and_in_money(seen) -> None:
    row = row_of(seen(50.0))
    assert (row["needed_units"], row["excess_units"], row["excess_money"]) == (35, 15, 45)
    assert row["stock_money"] == 150
    assert row["why"] == "50 on hand, 15 more than the 35 that may be asked for."


def test_what_perishes_is_too_much_beyond_its_shelf_life(seen) -> None:
    assert row_of(seen(30.0, shelf_life=4.0))["excess_units"] == 10


def test_the_best_way_out_is_the_one_worth_most(seen) -> None:
    view = seen(200.0, price=4.0)  # a unit costs 3; the last is sold after 40 weeks of holding at 1 a week
    ways = WaysOut(return_share=0.5, disposal_cost_share=0.1)
    row = row_of(view, ways=ways)
    assert (row["way_out"], row["return_value"], row["way_out_units"]) == ("return", 1.5, 165)
    assert row["way_out_gain"] == pytest.approx((1.5 - row["keep_value"]) * 165)
    assert row_of(view, ways=WaysOut(disposal_cost_share=0.1))["way_out"] == "dispose"


def test_what_is_soon_sold_is_kept(seen) -> None:
    row = row_of(seen(36.0, price=40.0), ways=WaysOut(return_share=0.9, disposal_cost_share=0.0))
    assert (row["way_out"], row["way_out_units"], row["way_out_gain"]) == ("keep", 0, 0)
    assert row["keep_value"] == pytest.approx(40 - 7.2)


def test_a_markdown_sells_sooner_and_costs_what_would_have_sold_anyway(seen) -> None:
    row = row_of(seen(36.0, price=40.0), ways=WaysOut(markdown_share=0.25, markdown_uplift=2.0))
    assert row["markdown_value"] == pytest.approx(30 - 3.6 - 10 * 35)
    many = row_of(seen(500.0, price=200.0), ways=WaysOut(markdown_share=0.1, markdown_uplift=2.0))
    assert many["way_out"] == "markdown"


def test_refurbishing_brings_a_share_of_the_price_less_its_cost(seen) -> None:
    ways = WaysOut(refurbish_price_share=0.5, refurbish_cost_share=0.2)
    assert row_of(seen(100.0, price=10.0), ways=ways)["refurbish_value"] == pytest.approx(5 - 0.6)


def test_without_a_price_no_way_out_is_named(seen) -> None:
    row = row_of(seen(200.0), ways=WaysOut(return_share=0.5))
    assert (row["way_out"], row["way_out_units"]) == ("", 0)
    assert np.isnan(row["keep_value"])


def test_what_other_places_need_goes_there_first(seen) -> None:
    one = np.array([1])
    moved = Transfers(
        giver=0 * one,
        receiver=one,
        lane=0 * one,
        units=5 * one,
        delay=0 * one,
        cost=0.0 * one,
        gain=8.0 * one,
    )
    row = row_of(seen(50.0, price=4.0), ways=WaysOut(return_share=1.0), transfers=moved)
    assert (row["excess_units"], row["transfer_units"], row["transfer_gain"], row["way_out_units"]) == (
        15,
        5,
        8,
        10,
    )


def test_the_summary_has_every_state_and_all_the_money(seen) -> None:
    summary = review_stock(seen(50.0)).summary().set_index("state")
    assert list(summary.index) == list(StockState)
    assert summary["series"].sum() == 1
    assert summary.loc["excess", "excess_money"] == 45


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"excess_quantile": 1.0}, "excess_quantile must lie between 0 and 1"),
        ({"stock_out_probability": 0.0}, "stock_out_probability must lie"),
        ({"cover_days": -1.0}, "cover_days must be >= 0"),
        ({"slow_share": 2.0}, "slow_share within 0 and 1"),
        ({"slow_days": 400.0}, "dead_days no less"),
    ],
)
def test_rules_out_of_their_range_are_refused(rules: dict[str, float], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        StockRules(**rules)


@pytest.mark.parametrize(
    "ways",
    [{"return_share": 1.5}, {"markdown_uplift": 0.5}, {"disposal_cost_share": -0.1}, {"markdown_share": 2.0}],
)
def test_ways_out_of_their_range_are_refused(ways: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match=f"{next(iter(ways))} must lie within"):
        WaysOut(**ways)
