"""The rows that a demand model learns from: of the series as they are, and of copies made young."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from allocast.forecast.censored.outcomes import Outcomes
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.features import FeatureRows, Features
from allocast.forecast.fitting.young import Young
from allocast.numerics.arrays import BoolArray, FloatArray
from allocast.numerics.streams import stream

__all__ = ["TrainingRows"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingRows:
    """Rows to learn from, with outcome, scale and weight of each.

    Parameters
    ----------
    parts : tuple of FeatureRows
        First those of the series as they are, then those of their copies.
    outcomes : Outcomes
        Of all rows, in this order.
    scale, weight : arrays of shape (n_rows,)
        The scale is in units.
    """

    parts: tuple[FeatureRows, ...]
    outcomes: Outcomes
    scale: FloatArray
    weight: FloatArray

    @classmethod
    def drawn(
        cls,
        features: Features,
        young: Sequence[Young],
        settings: DemandModelSettings,
        *,
        last: int,
        seed: int,
        among: BoolArray | None = None,
    ) -> "TrainingRows":
        """Rows whose targets lie up to the period at place ``last``, of all series or those ``among``."""
        rng = stream(seed, "demand", "rows")
        known = Outcomes.told(features.panel)
        rows = [_drawn(features, known, settings, last, settings.largest_rows, rng, among)]
        quota = len(rows[0]) * settings.young_share / max(len(young), 1)
        for copies in young:
            own = None if among is None else among[copies.places]
            rows.append(_drawn(copies.features, copies.told(), settings, last, quota, rng, own))
        places = [rows[0].series]
        places += [copies.places[part.series] for copies, part in zip(young, rows[1:], strict=True)]
        origins = np.concatenate([part.origins for part in rows])
        periods = origins + np.concatenate([part.steps for part in rows])
        scale = np.concatenate([part.scale for part in rows])
        age = (last - origins) / settings.half_life_periods
        return cls(
            parts=tuple(part for part in rows if len(part)),
            outcomes=Outcomes.of(features.panel, np.concatenate(places), periods),
            scale=scale,
            weight=scale**settings.scale_power * 0.5**age,
        )


def _drawn(
    features: Features,
    told: BoolArray,
    settings: DemandModelSettings,
    last: int,
    quota: float,
    rng: np.random.Generator,
    among: BoolArray | None,
) -> FeatureRows:
    origins = np.arange(settings.first_origin - 1, last)
    return FeatureRows.drawn(
        features, origins, settings.horizon, last, int(quota), rng, among=among, told=told
    )
