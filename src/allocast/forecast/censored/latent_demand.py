"""Latent demand: what was asked for in the periods in which stock ran out, as well as it can be told afterwards."""

from typing import Protocol

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.forecast.censored.demand_spread import DemandSpread
from allocast.forecast.censored.outcomes import Outcomes
from allocast.numerics.arrays import FloatArray

__all__ = ["PastMeans", "latent_demand"]


class PastMeans(Protocol):
    """A model that can say what it would have expected."""

    def past_means(self, panel: DemandPanel) -> FloatArray:
        """Expected units of each cell of the panel's history, shape (n_series, n_periods)."""
        ...


def latent_demand(panel: DemandPanel, model: PastMeans) -> FloatArray:
    """Demand of every period with sales: units where they are the demand, else what was to be expected given them.

    Parameters
    ----------
    panel : DemandPanel
    model : PastMeans
        As a trained ``DemandModel`` is.

    Returns
    -------
    demand : array of shape (n_series, n_periods), in units
        Where stock ran out, the mean of the demand given what was sold. NaN where the panel's units are NaN.
    """
    mean = model.past_means(panel)
    told = Outcomes.told(panel)
    outcomes = Outcomes.of(panel, *np.nonzero(told))
    spread = DemandSpread.learn(outcomes, mean[told], n_series=panel.n_series)
    demand = np.where(np.isnan(panel.units), np.nan, mean)
    demand[told] = spread.expected(outcomes, mean[told])
    return demand
