import os
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.datasets.vn2 import read_vn2
from allocast.adapters.tables import check_tables
from allocast.errors import DataError

VN2 = Path(os.environ.get("ALLOCAST_DATA", "../shared/data")) / "vn2"
needs_vn2 = pytest.mark.skipif(not VN2.is_dir(), reason="the VN2 files are not under ALLOCAST_DATA")

FILES = {
    "sales.csv": ["Store,Product,2024-01-01,2024-01-08,2024-01-15", "0,0126,1.0,2.0,9.0", "7,42,0.0,4.0,9.0"],
    "in_stock.csv": [
        "Store,Product,2024-01-01,2024-01-08,2024-01-15",
        "7,42,False,True,True",
        "0,0126,True,True,True",
    ],
    "master.csv": [
        "Store,Product,ProductGroup,Division,Department,DepartmentGroup,StoreFormat,Format",
        "0,0126,11,1,1,1,5,6",
        "7,42,22,2,2,1,5,8",
    ],
    "initial_state.csv": [
        "Store,Product,Start Inventory,End Inventory,In Transit W+1,In Transit W+2",
        "0,0126,9,3,0,5",
        "7,42,9,0,2,1",
    ],
}


def a_folder(path, **changed):
    for name, lines in FILES.items():
        (path / name).write_text("\n".join(changed.get(name.removesuffix(".csv"), lines)), encoding="utf-8")
    return path


def test_demand_ends_with_the_week_named_by_as_of(tmp_path):
    demand = read_vn2(a_folder(tmp_path), as_of=date(2024, 1, 8)).demand
    assert demand["item_id"].tolist() == ["0126", "0126", "42", "42"]
    assert demand["location_id"].tolist() == ["0", "0", "7", "7"]
    assert demand["date"].dt.day.tolist() == [1, 8, 1, 8]
    assert demand["units"].tolist() == [1, 2, 0, 4]
    assert demand["in_stock"].tolist() == [True, True, False, True]


def test_later_weeks_are_not_even_read(tmp_path):
    later = [line.replace("9.0", "secret") for line in FILES["sales.csv"]]
    demand = read_vn2(a_folder(tmp_path, sales=later), as_of=date(2024, 1, 8)).demand
    assert demand["date"].max() == pd.Timestamp("2024-01-08")


def test_what_is_in_transit_becomes_open_orders_that_arrive_when_vn2_says(tmp_path):
    orders = read_vn2(a_folder(tmp_path), as_of=date(2024, 1, 8)).purchase_orders.set_index("order_line_id")
    assert orders["units_ordered"].to_dict() == {
        "7-42-2023-12-31": 2,
        "0-0126-2024-01-07": 5,
        "7-42-2024-01-07": 1,
    }
    assert orders["received_on"].isna().all()
    # The order at the end of the week of 25 December arrives three weeks on, at the start of that of 15 January.
    first = orders.loc["7-42-2023-12-31"]
    assert (first["ordered_on"], first["promised_on"]) == (
        pd.Timestamp("2023-12-31"),
        pd.Timestamp("2024-01-14"),
    )


def test_stock_and_categories_belong_to_their_series_items_and_locations(tmp_path):
    tables = read_vn2(a_folder(tmp_path), as_of=date(2024, 1, 15))
    assert tables.stock.set_index("item_id")["on_hand"].to_dict() == {"0126": 3, "42": 0}
    assert tables.items.set_index("item_id")["product_group"].to_dict() == {"0126": "11", "42": "22"}
    assert tables.locations.set_index("location_id")["format"].to_dict() == {"0": "6", "7": "8"}
    assert tables.sourcing["lead_time_days"].tolist() == [14, 14]


@pytest.mark.parametrize(
    ("as_of", "message"),
    [
        (date(2024, 1, 9), "must be the Monday .*; 2024-01-09 is a Tuesday"),
        (date(2024, 1, 22), "has no week 2024-01-22; its 3 weeks run from 2024-01-01 to 2024-01-15"),
    ],
)
def test_as_of_must_be_one_of_the_weeks(tmp_path, as_of, message):
    with pytest.raises(DataError, match=message):
        read_vn2(a_folder(tmp_path), as_of=as_of)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(tmp_path, name):
    (a_folder(tmp_path) / name).unlink()
    with pytest.raises(DataError, match=f"{name} is not there"):
        read_vn2(tmp_path, as_of=date(2024, 1, 8))


@pytest.mark.parametrize("name", ["in_stock", "master", "initial_state"])
def test_a_series_that_one_file_lacks_is_named(tmp_path, name):
    lines = [line for line in FILES[f"{name}.csv"] if not line.startswith("7,42")]
    with pytest.raises(DataError, match=f"{name}.csv lacks 1, first Store 7 Product 42"):
        read_vn2(a_folder(tmp_path, **{name: lines}), as_of=date(2024, 1, 8))


def test_a_series_that_the_sales_lack_is_named(tmp_path):
    with pytest.raises(DataError, match=r"sales.csv lacks 1, first Store 7 Product 42"):
        read_vn2(a_folder(tmp_path, sales=FILES["sales.csv"][:2]), as_of=date(2024, 1, 8))


def test_a_series_that_is_there_twice_is_named(tmp_path):
    twice = [*FILES["master.csv"], FILES["master.csv"][1]]
    with pytest.raises(
        DataError, match=r"master.csv has 1 series more than once, first Store 0 Product 0126"
    ):
        read_vn2(a_folder(tmp_path, master=twice), as_of=date(2024, 1, 8))


def test_a_file_that_lacks_a_column_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"in_stock.csv lacks 1 of its columns, first 2024-01-08"):
        shorter = [line.rsplit(",", 2)[0] for line in FILES["in_stock.csv"]]
        read_vn2(a_folder(tmp_path, in_stock=shorter), as_of=date(2024, 1, 8))


def test_a_product_with_two_groups_is_refused(tmp_path):
    third = {
        "sales": "7,0126,1,1,1",
        "in_stock": "7,0126,True,True,True",
        "master": "7,0126,99,1,1,1,5,8",
        "initial_state": "7,0126,0,0,0,0",
    }
    a_folder(tmp_path, **{name: [*FILES[f"{name}.csv"], row] for name, row in third.items()})
    with pytest.raises(
        DataError, match=r"each Product must have one ProductGroup, .*; 1 have several, first 0126"
    ):
        read_vn2(tmp_path, as_of=date(2024, 1, 8))


@needs_vn2
def test_the_published_files_are_clean():
    tables, report = check_tables(read_vn2(VN2, as_of=date(2024, 4, 8)))
    assert report.findings == ()
    assert {name: len(table) for name, table in tables.present.items()} == {
        "demand": 94_043,
        "items": 297,
        "locations": 67,
        "sourcing": 599,
        "purchase_orders": 423,
        "stock": 599,
    }


@needs_vn2
def test_the_published_sales_stay_with_their_series_and_weeks():
    wide = pd.read_csv(VN2 / "sales.csv", dtype={"Store": str, "Product": str}).set_index(
        ["Product", "Store"]
    )
    demand = read_vn2(VN2, as_of=date(2023, 10, 30)).demand
    long = demand.pivot(index=["item_id", "location_id"], columns="date", values="units")
    same = wide.loc[long.index, long.columns.strftime("%Y-%m-%d")]
    np.testing.assert_array_equal(long.to_numpy(), same.to_numpy())
    assert long.shape == (599, 134)
