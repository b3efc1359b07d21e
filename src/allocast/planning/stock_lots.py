"""Stock counted by the day on which it expires, as periods in which it can still be sold."""

from dataclasses import dataclass

import numpy as np

from allocast.demand.calendar import Frequency
from allocast.numerics.arrays import DateArray, FloatArray, IntArray
from allocast.numerics.checks import require_at_least, require_same_length

__all__ = ["StockLots"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLots:
    """Units on hand that expire on a day.

    Parameters
    ----------
    row : array of int, shape (n_lots,)
        Whose stock it is: a row of what the lots are counted for.
    units : array of shape (n_lots,), in units, >= 0
    expires_on : array of days, shape (n_lots,)
        The last day on which they can be sold.

    Raises
    ------
    DataError
        Lengths differ, or units are negative.
    """

    row: IntArray
    units: FloatArray
    expires_on: DateArray

    def __post_init__(self) -> None:
        require_same_length(row=self.row, units=self.units, expires_on=self.expires_on)
        require_at_least("units", self.units)

    def by_life(
        self, on_hand: FloatArray, *, today: np.datetime64, frequency: Frequency, longest: int
    ) -> FloatArray:
        """Units on hand by the periods in which they can still be sold, as `StockPosition` has them.

        Parameters
        ----------
        on_hand : array of shape (n_series,), in units
            Of each series, dated or not; what bears no day stands in the last column, as fresh.
        today : day
            On which it is looked at; lots of earlier days are not among the lots.
        frequency : Frequency
        longest : int, in periods, >= 1
            Columns at the most: what lasts as long or longer stands in the last.

        Returns
        -------
        units : array of shape (n_series, n_periods)
            Only whole periods count, and one at least.

        Examples
        --------
        Of ten units three expire within the week, two after two weeks:

        >>> lots = StockLots(row=np.array([0, 0]), units=np.array([3.0, 2.0]),
        ...                  expires_on=np.array(["2024-01-10", "2024-01-22"], dtype="datetime64[D]"))
        >>> lots.by_life(np.array([10.0]), today=np.datetime64("2024-01-07"), frequency=Frequency.WEEKLY, longest=9)
        array([[3., 2., 5.]])
        """
        days = (self.expires_on - today).astype(np.int64)
        periods = np.maximum(days // frequency.days, 1)
        width = min(int(periods.max(initial=0)) + 1, longest)
        units: FloatArray = np.zeros((len(on_hand), width))
        np.add.at(units, (self.row, np.minimum(periods, width) - 1), self.units)
        units[:, -1] += np.maximum(np.nan_to_num(on_hand) - units.sum(axis=1), 0.0)
        return units
