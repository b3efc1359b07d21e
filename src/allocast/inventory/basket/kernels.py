"""Compiled parts of a basket: what each next pack is worth, concave hulls, and the walk down the ranked list."""

from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.numerics.compiled import compiled

__all__ = ["pool", "price_steps", "take_in_turn"]


@compiled
def price_steps(
    need: FloatArray,
    series: IntArray,
    before: FloatArray,
    short: FloatArray,
    hold: FloatArray,
    order_cost: FloatArray,
    begin: IntArray,
    units: FloatArray,
    saving: FloatArray,
    value: FloatArray,
) -> None:
    """What each step saves by itself, and adds to the most saved until then; ``saving`` and ``value`` are filled.

    ``need`` has sorted rows, >= 0, of shape (n_series, n_paths).
    """
    n_paths = need.shape[1]
    for line in range(len(series)):
        row, at = need[series[line]], before[line]
        j, below = 0, 0.0
        while j < n_paths and row[j] <= at:
            below += row[j]
            j += 1
        served = (below + (n_paths - j) * at) / n_paths
        total, best = -order_cost[line], 0.0
        for k in range(begin[line], begin[line + 1]):
            at += units[k]
            while j < n_paths and row[j] <= at:
                below += row[j]
                j += 1
            then = (below + (n_paths - j) * at) / n_paths
            saving[k] = (short[line] + hold[line]) * (then - served) - hold[line] * units[k]
            served = then
            total += saving[k]
            value[k] = max(total - best, 0.0)
            best = max(best, total)
        if begin[line] < begin[line + 1]:
            saving[begin[line]] -= order_cost[line]


@compiled
def pool(
    begin: IntArray,
    units: FloatArray,
    value: FloatArray,
    saving: FloatArray,
    pooled_begin: IntArray,
    pooled_units: FloatArray,
    pooled_value: FloatArray,
    pooled_saving: FloatArray,
) -> int:
    """Steps put together until no next one is worth more a unit than the one before it; how many are left.

    Adjacent violators are pooled, which gives the concave hull of what whole orders are worth.
    """
    n = 0
    for line in range(len(begin) - 1):
        first = n
        pooled_begin[line] = first
        for k in range(begin[line], begin[line + 1]):
            pooled_units[n], pooled_value[n], pooled_saving[n] = units[k], value[k], saving[k]
            n += 1
            while n - first > 1 and (
                pooled_value[n - 1] * pooled_units[n - 2] > pooled_value[n - 2] * pooled_units[n - 1]
            ):
                pooled_units[n - 2] += pooled_units[n - 1]
                pooled_value[n - 2] += pooled_value[n - 1]
                pooled_saving[n - 2] += pooled_saving[n - 1]
                n -= 1
    pooled_begin[len(begin) - 1] = n
    return n


@compiled
def take_in_turn(
    order: IntArray,
    line_of: IntArray,
    begin: IntArray,
    units: FloatArray,
    group: IntArray,
    use: FloatArray,
    price: FloatArray,
    left: FloatArray,
    closed: BoolArray,
    taken: IntArray,
    stopped_by: IntArray,
) -> None:
    """Take steps in turn as far as each fits; a line ends at its first step that does not.

    ``taken`` counts steps of each line, ``left`` is what each group of all limits still has, ``stopped_by`` names the
    group that ends a line: the dearest of those in which there is no room. All of them and ``closed`` change.
    """
    for k in order:
        line = line_of[k]
        if closed[line] or k != begin[line] + taken[line]:
            continue
        worst, paid = -1, -1.0
        for f in range(len(group)):
            g = group[f, line]
            if g >= 0 and use[f, line] * units[k] > left[g]:
                cost = use[f, line] * price[g]
                if cost > paid:
                    worst, paid = g, cost
        if worst >= 0:
            closed[line] = True
            stopped_by[line] = worst
            continue
        taken[line] += 1
        for f in range(len(group)):
            g = group[f, line]
            if g >= 0:
                left[g] -= use[f, line] * units[k]
