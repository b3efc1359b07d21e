"""Lines that travel together count as fewer, as far as they turn out alike."""

import numpy as np
import pytest

from allocast.supply.suppliers.shared_luck import effective_number, shared_luck


def world(correlation: float, owners: int = 20, groups: int = 60, lines: int = 4):
    """Lines of owners that differ a lot, in groups with some luck in common."""
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(owners * groups), lines)
    owner = group // groups
    common, own = rng.standard_normal(owners * groups)[group], rng.standard_normal(len(group))
    values = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
    return values + 5 * rng.standard_normal(owners)[owner], owner, group


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.8])
def test_the_correlation_of_the_lines_of_a_group_is_found_whatever_their_owners_are_like(correlation) -> None:
    assert shared_luck(*world(correlation)) == pytest.approx(correlation, abs=0.06)


def test_a_few_groups_are_believed_to_share_their_luck_until_they_say_otherwise() -> None:
    values, owner, group = world(0.0)
    few = group < 2
    assert shared_luck(values[few], owner[few], group[few]) > 0.8
    assert shared_luck(np.zeros(0), np.zeros(0, dtype=int), np.zeros(0, dtype=int)) == 1
    assert shared_luck(np.ones(8), np.zeros(8, dtype=int), np.arange(8) // 2) == 1


def test_lines_count_between_their_groups_and_themselves() -> None:
    owner, group = np.repeat([0, 1], [6, 3]), np.array([0, 0, 0, 1, 1, 1, 2, 3, 4])
    counts = {rho: effective_number(owner, group, 3, rho).tolist() for rho in (0.0, 0.5, 1.0)}
    assert counts == {0.0: [6, 3, 0], 0.5: [3, 3, 0], 1.0: [2, 3, 0]}


def test_many_units_on_one_line_are_still_one_line() -> None:
    weight = np.array([100.0, 1, 1])
    number = effective_number(np.zeros(3, dtype=int), np.arange(3), 1, 0.0, weight)
    assert number[0] == pytest.approx(102**2 / 10_002)


def test_the_mean_of_groups_varies_as_that_of_so_many_independent_lines() -> None:
    rho, size, n_groups = 0.4, 5, 12
    rng = np.random.default_rng(2)
    common, own = rng.standard_normal((4000, n_groups, 1)), rng.standard_normal((4000, n_groups, size))
    means = (np.sqrt(rho) * common + np.sqrt(1 - rho) * own).mean(axis=(1, 2))
    group = np.repeat(np.arange(n_groups), size)
    number = effective_number(np.zeros(len(group), dtype=int), group, 1, rho)
    assert 1 / means.var() == pytest.approx(number[0], rel=0.06)
