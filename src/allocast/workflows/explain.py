"""Explain what the registered demand model expects: one series, all of them, or the series with an order."""

import numpy as np
import pandas as pd

from allocast.demand.panel import DemandPanel
from allocast.errors import UnknownNameError
from allocast.forecast.explanation import Explanation
from allocast.forecast.lightgbm_model import DemandModel
from allocast.inventory.recommendation import Recommendations
from allocast.numerics.arrays import IntArray
from allocast.workflows.job import Job
from allocast.workflows.models import as_type, load_champion

__all__ = ["add_demand_reasons", "explain_overall", "explain_series", "some_series"]

ROWS = 2000  # series × periods; exact contributions cost some hundred times a forecast
REVIEW_PERIODS = 1  # until the next decision


def explain_series(job: Job, item_id: str, location_id: str, periods: int | None = None) -> Explanation:
    """One series over its next periods, by default the model's whole horizon.

    Raises
    ------
    UnknownNameError
        There is no such series.
    NoModelError
        No demand model is registered.
    """
    model = as_type(DemandModel, load_champion(job, "demand"))
    row = _row_of(job.panel, item_id, location_id)
    return model.explain(job.panel, np.array([row]), np.array([periods or model.settings.horizon]))


def explain_overall(job: Job, periods: int | None = None) -> Explanation:
    """Some series over their next periods, for what moves forecasts on average."""
    model = as_type(DemandModel, load_champion(job, "demand"))
    return some_series(model, job.panel, periods)


def some_series(model: DemandModel, panel: DemandPanel, periods: int | None = None) -> Explanation:
    """Series at equal distances in a panel, as many as make 2000 periods, by default of the model's whole horizon."""
    each = periods or model.settings.horizon
    shown = min(max(ROWS // each, 1), panel.n_series)
    rows = np.linspace(0, panel.n_series - 1, shown).astype(np.int64)
    return model.explain(panel, rows, np.full(shown, each))


def add_demand_reasons(
    recommendations: Recommendations, model: DemandModel, panel: DemandPanel
) -> Recommendations:
    """The sentence on the expected demand, in the rows of the orders with most at stake.

    Each is of the periods that its order has to last: the usual lead time and the period until the next decision.
    As many orders are explained as make 2000 such periods, which takes seconds; the others stay without.
    """
    orders = recommendations.orders
    lead_time = orders["lead_time_p50"].to_numpy(np.float64)
    periods = np.clip(np.rint(lead_time) + REVIEW_PERIODS, 1, model.settings.horizon).astype(np.int64)
    first = int(np.searchsorted(np.cumsum(periods), ROWS, side="right"))
    orders, periods = orders.head(first), periods[:first]
    explanation = model.explain(panel, _rows_of(panel, orders), periods)
    return recommendations.with_demand_reasons(
        pd.Series(explanation.sentences(), index=orders.index, dtype=object)
    )


def _rows_of(panel: DemandPanel, wanted: pd.DataFrame) -> IntArray:
    """Places in the panel of series that are all there."""
    keys = ["item_id", "location_id"]
    rows: IntArray = pd.MultiIndex.from_frame(panel.series[keys]).get_indexer(
        pd.MultiIndex.from_frame(wanted[keys])
    )
    return rows


def _row_of(panel: DemandPanel, item_id: str, location_id: str) -> int:
    series = panel.series
    of_item = series["item_id"] == item_id
    if not of_item.any():
        raise UnknownNameError("item with demand", item_id, series["item_id"].unique())
    both = np.flatnonzero(of_item & (series["location_id"] == location_id))
    if not len(both):
        raise UnknownNameError(f"location of item {item_id}", location_id, series.loc[of_item, "location_id"])
    return int(both[0])
