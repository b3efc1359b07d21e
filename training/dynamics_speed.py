"""Series-periods a second of the compiled dynamics on one core, beside what other inventory simulators do.

Lost sales: 2,000 series × 1,000 periods of Poisson demand (mean 5) that is given, one supplier, lead time 4, base stock
24. All features on: the same demand, half of what is missed waits, a shelf life of 4 periods, and two suppliers with
random lead times that may not cross, fixed cost, minimum orders, packs, capacity, random yield, deliveries in two
parts; seasons of 50 periods with salvage. Orders can be placed before every period, which is more work than longer
reviews.

Rates are medians of repeats, in seconds of the processor (other programs on the machine take from the clock's), machine
code already made. ``bound`` is a loop that only reads the demand and adds it up.

gym-invmgmt (a step is a period of its serial chain of four nodes, or of its network), and stockpyl (one node, base
stock, the same demand, backorders, for it knows no lost sales) run in the peers' environment, stockpyl without the
documentation tools that it declares as dependencies. or-gym is not measured: it needs gym < 0.22, which does not build
with today's setuptools.
"""

import time
from collections.abc import Callable

import numpy as np
import torch
from numba import njit

from allocast.agents import torch_dynamics
from allocast.numerics.arrays import FloatArray
from allocast.simulation.dynamics import Delivery, Rates, Rules, Stock, Terms, advance, place, run
from training.figures import Measured, Reference, Target
from training.peer_environment import run_peer

__all__ = ["measure"]

N_SERIES, N_PERIODS, LEAD_TIME, LEVEL, LIFE, SEASON = 2_000, 1_000, 4, 24.0, 4, 50
REPEATS = 9
SEED = 1
RATES = Rates(holding_cost=1.0, shortage_cost=4.0, lost_cost=1.0, waste_cost=2.0, salvage_value=0.5)


def measure() -> Measured:
    """Rates of the compiled runs, of single steps, of the torch form with its gradient, and of peers."""
    demand = np.random.default_rng(SEED).poisson(5.0, (N_SERIES, N_PERIODS)).astype(np.float64)
    bound = _rate(lambda: _total(demand), demand.size)
    lost_sales = _rate(_lost_sales(demand, order_up_to=LEVEL), demand.size)
    peers = run_peer("inventory_steps", {"demand": demand[0]}, lead_time=LEAD_TIME, level=LEVEL, seed=SEED)
    return Measured(
        targets=(
            Target(name="lost_sales_millions", value=lost_sales, op=">=", target=100.0),
            Target(
                name="all_features_millions",
                value=_rate(_everything(demand, 2), demand.size),
                op=">=",
                target=10.0,
            ),
        ),
        references=(
            Reference(name="bound_millions", value=bound),
            Reference(name="lost_sales_share_of_bound", value=lost_sales / bound),
            Reference(
                name="given_orders_millions", value=_rate(_lost_sales(demand, order_units=5.0), demand.size)
            ),
            Reference(
                name="all_features_three_suppliers_millions", value=_rate(_everything(demand, 3), demand.size)
            ),
            *(Reference(name=f"steps_of_{n}_millions", value=_rate(_steps(n), n)) for n in (1_024, 100_000)),
            Reference(name="torch_with_gradient_millions", value=_rate(_gradient(), 512 * 100)),
            *(Reference(name=f"{name}.steps", value=float(rate)) for name, rate in sorted(peers.items())),
        ),
        seeds=(SEED,),
    )


def _rate(work: Callable[[], object], size: int) -> float:
    """Millions a second of the processor, the median of repeats."""
    work()
    seconds = []
    for _ in range(REPEATS):
        started = time.process_time()
        times = 0
        while times == 0 or time.process_time() - started < 0.05:  # its clock ticks in hundredths
            work()
            times += 1
        seconds.append((time.process_time() - started) / times)
    return float(size / np.median(seconds) / 1e6)


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _total(demand: FloatArray) -> float:
    total = 0.0
    for i in range(demand.shape[0]):
        for t in range(demand.shape[1]):
            total += demand[i, t]
    return total


def _lost_sales(
    demand: FloatArray, *, order_units: float | None = None, order_up_to: float | None = None
) -> Callable[[], object]:
    rules = Rules()
    stock = Stock.empty(rules, (N_SERIES,), longest_lead_time=LEAD_TIME)
    return lambda: run(
        rules, stock, demand, RATES, LEAD_TIME, order_units=order_units, order_up_to=order_up_to
    )


def _everything(demand: FloatArray, suppliers: int) -> Callable[[], object]:
    rng, orders = np.random.default_rng(SEED), (*demand.shape, suppliers)
    rules = Rules(
        suppliers=suppliers, waiting_share=0.5, crossover=False, shelf_life=LIFE, season_periods=SEASON
    )
    terms = Terms(
        order_cost=[5.0, 3.0, 1.0][:suppliers],
        unit_cost=[3.0, 2.0, 1.0][:suppliers],
        minimum_order_units=[0.0, 3.0, 4.0][:suppliers],
        pack_units=[1.0, 2.0, 2.0][:suppliers],
        capacity_units=[9.0, 8.0, 9.0][:suppliers],
    )
    delivery = Delivery(
        share=rng.choice([1.0, 1.0, 0.9, 0.5], orders),
        first_share=rng.choice([1.0, 0.5], orders),
        rest_later=rng.integers(0, 2, orders),
    )
    lead_time = rng.integers(0, LEAD_TIME + 1, orders)
    levels = [4.0, 10.0, 20.0][:suppliers]
    stock = Stock.empty(rules, (N_SERIES,), longest_lead_time=2 * LEAD_TIME)
    return lambda: run(
        rules, stock, demand, RATES, lead_time, order_up_to=levels, terms=terms, delivery=delivery
    )


def _steps(n: int) -> Callable[[], object]:
    """One order and one period of n series."""
    rules, lead_time = Rules(), np.full(n, LEAD_TIME)
    demand = np.random.default_rng(SEED).poisson(5.0, n).astype(np.float64)
    stock = Stock.empty(rules, (n,), longest_lead_time=LEAD_TIME)
    return lambda: advance(rules, place(rules, stock, demand, lead_time)[0], demand, RATES)


def _gradient() -> Callable[[], object]:
    """A hundred periods of 512 paths with a gradient to their orders."""
    torch.set_num_threads(1)
    rules, rates = Rules(), torch_dynamics.Rates(holding_cost=1.0, shortage_cost=4.0)
    demand = torch.poisson(torch.full((100, 512), 5.0), generator=torch.Generator().manual_seed(SEED))
    orders = torch.full((512,), 5.0, requires_grad=True)

    def work() -> None:
        stock = torch_dynamics.Stock.empty(rules, (512,))
        cost = torch.zeros(512)
        for asked in demand:
            stock, _ = torch_dynamics.place(rules, stock, orders, LEAD_TIME)
            stock, ledger = torch_dynamics.advance(rules, stock, asked, rates)
            cost = cost + ledger.cost
        torch.autograd.backward(cost.mean())

    return work
