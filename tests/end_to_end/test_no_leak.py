"""Nothing that became known after ``as_of`` changes a recommendation."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

AS_OF = pd.Timestamp("2022-10-03")
WEEK = pd.Timedelta(weeks=1)
TODAY = AS_OF + pd.Timedelta(days=6)
LINEAGE = ["data_digest", "demand_run_id", "supply_run_id", "policy_run_id"]


@pytest.fixture
def job(workspace):
    """The config of tables as a user's own, with the stock counted on the day of the decision; no agent."""
    config = Path("tiny.yaml").read_text().splitlines()
    start = config.index("data:")
    config[start : start + 4] = ["data: {kind: tables, root: tables}"]
    kept = [line for line in config if not line.startswith("agent:")]
    Path("own.yaml").write_text("\n".join(["tracking: own_runs", *kept]))
    change("stock", lambda table: table.assign(as_of=AS_OF))
    return str(workspace / "own.yaml")


def change(name, changed):
    path = Path("tables") / f"{name}.parquet"
    changed(pd.read_parquet(path)).to_parquet(path, index=False)


def orders(allocast, command, job):
    arguments = (
        "demand.rounds=8",
        "backtest.windows=1",
        "--as-of",
        f"{AS_OF:%Y-%m-%d}",
        "--out",
        "orders.csv",
    )
    allocast(command, job, *arguments)
    return pd.read_csv("orders.csv").drop(columns=LINEAGE)


def with_other_sales(table, *, since):
    """Three units more in each week that has figures, and every shelf full that was empty."""
    changed = (table["date"] >= since) & table["units"].notna()
    table.loc[changed, "units"] += 3
    table.loc[changed, "in_stock"] ^= True
    return table


def with_other_receipts(table):
    """What was not yet received comes later and shorter, or is cancelled; what was not yet ordered is twice as much."""
    placed_later = table["ordered_on"] > TODAY
    table.loc[placed_later, "units_ordered"] *= 2
    open_then = (table["received_on"].isna() | (table["received_on"] > TODAY)) & ~(
        table["cancelled_on"] <= TODAY
    )
    begin = table["ordered_on"].clip(lower=TODAY)
    day = begin + pd.to_timedelta(1 + np.arange(len(table)) % 40, unit="D")
    dropped = open_then & (np.arange(len(table)) % 9 == 0)
    table["received_on"] = table["received_on"].mask(open_then, day).mask(dropped)
    table["cancelled_on"] = table["cancelled_on"].mask(open_then).mask(dropped, day)
    table.loc[open_then, "units_received"] = 1.0
    table.loc[dropped, "units_received"] = 0.0  # units without a day of their own count as received already
    return table


def without_later_receipts(table):
    return table[table["received_on"] <= TODAY]


def with_a_later_count(table):
    return pd.concat([table, table.assign(as_of=AS_OF + WEEK, on_hand=0.0)])


def test_nothing_after_as_of_changes_what_is_trained_or_recommended(job, allocast):
    before = orders(allocast, "run", job)
    change("demand", lambda table: with_other_sales(table, since=AS_OF + WEEK))
    change("purchase_orders", with_other_receipts)
    change("receipts", without_later_receipts)
    change("stock", with_a_later_count)
    after = orders(allocast, "run", job)
    versions = ["demand_model", "supply_model", "policy_version"]
    assert (before[versions] != after[versions]).all(axis=None)  # trained anew
    pd.testing.assert_frame_equal(before.drop(columns=versions), after.drop(columns=versions))
    assert (before["order_units"] > 0).any()
    # what was known does count: the same change one week earlier is seen
    change("demand", lambda table: with_other_sales(table, since=AS_OF))
    seen = orders(allocast, "recommend", job)
    assert (seen["demand_p50"] != after["demand_p50"]).any()
