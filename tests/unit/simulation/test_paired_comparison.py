import numpy as np
import pandas as pd
import pytest
from scipy import stats

from allocast.errors import DataError, UnknownNameError
from allocast.simulation.paired import compare_paired


def costs(**policies):
    """A table as ``compare`` makes it, from each policy's costs window by window."""
    rows = [
        {"window": window, "policy": policy, "cost": cost}
        for policy, each in policies.items()
        for window, cost in enumerate(each)
    ]
    return pd.DataFrame(rows)


def test_a_challenger_that_always_costs_less_takes_over():
    result = compare_paired(costs(old=[100.0, 140.0, 120.0], new=[90.0, 129.0, 111.0]), "old")
    assert result.chosen == "new"
    assert result.verdict.startswith(
        "new takes the place of old: it costs less (-10 a window, 95 % interval -12"
    )
    assert list(result.table["policy"]) == ["old", "new"]
    row = result.table.iloc[1]
    assert (row["mean"], row["difference"]) == (110.0, -10.0)
    assert row["low"] < -10 < row["high"] < 0


def test_the_interval_is_students_of_paired_differences():
    rng = np.random.default_rng(1)
    old, new = rng.normal(100, 20, 8), rng.normal(95, 20, 8)
    row = compare_paired(costs(old=old, new=new), "old").table.iloc[1]
    expected = stats.ttest_rel(new, old).confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


def test_a_challenger_that_costs_less_by_accident_does_not_take_over():
    result = compare_paired(costs(old=[100.0, 100.0, 100.0], new=[40.0, 120.0, 101.0]), "old")
    assert result.chosen == "old"
    assert result.verdict.startswith("not decided: the interval of new holds 0 (-13 a window")
    assert result.verdict.endswith("the champion old stays.")


def test_a_champion_that_nobody_undercuts_stays():
    result = compare_paired(costs(old=[1.0, 2.0], new=[2.0, 3.0]), "old")
    assert result.chosen == "old"
    assert "no challenger costs less in 2 windows" in result.verdict


def test_one_window_decides_nothing():
    result = compare_paired(costs(old=[100.0], new=[1.0]), "old")
    assert result.chosen == "old"
    assert np.isinf(result.table.iloc[1][["low", "high"]].astype(float)).all()


def test_the_cheapest_of_those_that_surely_cost_less_takes_over():
    windows = np.array([100.0, 140.0, 120.0, 90.0])
    tried = costs(
        old=windows, steady=windows - [10, 11, 9, 10], wild=windows - [100, -60, 90, -20], good=windows - 5
    )
    assert compare_paired(tried, "old").chosen == "steady"


def test_more_challengers_need_more_evidence():
    windows, less = np.array([100.0, 140.0, 120.0]), np.array([10.0, 13.0, 7.0])
    alone = compare_paired(costs(old=windows, new=windows - less), "old")
    others = {f"other{i}": windows + 1 for i in range(9)}
    among = compare_paired(costs(old=windows, new=windows - less, **others), "old")
    assert (alone.chosen, among.chosen) == ("new", "old")


def test_equal_challengers_rarely_take_over():
    rng, n_trials = np.random.default_rng(4), 400
    chosen = [
        compare_paired(
            costs(old=rng.normal(size=6), a=rng.normal(size=6), b=rng.normal(size=6)), "old"
        ).chosen
        for _ in range(n_trials)
    ]
    wrong = np.mean([name != "old" for name in chosen])
    assert wrong <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / n_trials)  # below zero is one side of 5 %


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95])
def test_a_confidence_that_is_no_share_is_refused(confidence):
    with pytest.raises(DataError, match=r"confidence must lie in \(0, 1\)"):
        compare_paired(costs(old=[1.0], new=[1.0]), "old", confidence=confidence)


def test_a_champion_that_was_not_replayed_is_refused():
    with pytest.raises(
        UnknownNameError, match="unknown champion among the policies 'gone'; valid are new, old"
    ):
        compare_paired(costs(old=[1.0], new=[1.0]), "gone")


def test_a_policy_that_lacks_a_window_is_refused():
    with pytest.raises(DataError, match=r"some are missing of \['new'\]"):
        compare_paired(costs(old=[1.0, 2.0], new=[1.0]), "old")
