from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from allocast.inventory.policies import OrderUpTo, ProjectedNeed
from allocast.inventory.recommendation import COLUMNS, Status
from allocast.numerics.discrete import DiscreteDistribution
from allocast.planning.situate import preferred_lines
from allocast.supply.lead_time import LeadTimeDistribution

TODAY = np.datetime64("2024-01-14")


class Fifty:
    """A supply model: any order is there in the first or the third coming period, half and half."""

    def __init__(self) -> None:
        self.asked: list[dict[str, object]] = []

    def lead_times(self, sourcing, **window):
        self.asked.append(window)
        return LeadTimeDistribution(period_days=7, periods=self._half(len(sourcing), window["n_periods"]))

    def arrivals(self, open_orders, **window):
        self.asked.append(window)
        return self._half(len(open_orders), window["n_periods"])

    def probability_never(self, open_orders, **_):
        return np.zeros(len(open_orders))

    def probability_received_by(self, open_orders, **_):
        raise NotImplementedError

    @staticmethod
    def _half(n: int, n_periods: int) -> DiscreteDistribution:
        return DiscreteDistribution(probability=np.tile(np.eye(n_periods + 1)[[0, 2]].mean(axis=0), (n, 1)))


def test_rows_stand_in_the_order_of_the_panel_whatever_becomes_of_them(make_plan, make_lines) -> None:
    advice = make_plan("dbca", [0.0, np.nan, 0.0, 99.0], lines=make_lines("abd")).table
    assert advice["item_id"].tolist() == list("dbca")
    assert advice["status"].tolist() == [
        Status.ORDER,
        Status.NO_STOCK_FIGURE,
        Status.NO_SUPPLIER,
        Status.ENOUGH,
    ]
    assert list(advice.columns) == COLUMNS


def test_every_row_has_its_reason_and_lineage(make_plan, make_lines, lineage) -> None:
    table = make_plan("abc", [0.0, np.nan, 0.0], lines=make_lines("ab")).table
    assert (table["reason"].str.len() > 20).all()
    assert (table[list(asdict(lineage))] == pd.Series(asdict(lineage))).all(axis=None)


def test_a_plan_without_any_series_that_can_be_ordered_still_says_why(make_plan, make_lines) -> None:
    table = make_plan("ab", np.nan, lines=make_lines("")).table
    assert table["status"].tolist() == [Status.NO_SUPPLIER] * 2
    assert table["reason"].tolist() == ["Cannot order: no supplier is named."] * 2


def test_each_series_keeps_its_own_figures_where_others_cannot_be_ordered(
    make_plan, make_lines, make_book, watched
) -> None:
    policy = watched(OrderUpTo())
    terms = {"weekly": [1, 10, 100, 1000], "shortage_cost": [1, 2, 3, 4], "policy": policy}
    lines = make_lines("dcb", unit_cost=[7, 6, 5])
    advice = make_plan("abcd", [9.0, 3.0, np.nan, 5.0], lines=lines, book=make_book("d"), **terms).table
    assert advice["order_units"].tolist() == [0, 27, 0, 2985]
    assert advice["on_order"].fillna(0).tolist() == [0, 0, 0, 10]
    situation = policy.seen[0]
    assert situation.panel.series["item_id"].tolist() == ["b", "d"]
    assert situation.costs.shortage_cost.tolist() == [2, 4]
    assert situation.sourcing.unit_cost.tolist() == [5, 7]


def test_no_stock_figure_is_not_no_stock(make_plan) -> None:
    unknown, none = make_plan("ab", [np.nan, 0.0]).table["order_units"]
    assert (unknown, none) == (0, 30)


def test_the_order_covers_lead_time_and_review(make_plan) -> None:
    """Ten a week, two weeks on the way and one until the next order: 30 in all, 12 are there, 4 are owed."""
    advice = make_plan("a", 12.0, backordered=4.0).of("a", "here")
    assert (advice.order_units, advice.level, advice.position) == (22, 30, 8)
    assert (advice.lead_time_p50, advice.demand_p50) == (2, 30)


def test_the_cheapest_supplier_is_chosen_and_its_terms_hold(make_plan, make_lines) -> None:
    lines = make_lines(
        "aaa", supplier_id="xyz", unit_cost=[5, 2, 4], lead_time_days=[7, 21, 0], pack_units=[1, 12, 1]
    )
    advice = make_plan("a", 30.0, lines=lines).of("a", "here")  # enough until even the slowest is there
    assert (advice.supplier_id, advice.lead_time_p50) == ("y", 3)
    assert (advice.order_units, advice.order_value) == (12, 24)  # 10 wanted, packs of 12
    assert advice.binding_constraint == "packs"


def test_equally_cheap_suppliers_are_taken_in_the_order_of_the_table(make_lines) -> None:
    series = pd.DataFrame({"item_id": ["b", "a", "c"], "location_id": "here"})
    lines = make_lines("aabb", unit_cost=[2, 2, 3, 1])
    np.testing.assert_array_equal(preferred_lines(series, lines), [3, 0, -1])


def test_a_line_for_another_place_delivers_nothing_here(make_lines) -> None:
    series = pd.DataFrame({"item_id": ["a"], "location_id": ["elsewhere"]})
    np.testing.assert_array_equal(preferred_lines(series, make_lines("a")), [-1])


def test_what_is_on_order_is_not_proposed_again(make_plan, make_book) -> None:
    first = make_plan("ab", [5.0, 0.0]).table
    book = make_book("ab", units_ordered=first["order_units"])
    again = make_plan("ab", [5.0, 0.0], book=book).table
    assert first["order_units"].tolist() == [25, 30]
    assert again["order_units"].tolist() == [0, 0]
    assert again["on_order"].tolist() == [25, 30]
    assert again["status"].tolist() == [Status.ENOUGH] * 2


def test_only_what_is_still_to_come_of_an_open_order_counts(make_plan, make_book) -> None:
    book = make_book("aab", units_ordered=[10, 8, 5], units_received=[4, 0, 0])
    advice = make_plan("ba", 0.0, book=book).table
    assert advice["on_order"].tolist() == [5, 14]
    assert advice["order_units"].tolist() == [25, 16]


def test_received_orders_and_those_for_other_series_are_not_on_order(make_plan, make_book) -> None:
    came = make_book("a", ordered_on=TODAY - 20, received_on=TODAY - 3, units_received=10.0)
    assert make_plan("a", book=came).table["on_order"].tolist() == [0]
    assert make_plan("a", book=make_book("z")).table["on_order"].tolist() == [0]


def test_an_open_order_is_counted_when_it_may_arrive_given_its_age(make_plan, make_book) -> None:
    """Placed a week ago, one of its two weeks is over: there in the week of 22 January."""
    advice = make_plan("a", book=make_book("a", ordered_on=TODAY - 7)).of("a", "here")
    assert pd.Timestamp(advice.next_arrival) == pd.Timestamp("2024-01-22")
    assert advice.next_arrival_units == 10


def test_arrivals_are_as_uncertain_as_the_supply_model_says(make_plan, make_book, watched) -> None:
    policy = watched(OrderUpTo())
    advice = make_plan("a", book=make_book("a"), supply=Fifty(), policy=policy).of("a", "here")
    assert advice.next_arrival_units == 5
    scenarios = policy.seen[0].scenarios
    assert (scenarios.arrivals.sum(axis=2) == 10).all()
    assert 0 < (scenarios.arrivals[:, :, 0] == 10).mean() < 1
    assert set(np.unique(scenarios.lead_time)) == {0, 2}
    assert advice.level == 30  # the long lead time sets the level, its mean of one week would ask for 20


class HalfCancelled(Fifty):
    """Half of all open orders will be cancelled, the others are there in the next period."""

    def arrivals(self, open_orders, **window):
        either = np.eye(window["n_periods"] + 1)[[0, -1]].mean(axis=0)
        return DiscreteDistribution(probability=np.tile(either, (len(open_orders), 1)))

    def probability_never(self, open_orders, **_):
        return np.full(len(open_orders), 0.5)


def test_units_that_never_arrive_do_not_count(make_plan, make_book, watched) -> None:
    policy = watched(OrderUpTo())
    advice = make_plan("a", book=make_book("a"), supply=HalfCancelled(), policy=policy).of("a", "here")
    assert (advice.on_order, advice.position, advice.next_arrival_units) == (5, 5, 5)
    came = policy.seen[0].scenarios.arrivals.sum(axis=2)
    assert set(np.unique(came)) == {0, 10}
    assert 0.2 < (came == 10).mean() < 0.8
    assert advice.order_units == advice.level - 5


class NineInTen:
    """Every line is closed with nine tenths of what was ordered."""

    def expected(self, lines):
        return np.full(len(lines), 0.9)

    def at(self, lines, uniforms, received):
        return np.maximum(np.full((len(lines), uniforms.shape[1]), 0.9), received[:, None])


def test_what_a_supplier_leaves_out_does_not_count(make_plan, make_book, watched) -> None:
    policy = watched(OrderUpTo())
    advice = make_plan("a", book=make_book("a"), share=NineInTen(), policy=policy).of("a", "here")
    assert advice.on_order == 9
    assert (policy.seen[0].scenarios.arrivals.sum(axis=2) == 9).all()


def test_lines_of_one_shipment_come_in_one_period_on_every_path(make_plan, make_book, watched) -> None:
    policy, book = watched(OrderUpTo()), make_book("abc")
    together = replace(book, shipment_id=np.array(["S", "S", "T"], dtype=object))
    make_plan("abc", book=together, supply=Fifty(), policy=policy)
    first, second, other = policy.seen[0].scenarios.arrivals.argmax(axis=2)
    assert (first == second).all()
    assert not (first == other).all()


def test_supply_is_asked_about_the_end_of_the_last_known_period(make_plan) -> None:
    supply = Fifty()
    make_plan("a", supply=supply)
    assert [window["as_of"] for window in supply.asked] == [TODAY, TODAY]
    assert [window["period_days"] for window in supply.asked] == [7, 7]
    assert [window["n_periods"] for window in supply.asked] == [6, 6]


@pytest.mark.parametrize("policy", [OrderUpTo(), ProjectedNeed()])
def test_leaving_a_needed_order_undone_costs_something(make_plan, policy) -> None:
    table = make_plan("abc", [0.0, 15.0, 80.0], policy=policy).table
    needed = table["order_units"] > 0
    assert needed.tolist() == [True, True, False]
    assert (table.loc[needed, "cost_at_stake"] > 0).all()
    assert table.loc[~needed, "cost_at_stake"].tolist() == [0]


def test_the_order_of_the_series_changes_nothing_but_the_order_of_the_rows(make_plan) -> None:
    one, other = make_plan("abc", [3.0, 14.0, 50.0]).table, make_plan("cab", [50.0, 3.0, 14.0]).table
    by_item = other.sort_values("item_id", ignore_index=True)
    pd.testing.assert_frame_equal(one, by_item)


def test_two_plans_with_one_seed_are_equal(make_plan, make_book) -> None:
    plans = [make_plan("ab", book=make_book("ab"), supply=Fifty()).table for _ in range(2)]
    pd.testing.assert_frame_equal(*plans)


def test_a_series_with_a_supplier_but_no_demand_yet_has_a_row_that_says_so(make_plan, make_lines) -> None:
    advice = make_plan("ab", [0.0, 0.0], lines=make_lines("abz"))
    assert advice.table["item_id"].tolist() == ["a", "b", "z"]
    assert advice.of("z", "here").status == Status.NO_HISTORY


def test_a_supplier_without_a_price_is_never_the_cheapest(make_lines) -> None:
    series = pd.DataFrame({"item_id": ["a"], "location_id": ["here"]})
    lines = make_lines("aa", unit_cost=[np.nan, 9.0])
    assert preferred_lines(series, lines).tolist() == [1]
