"""No recommendation breaks a hard limit: ten thousand random problems in one plan, a place each."""

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency, next_periods
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_forecast import DemandForecast
from allocast.inventory.basket import Limits
from allocast.inventory.costs import Costs
from allocast.inventory.policies import OrderUpTo
from allocast.inventory.recommendation import Lineage
from allocast.planning.plan import plan
from allocast.planning.situate import Stock
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing
from allocast.supply.supplier_terms import SupplierTerms
from allocast.supply.supply_model import ContractLeadTimes

AS_OF, TODAY = np.datetime64("2024-01-08"), np.datetime64("2024-01-14")
HORIZON, N_ITEMS, N_PATHS = 4, 2, 20
LINEAGE = Lineage(
    as_of=AS_OF, policy="p", policy_version="", policy_run_id="", agent_model="", agent_run_id="", demand_model="",
    demand_run_id="", supply_model="", supply_run_id="", data_digest="",
)  # fmt: skip


def text(values):
    return np.array(list(values), dtype=object)


def series_of(rng, n_places):
    """Two items a place, each with a volume, in a place with little room."""
    place = np.repeat(np.arange(n_places), N_ITEMS)
    return pd.DataFrame(
        {
            "item_id": text(f"i{k}" for k in np.tile(np.arange(N_ITEMS), n_places)),
            "location_id": text(f"place {k:05d}" for k in place),
            "volume": rng.uniform(0.5, 2.0, len(place)),
            "capacity": rng.uniform(0.0, 90.0, n_places)[place],
        }
    )


def lines_of(rng, series, n_suppliers):
    n = len(series)
    place = series["location_id"].str[-5:].astype(int).to_numpy()
    return Sourcing(
        item_id=series["item_id"].to_numpy(object),
        location_id=series["location_id"].to_numpy(object),
        supplier_id=text(f"s{k:05d}" for k in place % n_suppliers),
        unit_cost=rng.uniform(0.5, 4.0, n),
        order_cost=rng.choice([0.0, 3.0], n),
        minimum_order_units=rng.choice([0.0, 5.0], n),
        pack_units=rng.choice([1.0, 4.0], n),
        lead_time_days=np.full(n, 7.0),
        capacity_units=rng.choice([np.inf, 20.0], n),
    )


def open_orders(rng, series, lines):
    """One for every second series, some of the week just ended."""
    rows = np.arange(0, len(series), 2)
    days = TODAY - rng.integers(0, 20, len(rows))
    return PurchaseOrders(
        order_line_id=text(f"o{k}" for k in rows),
        supplier_id=lines.supplier_id[rows],
        item_id=lines.item_id[rows],
        location_id=lines.location_id[rows],
        ordered_on=days,
        promised_on=days + 7,
        received_on=np.full(len(rows), "NaT", dtype="datetime64[D]"),
        units_ordered=rng.integers(0, 9, len(rows)) * 1.0,
        units_received=np.zeros(len(rows)),
        shipment_id=text(f"o{k}" for k in rows),
        attributes=pd.DataFrame(index=range(len(rows))),
    )


def planned(seed, n_places, n_suppliers, budget=np.inf):
    rng = np.random.default_rng(seed)
    series = series_of(rng, n_places)
    n, lines = len(series), lines_of(rng, series, n_suppliers)
    orders, stock = open_orders(rng, series, lines), rng.integers(0, 12, n) * 1.0
    names = np.unique(lines.supplier_id.astype(str)).astype(object)
    terms = SupplierTerms(
        supplier_id=names,
        payment_terms_days=rng.choice([0.0, 30.0], len(names)),
        capacity_units=rng.uniform(0, 40.0, len(names)) * n_places / n_suppliers,
        minimum_order_value=np.zeros(len(names)),
        container_volume=np.full(len(names), np.nan),
        container_fill=np.ones(len(names)),
    )
    weekly = rng.uniform(1.0, 12.0, n)[:, None] * np.array([0.3, 2.0])
    periods = next_periods(AS_OF, HORIZON, Frequency.WEEKLY)
    panel = DemandPanel(
        series=series, periods=np.array([AS_OF - 7, AS_OF]), frequency=Frequency.WEEKLY, units=np.ones((n, 2)),
        observed=np.ones((n, 2), dtype=bool),
    )  # fmt: skip
    forecast = DemandForecast(
        series=series[["item_id", "location_id"]], as_of=AS_OF, periods=periods, levels=np.array([0.05, 0.95]),
        period_units=np.repeat(weekly[:, :, None], HORIZON, axis=2),
        total_units=weekly[:, :, None] * np.arange(1, HORIZON + 1),
        mean=np.repeat(weekly.mean(axis=1)[:, None], HORIZON, axis=1),
    )  # fmt: skip
    found = plan(
        panel, orders=orders, stock=Stock(on_hand=stock, backordered=np.zeros(n)), sourcing=lines,
        costs=Costs(holding_cost=np.full(n, 0.5), shortage_cost=rng.uniform(0, 9, n), order_cost=np.zeros(n),
                    unit_cost=np.zeros(n)),
        forecast=lambda _: forecast, supply=ContractLeadTimes(sourcing=lines), policy=OrderUpTo(), lineage=LINEAGE,
        n_paths=N_PATHS, rng=np.random.default_rng(1), limits=Limits(storage=True, suppliers=terms, budget=budget),
    )  # fmt: skip
    return found, series, lines, orders, stock, terms


def require_room_and_capacity(found, series, lines, orders, stock, terms):
    """Recomputed from the tables, place by place and supplier by supplier."""
    units = found.table["order_units"].to_numpy(np.float64)
    assert found.table["item_id"].tolist() == series["item_id"].tolist()
    taken = pd.Series((stock + units) * series["volume"].to_numpy()).groupby(series["location_id"]).sum()
    volume = series.set_index(["item_id", "location_id"])["volume"]
    coming = (
        orders.units_ordered
        * volume.loc[list(zip(orders.item_id, orders.location_id, strict=True))].to_numpy()
    )
    taken = taken.add(pd.Series(coming).groupby(orders.location_id).sum(), fill_value=0.0)
    room = series.groupby("location_id")["capacity"].first()
    new = pd.Series(units).groupby(series["location_id"]).sum()
    assert ((taken <= room + 1e-6) | (new == 0)).all()
    by_supplier = pd.Series(units).groupby(lines.supplier_id).sum()
    recent = orders.ordered_on >= AS_OF
    before = pd.Series(orders.units_ordered[recent]).groupby(orders.supplier_id[recent]).sum()
    total = by_supplier.add(before, fill_value=0.0)
    most = pd.Series(terms.capacity_units, index=terms.supplier_id)
    assert ((total <= most[total.index] + 1e-6) | (by_supplier.reindex(total.index) == 0)).all()
    assert (units == lines.feasible_units(units)).all()


def test_ten_thousand_random_places_keep_their_room_and_suppliers_their_capacity():
    given = planned(1, 10_000, 10_000)
    require_room_and_capacity(*given)
    stopped = given[0].table["binding_constraint"]
    assert stopped.str.startswith("storage").mean() > 0.1
    assert stopped.str.startswith("capacity").mean() > 0.1
    assert (given[0].table["order_units"] > 0).mean() > 0.2


@pytest.mark.parametrize("seed", range(6))
def test_money_is_kept_beside_room_and_capacity_in_every_period_of_payment(seed):
    budget = 400.0
    found, series, lines, orders, stock, terms = planned(seed, 60, 7, budget)
    require_room_and_capacity(found, series, lines, orders, stock, terms)
    price = pd.Series(lines.unit_cost, index=pd.MultiIndex.from_frame(series[["item_id", "location_id"]]))
    days = pd.Series(terms.payment_terms_days, index=terms.supplier_id)
    paid = (
        orders.units_ordered
        * price.loc[list(zip(orders.item_id, orders.location_id, strict=True))].to_numpy()
    )
    due = pd.to_datetime(orders.ordered_on) + pd.to_timedelta(days[orders.supplier_id].to_numpy(), "D")
    before = pd.Series(paid).groupby(due.strftime("%Y-%m")).sum()
    due = pd.Timestamp(TODAY) + pd.to_timedelta(days[lines.supplier_id].to_numpy(), "D")
    new = found.table["order_value"].groupby(due.strftime("%Y-%m")).sum()
    total = new.add(before, fill_value=0.0)[new.index]
    assert ((total <= budget + 1e-6) | (new == 0)).all()
    assert (new > 0).any()
