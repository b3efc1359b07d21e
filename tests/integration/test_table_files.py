import numpy as np
import pandas as pd
import pytest

from allocast.adapters import table_files
from allocast.adapters.files import write_table
from allocast.adapters.schemas import schema_of
from allocast.adapters.table_files import digest, read_table
from allocast.adapters.tables import Tables, check_tables, read_tables, write_tables
from allocast.errors import DataError, UnknownNameError

DEMAND = schema_of("demand")


def demand():
    days = pd.to_datetime(["2024-01-01", "2024-01-08"]).astype("datetime64[us]")
    return pd.DataFrame({"item_id": "0126", "location_id": "NA", "date": days, "units": [1.0, np.nan]})


def stored(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_written_table_is_read_back_the_same(tmp_path, ending):
    write_table(demand(), tmp_path / f"demand.{ending}")
    pd.testing.assert_frame_equal(read_table(tmp_path / f"demand.{ending}", DEMAND), demand())


def test_the_parts_of_a_folder_are_read_in_the_order_of_their_names(tmp_path):
    write_table(demand()[1:], tmp_path / "part-1.parquet")
    write_table(demand()[:1], tmp_path / "part-0.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path, DEMAND), demand())


def test_a_source_may_name_its_columns_otherwise(tmp_path):
    theirs = {"item_id": "Product", "location_id": "Store", "date": "Week", "units": "Sold"}
    for ending in ("csv", "parquet"):
        write_table(demand().rename(columns=theirs), tmp_path / f"sold.{ending}")
        read = read_table(tmp_path / f"sold.{ending}", DEMAND, {name: ours for ours, name in theirs.items()})
        pd.testing.assert_frame_equal(read, demand())


def test_renaming_a_column_that_is_not_there_is_refused(tmp_path):
    stored(tmp_path, places="Store,Size\n1,2\n")
    with pytest.raises(UnknownNameError, match="'Stores'; valid are Store, Size"):
        read_table(tmp_path / "places.csv", schema_of("locations"), {"Stores": "location_id"})


def test_bad_values_are_counted_and_the_first_shown(tmp_path):
    stored(tmp_path, items="item_id,price\n1,2\n2,dear\n3,\n4,cheap\n")
    with pytest.raises(
        DataError, match=r"items.csv: column price .*; 2 of 4 rows do not: row 2 'dear', row 4"
    ):
        read_table(tmp_path / "items.csv", schema_of("items"))


def test_a_table_without_rows_keeps_its_columns(tmp_path):
    stored(tmp_path, demand="item_id,location_id,date,units\n")
    empty = read_table(tmp_path / "demand.csv", DEMAND)
    assert len(empty) == 0
    assert empty["units"].dtype == np.float64


@pytest.mark.parametrize("name", ["absent.csv", "empty.csv", "broken.parquet", "no_parts"])
def test_what_cannot_be_read_is_refused_with_its_path(tmp_path, name):
    (tmp_path / "empty.csv").touch()
    (tmp_path / "broken.parquet").write_text("item_id")
    (tmp_path / "no_parts").mkdir()
    with pytest.raises(DataError, match=name):
        read_table(tmp_path / name, DEMAND)


def test_all_tables_that_cannot_be_read_are_named_at_once(tmp_path):
    stored(tmp_path, items="item\n1\n", locations="location_id\n1\n")
    with pytest.raises(DataError) as caught:
        read_tables(tmp_path, {"items": "items.csv", "locations": "locations.csv", "stock": "stock.csv"})
    assert [("items" in line, "stock" in line) for line in str(caught.value).splitlines()] == [
        (True, False),
        (False, True),
    ]


def test_an_unknown_table_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(UnknownNameError, match="unknown table 'sales'"):
        read_tables(tmp_path, {"sales": "sales.csv"})


def test_tables_are_read_checked_and_written(tmp_path):
    stored(
        tmp_path, stock="Artikel,location_id,as_of,on_hand\n7,1,2024-01-01,3\n", locations="location_id\n1\n"
    )
    files = {"stock": "stock.csv", "locations": "locations.csv"}
    tables, report = check_tables(read_tables(tmp_path, files, {"stock": {"Artikel": "item_id"}}))
    report.raise_if_refused()
    paths = write_tables(tables, tmp_path / "out", "csv")
    assert paths["stock"].read_text() == "item_id,location_id,as_of,on_hand\n7,1,2024-01-01,3.0\n"
    again = read_tables(tmp_path / "out", {name: path.name for name, path in paths.items()})
    assert again.digests == tables.digests


def test_rows_set_aside_are_written_too(tmp_path):
    write_tables(Tables(set_aside={"no_order_date": demand()}), tmp_path)
    assert (tmp_path / "set_aside" / "no_order_date.parquet").is_file()


def test_a_table_that_was_not_brought_is_asked_for():
    assert digest(Tables(demand=demand()).require("demand")) == digest(demand())
    with pytest.raises(DataError, match=r"needs the table stock .*; brought were demand"):
        Tables(demand=demand()).require("stock")


def test_a_failed_write_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    write_table(demand(), tmp_path / "demand.csv")
    before = (tmp_path / "demand.csv").read_text()

    def half_written(_, path, **__):
        path.write_text("item_")
        raise OSError("disk full")

    monkeypatch.setattr(table_files.pd.DataFrame, "to_csv", half_written)
    with pytest.raises(OSError, match="disk full"):
        write_table(demand()[:1], tmp_path / "demand.csv")
    assert (tmp_path / "demand.csv").read_text() == before
    assert list(tmp_path.iterdir()) == [tmp_path / "demand.csv"]


def test_a_table_is_not_written_in_an_unknown_format(tmp_path):
    with pytest.raises(DataError, match=r"written as .csv or .parquet; .*demand.xlsx"):
        write_table(demand(), tmp_path / "demand.xlsx")
