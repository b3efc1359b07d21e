import numpy as np
import pytest

from allocast.errors import DataError
from allocast.simulation.one_warehouse.rationing import RULES, ration

SAVING = np.array([[9.0, 6.0, 1.0], [8.0, 7.0, 5.0]])


def by(rule, available, wanted, position=(0.0, 0.0)):
    """What one warehouse gives."""
    given = ration(
        rule,
        np.array([float(available)]),
        np.array([wanted], dtype=float),
        position=np.array([position]),
        saving=SAVING,
    )
    return given[0].tolist()


@pytest.mark.parametrize("rule", RULES)
def test_all_that_is_wanted_is_given_where_there_is_enough(rule):
    assert by(rule, 7, [3, 4]) == [3.0, 4.0]


def test_shares_are_in_proportion_and_what_rounding_leaves_goes_to_the_largest_remainders():
    assert by("proportional", 5, [8, 4]) == [3.0, 2.0]
    assert by("proportional", 7, [8, 4]) == [5.0, 2.0]


def test_the_greatest_lack_is_made_least():
    assert by("min_shortage", 5, [8, 4]) == [5.0, 0.0]
    assert by("min_shortage", 8, [8, 4]) == [6.0, 2.0]


def test_each_unit_goes_where_it_saves_most():
    assert by("marginal_value", 2, [3, 3]) == [1.0, 1.0]
    assert by("marginal_value", 4, [3, 3]) == [2.0, 2.0]
    assert by("marginal_value", 1, [3, 3], position=(1.0, 0.0)) == [0.0, 1.0]


def test_among_those_who_owe_the_one_who_owes_most_relative_to_what_a_unit_saves_comes_first():
    same = np.array([[9.0, 1.0], [9.0, 1.0]])
    given = ration(
        "marginal_value",
        np.array([2.0]),
        np.array([[4.0, 9.0]]),
        position=np.array([[-2.0, -5.0]]),
        saving=same,
    )
    np.testing.assert_array_equal(given, [[0.0, 2.0]])


def test_what_is_not_whole_or_not_known_is_refused():
    with pytest.raises(DataError, match="must be one of proportional, min_shortage, marginal_value"):
        by("fair", 2, [3, 3])
    with pytest.raises(DataError, match="wanted must be whole units, >= 0"):
        by("proportional", 2, [2.5, 3])
    with pytest.raises(DataError, match="available must be whole units, >= 0"):
        by("proportional", -1, [2, 3])
    with pytest.raises(DataError, match="marginal_value needs the positions"):
        ration("marginal_value", np.ones(1), np.ones((1, 2)))
    with pytest.raises(DataError, match=r"available must have shape \(1,\); it has \(2,\)"):
        ration("proportional", np.ones(2), np.ones((1, 2)))
