"""Rows that share their luck are left out of the same member."""

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.supply.survival.hazard_model import HazardModel
from allocast.supply.survival.members import left_out_of


def test_a_group_is_left_out_of_one_member_and_members_are_equally_large():
    rng = np.random.default_rng(1)
    group, event = rng.integers(0, 200, 1000), rng.random(1000) < 0.4
    member = left_out_of(event, 4, np.random.default_rng(0), group)
    assert all(len(set(member[group == each])) == 1 for each in np.unique(group))
    n_groups = [len(np.unique(group[member == each])) for each in range(4)]
    assert max(n_groups) - min(n_groups) <= 1


def test_without_groups_each_row_is_one_of_its_own():
    event = np.arange(100) % 2 == 0
    alone = left_out_of(event, 4, np.random.default_rng(0))
    np.testing.assert_array_equal(left_out_of(event, 4, np.random.default_rng(0), np.arange(100)), alone)


def test_groups_must_be_as_long_as_the_rows():
    days, event = np.arange(1.0, 101.0), np.ones(100, dtype=bool)
    model = HazardModel(rounds=4).fit(days[:, None], days, event, groups=np.arange(100) // 2)
    assert model.n_rounds_ == 4
    with pytest.raises(DataError, match="X 100, groups 99"):
        HazardModel(rounds=4).fit(days[:, None], days, event, groups=np.arange(99))
