"""Series that are made young: copies whose history is blanked, so that a model learns what to do with little of it."""

from dataclasses import dataclass, replace

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.forecast.censored.outcomes import Outcomes
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.features import Background, Features, known_steps, relative_of, units_of
from allocast.numerics.arrays import BoolArray, IntArray
from allocast.numerics.streams import stream

__all__ = ["Young", "begun_at"]

BEFORE, AFTER = 8, 26  # periods around its beginning in which a copy's demand is learned from
GROWN = 13  # periods since the beginning
PARTS = 4  # a quarter of the series is young at a time: the others are the groups that they know
FEWEST_SERIES = 20  # fewer have no groups


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Young:
    """Copies of some series, as they would have looked had they begun lately.

    Nothing of a copy's own past is left, neither in its history nor in the sums of its groups; what comes is what
    came of the series. Only series that sold something shortly before are copied: a new one is meant to be sold.

    Parameters
    ----------
    features : Features
        Of the copies.
    outcomes : DemandPanel
        The same series with all their history.
    places : array of int, shape (n_copies,)
        Of the series in the whole panel, rising.
    begin : array of int, shape (n_copies,)
        The first period that is not blanked.
    """

    features: Features
    outcomes: DemandPanel
    places: IntArray
    begin: IntArray

    @classmethod
    def drawn(
        cls, whole: Features, settings: DemandModelSettings, *, last: int, seed: int
    ) -> tuple["Young", ...]:
        """Copies enough for the share of rows that the settings ask for, or one of each series, in four parts.

        Parameters
        ----------
        whole : Features
        settings : DemandModelSettings
        last : int
            Place of the last known period.
        seed : int
        """
        rng = stream(seed, "demand", "young")
        panel = whole.panel
        begin = rng.integers(settings.first_origin, last + 1, panel.n_series)
        able = rng.permutation(np.flatnonzero(_sold_before(panel, begin)))
        wanted = settings.young_share * settings.largest_rows / AFTER
        chosen = able[: int(np.ceil(wanted))]
        if panel.n_series < FEWEST_SERIES or not len(chosen):
            return ()
        parts = (np.sort(part) for part in np.array_split(chosen, PARTS))
        return tuple(cls._of(whole, part, begin[part]) for part in parts if len(part))

    @classmethod
    def _of(cls, whole: Features, places: IntArray, begin: IntArray) -> "Young":
        outcomes = whole.panel.take(places)
        blanked, settings = begun_at(outcomes, begin), whole.settings
        units = whole.group_units.exchanged(units_of(outcomes, settings), units_of(blanked, settings))
        relative = whole.group_relative.exchanged(
            relative_of(outcomes, settings, whole.group_units), relative_of(blanked, settings, units)
        )
        known = Background(
            units=units,
            relative=relative,
            known_ahead=known_steps(whole.panel, settings),
            whole_units=whole.panel.whole_units,
        )
        features = Features(blanked, settings, whole.codes, known)
        return cls(features=features, outcomes=outcomes, places=places, begin=begin)

    def told(self) -> BoolArray:
        """Cells to learn from, shape (n_copies, n_periods)."""
        since = np.arange(len(self.outcomes.periods)) - self.begin[:, None]
        told: BoolArray = Outcomes.told(self.outcomes) & (since >= -BEFORE) & (since < AFTER)
        return told

    def little_known(self, origins: IntArray) -> BoolArray:
        """Where nothing or little is known of the copies, shape (n_copies, n_origins)."""
        since = origins + 1 - self.begin[:, None]
        little: BoolArray = (since > -BEFORE) & (since < GROWN)
        return little


def begun_at(panel: DemandPanel, begin: IntArray) -> DemandPanel:
    """The panel had each series begun at some period: nothing of it is known before.

    Parameters
    ----------
    panel : DemandPanel
    begin : array of int, shape (n_series,)
        Place of the first period that stays.
    """
    gone = np.arange(len(panel.periods)) < begin[:, None]
    return replace(
        panel,
        units=np.where(gone, np.nan, panel.units),
        observed=panel.observed & ~gone,
        availability=None if panel.availability is None else np.where(gone, np.nan, panel.availability),
        past_only={name: np.where(gone, np.nan, values) for name, values in panel.past_only.items()},
    )


def _sold_before(panel: DemandPanel, begin: IntArray) -> BoolArray:
    """Whether each series sold anything in the periods before it is made to begin."""
    since = np.arange(len(panel.periods)) - begin[:, None]
    sold = (panel.units > 0) & (since < 0) & (since >= -AFTER)
    return np.asarray(sold.any(axis=1), dtype=bool)
