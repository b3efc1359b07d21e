"""How the stock of every series stands today: its state, what is too much, and what to do with it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.adapters.assemble import stock_of
from allocast.adapters.assemble_lanes import lanes_of
from allocast.errors import DataError
from allocast.forecast.demand_forecast import DemandForecast
from allocast.forecast.lightgbm_model import DemandModel
from allocast.inventory.excess import StockReview, StockView, review_stock
from allocast.inventory.position import StockPosition
from allocast.inventory.rebalancing import no_transfers, rebalance, transfer_table
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.streams import stream
from allocast.planning.situate import Stock, situate
from allocast.supply.supplier_model import SupplierModel
from allocast.workflows.job import Job
from allocast.workflows.models import as_type, load_champion

__all__ = ["ReviewedStock", "reviewed_stock"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReviewedStock:
    """The review, and what is better off elsewhere.

    Parameters
    ----------
    review : StockReview
        Of all series whose stock was counted; those that nobody delivers stand last.
    transfers : DataFrame
        As `transfer_table` has them.
    uncounted : int
        Series of which no stock figure is known.
    """

    review: StockReview
    transfers: pd.DataFrame
    uncounted: int


def reviewed_stock(job: Job) -> ReviewedStock:
    """Review the stock with the registered demand model, and supplier model if the job has one.

    The sampled futures are those of `recommend` on the same day, and so are the transfers.

    Raises
    ------
    NoModelError
        A model is not registered; the message says what to run.
    DataError
        There is no stock table, no demand, or no series was counted.
    """
    if not job.has_demand:
        raise DataError("a review of stock needs the table demand; this job is about suppliers only.")
    stock = stock_of(job.data.tables, job.panel.series, as_of=job.today)
    counted = ~np.isnan(stock.on_hand)
    if not counted.any():
        raise DataError(
            f"no stock of the panel's series was counted until {job.today}; bring the table stock."
        )
    predicted = as_type(DemandModel, load_champion(job, "demand")).forecast(job.panel)
    bought = job.able[counted[job.able]]
    orphans = np.flatnonzero(counted & ~np.isin(np.arange(job.panel.n_series), job.able))
    reviews, transfers = [], no_transfers()
    if len(bought):
        review, transfers = _of_bought(job, bought, stock, predicted)
        reviews.append(review)
    if len(orphans):
        reviews.append(_of_orphans(job, orphans, stock, predicted))
    table = pd.concat([review.table for review in reviews], ignore_index=True)
    return ReviewedStock(
        review=StockReview(table=table), transfers=transfers, uncounted=int((~counted).sum())
    )


def _of_bought(
    job: Job, rows: IntArray, stock: Stock, predicted: DemandForecast
) -> tuple[StockReview, pd.DataFrame]:
    """Series that somebody delivers, and what moves between them."""
    situation, lanes = _situation(job, rows, stock, predicted), lanes_of(job.data.tables)
    transfers = None if lanes is None else rebalance(situation, lanes).transfers
    price, shelf_life = _price(job, rows), _shelf_life(job, rows)
    view = StockView.of(situation, price=price, shelf_life=shelf_life)
    review = review_stock(view, job.settings.stock.rules, job.settings.stock.ways_out, transfers)
    if lanes is None or transfers is None:
        return review, no_transfers()
    return review, transfer_table(situation, lanes, transfers)


def _situation(job: Job, rows: IntArray, stock: Stock, predicted: DemandForecast) -> Situation:
    suppliers = None if job.settings.supply is None else as_type(SupplierModel, load_champion(job, "supply"))
    return situate(
        job.panel,
        rows,
        job.sourcing,
        orders=job.orders,
        stock=stock,
        costs=job.costs,
        predicted=predicted,
        supply=suppliers or job.contracts,
        share=None if suppliers is None else suppliers.yields,
        n_paths=job.settings.paths,
        rng=stream(job.settings.seed, "recommend", str(job.as_of)),
        rules=job.settings.sourcing,
    ).situation


def _of_orphans(job: Job, rows: IntArray, stock: Stock, predicted: DemandForecast) -> StockReview:
    """Series that nobody delivers: no next order will ever come, so the whole horizon is to be covered."""
    rng = stream(job.settings.seed, "stock", str(job.as_of))
    demand = predicted.sample_paths(job.settings.paths, rng)[rows]
    none, costs = np.zeros((len(rows), 1)), job.costs.take(rows)
    view = StockView(
        panel=job.panel.take(rows),
        position=StockPosition.from_pipeline(stock.on_hand[rows], none, stock.backordered[rows]),
        demand=demand,
        arrivals=np.zeros_like(demand),
        lead_time=np.full(demand.shape[:2], demand.shape[2]),
        review_periods=1,
        holding_cost=costs.holding_cost,
        unit_cost=np.where(costs.unit_cost > 0, costs.unit_cost, np.nan),
        price=_price(job, rows),
        shelf_life=_shelf_life(job, rows),
    )
    return review_stock(view, job.settings.stock.rules, job.settings.stock.ways_out)


def _price(job: Job, rows: IntArray) -> FloatArray:
    return _figure(job, "price", rows, np.nan)


def _shelf_life(job: Job, rows: IntArray) -> FloatArray:
    """In whole periods; infinite for what does not perish."""
    life: FloatArray = np.floor(_figure(job, "shelf_life_days", rows, np.inf) / job.frequency.days)
    return life


def _figure(job: Job, name: str, rows: IntArray, default: float) -> FloatArray:
    """A column of the table items for some series."""
    series = job.panel.series
    if name not in series:
        return np.full(len(rows), default)
    values: FloatArray = pd.to_numeric(series[name]).to_numpy(np.float64)[rows]
    return np.where(np.isnan(values), default, values)
