"""Windows of the past in which policies are judged, each seen from its own beginning."""

from dataclasses import dataclass
from typing import Annotated, get_args

import numpy as np
import pandas as pd
from annotated_types import Ge

from allocast.demand.panel import DemandPanel
from allocast.errors import DataError, SettingsError, UnknownNameError
from allocast.forecast.baselines import SeasonalMovingAverage
from allocast.inventory.costs import Costs
from allocast.numerics.arrays import DateArray, FloatArray, IntArray
from allocast.simulation.asked_for import Censored, asked_for
from allocast.simulation.dynamics import Stock
from allocast.simulation.replay import ReplayResult, World
from allocast.supply.arrivals import ShareReceived
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.orders.order_features import OrderLines
from allocast.supply.sourcing import Sourcing

__all__ = ["WindowSettings", "choose_policy", "compare", "past_windows", "starting_stock", "window_world"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSettings:
    """The shape of a replay window.

    Parameters
    ----------
    periods : int, >= 1
        Length of a window.
    decisions : int, >= 1
        Orders are placed before the first ``decisions`` periods.
    scored_from : int, >= 0
        The first period whose cost counts: earlier ones cannot be changed by any order.
    ends : bool
        Whether everything ends with the window, as a season or a contest does. Policies are told how many decisions
        are left; only those that look at it (agents by ``service_level``) make use of it.
    censored : "estimated" or "as_sold"
        What was asked for in a period in which stock ran out, the same for every policy: see ``asked_for``. Estimates
        are not shown to the models as demand.
    """

    periods: Annotated[int, Ge(1)] = 8
    decisions: Annotated[int, Ge(1)] = 6
    scored_from: Annotated[int, Ge(0)] = 2
    ends: bool = False
    censored: Censored = "estimated"

    def __post_init__(self) -> None:
        if self.censored not in get_args(Censored):
            raise UnknownNameError("demand of a censored period", self.censored, get_args(Censored))
        if self.decisions > self.periods or self.scored_from >= self.periods:
            raise SettingsError(
                f"decisions must be <= periods and scored_from < periods; they are {self.decisions} and "
                f"{self.scored_from} of {self.periods}."
            )

    @property
    def scored(self) -> slice:
        """The periods whose cost counts."""
        return slice(self.scored_from, self.periods)


def past_windows(panel: DemandPanel, settings: WindowSettings, count: int) -> DateArray:
    """First periods of the last ``count`` windows that lie wholly in the panel, earliest first, side by side.

    Raises
    ------
    DataError
        The panel is shorter than that many windows and one period.
    """
    n_periods = len(panel.periods)
    first = n_periods - settings.periods * count
    if first < 1:
        raise DataError(
            f"{count} windows of {settings.periods} periods need more than {settings.periods * count} periods "
            f"of history; there are {n_periods}."
        )
    return panel.periods[first :: settings.periods]


def starting_stock(known: DemandPanel, lead_time: IntArray, *, longest: int) -> Stock:
    """A plausible stock for the beginning of a window, the same for every policy.

    On hand is the forecast demand of the first two periods, and each period until an order placed now can arrive
    gets the forecast of one later period; forecasts are a 13-period seasonal moving average, rounded one by one.

    Parameters
    ----------
    known : DemandPanel
    lead_time : array of int, shape (n_series,), in periods
        Usual lead time of each series.
    longest : int, in periods
        The pipeline has room for orders that take so long.

    References
    ----------
    VN2 Inventory Planning Challenge (2025): with a lead time of 2, its rolling-window form.
    """
    width = max(longest, int(lead_time.max(initial=0)))
    forecast = np.rint(SeasonalMovingAverage(window=13).mean(known, width + 2))
    due = np.arange(width) < lead_time[:, None]
    pipeline = np.where(due, forecast[:, 2:], 0.0)
    return Stock(
        on_hand=forecast[:, 0] + forecast[:, 1],
        backordered=np.zeros(known.n_series),
        pipeline=np.hstack([pipeline, np.zeros((known.n_series, 1))]),
    )


def window_world(
    panel: DemandPanel,
    start: np.datetime64,
    settings: WindowSettings,
    *,
    lead_time: LeadTimeDistribution,
    costs: Costs,
    sourcing: Sourcing,
    rng: np.random.Generator,
    share: ShareReceived | None = None,
) -> World:
    """The world of one past window: what was asked for then is met from the policies' own stocks.

    Parameters
    ----------
    panel : DemandPanel
        Reaching to the end of the window.
    start : day
        First period of the window.
    settings : WindowSettings
    lead_time : LeadTimeDistribution
        One row a series. Nobody knows how long orders that were never placed would have taken: they are drawn.
    costs : Costs
    sourcing : Sourcing
    rng : Generator
    share : ShareReceived, optional
        How much of such orders would have been delivered, which is drawn too; by default all of it.

    Raises
    ------
    DataError
        The window does not lie wholly in the panel, or nothing is known before it.
    """
    place = panel.frequency.periods_between(panel.periods[0], start)
    if not 1 <= place <= len(panel.periods) - settings.periods:
        raise DataError(
            f"a window must begin after {panel.periods[0]} and end by {panel.as_of}, the first and the last "
            f"known period; the one of {settings.periods} periods from {start} does not."
        )
    known = panel.until(panel.periods[place - 1])
    window = slice(place, place + settings.periods)
    units, as_sold = panel.units[:, window], settings.censored == "as_sold"
    drawn = lead_time.periods.sample(settings.periods, rng)
    return World(
        known=known,
        demand=asked_for(panel, place, settings.periods, settings.censored),
        lead_time=drawn,
        stock=starting_stock(
            known, np.rint(lead_time.mean).astype(np.int64), longest=int(drawn.max(initial=0))
        ),
        costs=costs,
        sourcing=sourcing,
        n_decisions=settings.decisions,
        observed=~np.isnan(units) if as_sold else panel.observed[:, window],
        sold=None if as_sold else units,
        delivered_share=None if share is None else _delivered(share, known, sourcing, settings.periods, rng),
        ends=settings.ends,
    )


def _delivered(
    share: ShareReceived, known: DemandPanel, sourcing: Sourcing, n_periods: int, rng: np.random.Generator
) -> FloatArray:
    """What would have been delivered of orders that were never placed, shape (n_series, n_periods)."""
    lines = OrderLines.of_sourcing(sourcing, known.frequency.end_of(known.as_of))
    uniforms = rng.random((known.n_series, n_periods))
    return share.at(lines, uniforms, np.zeros(known.n_series))


def compare(results: list[ReplayResult], start: np.datetime64, settings: WindowSettings) -> pd.DataFrame:
    """One row a policy: its totals over the scored periods of a window."""
    return pd.DataFrame([{"window": start, "policy": r.policy} | r.summary(settings.scored) for r in results])


def choose_policy(table: pd.DataFrame) -> str:
    """The policy with the lowest total cost over the windows of a table made by ``compare``; the first, if equal."""
    totals = table.groupby("policy", sort=False)["cost"].sum()
    return str(totals.idxmin())
