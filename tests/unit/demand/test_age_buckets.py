import numpy as np
import pandas as pd
import pytest

from allocast.demand.ages import AGE_NAMES, YOUNG, age_buckets
from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel

LENGTH = 400


def seen_for(*ages: int, frequency: Frequency = Frequency.WEEKLY) -> DemandPanel:
    """A panel of which each series was observed in so many of its last periods."""
    observed = np.arange(LENGTH) >= LENGTH - np.array(ages)[:, None]
    return DemandPanel(
        series=pd.DataFrame({"item_id": range(len(ages)), "location_id": "x"}),
        periods=frequency.shifted(np.datetime64("1990-01-01"), np.arange(LENGTH)),
        frequency=frequency,
        units=np.where(observed, 1.0, np.nan),
        observed=observed,
    )


@pytest.mark.parametrize(
    ("frequency", "ends"),
    [
        (
            Frequency.WEEKLY,
            {4: "1 to 4 weeks", 12: "5 to 12 weeks", 26: "13 to 26 weeks", 52: "27 to 52 weeks"},
        ),
        (
            Frequency.DAILY,
            {12: "5 to 12 days", 28: "13 to 28 days", 91: "29 to 91 days", 364: "92 to 364 days"},
        ),
        (Frequency.MONTHLY, {4: "1 to 4 months", 12: "5 to 12 months", 24: "13 to 24 months"}),
    ],
)
def test_a_bucket_ends_with_the_period_that_its_name_says(frequency: Frequency, ends: dict[int, str]) -> None:
    assert age_buckets(seen_for(*ends, frequency=frequency)).tolist() == [*ends.values()]
    grown = f"over {max(ends)} {frequency.unit}s"
    after = age_buckets(seen_for(*(end + 1 for end in ends), frequency=frequency)).tolist()
    assert after[-1] == grown
    assert set(after[:-1]) <= {*ends.values()}


@pytest.mark.parametrize("frequency", list(Frequency))
def test_the_young_are_told_apart_where_the_model_tells_them_apart(frequency: Frequency) -> None:
    names = age_buckets(seen_for(*range(14), frequency=frequency))
    changes = np.flatnonzero(names[1:] != names[:-1])
    assert changes.tolist() == list(YOUNG)
    assert names[0] == "none"


def test_names_of_all_buckets_are_in_the_order_of_age() -> None:
    for frequency in Frequency:
        names = age_buckets(seen_for(*range(LENGTH), frequency=frequency)).tolist()
        assert [*dict.fromkeys(names)] == [name for name in AGE_NAMES if name in names]


def test_periods_without_stock_do_not_make_a_series_older() -> None:
    panel = seen_for(20)
    hidden = np.where(np.arange(LENGTH) % 2 == 0, panel.observed, False)
    known = DemandPanel(
        series=panel.series,
        periods=panel.periods,
        frequency=panel.frequency,
        units=panel.units,
        observed=hidden,
    )
    assert age_buckets(known).tolist() == ["5 to 12 weeks"]
