import pytest

from allocast.errors import DataError
from allocast.forecast.demand_settings import DemandModelSettings


def test_an_anchor_beyond_the_horizon_is_refused() -> None:
    with pytest.raises(DataError, match=r"within the horizon of 4; they are \(3, 5\)"):
        DemandModelSettings(horizon=4, anchors=(3, 5))


def test_an_anchor_at_the_horizon_passes() -> None:
    assert DemandModelSettings(horizon=4, anchors=(3, 4)).anchors == (3, 4)


def test_falling_levels_are_refused() -> None:
    with pytest.raises(DataError, match="levels must rise strictly; place 1 holds"):
        DemandModelSettings(levels=(0.9, 0.5))


def test_a_model_without_any_anchor_is_refused_before_any_training() -> None:
    with pytest.raises(DataError, match=r"one or more within the horizon of 8; they are \(\)"):
        DemandModelSettings(anchors=())


@pytest.mark.parametrize("anchors", [(3, 2), (3, 3)])
def test_anchors_that_do_not_rise_are_refused_before_any_training(anchors: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match="anchors must rise strictly; place 1"):
        DemandModelSettings(anchors=anchors)


def test_one_level_has_no_tail_to_draw_from_and_is_refused() -> None:
    with pytest.raises(DataError, match="levels must be two or more"):
        DemandModelSettings(levels=(0.5,))
    assert DemandModelSettings(levels=(0.5, 0.9)).levels == (0.5, 0.9)
