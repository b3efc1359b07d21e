import numpy as np
import pytest

from allocast.errors import DataError
from allocast.numerics.checks import (
    require_at_least,
    require_increasing,
    require_same_length,
    require_shape,
)


def test_a_wrong_shape_is_refused_with_both_shapes() -> None:
    with pytest.raises(DataError, match=r"units must have shape \(2, 3\); it has \(3, 2\)"):
        require_shape("units", np.zeros((3, 2)), (2, 3))


def test_the_right_shape_passes() -> None:
    require_shape("units", np.zeros((2, 3)), (2, 3))


def test_unequal_lengths_are_refused_and_all_listed() -> None:
    with pytest.raises(DataError, match="mean 2, actual 3"):
        require_same_length(mean=np.zeros(2), actual=np.zeros(3))


def test_equal_lengths_pass_whatever_the_other_dimensions() -> None:
    require_same_length(mean=np.zeros(2), actual=np.zeros((2, 5)))
    require_same_length()


@pytest.mark.parametrize("bad", [-0.5, np.nan, np.inf, -np.inf])
def test_values_below_the_minimum_or_not_finite_are_refused_with_place_and_count(bad: float) -> None:
    values = np.array([[1.0, 2.0], [bad, bad]])
    with pytest.raises(DataError, match=r"units must be finite and >= 0; at \(1, 0\) .*\(2 of 4 values"):
        require_at_least("units", values)


def test_the_minimum_itself_passes() -> None:
    require_at_least("units", np.array([0.0, 3.0]))
    require_at_least("scale", np.array([2.5]), 2.5)


def test_missing_values_pass_only_when_allowed_and_infinity_never() -> None:
    require_at_least("units", np.array([np.nan, 1.0]), missing=True)
    with pytest.raises(DataError, match="1 of 2"):
        require_at_least("units", np.array([np.nan, np.inf]), missing=True)


@pytest.mark.parametrize("values", [[1, 1], [2, 1], [1, 3, 2]])
def test_what_does_not_rise_strictly_is_refused_with_its_place(values: list[int]) -> None:
    with pytest.raises(DataError, match=f"place {len(values) - 1} holds {values[-1]} after {values[-2]}"):
        require_increasing("levels", np.array(values))


def test_what_rises_strictly_passes() -> None:
    require_increasing("levels", np.array([0.1, 0.2, 0.9]))
    require_increasing("levels", np.array([]))
