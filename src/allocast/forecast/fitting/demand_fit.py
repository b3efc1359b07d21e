"""All that a demand model learns: trees of the mean, quantiles around it, and how far those could be relied on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from allocast.forecast.calibration.demand_quantiles import DemandQuantiles
from allocast.forecast.calibration.direct_quantiles import DirectQuantiles
from allocast.forecast.calibration.graded_reliability import GradedReliability
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.features import Features
from allocast.forecast.fitting.held_out import HeldOut
from allocast.forecast.fitting.mean_trees import Bins, fit_mean_trees
from allocast.forecast.fitting.young import Young

__all__ = ["DemandFit"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DemandFit:
    """What was learned from a history.

    Parameters
    ----------
    text : str
        LightGBM's own text form of the trees of the mean.
    quantiles : DemandQuantiles
    reliability : GradedReliability
        Of no forecast yet, in grades of those of the last origins. What held-out models missed there is not counted:
        the model that forecasts was taught it, and counted again it would be made up for twice.
    bins : Bins
        Into which features were put.
    """

    text: str
    quantiles: DemandQuantiles
    reliability: GradedReliability
    bins: Bins

    @classmethod
    def of(
        cls, features: Features, settings: DemandModelSettings, *, seed: int, earlier: Bins | None = None
    ) -> "DemandFit":
        """Learn from all that the features' panel knows.

        Parameters
        ----------
        features : Features
        settings : DemandModelSettings
            Fitted to the length of the panel.
        seed : int
        earlier : Bins, optional
            Of an earlier end of the same history, taken unless a feature would be lost by them.
        """
        last = len(features.panel.periods) - 1
        young = Young.drawn(features, settings, last=last, seed=seed)
        text, bins = fit_mean_trees(features, young, settings, last=last, seed=seed, earlier=earlier)
        held_out = HeldOut.predict(features, young, settings, last=last, seed=seed, bins=bins)
        quantiles = _quantiles(features, settings, held_out, last, seed)
        reliability = _reliability(quantiles, features, settings, held_out[0].after())
        return cls(text=text, quantiles=quantiles, reliability=reliability, bins=bins)


def _quantiles(
    features: Features,
    settings: DemandModelSettings,
    held_out: Sequence[HeldOut],
    last: int,
    seed: int,
) -> DemandQuantiles:
    """Quantiles learned from what was known at the place ``last``."""
    boosted = settings.quantiles == "boosted"
    direct = DirectQuantiles.train(features, settings, last=last, seed=seed) if boosted else None
    return DemandQuantiles.learn(
        np.concatenate([own.mean for own in held_out]),
        np.concatenate([own.actual for own in held_out]),
        np.concatenate([own.bounded for own in held_out]),
        np.concatenate([own.seen for own in held_out]),
        settings.levels,
        direct,
    )


def _reliability(
    quantiles: DemandQuantiles, features: Features, settings: DemandModelSettings, late: HeldOut
) -> GradedReliability:
    """Grades in which outcomes since the training will be counted, if the settings look at them."""
    if not (settings.follows_outcomes and settings.recent_periods):
        return GradedReliability.unknown(settings.horizon, len(settings.levels))
    units = quantiles.units(late.mean, features, late.origins, late.rows, threads=settings.threads)
    return GradedReliability.of_none(late.mean, units, np.array(settings.levels))
