"""How each series sold lately, beside its forecast and beside all the others."""

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.numerics.arrays import FloatArray

__all__ = ["LATELY", "sold_lately"]

WEIGHTS = np.array([0.4, 0.8, 1.2, 1.6])  # of the last periods, the newest last
LATELY = len(WEIGHTS)
_FORECAST_SHARE = 0.5  # of what is expected, and a unit, stand beside what was sold: few sales say little
_SCALE = 2.0


def sold_lately(panel: DemandPanel, expected: FloatArray) -> FloatArray:
    """Twice the logarithm of what was asked for in the last four periods ÷ what the forecast makes of them.

    Expectations are first brought to the level of all series together: a season that comes or goes moves all, and says
    nothing of one. Both sides get half of what is expected and one unit more, so that few sales say little. The newest
    period counts four times as much as the oldest; periods that were not observed count on neither side.

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
    weights = WEIGHTS[-seen.shape[1] :]
    sold = np.where(seen, np.nan_to_num(panel.units[:, -LATELY:]), 0.0) @ weights
    foreseen = expected * (seen @ weights)
    total = foreseen.sum()
    if sold.sum() > 0 and total > 0:
        foreseen = foreseen * (sold.sum() / total)
    share = (sold + _FORECAST_SHARE * foreseen + 1) / ((1 + _FORECAST_SHARE) * foreseen + 1)
    return np.asarray(_SCALE * np.log(share))
