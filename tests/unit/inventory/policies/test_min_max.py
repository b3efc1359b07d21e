import numpy as np
import pytest

from allocast.errors import SettingsError
from allocast.inventory.policies import MinMax

UNITS = [[50.0, 9.0, 11.0]] * 4


def decide(make_situation, on_hand, units=UNITS):
    policy = MinMax(minimum_periods=2, maximum_periods=5, window=2)
    return policy.decide(make_situation(np.zeros((len(units), 1, 3)), on_hand, units=units))


def test_it_fills_up_to_the_maximum_at_or_below_the_minimum(make_situation) -> None:
    decision = decide(make_situation, [0.0, 20.0, 21.0, 70.0])
    np.testing.assert_array_equal(decision.wanted_units, [50, 30, 0, 0])
    np.testing.assert_array_equal(decision.level, [50] * 4)


def test_what_never_sold_is_never_ordered(make_situation) -> None:
    assert decide(make_situation, [0.0], units=[[0.0, 0.0, 0.0]]).wanted_units[0] == 0
    assert decide(make_situation, [0.0], units=[[np.nan] * 3]).wanted_units[0] == 0


@pytest.mark.parametrize(
    "settings", [{"minimum_periods": 8.0}, {"minimum_periods": -1.0}, {"window": 0}, {"maximum_periods": 4.0}]
)
def test_the_maximum_lies_above_the_minimum(settings) -> None:
    assert MinMax().name == "min_max(4, 8, 52)"
    with pytest.raises(SettingsError, match="min/max needs 0 <= minimum_periods < maximum_periods"):
        MinMax(**settings)
