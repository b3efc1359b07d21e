"""What each of several orders, or rules, would cost over the coming periods, compiled."""

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled

__all__ = ["BY_RULE", "simulated_costs"]

BY_RULE = -1.0  # an order now that the rule decides, as it decides later ones
_STRIDE = 7  # later orders take the lead times of other paths
_ASIDE = 37, 53  # how far lead times and arrivals are moved against demand from one meeting to the next


@compiled
def simulated_costs(
    demand: FloatArray,
    arrivals: FloatArray,
    lead_time: IntArray,
    share: FloatArray,
    net_stock: FloatArray,
    orders: FloatArray,
    trigger: FloatArray,
    level: FloatArray,
    season: FloatArray,
    terms: FloatArray,
    rates: FloatArray,
    lost_sales: bool,
    meetings: int,
) -> FloatArray:
    """Mean cost of each order now, if later ones follow its (s, S) rule, in money.

    What is left at the end, on hand and on order, is credited at ``rates``, as far as ``rates`` says that it will sell:
    else an order of what nobody asks for would pay by what it leaves.

    Parameters
    ----------
    demand, arrivals : arrays of shape (n_series, n_paths, n_periods), in units
    lead_time : array of int, shape (n_series, n_paths), in periods
    share : array of shape (n_series, n_paths)
        Delivered of what is ordered.
    net_stock : array of shape (n_series,), in units
    orders : array of shape (n_series, n_orders), in units
        Feasible ones, or ``BY_RULE``.
    trigger, level : arrays of shape (n_series, n_orders), in units
    season : array of shape (n_series, n_periods)
        Trigger and level of each period as multiples of these.
    terms : array of shape (n_series, 3)
        Minimum order, pack, capacity, in units.
    rates : array of shape (n_series, 5)
        Holding, shortage, order cost; worth of a unit left; how many units left have that worth.
    meetings : int, >= 1
        With how many paths of lead times and arrivals each path of demand meets.

    Returns
    -------
    cost : array of shape (n_series, n_orders)
    """
    n_series, n_paths, n_periods = demand.shape
    n_orders = orders.shape[1]
    cost = np.zeros((n_series, n_orders))
    own = np.zeros(2 * n_periods + 1)
    for i in range(n_series):
        holding, shortage, order_cost, worth, sells = rates[i]
        minimum, pack, capacity = terms[i]
        most = np.floor(capacity / pack) * pack if capacity < np.inf else np.inf
        for c in range(n_orders):
            total = 0.0
            for run in range(n_paths * meetings):
                p, meeting = run % n_paths, run // n_paths
                led, due = (p + _ASIDE[0] * meeting) % n_paths, (p + _ASIDE[1] * meeting) % n_paths
                own[:] = 0.0
                stock, waiting, expected = net_stock[i], 0.0, 0.0
                for t in range(n_periods):
                    expected += arrivals[i, due, t]
                for t in range(n_periods):
                    position = stock + waiting + expected
                    units = 0.0
                    if t == 0 and orders[i, c] >= 0.0:
                        units = orders[i, c]
                    elif position < trigger[i, c] * season[i, t]:
                        units = max(level[i, c] * season[i, t] - position, minimum)
                        units = min(np.ceil(units / pack - 1e-9) * pack, most)
                        if units < minimum:
                            units = 0.0
                    if units > 0.0:
                        other = (led + _STRIDE * t) % n_paths
                        came = np.ceil(units * share[i, other] - 1e-9)
                        own[min(t + lead_time[i, other], 2 * n_periods)] += came
                        waiting += came
                        total += order_cost
                    arrived = own[t] + arrivals[i, due, t]
                    waiting -= own[t]
                    expected -= arrivals[i, due, t]
                    stock += arrived - demand[i, p, t]
                    if stock < 0.0:
                        total -= shortage * stock
                        if lost_sales:
                            stock = 0.0
                    else:
                        total += holding * stock
                total -= worth * min(stock + waiting + expected, sells)
            cost[i, c] = total / (n_paths * meetings)
    return cost
