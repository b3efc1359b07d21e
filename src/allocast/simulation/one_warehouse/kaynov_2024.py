"""The fourteen instances of Kaynov et al. (2024), by number.

Each is judged over 100 periods of its steady state, costs added up. How the paper orders the events of a period
could not be read; what is said in ``OneWarehouse`` is what fits. With it, with shares in proportion to what is
wanted rounded by largest remainder, and with 100 periods of warm-up there are levels of a base stock at which the
published means come back to .4 %, and their standard errors to 5 % if these are of 10,000 runs. If what arrives at
the warehouse were shipped a period later, the best base stock of instances 6 and 7 would cost 30 % more than
published, not 2 % less; from empty stocks 9 and 14 % more; if each customer had a chance of an emergency shipment
of his own, and not all of a location together, the standard error of instance 11 would be .87 and not 1.02.

References
----------
Kaynov, van Knippenberg, Menkovski, van Breemen and van Jaarsveld (2024), Deep reinforcement learning for one-warehouse
multi-retailer inventory management, International Journal of Production Economics 267, 109088, tables A.3 and B.6.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy import stats

from allocast.errors import DataError
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.one_warehouse.system import OneWarehouse
from allocast.simulation.textbook.demand_laws import poisson, uniform

__all__ = ["JUDGED_PERIODS", "STRICT", "WARM_UP", "kaynov_2024"]

JUDGED_PERIODS = 100
WARM_UP = 100
STRICT = (6, 7, 8, 9, 11)
"""Instances of Poisson demand alone with lost sales or emergency shipments, which are stated without a doubt."""

Law = DiscreteDistribution


def normal(mean: float, deviation: float) -> Law:
    """Normal demand rounded to whole units, what is negative counted as none.

    How the paper makes its normal demand whole is not known: instances with it are no strict test.

    Examples
    --------
    >>> normal(10.0, 0.0).mean
    array([10.])
    """
    if deviation == 0:
        return DiscreteDistribution.certain(np.array([round(mean)]))
    law = stats.norm(mean, deviation)
    edges = np.arange(int(np.ceil(law.isf(1e-12)))) + 0.5
    probability = np.diff(np.concatenate([[0.0], law.cdf(edges), [1.0]]))
    return DiscreteDistribution(probability=probability[None])


def _alike() -> list[Law]:
    return [poisson(3.0)] * 3


def _unlike() -> list[Law]:
    return [uniform(6), normal(3.0, 1.0), poisson(3.0)]


def _wild() -> list[Law]:
    return [normal(1.0, 5.0), normal(5.0, 1.0), poisson(0.5)]


def _large() -> list[Law]:
    return [normal(5.0, 14.0)] * 10


def _graded() -> list[Law]:
    normals = ((0.0, 20.0), (2.0, 16.0), (4.0, 12.0), (6.0, 8.0), (8.0, 4.0), (10.0, 0.0))
    return [normal(*each) for each in normals] + [poisson(mean) for mean in (0.5, 3.0, 9.0, 12.0)]


Unmet = Literal["lost", "waits", "emergency"]
_INSTANCES: dict[int, tuple[Unmet, int, tuple[int, ...], Callable[[], list[Law]]]] = {
    1: ("waits", 2, (1, 1, 1), _alike),
    2: ("waits", 2, (1, 1, 1), _unlike),
    3: ("waits", 2, (1, 1, 1), _wild),
    4: ("waits", 2, (1, 2, 3), _alike),
    5: ("waits", 5, (3, 3, 3), _wild),
    6: ("lost", 1, (1, 1, 1), _alike),
    7: ("lost", 2, (1, 1, 1), _alike),
    8: ("lost", 5, (1, 1, 1), _alike),
    9: ("lost", 2, (1, 2, 3), _alike),
    10: ("lost", 5, (3, 3, 3), _wild),
    11: ("emergency", 2, (1, 1, 1), _alike),
    12: ("emergency", 2, (1, 1, 1), _wild),
    13: ("emergency", 2, (2,) * 10, _large),
    14: ("emergency", 2, (2,) * 10, _graded),
}


def kaynov_2024(number: int) -> OneWarehouse:
    """An instance by its number in the paper.

    Raises
    ------
    DataError
        There is none of that number.

    Examples
    --------
    >>> kaynov_2024(9).location_lead_times
    (1, 2, 3)
    """
    if number not in _INSTANCES:
        raise DataError(f"the instances have the numbers 1 to {len(_INSTANCES)}; {number} is none of them.")
    unmet, lead_time, location_lead_times, laws = _INSTANCES[number]
    large = len(location_lead_times) == 10
    return OneWarehouse(
        name=f"Kaynov 2024 instance {number}",
        lead_time=lead_time,
        location_lead_times=location_lead_times,
        demand=DiscreteDistribution.stack(laws()),
        unmet=unmet,
        warehouse_holding_cost=3.0 if large else 0.5,
        holding_cost=3.0 if large else 1.0,
        shortage_cost=60.0 if large else 9.0,
        emergency_share=0.8 if unmet == "emergency" else 0.0,
    )
