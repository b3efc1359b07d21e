"""Models of statsforecast among our own: they forecast a panel and stand in the same tables."""

from dataclasses import dataclass

import numpy as np

from allocast.demand.calendar import next_periods
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_forecast import DemandForecast
from allocast.numerics.arrays import DateArray, FloatArray
from training.peer_environment import run_peer

__all__ = ["PeerModel", "peer_forecasts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerModel:
    """Forecasts that a peer made beforehand, by origin."""

    name: str
    made: dict[np.datetime64, DemandForecast]

    def forecast(self, panel: DemandPanel) -> DemandForecast:
        """What the peer said at the panel's end."""
        return self.made[panel.as_of]

    def forecasts(self, panel: DemandPanel, origins: DateArray) -> list[DemandForecast]:  # noqa: ARG002
        """What the peer said at each origin."""
        return [self.made[origin] for origin in origins]


def peer_forecasts(
    names: tuple[str, ...],
    panel: DemandPanel,
    origins: DateArray,
    *,
    horizon: int,
    levels: tuple[float, ...],
    windows: int,
) -> list[PeerModel]:
    """Let models of statsforecast forecast a panel at some origins, each series from its first sale on.

    They see what was sold, which is all they can use: a week without stock is a week without demand to them. Their
    quantiles of a total are sums of the periods' quantiles, as they say nothing of totals.

    Parameters
    ----------
    names : tuple of str
        As ``training/peers/statistical.py`` has them.
    panel : DemandPanel
    origins : array of days, shape (n_origins,)
    horizon : int
    levels : tuple of float
    windows : int
        Of the conformal intervals.
    """
    made: dict[str, dict[np.datetime64, DemandForecast]] = {name: {} for name in names}
    for origin in origins:
        known = panel.until(origin)
        found = run_peer(
            "statistical",
            {"demand": _since_first_sale(np.nan_to_num(known.units))},
            models=names,
            season=known.frequency.season,
            horizon=horizon,
            levels=levels,
            windows=windows,
        )
        for name in names:
            made[name][origin] = _forecast(known, found[f"{name}.mean"], found[f"{name}.quantiles"], levels)
    return [PeerModel(name=name, made=own) for name, own in made.items()]


def _since_first_sale(units: FloatArray) -> FloatArray:
    return np.where(np.cumsum(units, axis=1) > 0, units, np.nan)


def _forecast(
    known: DemandPanel, mean: FloatArray, quantiles: FloatArray, levels: tuple[float, ...]
) -> DemandForecast:
    of_period = np.maximum.accumulate(quantiles, axis=1)
    return DemandForecast(
        series=known.series[["item_id", "location_id"]],
        as_of=known.as_of,
        periods=next_periods(known.as_of, mean.shape[1], known.frequency),
        levels=np.array(levels),
        period_units=of_period,
        total_units=np.cumsum(of_period, axis=2),
        mean=mean,
        whole=known.whole_units,
    )
