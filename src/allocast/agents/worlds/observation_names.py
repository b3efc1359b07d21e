"""The names of the numbers of an observation, and their bounds."""

from functools import cache

import numpy as np

from allocast.agents.worlds.actions import QUANTILE_LEVELS
from allocast.numerics.arrays import FloatArray, freeze

__all__ = [
    "ARRIVAL_PERIODS",
    "OBSERVATION_HIGH",
    "OBSERVATION_LOW",
    "OBSERVATION_NAMES",
    "PRICE_PLACE",
    "SUPPLIER_NAMES",
    "UNITS_OF_SUPPLIER",
    "UNITS_SEEN",
    "observation_bounds",
    "observation_names",
]

ARRIVAL_PERIODS = 3
"""What is on order is seen by arrival within 1, 2, … this many coming periods, beside the demand of these periods."""

SUPPLIER_NAMES = (
    "order_cost",
    "smallest_order",
    "lead_time_mean",
    "lead_time_p90",
    "on_time",
    "delivered_share",
    "premium",
)
"""What is seen of each supplier."""

_SERIES_NAMES = (
    "net_stock",
    *(f"arriving_within_{period}" for period in range(1, ARRIVAL_PERIODS + 1)),
    "on_order",
    *(f"demand_within_{period}" for period in range(1, ARRIVAL_PERIODS + 1)),
    *(f"demand_q{100 * level:.0f}" for level in QUANTILE_LEVELS),
    "critical_ratio",
    "season_sine",
    "season_cosine",
    "price",
)
_LARGEST = 10.0
UNITS_OF_SUPPLIER = 2
"""So many numbers of a supplier come first that are in units."""


def observation_names(n_suppliers: int) -> tuple[str, ...]:
    """Names of the numbers of an observation; those of a second, third, … supplier end in its number.

    Examples
    --------
    >>> observation_names(2)[-7:-4]
    ('order_cost_2', 'smallest_order_2', 'lead_time_mean_2')
    """
    numbers = ("", *(f"_{supplier}" for supplier in range(2, n_suppliers + 1)))
    suppliers = (name + number for number in numbers for name in SUPPLIER_NAMES)
    return (*_SERIES_NAMES, *suppliers)


@cache
def observation_bounds(n_suppliers: int) -> tuple[FloatArray, FloatArray]:
    """The smallest and the largest value of each number of an observation."""
    signed = {"net_stock": _LARGEST, "season_sine": 1.0, "season_cosine": 1.0}
    shares = ("critical_ratio", "season_sine", "season_cosine", "on_time")
    names = [
        name.rsplit("_", 1)[0] if name[-1].isdigit() else name for name in observation_names(n_suppliers)
    ]
    low = np.array([-signed.get(name, 0.0) for name in names])
    high = np.array([1.0 if name in shares else _LARGEST for name in names])
    return freeze(low), freeze(high)


UNITS_SEEN = _SERIES_NAMES.index("on_order") + 1
"""So many numbers of an observation come first that are of stock and orders; all others but the price are known before
anything has been decided."""
PRICE_PLACE = _SERIES_NAMES.index("price")

OBSERVATION_NAMES = observation_names(1)
"""Where each series has one supplier."""
OBSERVATION_LOW, OBSERVATION_HIGH = observation_bounds(1)
