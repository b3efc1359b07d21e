import numpy as np
import pytest

from allocast.errors import DataError
from allocast.supply.survival.kaplan_meier import KaplanMeier


def test_without_censoring_the_curve_is_the_share_still_waiting() -> None:
    days = np.array([3.0, 1.0, 2.0, 2.0])
    curve = KaplanMeier.fit(days, np.ones(4, dtype=bool))
    np.testing.assert_allclose(curve.survival(np.array([0.0, 1.0, 2.0, 3.0])), [1, 0.75, 0.25, 0])
    assert (curve.mean, curve.quantile(0.5), curve.quantile(0.9)) == (2.0, 2.0, 3.0)


def test_weights_count_like_repeated_rows() -> None:
    days, event = np.array([1.0, 2.0, 3.0]), np.array([True, False, True])
    weighted = KaplanMeier.fit(days, event, weight=np.array([2.0, 1.0, 3.0]))
    repeated = KaplanMeier.fit(np.repeat(days, [2, 1, 3]), np.repeat(event, [2, 1, 3]))
    np.testing.assert_allclose(weighted.levels, repeated.levels)


def test_a_late_entry_is_at_risk_only_after_it() -> None:
    days, event = np.array([1.0, 2.0]), np.array([True, True])
    curve = KaplanMeier.fit(days, event, entry=np.array([0.0, 1.0]))
    assert curve.survival(np.array([1.0]))[0] == 0  # the second was not watched yet on day 1


def test_who_waited_longer_than_anyone_seen_is_expected_at_once() -> None:
    curve = KaplanMeier.fit(np.array([1.0, 2.0]), np.ones(2, dtype=bool))
    np.testing.assert_array_equal(curve.survival(np.array([5.0, 6.0]), given=5.0), [1, 0])


def test_a_quantile_the_curve_does_not_reach_is_missing() -> None:
    curve = KaplanMeier.fit(np.array([1.0, 2.0]), np.array([True, False]))
    assert np.isnan(curve.quantile(0.9))
    assert curve.mean == 1.5  # restricted to 2 days


@pytest.mark.parametrize("days", [[], [-1.0], [np.nan]])
def test_durations_that_cannot_be_are_refused(days: list[float]) -> None:
    with pytest.raises(DataError):
        KaplanMeier.fit(np.array(days), np.ones(len(days), dtype=bool))
