"""Has a supplier become slower or faster: an alarm as early as its orders allow, overdue open ones included."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from allocast.errors import SettingsError
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.orders.waiting import waiting_times
from allocast.supply.suppliers.evidence import Evidence
from allocast.supply.suppliers.normal_shift import learned, log_likelihood
from allocast.supply.suppliers.score_table import score_at, score_table
from allocast.supply.suppliers.usual_days import UsualDays
from allocast.supply.suppliers.usual_orders import UsualOrders

__all__ = ["CusumPaths", "SupplierCusum", "drift_alarms"]

GUARD = 0.5  # standard errors of the pace before by which it may be off: chosen in worlds of other seeds than judged
SPREAD_STRENGTH, LARGEST_SQUARE = 10.0, 6.0
FEWEST_ORDERS = 20.0  # between false alarms: an alarm a month would not be read
PACE = ["pace", "pace_low", "pace_high", "pace_orders"]
SHORTEST_YEARS = 0.25  # over which a rate of orders is taken


class CusumPaths(NamedTuple):
    """What the two sums were after each piece of evidence: arrays of shape (n_pieces,).

    ``alarm`` is 1 where slower was found, -1 where faster was, else 0; ``orders`` is the weight of the orders since the
    last alarm that have said something.
    """

    slower: FloatArray
    faster: FloatArray
    threshold: FloatArray
    orders: FloatArray
    alarm: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierCusum:
    """Cumulative sums of log-likelihood ratios: lead times longer, or shorter, than the supplier's own by a factor.

    Every piece of evidence counts, arrivals as well as waiting past a checkpoint: an order that should be there by now
    raises the sum before it arrives. A sum that falls below 0 starts anew at 0; one that exceeds its threshold
    raises an alarm, after which both start anew and the supplier's pace is learned again. What is usual for an order,
    the supplier's pace so far (shrunken) and its own spread are allowed for. Orders of one day share their luck: they
    count together as the number of independent ones that they are worth (`UsualOrders.evidence`).

    The threshold is chosen for each supplier by its rate of orders, so that one which does not change raises an
    alarm about once in ``years_between_false_alarms``: in closed form, from the run length of a sum that is watched
    continuously.

    Parameters
    ----------
    factor : float, > 1
        The change to be found: 1.35 is 35 % longer, or as much shorter.
    years_between_false_alarms : float, > 0

    Raises
    ------
    SettingsError
        A number is out of its range.

    References
    ----------
    Sego, L., Reynolds, M. and Woodall, W. (2009), Risk-adjusted monitoring of survival times, Statist. Med. 28:1386.
    Siegmund, D. (1985), Sequential Analysis, section II.6: the run length.
    """

    factor: float = 1.35
    years_between_false_alarms: float = 3.0

    def __post_init__(self) -> None:
        if not self.factor > 1 or not self.years_between_false_alarms > 0:
            raise SettingsError(
                "factor must be > 1 and years_between_false_alarms > 0; they are "
                f"{self.factor} and {self.years_between_false_alarms}."
            )

    def paths(self, evidence: Evidence, usual: UsualDays) -> CusumPaths:
        """Both sums along the evidence.

        Parameters
        ----------
        evidence : Evidence
        usual : UsualDays
            That the evidence is measured against.
        """
        n, errors = len(evidence), usual.errors
        variance = usual.supplier_variance / errors.spread**2
        up, down, threshold, orders = (np.zeros(n) for _ in range(4))
        paths = CusumPaths(up, down, threshold, orders, np.zeros(n, dtype=np.int64))
        pieces = (evidence.begun, evidence.reached, evidence.arrived, evidence.weight)
        wanted = (math.log(self.factor), self.years_between_false_alarms, variance)
        _walk(evidence.supplier, evidence.known_on, pieces, score_table(errors), wanted, paths)
        return paths


@compiled
def _threshold(shift: float, orders: float) -> float:
    """The level that a sum reaches about every so many orders if nothing changes.

    Solves e^h - h - 1 = orders x shift² / 2, with the shift in standard deviations.
    """
    wanted = orders * shift * shift / 2.0
    level = math.log(wanted + 2.0)
    for _ in range(20):
        level -= (math.exp(level) - level - 1.0 - wanted) / (math.exp(level) - 1.0)
    return level


@compiled
def _raised(
    total: float, direction: float, reference: Any, piece: Any, own: float, log_factor: float, table: Any
) -> Any:
    """A sum after a piece of evidence, and the shift that it looks for in standard deviations."""
    mean, variance = reference
    begun, reached, arrived, weight = piece
    spread = table[3]
    # The pace before is not known exactly: what it may be off by, in one order and in all of them, is no change.
    wide = math.sqrt(own * own + variance)
    mean += GUARD * direction * math.sqrt(variance)
    a = score_at(begun - spread * mean, table) / wide
    b = score_at(reached - spread * mean, table) / wide
    shift = direction * log_factor / (spread * wide)
    ratio = log_likelihood(shift, a, b, arrived) - log_likelihood(0.0, a, b, arrived)
    return max(0.0, total + weight * ratio), abs(shift)


@compiled
def _walk(supplier: Any, known_on: Any, pieces: Any, table: Any, wanted: Any, paths: Any) -> None:
    log_factor, years, prior_variance = wanted
    slower, faster, threshold, orders, alarm = paths
    begun, reached, arrived, weight = pieces
    spread = table[3]
    fresh = (0.0, prior_variance)
    current, first, up, down = -1, 0.0, 0.0, 0.0
    pace, when_up, when_down = fresh, fresh, fresh
    received, squares, since = 0.0, 0.0, 0.0
    for k in range(len(known_on)):
        if supplier[k] != current:
            current, first, up, down = supplier[k], known_on[k], 0.0, 0.0
            pace, when_up, when_down = fresh, fresh, fresh
            received, squares, since = 0.0, 0.0, 0.0
        piece = (begun[k], reached[k], arrived[k], weight[k])
        own = math.sqrt((SPREAD_STRENGTH + squares) / (SPREAD_STRENGTH + received))
        up, shift = _raised(up, 1.0, when_up, piece, own, log_factor, table)
        down, _ = _raised(down, -1.0, when_down, piece, own, log_factor, table)
        a, b = score_at(begun[k] - spread * pace[0], table), score_at(reached[k] - spread * pace[0], table)
        step, narrower, _ = learned(0.0, pace[1] / own**2, a / own, b / own, arrived[k], weight[k])
        pace = (pace[0] + own * step, narrower * own**2)
        # While a sum is above 0 it is compared with the pace before: a change must not become what is usual.
        if up == 0.0:
            when_up = pace
        if down == 0.0:
            when_down = pace
        if arrived[k]:
            received += weight[k]
            squares += weight[k] * min(b * b, LARGEST_SQUARE)
            since += weight[k]
        rate = received / max((known_on[k] - first) / 365.25, SHORTEST_YEARS)
        level = _threshold(shift, max(2.0 * years * rate, FEWEST_ORDERS))
        slower[k], faster[k], threshold[k], orders[k] = up, down, level, since
        if max(up, down) > level:
            alarm[k] = 1 if up > down else -1
            changed = when_up[0] if up > down else when_down[0]
            pace = (changed + alarm[k] * log_factor / spread, prior_variance)
            when_up, when_down, up, down, since = pace, pace, 0.0, 0.0, 0.0


def drift_alarms(
    orders: PurchaseOrders,
    *,
    as_of: np.datetime64,
    cusum: SupplierCusum | None = None,
    usual: UsualOrders | None = None,
) -> pd.DataFrame:
    """The latest alarm of each supplier, how near it is to another, and how fast it is, as known at the end of a day.

    Parameters
    ----------
    orders : PurchaseOrders
    as_of : day
    cusum : SupplierCusum, optional
    usual : UsualOrders, optional
        What is usual for an order; by default it is learned from the same orders.

    Returns
    -------
    table : DataFrame, one row a supplier, by its id
        ``supplier_id``; ``statistic``, the larger of the two sums, and ``threshold``; ``alarmed_on``, the day of
        the latest alarm, NaT where there was none; ``direction``, ``slower`` or ``faster``, missing where there was
        none; ``alarm_orders``, receipts between the alarm before and this one, which it rests on;
        ``orders_since``, receipts since the latest alarm, or since the first order. Receipts that share a shipment
        count as one, and those ordered on one day as fewer by as much as such receipts were alike before.
        ``pace``, ``pace_low``, ``pace_high`` and ``pace_orders``: see `SupplierEffects.pace_table`; NaN where nobody
        has delivered anything.
    """
    known = orders.known_at(as_of)
    cusum = cusum or SupplierCusum()
    names, place = np.unique(known.supplier_id.astype(str), return_inverse=True)
    table = pd.DataFrame({"supplier_id": names.astype(object)})
    if not waiting_times(known, as_of).received.any():
        return _without_alarms(table)
    usual = usual or UsualOrders.learn(known, as_of)
    evidence = usual.evidence(known, place, as_of)
    paths = cusum.paths(evidence, usual.effects.usual)
    paces = usual.effects.pace_table(evidence, len(names), as_of)
    return _latest(table, evidence, paths).assign(**paces)


def _without_alarms(table: pd.DataFrame) -> pd.DataFrame:
    nothing = {name: np.zeros(len(table)) for name in ("statistic", "orders_since")}
    return table.assign(
        **nothing,
        **dict.fromkeys(PACE, np.nan),
        threshold=np.nan,
        alarm_orders=np.nan,
        alarmed_on=np.full(len(table), "NaT", dtype="datetime64[s]"),
        direction=np.full(len(table), None, dtype=object),
    )


def _latest(table: pd.DataFrame, evidence: Evidence, paths: CusumPaths) -> pd.DataFrame:
    """Of each supplier: where its sums stand at its last piece of evidence, and its latest alarm."""
    table = _without_alarms(table)
    last = _last_of(evidence.supplier)
    now = evidence.supplier[last]
    quiet = paths.alarm[last] == 0  # right after an alarm the sums are at 0
    table.loc[now, "statistic"] = np.where(quiet, np.maximum(paths.slower, paths.faster)[last], 0.0)
    table.loc[now, "threshold"] = paths.threshold[last]
    table.loc[now, "orders_since"] = np.where(quiet, paths.orders[last], 0.0)
    alarms = np.flatnonzero(paths.alarm)
    alarms = alarms[_last_of(evidence.supplier[alarms])]
    whose = evidence.supplier[alarms]
    table.loc[whose, "alarmed_on"] = evidence.known_on[alarms].astype("datetime64[D]").astype("datetime64[s]")
    table.loc[whose, "direction"] = np.where(paths.alarm[alarms] > 0, "slower", "faster")
    table.loc[whose, "alarm_orders"] = paths.orders[alarms]
    return table


def _last_of(groups: IntArray) -> IntArray:
    """Places of the last row of each group; groups are sorted."""
    return np.flatnonzero(np.append(groups[1:] != groups[:-1], True)[: len(groups)])
