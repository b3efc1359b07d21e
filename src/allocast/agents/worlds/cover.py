"""The action that covers a multiple of expected demand with an order, less what will be left when it arrives."""

from typing import Any, TypeVar

__all__ = ["ARRIVAL_PERIODS", "COVER_AT_ZERO", "COVER_PER_ACTION", "cover_wanted", "expected_left"]

ARRIVAL_PERIODS = 3
"""What is on order is seen by arrival within 1, 2, … this many coming periods, beside the demand of these periods."""

COVER_AT_ZERO, COVER_PER_ACTION = 0.9, 2.0
"""An action a means ``COVER_AT_ZERO * exp(COVER_PER_ACTION * a)`` times expected demand: from 0.12 to 6.7 times."""

Numbers = TypeVar("Numbers", bound=Any)  # arrays of NumPy, tensors of torch: what both can do

_ARRIVING = slice(1, 1 + ARRIVAL_PERIODS)
_ON_ORDER = 1 + ARRIVAL_PERIODS
_COMING = slice(2 + ARRIVAL_PERIODS, 2 + 2 * ARRIVAL_PERIODS)


def cover_wanted(multiple: Numbers, left: Numbers, scale: Numbers) -> Numbers:
    """Units to order, not yet rounded: that multiple of ``scale``, less what will be left, and never below 0."""
    units: Numbers = ((multiple - left) * scale).clip(0)
    return units


def expected_left(observation: Numbers, lead_time: Numbers, *, lost_sales: bool) -> Numbers:
    """What will be left of stock and orders when a new order arrives, in expected demand over the interval.

    Expected demand meets expected arrivals period by period, so that with lost sales a shortage before the arrival
    is not made up for. What is still on order then counts too.

    Parameters
    ----------
    observation : array or tensor of shape (n, n_observations)
        From ``observation.observe``; its first numbers are net stock, arrivals and coming demand.
    lead_time : array or tensor of shape (n,), in review periods
        Expected.
    lost_sales : bool

    Returns
    -------
    left : array or tensor of shape (n,)

    Examples
    --------
    Two periods ahead, one unit of demand in each; the half unit that is missing in the first is lost:

    >>> import numpy as np
    >>> seen = np.array([[0.5, 0.0, 2.0, 2.0, 2.0, 1.0, 2.0, 3.0]])
    >>> expected_left(seen, np.array([2.0]), lost_sales=True), expected_left(seen, np.array([2.0]), lost_sales=False)
    (array([1.]), array([0.5]))
    """
    arriving, coming = observation[:, _ARRIVING], observation[:, _COMING]
    stock, arrived = observation[:, 0], 0.0
    for k in range(ARRIVAL_PERIODS):
        part = (lead_time - k).clip(0, 1)  # of this period, that lies before the arrival
        more = arriving[:, k] - (arriving[:, k - 1] if k else 0.0)
        asked = coming[:, k] - (coming[:, k - 1] if k else 0.0)
        after = stock + more - asked
        after = after.clip(0) if lost_sales else after
        stock = stock + part * (after - stock)
        arrived = arrived + part * more
    later = (lead_time - ARRIVAL_PERIODS).clip(0) / (lead_time + 1.0)
    stock = stock + observation[:, _ON_ORDER] - arrived - later
    left: Numbers = stock.clip(0) if lost_sales else stock
    return left
