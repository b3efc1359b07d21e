import numpy as np
import pandas as pd
import pytest

from allocast.adapters.quality import RepairRules
from allocast.adapters.tables import Tables, check_tables
from allocast.demand.calendar import Frequency


def demand(days, units=None, item="soap", **columns):
    units = [1.0] * len(days) if units is None else units
    return pd.DataFrame({"item_id": item, "location_id": "shop", "date": days, "units": units, **columns})


def checked(table, frequency=Frequency.WEEKLY, **rules):
    after, report = check_tables(Tables(demand=table), RepairRules(**rules), frequency)
    return after.demand, [(f.check, f.rows, f.action) for f in report.findings]


WEEKS = ["2024-01-01", "2024-01-08", "2024-01-15", "2024-01-22"]
GAPPY = [WEEKS[0], WEEKS[3]]


def test_complete_series_pass():
    assert checked(demand(WEEKS))[1] == []


def test_a_series_may_begin_late_and_end_early():
    table = pd.concat([demand(WEEKS), demand(WEEKS[1:3], item="tea")])
    assert checked(table)[1] == []


def test_a_gap_is_refused_until_a_rule_says_what_it_means():
    after, found = checked(demand(GAPPY))
    assert found == [("gap in series", 2, "refused")]
    assert len(after) == 2


def test_a_gap_that_means_zero_becomes_rows_of_zero_units_in_stock():
    table = demand(GAPPY, in_stock=[True, False], stockout_fraction=[0, 0.5])
    after, found = checked(table, gaps="zero")
    assert found == [("gap in series", 2, "repaired")]
    assert after["date"].tolist() == list(pd.to_datetime(WEEKS))
    assert after["units"].tolist() == [1, 0, 0, 1]
    assert after["in_stock"].tolist() == [True, True, True, False]
    assert after["stockout_fraction"].tolist() == [0, 0, 0, 0.5]


def test_a_gap_that_nobody_knows_becomes_unobserved_rows():
    after, found = checked(demand(GAPPY), gaps="unobserved")
    assert found == [("gap in series", 2, "repaired")]
    assert after["units"].isna().tolist() == [False, True, True, False]
    assert after["in_stock"].tolist() == [True, False, False, True]


def test_unknown_demand_is_wholly_out_of_stock_where_a_table_has_fractions():
    after, _ = checked(demand(GAPPY, stockout_fraction=[0, 0.5]), gaps="unobserved")
    assert after["stockout_fraction"].tolist() == [0, 1, 1, 0.5]
    assert "in_stock" not in after.columns


def test_covariates_of_added_rows_are_empty():
    table = demand(GAPPY, price=[2, 3], holiday=[True, False], colour=["red", "blue"])
    after, _ = checked(table, gaps="zero")
    assert after.loc[[1, 2], ["price", "holiday", "colour"]].isna().all(axis=None)
    assert after["holiday"].tolist()[::3] == [1.0, 0.0]


def test_gaps_are_looked_for_in_each_series_of_its_own():
    table = pd.concat(
        [demand(GAPPY), demand(WEEKS[1:], item="tea"), demand([WEEKS[0], WEEKS[2]], item="milk")]
    )
    after, found = checked(table, gaps="zero")
    assert found == [("gap in series", 3, "repaired")]
    assert after.groupby("item_id").size().to_dict() == {"milk": 3, "soap": 4, "tea": 3}


def test_daily_series_have_daily_gaps():
    after, found = checked(demand(["2024-02-28", "2024-03-01"]), Frequency.DAILY, gaps="zero")
    assert found == [("gap in series", 1, "repaired")]
    assert after["date"].iloc[1] == pd.Timestamp("2024-02-29")


def test_monthly_series_have_monthly_gaps():
    months = demand(["2024-01-01", "2024-02-01", "2024-04-01"])
    after, found = checked(months, Frequency.MONTHLY, gaps="zero")
    assert found == [("gap in series", 1, "repaired")]
    assert after["date"].iloc[2] == pd.Timestamp("2024-03-01")


def test_months_are_labelled_by_their_first_day():
    assert checked(demand(["2024-01-01", "2024-02-01"]), Frequency.MONTHLY)[1] == []
    found = checked(demand(["2024-01-31", "2024-02-29"]), Frequency.MONTHLY)[1]
    assert found == [("off the monthly grid", 2, "refused")]


def test_units_left_empty_are_a_gap_too():
    table = demand(WEEKS, units=[1, np.nan, 2, 3])
    assert checked(table)[1] == [("missing value", 1, "refused")]
    assert checked(table, gaps="zero")[0]["units"].tolist() == [1, 0, 2, 3]
    assert checked(table, gaps="unobserved")[0]["in_stock"].tolist() == [True, False, True, True]


def test_units_left_empty_while_out_of_stock_are_fine():
    assert checked(demand(WEEKS, units=[1, np.nan, 2, 3], in_stock=[True, False, True, True]))[1] == []


def test_negative_demand_can_be_unobserved():
    after, found = checked(demand(WEEKS, units=[1, -1, 2, 3]), negative_units="unobserved")
    assert found == [("negative units", 1, "repaired")]
    assert after["in_stock"].tolist() == [True, False, True, True]


def test_weeks_named_by_another_weekday_are_refused_and_not_taken_for_gaps():
    _, found = checked(demand([*WEEKS[:3], "2024-01-23"]), gaps="zero")
    assert found == [("off the weekly grid", 1, "refused")]


def test_weeks_may_begin_on_any_weekday():
    assert checked(demand(["2024-01-03", "2024-01-10"]))[1] == []


def test_dates_out_of_order_are_sorted_and_reported():
    after, found = checked(demand([WEEKS[1], WEEKS[0], *WEEKS[2:]], units=[2, 1, 3, 4]))
    assert found == [("dates out of order", 1, "repaired")]
    assert after["units"].tolist() == [1, 2, 3, 4]


def test_series_that_take_turns_are_in_order():
    table = pd.concat([demand(WEEKS), demand(WEEKS, item="tea")]).sort_values("date")
    assert checked(table)[1] == []


def test_duplicate_demand_is_refused_unless_it_is_to_be_added_up():
    table = demand([WEEKS[0], WEEKS[0], WEEKS[1]], units=[1, 2, 4], in_stock=[True, False, True])
    assert checked(table)[1] == [("duplicate key", 2, "refused")]
    after, found = checked(table, duplicates="sum")
    assert found == [("duplicate key", 2, "repaired")]
    assert after["units"].tolist() == [3, 4]
    assert after["in_stock"].tolist() == [False, True]


def test_the_sum_with_unknown_units_is_unknown():
    table = demand([WEEKS[0]] * 2, units=[1, np.nan], in_stock=[True, False])
    assert checked(table, duplicates="sum")[0]["units"].isna().all()


def test_a_table_without_rows_or_dates_is_no_crash():
    assert checked(demand([]))[1] == []
    assert checked(demand([None], units=[1]))[1] == [("missing value", 1, "refused")]


@pytest.mark.parametrize("gaps", ["zero", "unobserved"])
def test_checking_twice_changes_nothing(gaps):
    once, _ = checked(demand(GAPPY), gaps=gaps)
    twice, found = checked(once, gaps=gaps)
    assert found == []
    pd.testing.assert_frame_equal(once, twice)
