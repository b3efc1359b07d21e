"""Series that are made young: copies whose history is blanked, so that a model learns what to do with little of it."""

from collections.abc import Iterator
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
OF_ITEMS = 2  # further parts, if items have several series: there, all series of an item begin at once
FEWEST_SERIES = 20  # fewer have no groups
FEWEST_ITEMS = 100  # of such a part, if a quarter of the items are as many: each is one example of a new item


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Young:
    """Copies of some series, as they would have looked had they begun lately.

    Nothing of a copy's own past is left, neither in its history nor in the sums of its groups; what comes is what
    came of the series. Only series that sold something shortly before are learned from: a new one is meant to be sold.

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
    sold : array of bool, shape (n_copies,)
        Whether the series sold something shortly before.
    """

    features: Features
    outcomes: DemandPanel
    places: IntArray
    begin: IntArray
    sold: BoolArray

    @classmethod
    def drawn(
        cls, whole: Features, settings: DemandModelSettings, *, last: int, seed: int
    ) -> tuple["Young", ...]:
        """Copies enough for the share of rows that the settings ask for, or one of each series, in four parts.

        There series begin one by one, and their item may be known from other places. In two further parts all series
        of an item begin in the same period, and nothing is known of it anywhere; where each item has only one
        series they are left out, being nothing else.

        Parameters
        ----------
        whole : Features
        settings : DemandModelSettings
        last : int
            Place of the last known period.
        seed : int
        """
        rng = stream(seed, "demand", "young")
        panel, first = whole.panel, settings.first_origin
        wanted = int(np.ceil(settings.young_share * settings.largest_rows / AFTER))
        if panel.n_series < FEWEST_SERIES or not wanted:
            return ()
        begin = rng.integers(first, last + 1, panel.n_series)
        able = rng.permutation(np.flatnonzero(_sold_before(panel, begin)))
        parts = [(np.sort(part), begin) for part in np.array_split(able[:wanted], PARTS)]
        item = panel.series["item_id"].factorize()[0]
        if item.max() + 1 < panel.n_series:
            at_once = rng.integers(first, last + 1, item.max() + 1)[item]
            parts += [(part, at_once) for part in _items_drawn(item, wanted // PARTS, rng)]
        copies = [cls._of(whole, part, begin[part]) for part, begin in parts if len(part)]
        return tuple(own for own in copies if own.sold.any())

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
        sold = _sold_before(outcomes, begin)
        return cls(features=features, outcomes=outcomes, places=places, begin=begin, sold=sold)

    def told(self) -> BoolArray:
        """Cells to learn from, shape (n_copies, n_periods)."""
        since = np.arange(len(self.outcomes.periods)) - self.begin[:, None]
        told: BoolArray = Outcomes.told(self.outcomes) & (since >= -BEFORE) & (since < AFTER)
        return told & self.sold[:, None]

    def little_known(self, origins: IntArray) -> BoolArray:
        """Where nothing or little is known of the copies, shape (n_copies, n_origins)."""
        since = origins + 1 - self.begin[:, None]
        little: BoolArray = (since > -BEFORE) & (since < GROWN)
        return little & self.sold[:, None]


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


def _items_drawn(item: IntArray, wanted: int, rng: np.random.Generator) -> Iterator[IntArray]:
    """Places of all series of some items, rising: for each part about as many series as wanted, of other items."""
    n_items = item.max() + 1
    for order in np.array_split(rng.permutation(n_items), PARTS)[:OF_ITEMS]:
        reached = np.cumsum(np.bincount(item, minlength=n_items)[order])
        enough = max(int(np.searchsorted(reached, wanted)) + 1, FEWEST_ITEMS)
        yield np.flatnonzero(np.isin(item, order[:enough]))
