"""What policies are worth, in a controller's measures: carrying cost, service, turns and money tied up."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.demand.calendar import Frequency
from allocast.errors import DataError, UnknownNameError
from allocast.inventory.costs import Costs
from allocast.numerics.arrays import BoolArray, FloatArray
from allocast.simulation.paired import student_interval
from allocast.simulation.replay import ReplayResult

__all__ = ["MEASURES", "Worth", "cheapest_at_service", "measures_of", "worth_of"]

MEASURES = (
    "carrying_cost",
    "fill_rate",
    "turns",
    "days_of_supply",
    "stock_out_share",
    "orders_while_short",
    "carrying_percent_of_goods",
    "working_capital",
)
PERIODS_A_YEAR = {Frequency.DAILY: 365.0, Frequency.WEEKLY: 365 / 7, Frequency.MONTHLY: 12.0}


def measures_of(
    result: ReplayResult, costs: Costs, frequency: Frequency, periods: slice = slice(None)
) -> dict[str, float]:
    """What a controller asks of one policy in some periods.

    Where no series has a unit cost, goods are counted in units instead of money, and what only money can say is NaN.

    Parameters
    ----------
    result : ReplayResult
    costs : Costs
        Those of the replay.
    frequency : Frequency
    periods : slice
        Those that count.

    Returns
    -------
    measures : dict of str to float
        ``carrying_cost``: holding cost, in money. ``fill_rate``: share of demand met from stock at once. ``turns``:
        goods sold in a year ÷ average stock, both at cost. ``days_of_supply``: days that the average stock lasts.
        ``stock_out_share``: of the series and periods with demand, those that missed some. ``orders_while_short``:
        orders placed right after a period that missed demand; what a buyer would hurry, since replays know no faster
        way. ``carrying_percent_of_goods``: carrying cost ÷ cost of the goods sold. ``working_capital``: average stock
        on hand at cost; what is on order is not paid for. ``demand_units``: what was asked for. Ratios without a
        denominator are NaN.

    References
    ----------
    Silver, Pyke and Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., chapters 1 and 2.
    """
    priced = bool((costs.unit_cost > 0).any())
    value = (costs.unit_cost if priced else np.ones(len(costs.unit_cost)))[:, None]
    stock = float((result.on_hand * value)[:, periods].sum(axis=0).mean())
    sold = (result.sold * value)[:, periods].sum(axis=0)
    a_year = float(sold.mean()) * PERIODS_A_YEAR[frequency]
    carrying = float(result.holding_cost[:, periods].sum())
    demanded = result.demand[:, periods] > 0
    missed = _missed(result)
    return {
        "carrying_cost": carrying,
        "fill_rate": result.summary(periods)["fill_rate"],
        "turns": _ratio(a_year, stock),
        "days_of_supply": 365 * _ratio(stock, a_year),
        "stock_out_share": _ratio(float((missed[:, periods] & demanded).sum()), float(demanded.sum())),
        "orders_while_short": float(((result.ordered > 0) & _before(missed))[:, periods].sum()),
        "carrying_percent_of_goods": 100 * _ratio(carrying, float(sold.sum())) if priced else np.nan,
        "working_capital": stock if priced else np.nan,
        "demand_units": float(result.demand[:, periods].sum()),
    }


def _missed(result: ReplayResult) -> BoolArray:
    """Where new demand was not met at once, shape (n_series, n_periods)."""
    return np.asarray(np.minimum(result.missed, result.demand) > 1e-9)


def _before(happened: BoolArray) -> BoolArray:
    """The same one period later: an order of a period is placed before its demand."""
    return np.hstack([np.zeros((len(happened), 1), dtype=bool), happened[:, :-1]])


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Worth:
    """Measures of policies over windows, and what each saves beside a reference.

    Parameters
    ----------
    measures : DataFrame
        One row a policy and measure: ``policy``, ``measure``, ``mean`` over windows, ``low`` and ``high`` of its
        interval.
    savings : DataFrame
        One row a policy but the reference, most saved first: ``policy``; ``carrying_percent``, by how much its
        carrying cost is below the reference's, with ``carrying_low`` to ``carrying_high``; ``fill_points``, by how
        many points its fill rate is above, with ``fill_low`` to ``fill_high``.
    reference : str
    """

    measures: pd.DataFrame
    savings: pd.DataFrame
    reference: str

    def wide(self) -> pd.DataFrame:
        """Means, one row a policy in the order of the table, one column a measure."""
        means = self.measures.pivot(index="policy", columns="measure", values="mean")
        return (
            means.loc[self.measures["policy"].unique(), list(MEASURES)]
            .rename_axis(columns=None)
            .reset_index()
        )


def worth_of(table: pd.DataFrame, reference: str, *, confidence: float = 0.95) -> Worth:
    """Means over windows with their intervals, and paired differences to a reference.

    Intervals are Student's over windows, which are taken to be independent. A saving is that of all windows together;
    its interval is that of the differences in money, over the reference's mean cost. Each interval stands for itself:
    with many policies some will miss.

    Parameters
    ----------
    table : DataFrame
        One row a window and policy: ``window``, ``policy`` and the measures.
    reference : str
        One of the policies.
    confidence : float in (0, 1)

    Raises
    ------
    UnknownNameError
        The reference is none of the policies.
    DataError
        A policy lacks a window, or confidence is no share.

    Examples
    --------
    >>> rows = {"window": [1, 2] * 2, "policy": ["old"] * 2 + ["new"] * 2}
    >>> numbers = {name: [10.0, 12.0, 8.0, 9.6] for name in MEASURES}
    >>> worth_of(pd.DataFrame(rows | numbers), "old").savings["carrying_percent"].round(6).tolist()
    [20.0]
    """
    if not 0 < confidence < 1:
        raise DataError(f"confidence must lie in (0, 1); it is {confidence}.")
    names = list(table["policy"].unique())
    if reference not in names:
        raise UnknownNameError("reference among the policies", reference, names)
    windows = table["window"].nunique()
    lacking = [name for name in names if (table["policy"] == name).sum() != windows]
    if lacking:
        raise DataError(f"every policy must be replayed in every window once; {', '.join(lacking)} was not.")
    by_policy = {name: part.sort_values("window") for name, part in table.groupby("policy", sort=False)}
    rows = [
        (name, measure, *_mean_interval(own[measure].to_numpy(np.float64), confidence))
        for name, own in by_policy.items()
        for measure in MEASURES
    ]
    savings = [
        (name, *_saving(own, by_policy[reference], confidence))
        for name, own in by_policy.items()
        if name != reference
    ]
    of_saving = [f"{what}_{part}" for what in ("carrying", "fill") for part in ("mean", "low", "high")]
    table_of_savings = pd.DataFrame(savings, columns=["policy", *of_saving]).rename(
        columns={"carrying_mean": "carrying_percent", "fill_mean": "fill_points"}
    )
    return Worth(
        measures=pd.DataFrame(rows, columns=["policy", "measure", "mean", "low", "high"]),
        savings=table_of_savings.sort_values(
            "carrying_percent", ascending=False, kind="stable", ignore_index=True
        ),
        reference=reference,
    )


def _saving(own: pd.DataFrame, reference: pd.DataFrame, confidence: float) -> tuple[float, ...]:
    """Percent of the reference's carrying cost saved, and points of fill rate gained, each with its interval."""
    cost, usual = (part["carrying_cost"].to_numpy(np.float64) for part in (own, reference))
    fill = 100 * (own["fill_rate"].to_numpy(np.float64) - reference["fill_rate"].to_numpy(np.float64))
    percent = 100 * (usual - cost) / usual.mean() if usual.mean() > 0 else np.full(len(usual), np.nan)
    return (*_mean_interval(percent, confidence), *_mean_interval(fill, confidence))


def _mean_interval(values: FloatArray, confidence: float) -> tuple[float, float, float]:
    return (float(values.mean()), *student_interval(values, confidence))


def cheapest_at_service(table: pd.DataFrame, reference: str, *, margin: float = 0.0) -> str:
    """The policy with the lowest carrying cost whose fill rate is the reference's, plus a margin, or better.

    It is to be chosen on windows before those in which it is judged: chosen on these it would owe part of its saving to
    luck.

    Parameters
    ----------
    table : DataFrame
        As for ``worth_of``, with ``demand_units``: the fill rate is that of all its windows together.
    reference : str
        Never chosen itself.
    margin : float, a share of demand

    Raises
    ------
    UnknownNameError
        The reference is none of the policies.
    DataError
        No other policy serves as well.
    """
    parts = table[["policy", "carrying_cost", "demand_units"]].assign(
        met=table["fill_rate"] * table["demand_units"]
    )
    means = parts.groupby("policy", sort=False).mean()
    means["fill_rate"] = means["met"] / means["demand_units"]
    if reference not in means.index:
        raise UnknownNameError("reference among the policies", reference, list(means.index))
    asked = float(means.loc[reference, "fill_rate"]) + margin
    others = means.drop(reference)
    serving = others[others["fill_rate"] >= asked]
    if serving.empty:
        raise DataError(
            f"no policy reaches a fill rate of {asked:.4f}; the best, {others['fill_rate'].idxmax()}, reaches "
            f"{others['fill_rate'].max():.4f}. Bring policies of higher service levels."
        )
    return str(serving["carrying_cost"].idxmin())
