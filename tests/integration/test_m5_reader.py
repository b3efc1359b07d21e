import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.datasets.m5 import (
    occasions,
    read_m5_items,
    read_m5_store_departments,
    read_m5_weights,
)
from allocast.errors import DataError

M5 = Path(os.environ.get("ALLOCAST_DATA", "../shared/data")) / "m5"
needs_m5 = pytest.mark.skipif(not M5.is_dir(), reason="the M5 files are not under ALLOCAST_DATA")

N_DAYS, CALENDAR_DAYS, CHRISTMAS, EASTER = 40, 90, 20, 62  # numbers of days, the first is 1


def a_calendar():
    event = pd.Series([None] * CALENDAR_DAYS, dtype=object)
    second = event.copy()
    event[CHRISTMAS - 1], event[EASTER - 1] = "Christmas", "Mother's day"
    second[EASTER - 1] = "Easter"
    days = np.arange(CALENDAR_DAYS)
    return pd.DataFrame(
        {
            "date": pd.Timestamp("2015-12-06") + pd.to_timedelta(days, unit="D"),
            "wm_yr_wk": 11500 + days // 7,
            "event_name_1": event,
            "event_name_2": second,
            "snap_CA": (days % 10 == 0).astype(int),
            "snap_TX": (days % 10 == 1).astype(int),
        }
    )


def departments(n_days=N_DAYS):
    keys = [("TX_1", "FOODS_2"), ("CA_1", "HOUSEHOLD_1")]
    days = range(1, n_days + 1)
    rows = [(s, d, day, day % 7 + len(d)) for s, d in keys for day in days]
    return pd.DataFrame(rows, columns=["store_id", "dept_id", "d", "units"])


def items(n_days=N_DAYS):
    keys = pd.DataFrame(
        {
            "item_id": ["FOODS_1_001", "FOODS_1_001", "FOODS_1_002"],
            "dept_id": "FOODS_1",
            "cat_id": "FOODS",
            "store_id": ["CA_1", "CA_2", "CA_1"],
            "state_id": "CA",
        }
    )
    units = np.zeros((3, n_days), dtype=np.int16)
    units[:, 10:] = 2
    return keys.join(pd.DataFrame(units, columns=[f"d_{day}" for day in range(1, n_days + 1)]))


def prices():
    rows = [("CA_1", "FOODS_1_001", 11500 + week, 2.0 + week) for week in range(1, 14)]
    rows += [("CA_1", "FOODS_1_002", 11500 + week, 5.0) for week in range(2, 14)]
    return pd.DataFrame(rows, columns=["store_id", "item_id", "wm_yr_wk", "sell_price"])


def a_folder(path, n_days=N_DAYS):
    departments(n_days).to_parquet(path / f"sales_store_dept_d1_d{n_days}.parquet")
    items(n_days).to_parquet(path / f"sales_items_FOODS_1_CA_1_CA_2_d1_d{n_days}.parquet")
    prices().to_parquet(path / "sell_prices_CA_1_full_CA_2_partial.parquet")
    a_calendar().to_csv(path / "calendar.csv", index=False)
    return path


def test_departments_keep_their_store_state_and_category(tmp_path):
    panel = read_m5_store_departments(a_folder(tmp_path))
    assert panel.series.to_dict("list") == {
        "item_id": ["HOUSEHOLD_1", "FOODS_2"],
        "location_id": ["CA_1", "TX_1"],
        "store": ["CA_1", "TX_1"],
        "state": ["CA", "TX"],
        "department": ["HOUSEHOLD_1", "FOODS_2"],
        "category": ["HOUSEHOLD", "FOODS"],
    }
    assert panel.units[0, :3].tolist() == [12, 13, 14]
    assert panel.periods[0] == np.datetime64("2015-12-06")


def test_covariates_are_known_for_28_days_ahead(tmp_path):
    panel = read_m5_store_departments(a_folder(tmp_path))
    assert {values.shape for values in panel.known_ahead.values()} == {(2, N_DAYS + 28)}


def test_food_stamps_are_those_of_the_own_state(tmp_path):
    snap = read_m5_store_departments(a_folder(tmp_path)).known_ahead["snap"]
    assert [np.flatnonzero(row)[:2].tolist() for row in snap] == [[0, 10], [1, 11]]


def test_the_days_from_an_event_are_negative_before_it(tmp_path):
    panel = read_m5_store_departments(a_folder(tmp_path))
    assert occasions(panel) == ("days_from_christmas", "days_from_easter", "days_from_mothers_day")
    christmas = panel.known_ahead["days_from_christmas"][0]
    assert christmas[CHRISTMAS - 4 : CHRISTMAS + 2].tolist() == [-3, -2, -1, 0, 1, 2]
    assert christmas[[0, -1]].tolist() == [-15, 15]


def test_an_event_after_the_last_covariate_casts_ahead(tmp_path):
    (tmp_path / "short").mkdir()
    panel = read_m5_store_departments(a_folder(tmp_path / "short", n_days=30))
    assert panel.known_ahead["days_from_easter"][0, -1] == 58 - EASTER


def test_a_closed_day_is_not_observed_and_known_ahead(tmp_path):
    panel = read_m5_store_departments(a_folder(tmp_path))
    assert np.argwhere(~panel.observed).tolist() == [[0, CHRISTMAS - 1], [1, CHRISTMAS - 1]]
    assert np.flatnonzero(panel.known_ahead["closed"][0]).tolist() == [CHRISTMAS - 1]


def test_a_product_is_observed_from_its_first_price_or_else_its_first_sale(tmp_path):
    panel = read_m5_items(a_folder(tmp_path))
    assert panel.observed.argmax(axis=1).tolist() == [7, 10, 14]
    assert panel.units[2, 14:].min() == 2


def test_prices_are_known_ahead_where_they_are_given(tmp_path):
    price = read_m5_items(a_folder(tmp_path)).known_ahead["price"]
    assert price.shape == (3, N_DAYS + 28)
    assert price[0, [6, 7, 13, 14]].tolist()[1:] == [3, 3, 4]
    assert np.isnan(price[0, :7]).all()
    assert np.isnan(price[1]).all()


@pytest.mark.parametrize("read", [read_m5_items, read_m5_store_departments])
def test_the_file_that_reaches_furthest_is_read(tmp_path, read):
    a_folder(tmp_path, n_days=33)
    assert len(read(a_folder(tmp_path, n_days=47)).periods) == 47


@pytest.mark.parametrize(
    ("read", "name"),
    [
        (read_m5_store_departments, "sales_store_dept_d1_d40.parquet"),
        (read_m5_store_departments, "calendar.csv"),
        (read_m5_items, "sales_items_FOODS_1_CA_1_CA_2_d1_d40.parquet"),
        (read_m5_items, "sell_prices_CA_1_full_CA_2_partial.parquet"),
        (read_m5_items, "calendar.csv"),
    ],
)
def test_an_absent_m5_file_is_named(tmp_path, read, name):
    (a_folder(tmp_path) / name).unlink()
    with pytest.raises(DataError, match=f"{name.replace('40', 'N')} is not there"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("read", "name", "make", "column"),
    [
        (read_m5_store_departments, "sales_store_dept_d1_d40.parquet", departments, "dept_id"),
        (read_m5_items, "sales_items_FOODS_1_CA_1_CA_2_d1_d40.parquet", items, "state_id"),
        (read_m5_items, "sell_prices_CA_1_full_CA_2_partial.parquet", prices, "sell_price"),
    ],
)
def test_an_absent_m5_column_is_named(tmp_path, read, name, make, column):
    make().drop(columns=column).to_parquet(a_folder(tmp_path) / name)
    with pytest.raises(DataError, match=f"{name} lacks 1 of its columns, first {column}"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("event_name_2", "lacks 1 of its columns, first event_name_2"),
        ("snap_TX", r"lacks the column snap_TX \(1 states affected\)"),
    ],
)
def test_an_absent_calendar_column_is_named(tmp_path, column, message):
    a_calendar().drop(columns=column).to_csv(a_folder(tmp_path) / "calendar.csv", index=False)
    with pytest.raises(DataError, match=message):
        read_m5_store_departments(tmp_path)


def test_a_calendar_that_ends_before_the_sales_is_refused(tmp_path):
    a_calendar().head(39).to_csv(a_folder(tmp_path) / "calendar.csv", index=False)
    with pytest.raises(DataError, match="must reach as far as the sales, 40 days; it has 39"):
        read_m5_store_departments(tmp_path)


def test_a_day_that_a_department_lacks_is_named(tmp_path):
    kept = departments().drop(index=4)
    kept.to_parquet(a_folder(tmp_path) / "sales_store_dept_d1_d40.parquet")
    with pytest.raises(DataError, match=r"TX_1 FOODS_2 has none for day 5 \(1 cells affected\)"):
        read_m5_store_departments(tmp_path)


def test_a_day_that_all_items_lack_is_named(tmp_path):
    items().drop(columns="d_7").to_parquet(
        a_folder(tmp_path) / "sales_items_FOODS_1_CA_1_CA_2_d1_d40.parquet"
    )
    with pytest.raises(DataError, match="where 7 is expected 8 comes"):
        read_m5_items(tmp_path)


def test_an_item_that_is_there_twice_is_named(tmp_path):
    twice = pd.concat([items(), items().tail(1)])
    twice.to_parquet(a_folder(tmp_path) / "sales_items_FOODS_1_CA_1_CA_2_d1_d40.parquet")
    with pytest.raises(DataError, match="1 series more than once, first CA_1 FOODS_1_002"):
        read_m5_items(tmp_path)


@needs_m5
def test_the_published_m5_departments_add_up_to_the_published_total():
    panel = read_m5_store_departments(M5)
    assert panel.n_series == 70
    assert panel.units[:, 0].sum() == 32_631  # day 1 of the competition's total
    assert panel.known_ahead["snap"].shape[1] >= panel.units.shape[1]


@needs_m5
def test_the_published_m5_items_sell_nothing_before_their_launch():
    panel = read_m5_items(M5)
    assert panel.n_series == 432
    closed = panel.known_ahead["closed"][:, : len(panel.periods)] == 1
    assert not panel.units[~panel.observed & ~closed].any()


def test_weights_are_named_by_level_and_attributes(tmp_path):
    rows = [
        ("Level1", "Total", "X", 1.0),
        ("Level5", "FOODS_1", "X", 0.25),
        ("Level9", "CA_1", "FOODS_1", 0.5),
    ]
    frame = pd.DataFrame(rows, columns=["Level_id", "Agg_Level_1", "Agg_Level_2", "weight"])
    frame.to_parquet(tmp_path / "weights_evaluation.parquet")
    assert read_m5_weights(tmp_path).to_dict() == {
        ("Level1", "all"): 1.0,
        ("Level5", "FOODS_1"): 0.25,
        ("Level9", "CA_1 / FOODS_1"): 0.5,
    }
    frame.drop(columns="weight").to_parquet(tmp_path / "weights_evaluation.parquet")
    with pytest.raises(DataError, match="lacks 1 of its columns, first weight"):
        read_m5_weights(tmp_path)


@needs_m5
def test_the_published_m5_weights_sum_to_one_at_each_level():
    assert read_m5_weights(M5).groupby("level").sum().to_numpy() == pytest.approx(np.ones(12))
