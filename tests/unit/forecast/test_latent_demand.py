from dataclasses import replace

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.forecast.censored.latent_demand import latent_demand
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.lightgbm_model import DemandModel


def sold_out(panel: DemandPanel) -> tuple[DemandPanel, np.ndarray]:
    """The panel with demand cut by a stock drawn at random, and the demand."""
    demand = np.random.default_rng(5).poisson(np.maximum(panel.units, 10.0)).astype(np.float64)
    stock = np.random.default_rng(6).integers(15, 120, demand.shape)
    cut = demand >= stock
    return replace(panel, units=np.minimum(demand, stock), observed=~cut), demand


def test_latent_demand_is_near_the_demand_where_sales_read_as_demand_are_not(
    seasonal_panel: DemandPanel, settings: DemandModelSettings
) -> None:
    panel, demand = sold_out(seasonal_panel)
    latent = latent_demand(panel, DemandModel.train(panel, settings, seed=1))
    cut = ~panel.observed
    lost = 1 - panel.units.sum() / demand.sum()
    assert lost > 0.07
    assert abs(1 - latent.sum() / demand.sum()) < lost / 3
    assert (latent >= panel.units - 1e-9).all()
    np.testing.assert_array_equal(latent[~cut], panel.units[~cut])


def test_what_is_not_known_stays_unknown(seasonal_panel: DemandPanel, model: DemandModel) -> None:
    units = seasonal_panel.units.copy()
    units[0, :5] = np.nan
    observed = seasonal_panel.observed & ~np.isnan(units)
    latent = latent_demand(replace(seasonal_panel, units=units, observed=observed), model)
    assert np.isnan(latent[0, :5]).all()
    assert np.isfinite(latent[1:]).all()


def test_a_model_has_a_mean_for_every_period_of_the_past(
    seasonal_panel: DemandPanel, model: DemandModel
) -> None:
    mean = model.past_means(seasonal_panel)
    assert mean.shape == seasonal_panel.units.shape
    seen = seasonal_panel.observed & (np.arange(mean.shape[1]) >= 52)
    assert abs(mean[seen].sum() / seasonal_panel.units[seen].sum() - 1) < 0.1
