import datetime

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.schemas import schema_of
from allocast.adapters.table_files import conform, digest
from allocast.errors import DataError

DEMAND = schema_of("demand")


def demand(**changed):
    columns = {"item_id": ["0126", "b"], "location_id": [1, 2], "date": ["2024-01-01"] * 2, "units": [1, 2.0]}
    return pd.DataFrame({**columns, **changed})


def parsed(**changed):
    return conform(demand(**changed), DEMAND, source="demand.csv")


def test_columns_get_the_types_of_the_schema_and_others_stay():
    frame = parsed(in_stock=["true", "0"], price=["2.5", None], colour=["red", "blue"])
    assert frame["item_id"].tolist() == ["0126", "b"]
    assert frame["location_id"].tolist() == ["1", "2"]
    assert frame["date"].dtype == "datetime64[us]"
    assert frame["units"].dtype == frame["price"].dtype == np.float64
    assert frame["in_stock"].tolist() == [True, False]
    assert frame["colour"].tolist() == ["red", "blue"]


def test_ids_that_became_floats_beside_empty_cells_are_whole_again():
    frame = parsed(item_id=[126.0, np.nan])
    assert frame["item_id"].iloc[0] == "126"
    assert frame["item_id"].isna().tolist() == [False, True]


def test_an_id_with_a_fraction_is_refused():
    with pytest.raises(
        DataError, match=r"column item_id must hold an id .*; 1 of 2 rows do not: row 2 '1.5'"
    ):
        parsed(item_id=[1.0, 1.5])


@pytest.mark.parametrize(
    "day",
    [
        "2024-03-09",
        "20240309",
        20240309,
        "2024-03-09T00:00:00",
        "2024-03-09 13:30:00",
        datetime.date(2024, 3, 9),
        pd.Timestamp("2024-03-09 13:30"),
    ],
)
def test_a_day_may_be_written_in_any_iso_form(day):
    assert parsed(date=[day, day])["date"].tolist() == [pd.Timestamp("2024-03-09")] * 2


@pytest.mark.parametrize(
    "day",
    [
        "2024",
        "2024-03",
        "09/03/2024",
        "2024-02-30",
        "soon",
        45000,
        "2024-03-09T00:00Z",
        "2024-03-09 00:00+01:00",
    ],
)
def test_any_other_day_is_refused(day):
    with pytest.raises(
        DataError, match="column date must hold a day as YYYY-MM-DD without time zone; 1 of 2"
    ):
        parsed(date=["2024-03-09", day])


def test_times_with_a_zone_are_refused():
    with pytest.raises(DataError, match="without time zone; 2 of 2"):
        parsed(date=pd.to_datetime(["2024-03-09", "2024-03-10"]).tz_localize("UTC"))


def test_an_empty_flag_says_neither_true_nor_false():
    with pytest.raises(DataError, match="column in_stock must hold true or false; 1 of 2 rows do not: row 2"):
        parsed(in_stock=["true", None])


@pytest.mark.parametrize("units", ["1,5", "many", np.inf])
def test_what_is_no_number_is_refused(units):
    with pytest.raises(DataError, match="column units must hold a finite number; 1 of 2 rows do not: row 2"):
        parsed(units=["1", units])


def test_mistakes_of_all_columns_are_reported_at_once():
    with pytest.raises(DataError) as caught:
        parsed(units=["x", "y"], date=["?", "?"])
    assert len(str(caught.value).splitlines()) == 2


def test_an_absent_required_column_is_named():
    with pytest.raises(DataError, match="units not among item_id, location_id, date, sold"):
        conform(demand().rename(columns={"units": "sold"}), DEMAND, source="demand.csv")


def test_a_column_that_is_there_twice_is_refused():
    twice = pd.concat([demand(), demand()[["units"]]], axis=1)
    with pytest.raises(DataError, match="column units is there twice"):
        conform(twice, DEMAND, source="demand.csv")


def test_conforming_twice_changes_nothing():
    once = parsed(in_stock=[True, False], price=[1, None])
    pd.testing.assert_frame_equal(once, conform(once, DEMAND, source="again"))


@pytest.mark.parametrize(
    "other",
    [{"units": [1, 3.0]}, {"item_id": ["126", "b"]}, {"price": [1.0, 2.0]}, {"units": ["1.0", "2.0"]}],
)
def test_another_table_has_another_digest(other):
    assert digest(demand()) != digest(demand(**other))


def test_a_digest_is_the_same_in_every_process():
    assert digest(demand()) == "a725654b80e02d70c6fed0aa8901eda258c9e7b1e00f5e4eb148e9ee18d29a7b"
