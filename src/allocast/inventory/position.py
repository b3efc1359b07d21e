"""The stock position: what is on hand, owed, and on order with the dates it may come."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["StockPosition"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockPosition:
    """Stock of each series at the end of a period, with every open order and when it may arrive.

    Parameters
    ----------
    on_hand, backordered : arrays of shape (n_series,), in units, >= 0
    open_series : array of int, shape (n_open,)
        Which series each open order is for.
    open_units : array of shape (n_open,), in units, >= 0
        What is expected to come of each open order in the end.
    arrival : DiscreteDistribution of n_open rows
        Column ``k`` is the probability of being available at the start of the ``k``-th coming period,
        0 being the next one; the last column holds that and everything later.
    on_hand_by_life : array of shape (n_series, shelf_life), in units, optional
        For what perishes: column ``k`` of ``on_hand`` can still be sold in ``k + 1`` periods, the last one in as many
        or more.

    Raises
    ------
    DataError
        Lengths differ, a number is negative, an open order names no series, or units by life do not add up to what is
        on hand.
    """

    on_hand: FloatArray
    backordered: FloatArray
    open_series: IntArray
    open_units: FloatArray
    arrival: DiscreteDistribution
    on_hand_by_life: FloatArray | None = None

    def __post_init__(self) -> None:
        require_same_length(on_hand=self.on_hand, backordered=self.backordered)
        require_same_length(
            open_series=self.open_series, open_units=self.open_units, arrival=self.arrival.probability
        )
        if len(self.open_series) and not 0 <= self.open_series.min() <= self.open_series.max() < len(
            self.on_hand
        ):
            raise DataError(
                f"open_series must lie within 0 and {len(self.on_hand) - 1}; "
                f"it reaches from {self.open_series.min()} to {self.open_series.max()}."
            )
        for name in ("on_hand", "backordered", "open_units"):
            values = np.asarray(getattr(self, name), dtype=np.float64)
            require_at_least(name, values)
            object.__setattr__(self, name, freeze(values))
        if self.on_hand_by_life is not None:
            self._check_lives(np.asarray(self.on_hand_by_life, dtype=np.float64))

    def _check_lives(self, by_life: FloatArray) -> None:
        require_same_length(on_hand=self.on_hand, on_hand_by_life=by_life)
        require_at_least("on_hand_by_life", by_life)
        apart = np.abs(by_life.sum(axis=1) - self.on_hand) > 1e-6
        if apart.any():
            row = int(np.argmax(apart))
            raise DataError(
                f"on_hand_by_life must add up to on_hand; series {row} has {by_life[row].sum():g} by life and "
                f"{self.on_hand[row]:g} on hand ({int(apart.sum())} of {len(apart)} series affected)."
            )
        object.__setattr__(self, "on_hand_by_life", freeze(by_life))

    @classmethod
    def from_pipeline(
        cls, on_hand: FloatArray, pipeline: FloatArray, backordered: FloatArray
    ) -> "StockPosition":
        """A position whose arrivals are certain.

        Parameters
        ----------
        on_hand, backordered : arrays of shape (n_series,), in units
        pipeline : array of shape (n_series, n_periods), in units
            Column ``k`` arrives at the start of the ``k``-th coming period.
        """
        series, period = np.nonzero(pipeline)
        return cls(
            on_hand=on_hand,
            backordered=backordered,
            open_series=series,
            open_units=pipeline[series, period],
            arrival=DiscreteDistribution.certain(period, largest=pipeline.shape[1] - 1),
        )

    def take(self, rows: IntArray) -> "StockPosition":
        """The position of some series, each once, in the order given."""
        place = np.full(len(self.on_hand), -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        row = place[self.open_series]
        kept = np.flatnonzero(row >= 0)
        by_life = self.on_hand_by_life
        return StockPosition(
            on_hand=self.on_hand[rows],
            backordered=self.backordered[rows],
            open_series=row[kept],
            open_units=self.open_units[kept],
            arrival=self.arrival.take(kept),
            on_hand_by_life=None if by_life is None else by_life[rows],
        )

    @property
    def on_order(self) -> FloatArray:
        """Units on order, shape (n_series,)."""
        units: FloatArray = np.zeros(len(self.on_hand))
        np.add.at(units, self.open_series, self.open_units)
        return units

    @property
    def units(self) -> FloatArray:
        """The inventory position: on hand + on order − backordered, shape (n_series,)."""
        return self.on_hand + self.on_order - self.backordered

    def expected_arrivals(self) -> FloatArray:
        """Expected units to arrive at the start of each coming period, shape (n_series, n_periods)."""
        total = np.zeros((len(self.on_hand), self.arrival.probability.shape[1]))
        np.add.at(total, self.open_series, self.open_units[:, None] * self.arrival.probability)
        return total

    def sample_arrivals(self, n_paths: int, n_periods: int, rng: np.random.Generator) -> FloatArray:
        """Scenarios of what arrives when; each open order arrives whole and once on each path.

        Parameters
        ----------
        n_paths, n_periods : int
            Arrivals later than ``n_periods`` do not show.
        rng : Generator

        Returns
        -------
        units : array of shape (n_series, n_paths, n_periods)
        """
        return self.arrivals_at(rng.random((len(self.open_series), n_paths)), n_periods)

    def arrivals_at(
        self, uniforms: FloatArray, n_periods: int, units: FloatArray | None = None
    ) -> FloatArray:
        """Scenarios of what arrives when, by inversion: orders with equal uniforms have equal luck.

        Parameters
        ----------
        uniforms : array of shape (n_open, n_paths), in [0, 1)
        n_periods : int
        units : array of shape (n_open, n_paths), in units, optional
            What each order brings on each path; ``open_units`` by default.

        Returns
        -------
        units : array of shape (n_series, n_paths, n_periods)
        """
        period = self.arrival.at(uniforms)
        brought = np.broadcast_to(self.open_units[:, None], uniforms.shape) if units is None else units
        total = np.zeros((len(self.on_hand), uniforms.shape[1], n_periods))
        order, path = np.nonzero(period < n_periods)
        np.add.at(total, (self.open_series[order], path, period[order, path]), brought[order, path])
        return total
