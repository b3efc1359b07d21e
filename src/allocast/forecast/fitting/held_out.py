"""What a model says where it has not looked: of series it was not trained on, and of periods after its last."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.forecast.censored.outcomes import what_came
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.features import Features
from allocast.forecast.fitting.mean_trees import Bins, fit_mean_trees, predict_means
from allocast.forecast.fitting.young import Young
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.numerics.streams import stream
from allocast.numerics.trees import TreeEnsemble

__all__ = ["HeldOut"]

LARGEST_ROWS = 15_000  # of the periods trained on, and again of those held out
FEWEST_SERIES = 20  # that sold something; fewer are not divided
SMALLEST_ROWS = 1000  # to learn from


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldOut:
    """Means of rows that the boosters behind them had not seen, and what came.

    Two boosters are trained on one half of the series each, up to ``unseen``, and asked about the other half: before
    ``unseen`` they know the times but not the series, after it neither. With few series one booster knows all of
    them, and only the rows after ``unseen`` are kept.

    Parameters
    ----------
    origins : array of int, shape (n_origins,)
    rows : array of bool, shape (n_series, n_origins)
    mean, actual : arrays of shape (n_rows, horizon), in units
        NaN in ``actual`` where it is not known.
    bounded : array of bool, shape (n_rows, horizon)
        Where ``actual`` is only a lower bound.
    seen : array of int, shape (n_rows,)
        Observed periods until the origin, as ``Features.seen`` counts them.
    unseen : int
        The last period that the boosters knew.
    """

    origins: IntArray
    rows: BoolArray
    mean: FloatArray
    actual: FloatArray
    bounded: BoolArray
    seen: IntArray
    unseen: int

    @classmethod
    def predict(
        cls,
        features: Features,
        young: Sequence[Young],
        settings: DemandModelSettings,
        *,
        last: int,
        seed: int,
        bins: Bins | None = None,
    ) -> tuple["HeldOut", ...]:
        """Train on halves and predict the others: first of the series themselves, then of each part of the copies.

        Parameters
        ----------
        features : Features
        young : sequence of Young
        settings : DemandModelSettings
        last : int
            Place of the last known period.
        seed : int
        bins : Bins, optional
            To put features into; those of the first half by default.
        """
        rng = stream(seed, "demand", "held out")
        unseen = last - settings.calibration_periods
        fewer = replace(settings, largest_rows=max(settings.largest_rows // 2, SMALLEST_ROWS))
        origins = np.arange(settings.first_origin - 1, last)
        sells = np.nansum(features.panel.demand[:, settings.first_origin : unseen + 1], axis=1) > 0
        divided = sells.sum() >= FEWEST_SERIES
        half = _half(sells, rng) if divided else np.ones(len(sells), dtype=bool)
        able = divided | (origins >= unseen)
        rows = [_drawn(np.ones((len(sells), len(origins)), dtype=bool), origins < unseen, rng) & able]
        rows += [_drawn(copies.little_known(origins), origins < unseen, rng) & able for copies in young]
        parts = [features, *(copies.features for copies in young)]
        places = [np.arange(len(sells)), *(copies.places for copies in young)]
        means = [np.zeros((*own.shape, settings.horizon)) for own in rows]
        for learns, asked in ((half, ~half), (~half, half)) if divided else ((half, half),):
            text, bins = fit_mean_trees(
                features, young, fewer, last=unseen, seed=seed, among=learns, bins=bins
            )
            trees = TreeEnsemble.from_text(text)
            for part, place, own, mean in zip(parts, places, rows, means, strict=True):
                now = own & asked[place][:, None]
                mean[now] = predict_means(trees, part, settings, origins, now)
        panels = [features.panel, *(copies.outcomes for copies in young)]
        return tuple(
            cls._of(part, panel, origins, own, mean[own], unseen)
            for part, panel, own, mean in zip(parts, panels, rows, means, strict=True)
        )

    @classmethod
    def _of(
        cls,
        features: Features,
        panel: DemandPanel,
        origins: IntArray,
        rows: BoolArray,
        mean: FloatArray,
        unseen: int,
    ) -> "HeldOut":
        """Predictions of some rows, with what came in the panel."""
        actual, bounded = what_came(panel, mean.shape[1], origins, rows)
        seen = features.seen(origins, rows)
        return cls(origins=origins, rows=rows, mean=mean, actual=actual, bounded=bounded, seen=seen,
                   unseen=unseen)  # fmt: skip

    def after(self) -> "HeldOut":
        """Only the rows whose origin is ``unseen`` or later."""
        later = self.origins >= self.unseen
        own = later[np.nonzero(self.rows)[1]]
        return HeldOut(origins=self.origins[later], rows=self.rows[:, later], mean=self.mean[own],
                       actual=self.actual[own], bounded=self.bounded[own], seen=self.seen[own],
                       unseen=self.unseen)  # fmt: skip


def _half(sells: BoolArray, rng: np.random.Generator) -> BoolArray:
    """Half of the series that sell, and half of the others."""
    order = np.argsort(~sells, kind="stable")
    groups = np.split(order, [int(sells.sum())])
    half = np.zeros(len(sells), dtype=bool)
    for members in groups:
        half[rng.permutation(members)[: (len(members) + 1) // 2]] = True
    return half


def _drawn(able: BoolArray, early: BoolArray, rng: np.random.Generator) -> BoolArray:
    """Rows of early and of late origins, each thinned to its largest number, shape (n_series, n_origins)."""
    share = np.where(early, LARGEST_ROWS / max(able[:, early].sum(), 1), 1.0)
    share = np.where(~early, LARGEST_ROWS / max(able[:, ~early].sum(), 1), share)
    drawn: BoolArray = able & (rng.random(able.shape) < share)
    return drawn
