"""Quantiles around predicted means, from whatever was learned about them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from allocast.forecast.calibration import RatioQuantiles, each_step, learn_ratios, running_totals
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.features import Features
from allocast.forecast.quantile_heads import DirectQuantiles, through_anchors
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["DemandQuantiles"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DemandQuantiles:
    """Quantiles of each step and of each running total.

    Parameters
    ----------
    of_period, of_total : tuples of RatioQuantiles
        For each step, and for the running total until each step.
    direct : DirectQuantiles, optional
        Totals at the anchors are these; the other totals follow them.
    """

    of_period: tuple[RatioQuantiles, ...]
    of_total: tuple[RatioQuantiles, ...]
    direct: DirectQuantiles | None = None

    @classmethod
    def learn(
        cls,
        mean: FloatArray,
        actual: FloatArray,
        levels: tuple[float, ...],
        direct: DirectQuantiles | None,
        bounded: BoolArray | None = None,
    ) -> "DemandQuantiles":
        """From predictions and what came of them (at least, where bounded), shape (n_rows, horizon), in units."""
        of_period, of_total = learn_ratios(mean, actual, levels, bounded)
        return cls(of_period=of_period, of_total=of_total, direct=direct)

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
        of_period, of_total = each_step(self.of_period, mean), running_totals(self.of_total, mean)
        if self.direct is not None:
            direct = self.direct.units(features, origins, rows, threads=threads)
            of_total = through_anchors(of_total, np.cumsum(mean, axis=1), self.direct.anchors, direct)
            of_period[:, :, 0] = of_total[:, :, 0]
        return np.concatenate([of_period, of_total], axis=2)

    def to_lists(self) -> dict[str, Any]:
        """The ratios for a file of text; ``direct`` makes files of its own."""
        return {
            "of_period": [_ratios_to_lists(q) for q in self.of_period],
            "of_total": [_ratios_to_lists(q) for q in self.of_total],
        }

    @classmethod
    def from_lists(
        cls, document: Mapping[str, Any], files: Mapping[str, bytes], settings: DemandModelSettings
    ) -> "DemandQuantiles":
        """What ``to_lists`` wrote, and the boosters' files."""
        return cls(
            of_period=tuple(_ratios_from_lists(q) for q in document["of_period"]),
            of_total=tuple(_ratios_from_lists(q) for q in document["of_total"]),
            direct=DirectQuantiles.from_files(files, settings) if settings.quantiles == "boosted" else None,
        )


def _ratios_to_lists(ratios: RatioQuantiles) -> dict[str, list[Any]]:
    return {name.name: getattr(ratios, name.name).tolist() for name in fields(ratios)}


def _ratios_from_lists(document: Mapping[str, list[Any]]) -> RatioQuantiles:
    return RatioQuantiles(**{name: np.array(values) for name, values in document.items()})
