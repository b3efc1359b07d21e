"""How fast scarce units, volume and money are shared out, and how near to the best, beside HiGHS.

``items``: 5,000 items × 20 locations × 4 classes of demand, each with its own demand, what it pays and its item's
volume; stock of 50 to 120 % of an item's demand, a shared volume of 60 % of it all. Demand of a claim is one number,
which makes 400,000 variables; HiGHS solves the linear program once, from the same problem, and breaks units where ours
does not. ``distributions`` is the same with five quantiles of demand a claim: two million variables, judged by the
bound of prices, which lies above the optimum of the linear program, and beside HiGHS on a twentieth of the items.

``series``: 100,000 series with five quantiles of demand, one budget, 50 capacities of suppliers, whole units that cost
and take differently from series to series. Judged by the bound, and beside HiGHS on a hundredth of the series with
five capacities.

``exact``: small problems with packs, minima, caps and crossing limits, against whole numbers stated unit by unit.

Times are medians of repeats after a first call, whole calls of ``allocate`` from the problem to units, value, bound and
prices, on one thread; in seconds of the processor, because other programs on the machine take from the clock's, which
stand among the references. Making machine code, once for a machine, is timed apart: ``first_call_seconds`` is what the
first call takes in this run, some ten seconds where nothing was kept on disk. HiGHS chooses its own method, and has the
same one thread.
"""

import time

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

from allocast.inventory.allocation import Allocation, AllocationProblem, Claims, Limit, allocate
from allocast.numerics.arrays import FloatArray, IntArray
from training.figures import Measured, Reference, Target

__all__ = ["measure"]

SEED, REPEATS, N_SMALL = 6, 5, 60
LOCATIONS_CLASSES = 20 * 4
LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)


def measure() -> Measured:
    """Seconds and gaps of the two large problems, and the largest difference to exact solutions of small ones."""
    first = _timed(items(50, 5))[2]
    one, one_clock, one_processor = _repeated(items(5_000, 1))
    linear, linear_seconds = highs_value(one.problem)
    many, many_clock, many_processor = _repeated(items(5_000, len(LEVELS)))
    series, series_clock, series_processor = _repeated(budget_and_capacities(100_000, 50))
    part, part_linear, part_seconds = _beside_highs(items(250, len(LEVELS)))
    few, few_linear, few_seconds = _beside_highs(budget_and_capacities(1_000, 5))
    return Measured(
        targets=(
            Target(name="items_seconds", value=one_processor, op="<=", target=0.2),
            Target(name="items_below_highs_percent", value=_below(one, linear), op="<=", target=0.01),
            Target(name="distributions_seconds", value=many_processor, op="<=", target=0.2),
            Target(name="distributions_below_bound_percent", value=100 * many.gap, op="<=", target=0.01),
            Target(name="series_seconds", value=series_processor, op="<=", target=5.0),
            Target(name="series_below_bound_percent", value=100 * series.gap, op="<=", target=0.1),
            Target(name="small_largest_difference", value=_largest_difference(), op="<=", target=1e-9),
        ),
        references=(
            Reference(name="items_clock_seconds", value=one_clock),
            Reference(name="items_below_bound_percent", value=100 * one.gap),
            Reference(name="items_bound_above_highs_percent", value=100 * (one.bound / linear - 1)),
            Reference(name="highs.items_seconds", value=linear_seconds),
            Reference(name="distributions_clock_seconds", value=many_clock),
            Reference(name="series_clock_seconds", value=series_clock),
            Reference(name="first_call_seconds", value=first),
            Reference(name="distributions_250_items_below_highs_percent", value=_below(part, part_linear)),
            Reference(name="highs.distributions_250_items_seconds", value=part_seconds),
            Reference(name="series_1000_below_highs_percent", value=_below(few, few_linear)),
            Reference(name="highs.series_1000_seconds", value=few_seconds),
        ),
        seeds=(SEED,),
    )


def items(n_items: int, n_values: int) -> AllocationProblem:
    """Claims of locations and classes on the stock of items, within one volume."""
    rng = np.random.default_rng(SEED)
    item = np.repeat(np.arange(n_items), LOCATIONS_CLASSES)
    demand = np.sort(rng.gamma(2.0, 4.0, (len(item), n_values)).round() + 1, axis=1)
    levels = LEVELS if n_values == len(LEVELS) else (0.5,)
    claims = Claims.from_quantiles(
        demand, levels, shortage_cost=rng.uniform(1.0, 10.0, len(item)), holding_cost=0.2
    )
    volume = rng.uniform(0.5, 2.0, n_items)[item]
    stock = np.floor(np.bincount(item, claims.mean_demand) * rng.uniform(0.5, 1.2, n_items))
    room = 0.6 * float(volume @ claims.mean_demand)
    return AllocationProblem(
        claims=claims,
        limits=(
            Limit(name="stock", available=stock, group=item),
            Limit(name="volume", available=np.array([room]), use=volume),
        ),
    )


def budget_and_capacities(n_series: int, n_capacities: int) -> AllocationProblem:
    """Series that share a budget, and each the capacity of its supplier."""
    rng = np.random.default_rng(SEED)
    supplier = rng.integers(0, n_capacities, n_series)
    cost = rng.lognormal(1.0, 0.8, n_series)
    demand = np.sort(rng.gamma(1.0, 8.0, (n_series, len(LEVELS))).round(), axis=1)
    claims = Claims.from_quantiles(
        demand,
        LEVELS,
        shortage_cost=cost * rng.uniform(0.2, 2.0, n_series),
        holding_cost=0.05 * cost,
        position=rng.integers(0, 6, n_series),
    )
    hours = rng.uniform(0.5, 2.0, n_series)
    need = np.bincount(supplier, hours * claims.mean_demand)
    return AllocationProblem(
        claims=claims,
        limits=(
            Limit(
                name="capacity",
                available=need * rng.uniform(0.1, 0.6, n_capacities),
                group=supplier,
                use=hours,
            ),
            Limit(name="budget", available=np.array([0.4 * float(cost @ claims.mean_demand)]), use=cost),
        ),
    )


def highs_value(problem: AllocationProblem) -> tuple[float, float]:
    """Optimum of the linear program, stated from the definition of the value, and HiGHS's processor seconds."""
    claims = problem.claims
    above = 1.0 - np.cumsum(claims.probability, axis=1) + claims.probability
    edges = np.maximum(claims.demand_units, claims.position[:, None])
    width = np.diff(edges, axis=1, prepend=claims.position[:, None])
    worth = (claims.shortage_cost + claims.holding_cost)[:, None] * above - claims.holding_cost[:, None]
    claim, place = np.nonzero(width > 0)
    rows, supply = _rows(problem, claim)
    started = time.process_time()
    found = linprog(
        -worth[claim, place],
        A_ub=rows,
        b_ub=supply,
        bounds=np.column_stack([np.zeros(len(claim)), width[claim, place]]),
        method="highs",
    )
    return -float(found.fun), time.process_time() - started


def _rows(problem: AllocationProblem, claim: IntArray) -> tuple[csr_array, FloatArray]:
    """What a unit of each variable takes of each group of each limit."""
    n, entries, at, start = len(problem.claims), [], [], 0
    for limit in problem.limits:
        entries.append(np.broadcast_to(limit.use, n)[claim])
        at.append(np.broadcast_to(limit.group, n)[claim] + start)
        start += len(limit.available)
    column = np.tile(np.arange(len(claim)), len(entries))
    supply = np.concatenate([limit.available for limit in problem.limits])
    return csr_array((np.concatenate(entries), (np.concatenate(at), column))), supply


def _timed(problem: AllocationProblem) -> tuple[Allocation, float, float]:
    clock, processor = time.perf_counter(), time.process_time()
    found = allocate(problem)
    return found, time.perf_counter() - clock, time.process_time() - processor


def _repeated(problem: AllocationProblem) -> tuple[Allocation, float, float]:
    """The allocation, and median seconds of the clock and of the processor."""
    allocate(problem)
    runs = [_timed(problem) for _ in range(REPEATS)]
    clock, processor = (float(np.median([run[i] for run in runs])) for i in (1, 2))
    return runs[0][0], clock, processor


def _beside_highs(problem: AllocationProblem) -> tuple[Allocation, float, float]:
    return allocate(problem), *highs_value(problem)


def _below(found: Allocation, linear: float) -> float:
    """Percent that whole units are worth less than the linear program's."""
    return 100.0 * (1.0 - found.value / linear)


def _largest_difference() -> float:
    return max(
        abs(allocate(problem).value - _whole_value(problem)) for problem in map(_small, range(N_SMALL))
    )


def _small(seed: int) -> AllocationProblem:
    """Three items at three locations; stock, and by turns a volume or the room at locations."""
    rng = np.random.default_rng([SEED, seed])
    item, place = np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3)
    claims = Claims.from_paths(
        rng.integers(0, 13, (9, 4)).astype(np.float64),
        shortage_cost=rng.uniform(1.0, 9.0, 9),
        holding_cost=rng.uniform(0.0, 1.0, 9),
        pack_units=rng.integers(1, 4, 9),
        most_units=rng.integers(4, 15, 9),
    )
    stock = Limit(name="stock", available=rng.integers(0, 20, 3) * 1.0, group=item)
    volume = Limit(name="volume", available=rng.uniform(5, 30, 1), use=rng.uniform(0.5, 2.0, 9))
    room = Limit(name="room", available=rng.uniform(4, 12, 3), group=place)
    return AllocationProblem(claims=claims, limits=(stock, room if seed % 2 else volume))


def _whole_value(problem: AllocationProblem) -> float:
    """The best whole packs, one yes or no for each claim and number of packs."""
    claims = problem.claims
    owner, packs = (axis.ravel() for axis in np.indices((len(claims), 16)))
    units = packs * claims.pack_units[owner]
    kept = units <= claims.most_units[owner]
    owner, units = owner[kept], units[kept]
    value = _saving(claims, owner, units)
    rows, supply = _rows(problem, owner)
    found = milp(
        -value,
        integrality=np.ones(len(value)),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(rows * units, -np.inf, supply),
            LinearConstraint((owner == np.arange(len(claims))[:, None]).astype(np.float64), 1, 1),
        ],
        options={"mip_rel_gap": 0.0},
    )
    return float(value[found.x > 0.5].sum())


def _saving(claims: Claims, owner: IntArray, units: FloatArray) -> FloatArray:
    """Expected cost of nothing, less that of the units, from the definition."""

    def cost(have: FloatArray) -> FloatArray:
        gap = have[:, None] - claims.demand_units[owner]
        each = claims.holding_cost[owner, None] * np.maximum(gap, 0.0)
        each = each + claims.shortage_cost[owner, None] * np.maximum(-gap, 0.0)
        return np.asarray((each * claims.probability[owner]).sum(axis=1))

    at = claims.position[owner]
    return cost(at) - cost(at + units)
