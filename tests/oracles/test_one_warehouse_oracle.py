"""The network and its rationing rules against plain Python that works with lists, and rationing against all others."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from allocast.simulation.one_warehouse.base_stock import EchelonBaseStock
from allocast.simulation.one_warehouse.kaynov_2024 import kaynov_2024
from allocast.simulation.one_warehouse.rationing import ration
from allocast.simulation.one_warehouse.scenarios import Scenarios


def every_allocation(available, wanted):
    """All whole ways of giving out what there is."""
    total = min(available, sum(wanted))
    return [each for each in product(*(range(units + 1) for units in wanted)) if sum(each) == total]


@pytest.mark.parametrize("seed", range(30))
def test_each_rule_gives_what_is_best_in_its_own_measure(seed):
    rng = np.random.default_rng(seed)
    wanted, available = [int(units) for units in rng.integers(0, 7, 3)], int(rng.integers(0, 15))
    position, saving = rng.integers(0, 5, 3), -np.sort(-rng.random((3, 12)), axis=1)
    fair = [units * min(available / max(sum(wanted), 1), 1.0) for units in wanted]
    measures = {
        "proportional": lambda given: sum((a - b) ** 2 for a, b in zip(given, fair, strict=True)),
        "min_shortage": lambda given: sorted(
            (w - g for w, g in zip(wanted, given, strict=True)), reverse=True
        ),
        "marginal_value": lambda given: (
            -sum(saving[k, position[k] : position[k] + given[k]].sum() for k in range(3))
        ),
    }
    for rule, measure in measures.items():
        found = ration(
            rule, np.array([float(available)]), np.array([wanted], dtype=float),
            position=position[None].astype(float), saving=saving,
        )[0]  # fmt: skip
        best = min(map(measure, every_allocation(available, wanted)))
        assert measure([int(units) for units in found]) == pytest.approx(best)


def costs_in_plain_python(system, level, levels, demand, chance):
    """Total cost of one future under proportional rationing, with lists of what arrives when."""
    n, mean = system.n_locations, [round(each) for each in system.demand.mean]
    centre, to_centre = 0, [sum(mean)] * system.lead_time
    stock, to_shop = [0] * n, [[mean[k]] * system.location_lead_times[k] for k in range(n)]
    total = 0.0
    for wants, chances in zip(demand, chance, strict=True):
        position = [stock[k] + sum(to_shop[k]) for k in range(n)]
        order = max(level - centre - sum(to_centre) - sum(position), 0)
        centre += to_centre.pop(0)
        to_centre.append(order)
        asked = [max(levels[k] - position[k], 0) for k in range(n)]
        exact = [Fraction(units * min(centre, sum(asked)), max(sum(asked), 1)) for units in asked]
        given = [int(units) for units in exact]
        for k in sorted(range(n), key=lambda k: given[k] - exact[k])[: min(centre, sum(asked)) - sum(given)]:
            given[k] += 1
        centre -= sum(given)
        for k in range(n):
            stock[k] += to_shop[k].pop(0) - int(wants[k])
            to_shop[k].append(given[k])
            missed = max(-stock[k], 0)
            if system.unmet != "waits":
                stock[k] += missed
            sent = min(missed, centre) if chances[k] < system.emergency_share else 0
            centre -= sent
            total += system.holding_cost * max(stock[k], 0) + system.shortage_cost * (missed - sent)
        total += system.warehouse_holding_cost * centre
    return total


@pytest.mark.parametrize("number", [4, 6, 9, 11])
def test_costs_are_those_of_plain_python(number):
    system, rng = kaynov_2024(number), np.random.default_rng(number)
    futures = Scenarios.draw(system, 6, 60, rng)
    levels = tuple(int(level) for level in system.protection_demand.quantile(0.8))
    policy = EchelonBaseStock(system=system, level=45, location_levels=levels)
    expected = [
        costs_in_plain_python(system, 45, levels, *each)
        for each in zip(futures.demand, futures.chance, strict=True)
    ]
    np.testing.assert_allclose(policy.costs(futures, warm_up=0), expected, rtol=1e-12)
