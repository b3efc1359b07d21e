"""Champion against challengers: costs in the same past windows, and what their differences prove."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from allocast.errors import DataError, UnknownNameError
from allocast.numerics.arrays import FloatArray

__all__ = ["PairedComparison", "compare_paired", "student_interval"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairedComparison:
    """What a paired comparison says.

    Parameters
    ----------
    table : DataFrame
        One row a policy, the champion first, then the cheapest first: ``policy``; ``mean``, its cost a window;
        ``difference`` to the champion's, with its interval ``low`` to ``high``; all in money.
    champion : str
        Before the comparison.
    chosen : str
        After it.
    verdict : str
        A sentence for people.
    """

    table: pd.DataFrame
    champion: str
    chosen: str
    verdict: str


def compare_paired(costs: pd.DataFrame, champion: str, *, confidence: float = 0.95) -> PairedComparison:
    """Let a challenger take the champion's place only where its lower cost is no accident of the windows.

    The interval is Student's over windows. Each window gives one difference, of costs from the same stock, demand,
    lead times and scenarios; the windows lie side by side, and that they are independent is assumed. Series are not
    counted as evidence of their own: within a window they share its season. With k challengers each interval has a
    confidence of 1 − (1 − confidence) / k (Bonferroni), so that trying many does not make one win.

    Parameters
    ----------
    costs : DataFrame
        From ``simulation.windows.compare``: ``window``, ``policy`` and ``cost``, every policy in every window.
    champion : str
        One of the policies.
    confidence : float in (0, 1)
        That no interval misses its true difference.

    Raises
    ------
    UnknownNameError
        The champion is none of the policies.
    DataError
        A policy lacks a window, or confidence is no share.

    Examples
    --------
    >>> costs = pd.DataFrame({"window": [1, 2, 3] * 2, "policy": ["old"] * 3 + ["new"] * 3,
    ...                       "cost": [10.0, 12.0, 11.0, 8.0, 9.5, 9.0]})
    >>> compare_paired(costs, "old").chosen
    'new'
    """
    if not 0 < confidence < 1:
        raise DataError(f"confidence must lie in (0, 1); it is {confidence}.")
    wide = costs.pivot(index="window", columns="policy", values="cost")
    if champion not in wide:
        raise UnknownNameError("champion among the policies", champion, wide.columns)
    if wide.isna().any(axis=None):
        lacking = wide.columns[wide.isna().any()].tolist()
        raise DataError(f"every policy must be replayed in every window; some are missing of {lacking}.")
    challengers = [name for name in wide.mean().sort_values(kind="stable").index if name != champion]
    rows = [(champion, wide[champion].mean(), 0.0, np.nan, np.nan)]
    for name in challengers:
        difference = (wide[name] - wide[champion]).to_numpy()
        interval = student_interval(difference, 1 - (1 - confidence) / len(challengers))
        rows.append((name, wide[name].mean(), difference.mean(), *interval))
    table = pd.DataFrame(rows, columns=["policy", "mean", "difference", "low", "high"])
    chosen, verdict = _verdict(table, len(wide), confidence)
    return PairedComparison(table=table, champion=champion, chosen=chosen, verdict=verdict)


def student_interval(values: FloatArray, confidence: float) -> tuple[float, float]:
    """Student's interval of the mean of independent numbers; everything where there is only one."""
    n, mean = len(values), float(values.mean())
    if n < 2:
        return -np.inf, np.inf
    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * float(values.std(ddof=1)) / np.sqrt(n)
    return mean - half, mean + half


def _verdict(table: pd.DataFrame, n_windows: int, confidence: float) -> tuple[str, str]:
    champion, others = table.iloc[0]["policy"], table.iloc[1:]
    if not (others["difference"] < 0).any():
        return champion, f"the champion {champion} stays: no challenger costs less in {n_windows} windows."
    surely = others[others["high"] < 0]
    best = (surely if len(surely) else others).iloc[0]
    numbers = (
        f"{best['difference']:+,.0f} a window, {100 * confidence:.0f} % interval {best['low']:+,.0f} to "
        f"{best['high']:+,.0f}, {n_windows} windows"
    )
    if len(surely):
        return best["policy"], f"{best['policy']} takes the place of {champion}: it costs less ({numbers})."
    return (
        champion,
        f"not decided: the interval of {best['policy']} holds 0 ({numbers}); the champion {champion} stays.",
    )
