"""What moves, what it does to the situation, and what is refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocast.errors import DataError, SettingsError
from allocast.inventory.rebalancing import Lanes, Transfers, after_transfers, rebalance
from allocast.inventory.rebalancing.moved_stock import transfer_notes
from allocast.inventory.situation import Situation

N_PATHS, N_PERIODS = 4, 8


def lanes_of(ways: list[tuple[str, str]], **terms: Any) -> Lanes:
    """Lanes that cost little and take no time, unless said otherwise."""
    numbers = {"cost_per_unit": 0.1, "cost_per_transfer": 0.0, "days": 0.0, "pack_units": 1.0} | terms
    return Lanes(
        from_location_id=np.array([origin for origin, _ in ways], dtype=object),
        to_location_id=np.array([to for _, to in ways], dtype=object),
        **{name: np.broadcast_to(np.float64(value), len(ways)) for name, value in numbers.items()},
    )


@pytest.fixture
def shops(make_situation: Callable[..., Situation]) -> Callable[..., Situation]:
    """One item in places A, B, C, …: each sells as many a week as said, for certain; orders take four weeks."""

    def make(on_hand: list[float], weekly: list[float], **terms: Any) -> Situation:
        demand = np.broadcast_to(np.array(weekly)[:, None, None], (len(weekly), N_PATHS, N_PERIODS))
        situation = make_situation(demand, np.array(on_hand), lead_time=4, **terms)
        series = pd.DataFrame({"item_id": "item", "location_id": list("ABCDEF"[: len(weekly)])})
        return replace(situation, panel=replace(situation.panel, series=series))

    return make


def test_what_lies_idle_goes_where_it_is_missed(shops) -> None:
    found = rebalance(shops([100, 0], [1, 5]), lanes_of([("A", "B")]))
    assert found.transfers.units.tolist() == [40]  # eight weeks of five; the first four avoid shortages
    assert found.transfers.gain[0] > 20 * 4.0


def test_a_place_keeps_what_it_needs_until_its_next_order_but_one(shops) -> None:
    found = rebalance(shops([30, 0], [5, 5]), lanes_of([("A", "B")], cost_per_unit=4.0))
    assert found.transfers.units.tolist() == [
        5
    ]  # 25 are needed at A within five weeks; no more gain than loss


def test_nothing_moves_where_moving_costs_more_than_it_saves(shops) -> None:
    dear = lanes_of([("A", "B")], cost_per_unit=1000.0)
    assert len(rebalance(shops([100, 0], [0, 5]), dear).transfers) == 0
    laborious = lanes_of([("A", "B")], cost_per_transfer=10_000.0)
    assert len(rebalance(shops([100, 0], [0, 5]), laborious).transfers) == 0


def test_only_whole_packs_move(shops) -> None:
    found = rebalance(shops([17, 0], [0, 9]), lanes_of([("A", "B")], pack_units=5.0))
    assert found.transfers.units.tolist() == [15]


def test_what_an_order_can_bring_in_time_is_not_moved_for_a_shortage(shops) -> None:
    held_for_nothing = {"costs": {"holding_cost": 0.0}}
    situation = shops([50, 20], [0, 5], **held_for_nothing)  # B is covered until an order can be there
    assert len(rebalance(situation, lanes_of([("A", "B")])).transfers) == 0


def test_what_comes_too_late_is_not_moved_for_a_shortage(shops) -> None:
    situation = shops([50, 0], [0, 5], costs={"holding_cost": 0.0})
    found = rebalance(situation, lanes_of([("A", "B")], days=21.0))
    assert found.transfers.units.tolist() == [5]  # after three weeks, for the fourth
    assert found.transfers.delay.tolist() == [3]
    assert len(rebalance(situation, lanes_of([("A", "B")], days=700.0)).transfers) == 0


def test_scarce_units_go_where_they_are_worth_most(shops) -> None:
    situation = shops([10, 0, 0], [0, 5, 5], costs={"shortage_cost": np.array([4.0, 2.0, 6.0])})
    found = rebalance(situation, lanes_of([("A", "B"), ("A", "C")]))
    assert found.transfers.receiver.tolist() == [2]
    assert found.transfers.units.tolist() == [10]


def test_the_order_of_rows_and_lanes_does_not_matter(shops) -> None:
    ways = [("A", "B"), ("A", "C"), ("D", "C"), ("D", "B")]
    situation = shops([20, 0, 0, 15], [1, 5, 4, 0])
    forward = rebalance(situation, lanes_of(ways, cost_per_transfer=1.0)).transfers
    backward = rebalance(situation, lanes_of(ways[::-1], cost_per_transfer=1.0)).transfers
    for name in ("giver", "receiver", "units"):
        np.testing.assert_array_equal(getattr(forward, name), getattr(backward, name))
    np.testing.assert_array_equal(forward.lane, 3 - backward.lane)


def test_what_is_given_is_off_the_shelf_and_what_is_got_is_on_order(shops) -> None:
    situation = shops([100, 0], [1, 5])
    transfers = rebalance(situation, lanes_of([("A", "B")], days=7.0)).transfers
    after = after_transfers(situation, transfers)
    assert after.position.on_hand.tolist() == [100 - transfers.units[0], 0]
    assert after.position.on_order.tolist() == [0, transfers.units[0]]
    assert after.position.units.sum() == situation.position.units.sum()
    came = after.scenarios.arrivals - situation.scenarios.arrivals
    assert (came[1, :, 1] == transfers.units[0]).all() and came.sum() == N_PATHS * transfers.units[0]


def test_units_by_life_still_add_up_after_giving(shops) -> None:
    situation = shops([6, 0], [0, 3])
    by_life = replace(situation.position, on_hand_by_life=np.array([[2.0, 4.0], [0.0, 0.0]]))
    after = after_transfers(replace(situation, position=by_life), moved(3))
    assert after.position.on_hand_by_life.tolist() == [[1, 2], [0, 0]]


def moved(units: int, giver: int = 0, receiver: int = 1) -> Transfers:
    return Transfers(
        giver=np.array([giver]),
        receiver=np.array([receiver]),
        lane=np.array([0]),
        units=np.array([units]),
        delay=np.array([0]),
        cost=np.zeros(1),
        gain=np.zeros(1),
    )


def test_nobody_gives_what_is_not_there(shops) -> None:
    with pytest.raises(DataError, match=r"series 0 has 6 and is to give 7"):
        after_transfers(shops([6, 0], [0, 3]), moved(7))


def test_transfers_are_told_in_a_sentence(shops) -> None:
    situation = shops([6, 0], [0, 3])
    assert transfer_notes(situation, moved(3)) == ("3 units go to B.", "3 units come from A.")
    assert transfer_notes(situation, moved(1)) == ("1 unit goes to B.", "1 unit comes from A.")


def test_a_transfer_of_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="transfer 0 moves 0"):
        moved(0)


@pytest.mark.parametrize(
    ("ways", "terms", "message"),
    [
        ([("A", "A")], {}, "leads back"),
        ([("A", "B"), ("A", "B")], {}, "stands twice"),
        ([("A", "B")], {"pack_units": 1.5}, "from A to B has 1.5"),
        ([("A", "B")], {"pack_units": 0.0}, "must be whole and >= 1"),
        ([("A", "B")], {"cost_per_unit": -1.0}, "cost_per_unit must be finite and >= 0"),
        ([("A", "B")], {"days": np.nan}, "days must be finite"),
    ],
)
def test_lanes_that_nobody_can_mean_are_refused(ways, terms, message: str) -> None:
    with pytest.raises(DataError, match=message):
        lanes_of(ways, **terms)


def test_a_negative_longest_time_is_refused(shops) -> None:
    with pytest.raises(SettingsError, match="longest_days must be >= 0; it is -1"):
        rebalance(shops([6, 0], [0, 3]), lanes_of([("A", "B")]), longest_days=-1.0)


def test_without_lanes_or_stock_nothing_moves(shops) -> None:
    assert len(rebalance(shops([6, 0], [0, 3]), lanes_of([])).transfers) == 0
    assert len(rebalance(shops([0, 0], [0, 3]), lanes_of([("A", "B")])).transfers) == 0
    assert len(rebalance(shops([6, 0], [0, 3]), lanes_of([("A", "elsewhere")])).transfers) == 0
