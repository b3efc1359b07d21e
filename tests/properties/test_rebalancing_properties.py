"""What must hold of every transfer and every review of stock, whatever the demand."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.inventory.costs import Costs
from allocast.inventory.excess import StockView, review_stock
from allocast.inventory.position import StockPosition
from allocast.inventory.rebalancing import Lanes, Transfers, after_transfers, rebalance
from allocast.inventory.situation import Scenarios, Situation
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.discrete import DiscreteDistribution
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

N_ITEMS, N_PLACES, N_PATHS, N_PERIODS = 2, 3, 4, 5
N_SERIES = N_ITEMS * N_PLACES
PLACES = ("A", "B", "C")
limited = settings(max_examples=20, deadline=None, derandomize=True)
demands = arrays(np.float64, (N_SERIES, N_PATHS, N_PERIODS), elements=st.integers(0, 6).map(float))
stocks = arrays(np.float64, (N_SERIES,), elements=st.integers(0, 25).map(float))
lead_times = arrays(np.int64, (N_SERIES, N_PATHS), elements=st.integers(0, 3))
costs = st.sampled_from([0.0, 0.3, 2.0])
packs = st.integers(1, 3)
orders = st.permutations(range(N_SERIES))


def situation_of(
    demand: FloatArray,
    on_hand: FloatArray,
    lead_time: IntArray,
    *,
    waits: bool = False,
    order: IntArray | None = None,
) -> Situation:
    """Two items in three places; rows in another order if one is given."""
    rows = np.arange(N_SERIES) if order is None else np.asarray(order)
    item = np.repeat(["i", "j"], N_PLACES).astype(object)[rows]
    place, one = np.tile(np.array(PLACES, dtype=object), N_ITEMS)[rows], np.ones(N_SERIES)
    share = (lead_time[rows][:, :, None] == np.arange(N_PERIODS)).mean(axis=1)
    return Situation(
        panel=DemandPanel(
            series=pd.DataFrame({"item_id": item, "location_id": place}),
            periods=np.array(["2024-01-01"], dtype="datetime64[D]"),
            frequency=Frequency.WEEKLY,
            units=np.ones((N_SERIES, 1)),
            observed=np.ones((N_SERIES, 1), dtype=bool),
        ),
        position=StockPosition.from_pipeline(on_hand[rows], np.zeros((N_SERIES, 1)), 0 * one),
        costs=Costs(
            holding_cost=0.2 * one, shortage_cost=3.0 * one, order_cost=0 * one, unit_cost=2 * one, backorders=waits
        ),
        sourcing=Sourcing(
            item_id=item, location_id=place, supplier_id=place, unit_cost=2 * one, order_cost=0 * one,
            minimum_order_units=0 * one, pack_units=one, lead_time_days=one, capacity_units=one,
        ),
        lead_time=LeadTimeDistribution(period_days=7, periods=DiscreteDistribution(probability=share)),
        scenarios=Scenarios(demand=demand[rows], arrivals=np.zeros_like(demand), lead_time=lead_time[rows]),
    )  # fmt: skip


def lanes_of(per_unit: float, per_transfer: float, pack: int, *, without: str = "") -> Lanes:
    """From each place to each other one."""
    ways = [(a, b) for a in PLACES for b in PLACES if a != b and a != without]
    number = {"cost_per_unit": per_unit, "cost_per_transfer": per_transfer, "days": 0.0, "pack_units": pack}
    return Lanes(
        from_location_id=np.array([a for a, _ in ways], dtype=object),
        to_location_id=np.array([b for _, b in ways], dtype=object),
        **{name: np.full(len(ways), float(value)) for name, value in number.items()},
    )


@given(demands, stocks, lead_times, costs, costs, packs, st.booleans())
@limited
def test_stock_is_conserved_to_the_unit_and_nobody_gives_what_is_not_there(
    demand, on_hand, lead_time, per_unit, per_transfer, pack, waits
) -> None:
    before = situation_of(demand, on_hand, lead_time, waits=waits)
    transfers = rebalance(before, lanes_of(per_unit, per_transfer, pack)).transfers
    after = after_transfers(before, transfers)
    item = before.panel.series["item_id"]
    for one in ("i", "j"):
        rows = (item == one).to_numpy()
        assert after.position.units[rows].sum() == before.position.units[rows].sum()
    assert (transfers.taken(N_SERIES) <= on_hand).all()
    assert (transfers.units % pack == 0).all()
    assert (item.to_numpy()[transfers.giver] == item.to_numpy()[transfers.receiver]).all()
    assert transfers.gain.sum() >= 0


def moves(situation: Situation, transfers: Transfers) -> list[tuple[str, str, str, int]]:
    series = situation.panel.series
    ends = zip(transfers.giver, transfers.receiver, transfers.units, strict=True)
    place = series["location_id"]
    return sorted((series["item_id"][a], place[a], place[b], int(units)) for a, b, units in ends)


@given(demands, stocks, lead_times, costs, orders)
@limited
def test_the_order_of_rows_changes_no_transfer(demand, on_hand, lead_time, per_transfer, order) -> None:
    lanes = lanes_of(0.1, per_transfer, 1)
    first = situation_of(demand, on_hand, lead_time)
    other = situation_of(demand, on_hand, lead_time, order=order)
    assert moves(first, rebalance(first, lanes).transfers) == moves(other, rebalance(other, lanes).transfers)


@given(demands, stocks, lead_times, costs, costs)
@limited
def test_dearer_or_fewer_lanes_never_save_more(demand, on_hand, lead_time, per_unit, per_transfer) -> None:
    situation = situation_of(demand, on_hand, lead_time)
    saved = rebalance(situation, lanes_of(per_unit, per_transfer, 1)).transfers.gain.sum()
    dearer = rebalance(situation, lanes_of(per_unit + 0.5, per_transfer + 1, 1)).transfers.gain.sum()
    fewer = rebalance(situation, lanes_of(per_unit, per_transfer, 1, without="B")).transfers.gain.sum()
    assert dearer <= saved + 1e-6
    assert fewer <= saved + 1e-6


@given(demands, stocks, lead_times, st.integers(0, 10))
@limited
def test_more_on_hand_is_never_less_excess_nor_fewer_days(demand, on_hand, lead_time, more) -> None:
    less = review_stock(StockView.of(situation_of(demand, on_hand, lead_time))).table
    table = review_stock(StockView.of(situation_of(demand, on_hand + more, lead_time))).table
    assert (table["excess_units"] >= less["excess_units"]).all()
    assert (table["excess_units"] <= table["on_hand"]).all()
    assert (table["days_of_supply"] >= less["days_of_supply"]).all()
    assert (table["stock_out_probability"] <= less["stock_out_probability"]).all()
    assert (table["why"].str.len() > 0).all()
