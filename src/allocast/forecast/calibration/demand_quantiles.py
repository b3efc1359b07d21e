"""Quantiles around predicted means, from whatever was learned about them, of young series and of grown ones."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from allocast.demand.ages import YOUNG
from allocast.forecast.calibration.direct_quantiles import DirectQuantiles, through_anchors
from allocast.forecast.calibration.graded_reliability import GradedReliability
from allocast.forecast.calibration.ratio_quantiles import (
    RatioQuantiles,
    each_step,
    learn_ratios,
    running_totals,
)
from allocast.forecast.censored.outcomes import what_came
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.features import NOWHERE, Features
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["DemandQuantiles", "StepRatios"]

GROWN = sys.maxsize
FEWEST = 100  # outcomes; of fewer an age is not told apart from the next


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StepRatios:
    """Ratios of each step and of each running total, for series of some ages.

    Parameters
    ----------
    up_to : int
        Observed periods, at most; ``NOWHERE`` if none of the item's were observed either.
    of_period, of_total : tuples of RatioQuantiles
        For each step, and for the running total until each step.
    """

    up_to: int
    of_period: tuple[RatioQuantiles, ...]
    of_total: tuple[RatioQuantiles, ...]

    def units(self, mean: FloatArray) -> FloatArray:
        """Quantiles of the steps, then of the totals, shape (n, n_levels, 2 × horizon), in units."""
        parts = (each_step(self.of_period, mean), running_totals(self.of_total, mean))
        return np.concatenate(parts, axis=2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DemandQuantiles:
    """Quantiles of each step and of each running total.

    Parameters
    ----------
    by_age : tuple of StepRatios
        The ages rise; the last is that of all series that are grown.
    direct : DirectQuantiles, optional
        Of grown series, totals at the anchors are these; the other totals follow them.
    """

    by_age: tuple[StepRatios, ...]
    direct: DirectQuantiles | None = None

    @classmethod
    def learn(
        cls,
        mean: FloatArray,
        actual: FloatArray,
        bounded: BoolArray,
        seen: IntArray,
        levels: tuple[float, ...],
        direct: DirectQuantiles | None,
    ) -> "DemandQuantiles":
        """From predictions and what came of them.

        Parameters
        ----------
        mean, actual : arrays of shape (n_rows, horizon), in units
        bounded : array of bool, shape (n_rows, horizon)
            Where ``actual`` is only a lower bound.
        seen : array of int, shape (n_rows,)
            Observed periods of the series when they were predicted, as ``Features.seen`` counts them.
        levels : tuple of float, in (0, 1)
        direct : DirectQuantiles, optional
        """
        by_age = []
        for up_to, own in _ages(seen, ~np.isnan(actual) & ~bounded):
            of_period, of_total = learn_ratios(mean[own], actual[own], levels, bounded[own])
            by_age.append(StepRatios(up_to=up_to, of_period=of_period, of_total=of_total))
        return cls(by_age=tuple(by_age), direct=direct)

    def units(
        self, mean: FloatArray, features: Features, origins: IntArray, rows: BoolArray, *, threads: int
    ) -> FloatArray:
        """Quantiles of the steps, then of the running totals, shape (n_rows, n_levels, 2 × horizon), in units.

        Parameters
        ----------
        mean : array of shape (n_rows, horizon), in units
        features : Features
        origins : array of int, shape (n_origins,)
        rows : array of bool, shape (n_series, n_origins)
            The rows of ``mean``, series by series.
        threads : int
        """
        age = np.searchsorted([own.up_to for own in self.by_age], features.seen(origins, rows))
        n_levels = len(self.by_age[0].of_period[0].levels)
        units = np.empty((len(mean), n_levels, 2 * mean.shape[1]))
        for place, ratios in enumerate(self.by_age):
            units[age == place] = ratios.units(mean[age == place])
        grown = age == len(self.by_age) - 1
        if self.direct is not None and grown.any():
            asked = np.zeros(rows.shape, dtype=bool)
            asked[rows] = grown
            units[grown] = self._directed(units[grown], mean[grown], features, origins, asked, threads)
        return units

    def reliability(
        self,
        mean: FloatArray,
        features: Features,
        origins: IntArray,
        rows: BoolArray,
        *,
        threads: int,
        like: GradedReliability,
    ) -> GradedReliability:
        """How outcomes of some rows lay to these quantiles and to their means, in the grades of ``like``.

        Parameters as of ``units``.
        """
        actual, bounded = what_came(features.panel, mean.shape[1], origins, rows)
        return GradedReliability.count(
            features.panel.periods[origins],
            np.nonzero(rows)[1],
            mean,
            actual,
            bounded,
            self.units(mean, features, origins, rows, threads=threads),
            self.by_age[0].of_period[0].levels,
            whole=features.panel.whole_units,
            like=like,
        )

    def _directed(
        self,
        units: FloatArray,
        mean: FloatArray,
        features: Features,
        origins: IntArray,
        rows: BoolArray,
        threads: int,
    ) -> FloatArray:
        """Quantiles of which the totals go through those forecast directly."""
        if self.direct is None:
            return units
        of_period, of_total = np.split(units, 2, axis=2)
        direct = self.direct.units(features, origins, rows, threads=threads)
        of_total = through_anchors(of_total, np.cumsum(mean, axis=1), self.direct.anchors, direct)
        of_period[:, :, 0] = of_total[:, :, 0]
        return np.concatenate([of_period, of_total], axis=2)

    def to_lists(self) -> dict[str, Any]:
        """The ratios for a file of text; ``direct`` makes files of its own."""
        return {
            "by_age": [
                {
                    "up_to": own.up_to,
                    "of_period": [_ratios_to_lists(q) for q in own.of_period],
                    "of_total": [_ratios_to_lists(q) for q in own.of_total],
                }
                for own in self.by_age
            ]
        }

    @classmethod
    def from_lists(
        cls, document: Mapping[str, Any], files: Mapping[str, bytes], settings: DemandModelSettings
    ) -> "DemandQuantiles":
        """What ``to_lists`` wrote, and the boosters' files."""
        return cls(
            by_age=tuple(
                StepRatios(
                    up_to=own["up_to"],
                    of_period=tuple(_ratios_from_lists(q) for q in own["of_period"]),
                    of_total=tuple(_ratios_from_lists(q) for q in own["of_total"]),
                )
                for own in document["by_age"]
            ),
            direct=DirectQuantiles.from_files(files, settings) if settings.quantiles == "boosted" else None,
        )


def _ages(seen: IntArray, known: BoolArray) -> Iterator[tuple[int, BoolArray]]:
    """Ages that have outcomes enough, each with its rows, shape (n_rows,); the last is that of the grown."""
    everybody = np.ones(len(seen), dtype=bool)
    if known[seen > YOUNG[-1]].sum(axis=0).min() < FEWEST:
        yield GROWN, everybody
        return
    youngest = NOWHERE
    for up_to in (NOWHERE, *YOUNG, GROWN):
        own = everybody & (seen >= youngest) & (seen <= up_to)
        if known[own].sum(axis=0).min() >= FEWEST:
            yield up_to, own
            youngest = up_to + 1


def _ratios_to_lists(ratios: RatioQuantiles) -> dict[str, list[Any]]:
    return {name.name: getattr(ratios, name.name).tolist() for name in fields(ratios)}


def _ratios_from_lists(document: Mapping[str, list[Any]]) -> RatioQuantiles:
    return RatioQuantiles(**{name: np.array(values) for name, values in document.items()})
