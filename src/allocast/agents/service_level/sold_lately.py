"""How each series sold lately, beside its forecast and beside all the others."""

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.numerics.arrays import FloatArray

__all__ = ["LATELY", "sold_lately"]

LATELY = 4  # periods
_FORECAST_SHARE = 0.5  # of what is expected, and a unit, stand beside what was sold: few sales say little
_SCALE = 2.0


def sold_lately(panel: DemandPanel, expected: FloatArray) -> FloatArray:
    """Twice the logarithm of what was asked for in the last four periods ÷ what the forecast makes of them.

    Expectations are first brought to the level of all series together: a season that comes or goes moves all, and says
    nothing of one. Both sides get half of what is expected and one unit more, so that few sales say little. Periods
    that were not observed count on neither side.

    Parameters
    ----------
    panel : DemandPanel
        Known until the decision.
    expected : array of shape (n_series,), in units a period
        Mean demand of the coming periods.

    Returns
    -------
    lately : array of shape (n_series,)
        0 where a series sold as expected, or nothing of it was observed.
    """
    seen = panel.observed[:, -LATELY:]
    sold = np.where(seen, np.nan_to_num(panel.units[:, -LATELY:]), 0.0).sum(axis=1)
    foreseen = expected * seen.sum(axis=1)
    total = foreseen.sum()
    if sold.sum() > 0 and total > 0:
        foreseen = foreseen * (sold.sum() / total)
    share = (sold + _FORECAST_SHARE * foreseen + 1) / ((1 + _FORECAST_SHARE) * foreseen + 1)
    return np.asarray(_SCALE * np.log(share))
