"""Tables of a job, from wherever its settings say they are."""

import os
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocast.adapters import data as data_module
from allocast.adapters.data import read_data
from allocast.adapters.job_settings import DemoData, ScmsData, TablesData, Vn2Data
from allocast.adapters.quality import RepairRules
from allocast.adapters.tables import Tables, write_tables
from allocast.demand.calendar import Frequency
from allocast.errors import DataError
from allocast.simulation.demo_settings import DemoWorldSettings
from allocast.supply.orders.waiting import waiting_times
from allocast.workflows.job import open_job

DATA = Path(os.environ.get("ALLOCAST_DATA", "../shared/data"))
SMALL = DemoWorldSettings(n_items=2, n_locations=1, n_suppliers=1, n_periods=20, n_future=2)


def demand_csv(path, *units, start="2024-01-01"):
    weeks = pd.date_range(start, periods=len(units), freq="7D")
    rows = [f"a,x,{day:%Y-%m-%d},{sold}" for day, sold in zip(weeks, units, strict=True)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["item_id,location_id,date,units", *rows, ""]), encoding="utf-8")
    return path


def read_tables(root, **settings):
    return read_data(TablesData(kind="tables", root=root, **settings), as_of=None, seed=1)


def read_demo(root, *, world=SMALL, seed=1):
    return read_data(DemoData(kind="demo", root=root, world=world), as_of=None, seed=seed)


def test_tables_are_found_under_their_own_names(tmp_path):
    demand_csv(tmp_path / "demand.csv", 1, 2)
    pd.DataFrame({"item_id": ["a"]}).to_parquet(tmp_path / "items.parquet")
    (tmp_path / "locations").mkdir()
    pd.DataFrame({"location_id": ["x"]}).to_parquet(tmp_path / "locations" / "part-0.parquet")
    (tmp_path / "notes.csv").write_text("not a table of ours")
    data = read_tables(tmp_path)
    assert set(data.tables.present) == {"demand", "items", "locations"}
    assert data.report.findings == ()


def test_parquet_is_read_before_csv_of_the_same_name(tmp_path):
    old = pd.read_csv(demand_csv(tmp_path / "demand.csv", 1, 2))
    old.assign(units=[7.0, 8.0]).to_parquet(tmp_path / "demand.parquet")
    assert read_tables(tmp_path).tables.demand["units"].tolist() == [7, 8]


def test_files_and_columns_of_other_names_are_told_by_the_settings(tmp_path):
    path = demand_csv(tmp_path / "raw" / "sales_2024.csv", 1, 2)
    path.write_text(path.read_text().replace("item_id", "SKU"))
    data = read_tables(
        tmp_path, files={"demand": "raw/sales_2024.csv"}, rename={"demand": {"SKU": "item_id"}}
    )
    assert data.tables.demand["item_id"].tolist() == ["a", "a"]


def test_a_folder_without_any_table_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"holds none of the tables demand, items, .* as \.parquet, \.csv"):
        read_tables(tmp_path)


def test_faults_are_in_the_report_and_the_rules_are_those_of_the_settings(tmp_path):
    demand_csv(tmp_path / "demand.csv", 1, -2)
    assert [finding.check for finding in read_tables(tmp_path).report.refused] == ["negative units"]
    repaired = read_tables(tmp_path, repair=RepairRules(negative_units="zero"))
    assert repaired.report.refused == ()
    assert repaired.tables.demand["units"].tolist() == [1, 0]


def test_daily_tables_are_checked_day_by_day(tmp_path):
    demand_csv(tmp_path / "demand.csv", 1, 2)
    daily = read_tables(tmp_path, frequency=Frequency.DAILY)
    assert daily.frequency is Frequency.DAILY
    assert [finding.check for finding in daily.report.refused] == ["gap in series"]


def test_the_demo_world_is_written_once_and_then_read_like_any_tables(tmp_path):
    first = read_demo(tmp_path / "tables")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "tables").iterdir()}
    again = read_demo(tmp_path / "tables")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "tables").iterdir()} == times
    assert again.tables.digests == first.tables.digests
    assert first.tables.demand["item_id"].nunique() == 2


@pytest.mark.parametrize("change", [{"seed": 2}, {"world": DemoWorldSettings(n_items=3, n_locations=1)}])
def test_the_demo_world_is_made_anew_for_other_settings(tmp_path, change):
    before = read_demo(tmp_path).tables.digests
    assert read_demo(tmp_path, **change).tables.digests != before
    assert read_demo(tmp_path).tables.digests == before


def test_a_demo_world_whose_writing_was_cut_short_is_made_anew(tmp_path):
    before = read_demo(tmp_path).tables.digests
    (tmp_path / "made_with.txt").write_text("unfinished\n")
    (tmp_path / "stock.parquet").unlink()
    assert read_demo(tmp_path).tables.digests == before


def test_a_demo_world_half_written_over_another_is_not_taken_for_the_other(tmp_path, monkeypatch):
    before = read_demo(tmp_path).tables.digests

    def killed(tables, folder):
        write_tables(Tables(demand=tables.demand), folder)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(data_module, "write_tables", killed)
        read_demo(tmp_path, seed=2)
    assert read_demo(tmp_path).tables.digests == before


@pytest.mark.skipif(not (DATA / "vn2").is_dir(), reason="the VN2 files are not under ALLOCAST_DATA")
def test_vn2_ends_with_its_last_week_unless_told_otherwise():
    settings = Vn2Data(kind="vn2", root=DATA / "vn2")
    assert read_data(settings, as_of=None, seed=1).as_of == date(2024, 4, 8)
    earlier = read_data(settings, as_of=date(2023, 4, 3), seed=1)
    assert earlier.as_of == date(2023, 4, 3)
    assert earlier.tables.demand["date"].max() == pd.Timestamp("2023-04-03")
    assert earlier.report.refused == ()


@pytest.mark.skipif(not (DATA / "scms").is_dir(), reason="the SCMS file is not under ALLOCAST_DATA")
def test_scms_ends_with_the_last_day_that_it_knows():
    file = DATA / "scms" / "delivery_history_as_of_2013-06-30.csv"
    data = read_data(ScmsData(kind="scms", root=file), as_of=None, seed=1)
    orders = data.tables.purchase_orders
    assert np.datetime64(data.as_of) == max(orders["ordered_on"].max(), orders["received_on"].max())
    assert data.tables.demand is None
    assert data.report.refused == ()
    assert "hidden" not in {finding.action for finding in data.report.findings}


@pytest.mark.skipif(not (DATA / "scms").is_dir(), reason="the SCMS file is not under ALLOCAST_DATA")
def test_scms_as_of_an_earlier_day_hides_what_came_later():
    file = DATA / "scms" / "delivery_history_as_of_2013-06-30.csv"
    data = read_data(ScmsData(kind="scms", root=file), as_of=date(2011, 6, 30), seed=1)
    orders = data.tables.purchase_orders
    assert orders["ordered_on"].max() <= pd.Timestamp("2011-06-30")
    assert orders["received_on"].max() <= pd.Timestamp("2011-06-30")
    assert data.as_of == date(2011, 6, 30)


def test_tables_that_were_not_generated_are_never_written_over(tmp_path):
    own = tmp_path / "demand.csv"
    own.write_text("item_id,location_id,date,units\n")
    with pytest.raises(DataError, match=r"holds tables that were not generated here \(demand.csv\)"):
        read_demo(tmp_path)
    assert own.read_text() == "item_id,location_id,date,units\n"


def test_an_order_book_begins_on_the_day_the_config_says(tmp_path):
    lines = "order_line_id,supplier_id,item_id,location_id,ordered_on,received_on,units_ordered\n"
    lines += "1,s,a,x,2024-01-01,2024-02-10,5\n2,s,a,x,2024-02-05,2024-02-12,5\n"
    (tmp_path / "purchase_orders.csv").write_text(lines)
    config = tmp_path / "job.yaml"
    config.write_text(f"name: own\ndata: {{kind: tables, root: {tmp_path}}}\n")
    assert np.isnat(open_job(config).orders.data_from)
    said = open_job(config, ["data.orders_from=2024-02-04"])
    entry = waiting_times(said.orders, said.today).entry
    assert entry.tolist() == [33, 0]  # watched from the end of 3 February
