"""What is to be expected of a series that is not ordered: when it runs short, and until when ordering helps in time."""

from dataclasses import dataclass

import numpy as np

from allocast.inventory.situation import Situation
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled

__all__ = ["Outlook", "outlook"]

_NOTHING = 1e-9  # units: what rounding leaves is no shortage


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the scenarios say of each series where nothing more is ordered.

    Parameters
    ----------
    stockout_probability : array of shape (n_series,), in [0, 1]
        P(demand is missed before an order placed now can be there): no order to this supplier prevents it.
    first_shortage : array of int, shape (n_series,), in periods
        The first coming period by whose end demand has been missed in half of the scenarios, 0 being the next one; −1
        where there is none in sight.
    latest_review : array of int, shape (n_series,), in reviews
        How many reviews an order can wait, 0 being none: the last one at which it still comes early enough that the
        series' service level is kept, counted from when an order placed now could be there. −1 where waiting does no
        harm as far as the scenarios reach.
    """

    stockout_probability: FloatArray
    first_shortage: IntArray
    latest_review: IntArray


def outlook(situation: Situation) -> Outlook:
    """Carry each path forward without a new order, and see when demand is missed.

    An order that waits ``w`` reviews of R periods comes wR periods later than one placed now. What is missed until
    then, but not before an order placed now could be there, is missed because of the waiting: its probability must stay
    within what the series' service level leaves. So a base-stock policy at that level orders on the last possible day,
    and policies that order in batches, or for a higher level, sooner.
    """
    scenarios, position = situation.scenarios, situation.position
    first, later = _first_missed(
        scenarios.demand,
        scenarios.arrivals,
        scenarios.lead_time,
        position.on_hand - position.backordered,
        situation.costs.backorders,
    )
    n_paths, n_periods = scenarios.demand.shape[1:]
    middle = np.partition(first, (n_paths - 1) // 2, axis=1)[:, (n_paths - 1) // 2]
    return Outlook(
        stockout_probability=(first < scenarios.lead_time).mean(axis=1),
        first_shortage=np.where(middle < n_periods, middle, -1),
        latest_review=_latest_review(situation, later),
    )


def _latest_review(situation: Situation, later: IntArray) -> IntArray:
    """The last review before the one at which too many paths have missed demand; −1 where none is in sight."""
    lead_time, review = situation.scenarios.lead_time, situation.review_periods
    n_paths, n_periods = situation.scenarios.demand.shape[1:]
    # as `sample_quantile` counts: so many paths may run short where the rest cover a further one with this probability
    covered = np.ceil(situation.service_level(None) * (n_paths + 1) - 1e-9)
    allowed = n_paths - np.clip(covered, 1, n_paths)
    latest = np.full(len(lead_time), -1)
    longest = lead_time.max(axis=1)
    for waited in range(n_periods // review):
        until = (waited + 1) * review
        short = (later < lead_time + until).sum(axis=1) > allowed
        latest = np.where((latest < 0) & short & (longest + until <= n_periods), waited, latest)
    return latest


@compiled
def _first_missed(
    demand: FloatArray, arrivals: FloatArray, lead_time: IntArray, stock: FloatArray, waits: bool
) -> tuple[IntArray, IntArray]:
    """First period with missed demand, and first such one from the lead time on; n_periods where there is none."""
    n_series, n_paths, n_periods = demand.shape
    first = np.full((n_series, n_paths), n_periods)
    later = np.full((n_series, n_paths), n_periods)
    for series in range(n_series):
        for path in range(n_paths):
            left = stock[series]
            for period in range(n_periods):
                left += arrivals[series, path, period] - demand[series, path, period]
                if left < -_NOTHING:
                    first[series, path] = min(first[series, path], period)
                    if period >= lead_time[series, path]:
                        later[series, path] = period
                        break
                    if not waits:
                        left = 0.0
    return first, later
