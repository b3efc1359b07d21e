"""Safety stocks and order-up-to levels that textbooks print.

Chopra and Meindl is *Supply Chain Management*, 3rd ed. (Pearson 2007), chapter 11: demand of a week is normal with mean
2,500 and deviation 500. Gallien's are the slides of MIT course 15.066J (2002) on inventory.
"""

import numpy as np
import pytest

from allocast.inventory.formulas.base_stock import normal_base_stock
from allocast.inventory.formulas.compound_demand import Moments, moments_over
from allocast.inventory.formulas.just_in_time import just_in_time_level
from allocast.inventory.formulas.losses import normal_loss
from allocast.inventory.formulas.periodic_review import normal_order_up_to
from allocast.inventory.formulas.safety_stock import (
    cycle_service_reached,
    normal_safety_stock,
    normal_safety_stock_for_fill_rate,
    safety_stock,
)
from allocast.inventory.lead_time_demand import LeadTimeDemand


def one(number: float) -> np.ndarray:
    return np.array([float(number)])


def moments(mean: float, deviation: float) -> Moments:
    return Moments(mean=one(mean), deviation=one(deviation))


WEEKLY, SURE = moments(2500, 500), 0.0


def test_safety_inventory_of_a_cycle_service_level() -> None:
    over = moments_over(WEEKLY, moments(2, SURE))
    assert over.deviation[0] == pytest.approx(707, abs=0.5)
    assert normal_safety_stock(over, one(0.9))[0] == pytest.approx(906, abs=0.5)
    assert normal_safety_stock(over, one(0.9213504))[0] == pytest.approx(1000, abs=0.5)  # printed: .92


def test_safety_inventory_of_a_fill_rate() -> None:
    """Lots of 10,000: of each 250 may be missed, at .975; a reorder point of 6,000 misses 25, a fill rate of .9975."""
    over = moments_over(WEEKLY, moments(2, SURE))
    needed = normal_safety_stock_for_fill_rate(over, one(0.975), batch=one(10_000))
    assert needed[0] == pytest.approx(67, abs=0.5)
    missed = normal_loss(1000 / over.deviation) * over.deviation
    assert missed[0] == pytest.approx(25, abs=0.5)
    assert 1 - missed[0] / 10_000 == pytest.approx(0.9975, abs=5e-5)


def test_fill_rate_of_exercise_11_4() -> None:
    """250 a week ± 150, two weeks, lots of 1,000 at 600: safety 100, of each lot 43.86 are missed."""
    over = moments_over(moments(250, 150), moments(2, SURE))
    missed = normal_loss(100 / over.deviation) * over.deviation
    assert missed[0] == pytest.approx(43.86, abs=5e-3)
    needed = normal_safety_stock_for_fill_rate(over, 1 - missed / 1000, batch=one(1000))
    assert needed[0] == pytest.approx(100)


def test_safety_inventory_where_the_lead_time_varies() -> None:
    """2,500 a day ± 500, seven days ± 7."""
    over = moments_over(WEEKLY, moments(7, 7))
    assert over.deviation[0] == pytest.approx(17_550, abs=1)
    assert normal_safety_stock(over, one(0.9))[0] == pytest.approx(22_491, abs=1)


def test_order_up_to_level_of_a_periodic_review() -> None:
    """Every four weeks, two weeks on the way: 15,000 and 1,570."""
    level = normal_order_up_to(WEEKLY, moments(2, SURE), 4, one(0.9))
    assert level[0] == pytest.approx(16_570, abs=1)
    same = normal_base_stock(WEEKLY, moments(5, SURE), holding_cost=one(1), shortage_cost=one(9))
    assert same.units[0] == pytest.approx(level[0])


def test_reorder_point_and_order_up_to_level_of_gallien() -> None:
    """400 a week ± 80, two weeks, 95 %, which he rounds to z = 1.65: reorder at 986; every 2.5 weeks up to 2,080."""
    weekly = moments(400, 80)
    over = moments_over(weekly, moments(2, SURE))
    assert over.mean[0] + normal_safety_stock(over, one(0.95))[0] == pytest.approx(986, abs=1)
    assert normal_order_up_to(weekly, moments(2.5, SURE), 2, one(0.95))[0] == pytest.approx(2080, abs=1)


def test_full_distributions_give_the_textbooks_safety_stock_where_its_assumptions_hold() -> None:
    """A hundred thousand weeks of normal demand, twice; 906 at .9, and 1,000 is .92."""
    rng = np.random.default_rng(11)
    paths = LeadTimeDemand(units=rng.normal(2500, 500, (2, 100_000)).sum(axis=0)[None, :])
    assert safety_stock(paths, one(0.9))[0] == pytest.approx(906, abs=12)
    assert cycle_service_reached(paths, one(6000))[0] == pytest.approx(0.92, abs=5e-3)


def test_cards_of_a_kanban_system() -> None:
    """A classroom exercise: 1,000 an hour, two hours, 15 % beyond, 250 in a container: ten cards."""
    circulating = just_in_time_level(one(1000), one(2), allowance_share=0.15)
    assert np.ceil(circulating[0] / 250) == 10
