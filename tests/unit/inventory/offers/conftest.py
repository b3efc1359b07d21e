"""Builders of offers: some lines for each of a few series."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from allocast.inventory.offers import Offers
from allocast.numerics.discrete import DiscreteDistribution
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

TERMS = {
    "unit_cost": 3.0,
    "order_cost": 0.0,
    "minimum_order_units": 0.0,
    "pack_units": 1.0,
    "lead_time_days": 7.0,
    "capacity_units": np.inf,
}


def build_offers(
    series: Sequence[int], periods: Any, *, share: Any = 1.0, notes: tuple[str, ...] = (), **terms: Any
) -> Offers:
    """Lines of series, each with its lead time: a number of periods, or probabilities of 0, 1, …."""
    n = len(series)
    told = np.asarray(periods)
    certain = told.ndim < 2
    told = np.broadcast_to(told, n) if certain else told
    law = DiscreteDistribution.certain(told, largest=9) if certain else DiscreteDistribution(probability=told)
    supplier = terms.pop(
        "supplier_id", [f"s{place - list(series).index(one)}" for place, one in enumerate(series)]
    )
    numbers = {name: np.broadcast_to(np.float64(terms.get(name, value)), n) for name, value in TERMS.items()}
    return Offers(
        series=np.array(series, dtype=np.int64),
        sourcing=Sourcing(
            item_id=np.array([f"i{one}" for one in series], dtype=object),
            location_id=np.full(n, "here", dtype=object),
            supplier_id=np.array(supplier, dtype=object),
            **numbers,
        ),
        lead_time=LeadTimeDistribution(period_days=7, periods=law),
        delivered_share=np.broadcast_to(np.float64(share), n),
        notes=notes,
    )


@pytest.fixture(scope="session")
def make_offers() -> Callable[..., Offers]:
    return build_offers
