import numpy as np
import pytest

from allocast.errors import DataError
from allocast.simulation.learned_level import learn_level

LEVELS = np.array([0.6, 0.66, 0.72, 0.78, 0.84])
LOGIT = np.log(LEVELS / (1 - LEVELS))


def learned(costs, **settings) -> float:
    return learn_level(LEVELS, costs, **{"critical_ratio": 0.8, "evidence": 5.0, "prior": 0.0} | settings)


def test_it_finds_the_lowest_point_between_the_levels() -> None:
    lowest = np.log(0.7 / 0.3)
    assert learned(1000 + 50 * (LOGIT - lowest) ** 2) == pytest.approx(0.7)


def test_noise_of_one_level_moves_it_little() -> None:
    smooth = 1000 + 50 * (LOGIT - LOGIT[2]) ** 2
    noisy = smooth - np.array([0.0, 6.0, 0.0, 0.0, 0.0])
    assert np.argmin(noisy) == 1
    assert LEVELS[1] + 0.02 < learned(noisy) < LEVELS[2]


@pytest.mark.parametrize(("slope", "end"), [(1.0, 0.6), (-1.0, 0.84)])
def test_where_costs_only_rise_or_fall_it_stays_at_the_end(slope, end) -> None:
    assert learned(1000 + slope * LOGIT) == pytest.approx(end)


def test_little_evidence_is_drawn_to_the_critical_ratio() -> None:
    costs = 1000 + 50 * (LOGIT - LOGIT[1]) ** 2
    drawn = [learned(costs, evidence=evidence, prior=1.0) for evidence in (0.0, 1.0, 9.0)]
    assert drawn[0] == pytest.approx(0.8)
    assert LEVELS[1] < drawn[2] < drawn[1] < 0.8


@pytest.mark.parametrize(
    ("levels", "costs", "settings"),
    [
        ([0.6, 0.7], [1.0, 2.0], {}),
        ([0.6, 0.6, 0.7], [1.0, 2.0, 3.0], {}),
        ([0.6, 0.7, 0.8], [1.0, 0.0, 3.0], {}),
        ([0.6, 0.7, 0.8], [1.0, 2.0], {}),
        ([0.6, 0.7, 0.8], [1.0, 2.0, 3.0], {"critical_ratio": 1.0}),
        ([0.6, 0.7, 0.8], [1.0, 2.0, 3.0], {"evidence": -1.0}),
        ([0.6, 0.7, 0.8], [1.0, 2.0, 3.0], {"evidence": 0.0, "prior": 0.0}),
    ],
)
def test_what_no_level_can_be_learned_from_is_refused(levels, costs, settings) -> None:
    with pytest.raises(DataError, match=r"level is learned from|evidence and prior"):
        learn_level(np.array(levels), np.array(costs), **{"critical_ratio": 0.8, "evidence": 5.0} | settings)
