"""Numbers that textbooks and other programs give, each with where it comes from.

Snyder and Shen is *Fundamentals of Supply Chain Theory*, 2nd ed. (Wiley 2019). Digits beyond the book's are those of
stockpyl 1.0.2 (Snyder 2023, Stockpyl: a Python package for inventory optimization), which prints them for the same
instances in its documentation.
"""

import numpy as np
import pytest

from allocast.inventory.formulas.compound_demand import Moments
from allocast.inventory.formulas.fixed_quantity import fixed_quantity, normal_fixed_quantity
from allocast.inventory.formulas.lot_size import (
    economic_order_quantity,
    economic_production_quantity,
    lot_cost,
)
from allocast.inventory.formulas.newsvendor import newsvendor_normal, newsvendor_poisson
from allocast.inventory.formulas.quantity_discounts import (
    PriceBreaks,
    all_units_discount,
    incremental_discount,
)
from allocast.inventory.formulas.reorder_levels import reorder_level_cost, reorder_levels
from allocast.numerics.discrete_laws import poisson


def one(number: float) -> np.ndarray:
    return np.array([number])


def rates(holding: float, shortage: float, order: float | None = None) -> dict[str, np.ndarray]:
    costs = {"holding_cost": one(holding), "shortage_cost": one(shortage)}
    return costs if order is None else {**costs, "order_cost": one(order)}


def test_economic_order_quantity_of_example_3_1() -> None:
    terms = {"order_cost": one(8.0), "holding_cost": one(0.225)}
    batch = economic_order_quantity(one(1300.0), **terms)
    assert batch[0] == pytest.approx(304.0467800264368)
    assert lot_cost(one(1300.0), batch=batch, **terms)[0] == pytest.approx(68.4105, abs=5e-5)


def test_economic_production_quantity_of_stockpyl() -> None:
    terms = {"order_cost": one(8.0), "holding_cost": one(0.225)}
    batch = economic_production_quantity(one(1300.0), production_rate=one(1700.0), **terms)
    assert batch[0] == pytest.approx(626.8084945889684)
    slower = terms | {"holding_cost": one(0.225 * (1 - 1300 / 1700))}
    assert lot_cost(one(1300.0), batch=batch, **slower)[0] == pytest.approx(33.183979125298336)


def test_both_discounts_of_stockpyl() -> None:
    breaks = PriceBreaks(from_units=np.array([[0, 200, 500]]), unit_cost=np.array([[500, 475, 450]]))
    lot = all_units_discount(one(1000.0), breaks, order_cost=one(200.0), holding_share=one(0.2))
    assert (lot.batch[0], lot.taken[0], lot.cost[0]) == (500, 2, pytest.approx(472900))
    breaks = PriceBreaks(from_units=np.array([[0, 300, 600]]), unit_cost=np.array([[100, 90, 80]]))
    lot = incremental_discount(one(2400.0), breaks, order_cost=one(150.0), holding_share=one(0.25))
    assert lot.batch[0] == pytest.approx(1481.8906842274164)
    assert (lot.taken[0], lot.cost[0]) == (2, pytest.approx(222762.8136845483))


def test_newsvendor_of_example_4_3() -> None:
    best = newsvendor_normal(one(50.0), one(8.0), **rates(0.18, 0.70))
    assert best.units[0] == pytest.approx(56.604, abs=5e-4)
    assert best.cost[0] == pytest.approx(1.99761, abs=5e-6)


@pytest.mark.parametrize(
    ("holding", "shortage", "mean", "level", "cost"),
    [(1.0, 4.0, 6.0, 8, 3.5701069457709416), (0.18, 0.70, 50.0, 56, 1.797235211809178)],
)
def test_newsvendor_with_poisson_demand_of_examples_4_7_and_4_3(holding, shortage, mean, level, cost) -> None:
    best = newsvendor_poisson(one(mean), **rates(holding, shortage))
    assert (best.units[0], best.cost[0]) == (level, pytest.approx(cost))


def test_reorder_levels_of_example_4_7() -> None:
    weekly = poisson(one(6.0))
    best = reorder_levels(weekly, weekly, **rates(1.0, 4.0, 5.0))
    assert (best.reorder_point[0], best.order_up_to[0]) == (4, 10)
    assert best.cost[0] == pytest.approx(8.034111561471642)
    given = reorder_level_cost(np.array([4]), np.array([10]), weekly, weekly, **rates(1.0, 4.0, 5.0))
    assert given[0] == pytest.approx(8.034111561471642)


def test_fixed_quantity_of_example_5_8() -> None:
    best = fixed_quantity(one(1.5), poisson(one(3.0)), **rates(20.0, 150.0, 100.0))
    assert (best.reorder_point[0], best.batch[0]) == (3, 5)
    assert best.cost[0] == pytest.approx(107.92358063314975)


def test_normal_fixed_quantity_of_example_5_5() -> None:
    over = Moments(mean=one(1300 / 12), deviation=one(150 / 12**0.5))
    point, batch = normal_fixed_quantity(
        one(1300.0),
        over,
        order_cost=one(8.0),
        holding_cost=one(0.225),
        cycle_service_level=one(7.5 / 7.725),
    )
    assert (point[0], batch[0]) == (pytest.approx(190.3369965715624), pytest.approx(304.0467800264368))
