import numpy as np
import pytest

from allocast.numerics.arrays import freeze


def test_a_frozen_view_cannot_be_written() -> None:
    view = freeze(np.zeros(3))
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1


def test_the_callers_own_array_stays_writable() -> None:
    mine = np.zeros(3)
    view = freeze(mine)
    mine[0] = 1
    assert view[0] == 1
