"""What buyers and controllers ask on the command line: scorecards, overdue orders, arrivals, also in parts."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocast.adapters import order_parts as parts_module
from allocast.workflows import open_orders_parts as module

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture
def as_of(workspace):
    assert workspace == Path.cwd()
    demand = pd.read_parquet("tables/demand.parquet")
    return str(demand.loc[demand["units"].notna(), "date"].max().date())


@pytest.fixture
def parts(workspace, monkeypatch):
    """The finished run's tables with purchase orders in three parts, read in several groups of suppliers.

    The book was begun with the orders that were open on a day: of the earlier ones it has only those that took long.
    """
    monkeypatch.setattr(parts_module, "GROUP_ROWS", 60)
    text = Path("tiny.yaml").read_text()
    data = text[text.index("data:") : text.index("costs:")]
    Path("parts.yaml").write_text(text.replace(data, "data: {kind: tables, root: parts}\n"))
    shutil.copytree("tables", "parts", ignore=shutil.ignore_patterns("purchase_orders*", "made_with*"))
    orders = pd.read_parquet("tables/purchase_orders.parquet")
    begun = orders["ordered_on"].quantile(0.3)
    orders = orders[~(orders["received_on"] < begun)]
    orders.to_parquet("parts/all_orders.parquet", index=False)
    receipts = pd.read_parquet("tables/receipts.parquet")
    kept = receipts["order_line_id"].isin(orders["order_line_id"])
    receipts[kept].to_parquet("parts/receipts.parquet", index=False)
    folder = workspace / "parts" / "purchase_orders"
    folder.mkdir()
    for place, rows in enumerate(np.array_split(np.arange(len(orders)), 3)):
        orders.iloc[rows].to_parquet(folder / f"{place}.parquet", index=False)
    return folder


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def test_the_scorecard_has_every_supplier_beside_what_erps_show(allocast):
    screen = allocast("supply", "scorecard", "tiny.yaml", "--out", "cards.csv", "--plot", "cards.png").output
    cards = pd.read_csv("cards.csv")
    assert set(cards["supplier_id"]) == set(pd.read_parquet("tables/purchase_orders.parquet")["supplier_id"])
    assert cards["on_time_estimate"].between(cards["on_time_low"], cards["on_time_high"]).all()
    assert (cards["pace"].between(cards["pace_low"], cards["pace_high"])).all() and (
        cards["pace_orders"] > 0
    ).all()
    assert {"open_money", "odoo_on_time_rate", "erpnext_on_time_rate", "odoo_ignores"} <= set(cards)
    assert "first promise or on it" in " ".join(screen.split()) and "cards.csv" in screen
    assert Path("cards.png").stat().st_size > 10_000


def test_a_scorecard_as_of_an_earlier_day_does_not_know_what_came_later(allocast, as_of):
    earlier = str(np.datetime64(as_of) - 70)
    allocast("supply", "scorecard", "tiny.yaml", "--as-of", earlier, "--out", "cards.csv")
    first = pd.read_csv("cards.csv")
    orders = pd.read_parquet("tables/purchase_orders.parquet")
    placed = orders["ordered_on"] <= np.datetime64(earlier) + np.timedelta64(6, "D")
    assert first["orders"].sum() <= placed.sum() < len(orders)


def test_overdue_orders_come_with_their_chances_and_money(allocast):
    screen = allocast(
        "supply", "overdue", "tiny.yaml", "--all", "--out", "open.csv", "--plot", "open.png"
    ).output
    table = pd.read_csv("open.csv", parse_dates=["expected_on_p50", "expected_on_p90"])
    chances = table[[f"probability_within_{days}_days" for days in (7, 14, 28)]].to_numpy()
    assert len(table) and (np.diff(chances, axis=1) >= 0).all() and (chances >= 0).all()
    assert (table["expected_on_p50"].dropna() <= table["expected_on_p90"].fillna(pd.Timestamp.max)).all()
    assert table["money"].is_monotonic_decreasing
    assert set(table["model_version"]) == {"tiny-supply/1"}
    allocast("supply", "overdue", "tiny.yaml", "--out", "late.csv")
    late = pd.read_csv("late.csv")
    assert set(late["order_line_id"]) == set(table.loc[table["late_days"] > 0, "order_line_id"])
    assert f"{len(table)} open lines" in " ".join(screen.split())


def test_arrivals_are_expected_units_by_item_and_period(allocast):
    allocast("supply", "arrivals", "tiny.yaml", "--periods", "5", "--out", "arrivals.csv", "--plot", "a.svg")
    table = pd.read_csv("arrivals.csv")
    assert (table.groupby(["item_id", "location_id"]).size() == 5).all()
    assert (table["p10"] <= table["p50"]).all() and (table["p50"] <= table["p90"]).all()
    allocast("supply", "overdue", "tiny.yaml", "--all", "--out", "open.csv")
    outstanding = pd.read_csv("open.csv")["units_outstanding"].sum()
    assert 0 < table["expected_units"].sum() < 1.1 * outstanding  # a little more than was ordered may come


def test_the_chance_of_what_is_ordered_today_rises_with_the_day(allocast, as_of):
    last = np.datetime64(as_of) + 6  # of the week
    screens = [
        allocast(
            "supply", "arrivals", "tiny.yaml", "--new-order-by", str(last + days), "--out", f"by{days}.csv"
        ).output
        for days in (7, 60)
    ]
    soon, later = (pd.read_csv(f"by{days}.csv") for days in (7, 60))
    keys = ["item_id", "location_id", "supplier_id"]
    both = soon.merge(later, on=keys, suffixes=("", "_later"), validate="1:1")
    assert (
        len(both) == len(soon) == len(later)
        and (both["probability"] < both["probability_later"]).mean() > 0.9
    )
    assert later["probability"].between(0, 1).all() and (later["supplier_receipts"] > 0).all()
    assert f"received by {last + 60}" in " ".join(screens[1].split())
    refused = allocast("supply", "arrivals", "tiny.yaml", "--new-order-by", str(last), code=2)
    assert f"must be after {last}" in " ".join(refused.stderr.split())
    pictured = ["--new-order-by", str(last + 7), "--plot", "new.png"]
    assert "leave out --plot" in allocast("supply", "arrivals", "tiny.yaml", *pictured, code=2).stderr


@pytest.mark.usefixtures("parts")
def test_open_orders_of_parts_are_those_of_the_whole_table_to_the_last_bit(allocast, as_of):
    beside = ("demand", "items", "locations", "sourcing", "receipts")
    names = ", ".join(f"{name}: {name}.parquet" for name in beside if Path(f"parts/{name}.parquet").exists())
    one = f"data.files={{purchase_orders: all_orders.parquet, {names}}}"
    allocast("supply", "overdue", "parts.yaml", one, "--all", "--out", "whole.parquet")
    allocast("supply", "overdue", "parts.yaml", "--all", "--as-of", as_of, "--out", "out/open")
    whole = pd.read_parquet("whole.parquet").sort_values("order_line_id", ignore_index=True)
    files = sorted(Path("out/open").glob("part-*.parquet"))
    together = pd.concat([pd.read_parquet(file) for file in files])
    together = together.sort_values("order_line_id", ignore_index=True)
    assert len(files) > 1
    pd.testing.assert_frame_equal(together, whole, check_exact=True)


@pytest.mark.usefixtures("parts")
def test_parts_and_whole_go_by_the_first_day_of_the_order_book_that_the_config_says(allocast, as_of):
    said = ["--all", "--as-of", as_of]
    allocast("supply", "overdue", "parts.yaml", f"data.orders_from={as_of}", *said, "--out", "out/said")
    allocast("supply", "overdue", "parts.yaml", *said, "--out", "out/found")
    one, other = (
        pd.concat([pd.read_parquet(file) for file in sorted(Path(folder).glob("part-*.parquet"))])
        for folder in ("out/said", "out/found")
    )
    assert one["order_line_id"].tolist() == other["order_line_id"].tolist()
    assert (one["probability_within_28_days"] != other["probability_within_28_days"]).any()


@pytest.mark.usefixtures("parts")
def test_one_and_two_workers_give_the_same_bytes_and_leave_nothing_else(allocast, as_of):
    for workers in ("1", "2"):
        asked = ["--all", "--as-of", as_of, "--workers", workers]
        allocast("supply", "overdue", "parts.yaml", *asked, "--out", f"by{workers}/open")
        allocast("supply", "overdue", "tiny.yaml", *asked, "--out", f"by{workers}/whole.csv")
    assert contents("by1/open") == contents("by2/open")
    assert Path("by1/whole.csv").read_bytes() == Path("by2/whole.csv").read_bytes()
    assert sorted(path.name for path in Path("by1").iterdir()) == ["open", "whole.csv"]


@pytest.mark.usefixtures("parts")
def test_an_interrupted_job_goes_on_with_the_shards_that_it_lacks(allocast, as_of, monkeypatch):
    asked = ["supply", "overdue", "parts.yaml", "--all", "--as-of", as_of, "--out"]
    allocast(*asked, "once/open")

    def full(*_):
        raise OSError("no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(module, "deliver_parts", full)
        allocast(*asked, "twice/open", code=2)
    found = Path("twice").glob(".open.work/*/*/part-00000.parquet")
    (work,) = [path for path in found if path.parent.name not in ("orders", "receipts")]
    finished = {path.name: path.stat().st_mtime_ns for path in work.parent.glob("part-*.parquet")}
    work.unlink()
    allocast(*asked, "twice/open")
    assert contents("twice/open") == contents("once/open")
    times = {path.name: path.stat().st_mtime_ns for path in Path("twice/open").glob("part-*.parquet")}
    assert [name for name in finished if times[name] != finished[name]] == ["part-00000.parquet"]


def test_an_order_line_in_two_parts_is_refused(allocast, parts, as_of):
    again = pd.read_parquet(parts / "0.parquet").head(1)
    pd.concat([pd.read_parquet(parts / "2.parquet"), again]).to_parquet(parts / "2.parquet", index=False)
    refused = allocast("supply", "overdue", "parts.yaml", "--as-of", as_of, "--out", "out/open", code=2)
    told = " ".join(refused.stderr.split())
    assert f"each order line must lie in one part; '{again['order_line_id'].iloc[0]}'" in told
    assert "0.parquet and in 2.parquet (1 lines are repeated)" in told


def test_a_receipt_of_no_order_line_is_refused_unless_the_rules_keep_it(allocast, parts, as_of):
    receipts = pd.read_parquet("parts/receipts.parquet")
    strange = receipts.head(1).assign(order_line_id="PO-none")
    pd.concat([receipts, strange]).to_parquet("parts/receipts.parquet", index=False)
    asked = ["supply", "overdue", "parts.yaml", "--as-of", as_of, "--out", "out/open"]
    refused = allocast(*asked, code=2)
    assert "'PO-none', which is in none (1 receipts affected)" in " ".join(refused.stderr.split())
    allocast(*asked, "data.repair.unknown_ids=keep")
    assert parts.is_dir() and list(Path("out/open").glob("part-*.parquet"))


@pytest.mark.usefixtures("parts")
def test_parts_of_a_job_with_demand_need_a_day(allocast):
    refused = allocast("supply", "overdue", "parts.yaml", "--out", "out/open", code=2)
    assert "name the period with --as-of" in " ".join(refused.stderr.split())


@pytest.mark.usefixtures("unregistered")
def test_without_a_model_or_orders_the_message_says_what_to_do(allocast):
    refused = allocast("supply", "overdue", "tiny.yaml", code=2)
    assert "allocast train supply CONFIG" in refused.stderr
    refused = allocast("supply", "scorecard", "tiny.yaml", "--as-of", "1990-01-01", code=2)
    assert "error:" in refused.stderr
    refused = allocast("supply", "arrivals", "tiny.yaml", "--plot", "a.bmp", code=2)
    assert "written as .png, .svg or .pdf" in refused.stderr
