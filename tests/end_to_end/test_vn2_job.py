"""The main job on the real VN2 files, with settings far too small to be good."""

import os
from pathlib import Path

import pandas as pd
import pytest

VN2 = Path(os.environ.get("ALLOCAST_DATA", "../shared/data")).resolve() / "vn2"
CONFIG = Path(__file__).parents[2] / "configs" / "vn2.yaml"
SMALL = (
    "demand.rounds=5",
    "demand.largest_rows=5000",
    "demand.threads=1",
    "backtest.windows=1",
    "agent=null",
    "paths=20",
)
DAY = "2023-10-02"
pytestmark = pytest.mark.skipif(not VN2.is_dir(), reason="the VN2 files are not under ALLOCAST_DATA")


@pytest.fixture(scope="module")
def trained(tmp_path_factory, allocast):
    """A folder where VN2 was run as of a day; what it wrote is in orders.csv."""
    folder = tmp_path_factory.mktemp("vn2")
    allocast("run", *asked(folder, VN2, DAY), "--out", str(folder / "orders.csv"))
    return folder


def asked(folder, data, day):
    return [str(CONFIG), f"data.root={data}", f"tracking={folder / 'mlruns'}", *SMALL, "--as-of", day]


def recommended(allocast, folder, data, day):
    allocast("recommend", *asked(folder, data, day), "--out", str(folder / "again.csv"))
    return pd.read_csv(folder / "again.csv", dtype={"item_id": str, "location_id": str})


def cut(folder, last):
    """The same files without the weeks after the last."""
    folder.mkdir()
    for file in VN2.glob("*.csv"):
        table = pd.read_csv(file, dtype=str)
        kept = [name for name in table if not name.startswith("20") or name <= last]
        table[kept].to_csv(folder / file.name, index=False)
    return folder


def test_every_store_and_product_has_an_order_in_whole_units(trained):
    orders = pd.read_csv(trained / "orders.csv")
    master = pd.read_csv(VN2 / "master.csv")
    assert {"location_id", "item_id", "order_units"} <= set(orders.columns)
    given = set(zip(orders["location_id"], orders["item_id"], strict=True))
    assert given == set(zip(master["Store"], master["Product"], strict=True))
    assert len(orders) == 599
    assert orders["order_units"].dtype == "int64"
    assert 0 < (orders["order_units"] > 0).mean() < 1


def test_recommending_afterwards_gives_the_same_orders(trained, allocast):
    recommended(allocast, trained, VN2, DAY)
    assert (trained / "again.csv").read_bytes() == (trained / "orders.csv").read_bytes()


def test_orders_for_a_later_week_are_scored_with_the_same_models(trained, allocast):
    later = recommended(allocast, trained, VN2, "2023-10-09")
    assert len(later) == 599
    assert set(later["as_of"]) == {"2023-10-09"}
    now = pd.read_csv(trained / "orders.csv")
    assert set(later["demand_model"]) == set(now["demand_model"])
    assert (later["demand_p50"] != now["demand_p50"]).any()


def test_weeks_after_as_of_in_the_files_change_nothing(trained, allocast, tmp_path):
    whole = recommended(allocast, trained, VN2, DAY)
    shorter = recommended(allocast, trained, cut(tmp_path / "cut", DAY), DAY)
    pd.testing.assert_frame_equal(whole, shorter)


def test_weeks_after_as_of_in_the_files_change_no_training(trained, allocast, tmp_path):
    data = cut(tmp_path / "cut", DAY)
    allocast("run", *asked(tmp_path, data, DAY), "--out", str(tmp_path / "orders.csv"))
    ids = ["demand_run_id", "policy_run_id"]
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "orders.csv").drop(columns=ids),
        pd.read_csv(trained / "orders.csv").drop(columns=ids),
    )


@pytest.mark.parametrize(("day", "words"), [("2023-10-03", "is a Tuesday"), ("2030-01-07", "has no week")])
def test_a_day_that_names_no_week_is_refused(allocast, tmp_path, day, words):
    refusal = allocast("recommend", *asked(tmp_path, VN2, day), code=2)
    assert words in refusal.stderr


def test_before_anything_is_registered_it_says_what_to_run(allocast, tmp_path):
    refusal = allocast("recommend", *asked(tmp_path, VN2, DAY), code=2)
    assert "no model named 'vn2-demand' is registered; run: " in refusal.stderr
