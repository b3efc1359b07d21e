"""Who has become slower stands in the scorecard as long as that is within its window."""

import numpy as np
import pandas as pd
import pytest

from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.suppliers.line_verdicts import ScorecardRules
from allocast.supply.suppliers.scorecard import scorecard
from allocast.workflows.supply_reports import recent_drift

FIRST, TODAY = np.datetime64("2022-01-01"), np.datetime64("2024-06-30")
STEP = np.datetime64("2024-02-01")


def text(values):
    return np.array([str(value) for value in values], dtype=object)


@pytest.fixture(scope="module")
def orders():
    """Six suppliers of about 20 days; from a day on the first takes twice as long."""
    rng = np.random.default_rng(3)
    n = 1800
    supplier, ordered_on = np.arange(n) % 6, FIRST + np.sort(rng.integers(0, 900, n))
    slow = (supplier == 0) & (ordered_on >= STEP)
    took = np.ceil(20 * np.exp(0.3 * rng.standard_normal(n)) * np.where(slow, 2, 1)).astype(int)
    return PurchaseOrders(
        order_line_id=text(range(n)), supplier_id=text(supplier), item_id=text(["i"] * n),
        location_id=text(["l"] * n), ordered_on=ordered_on, promised_on=ordered_on + 25, received_on=ordered_on + took,
        units_ordered=np.ones(n), units_received=np.ones(n), shipment_id=text(range(n)),
        attributes=pd.DataFrame(index=range(n)),
    )  # fmt: skip


def test_who_became_slower_is_named_with_the_day_and_the_orders_it_rests_on(orders):
    drift = recent_drift(orders, TODAY, ScorecardRules())
    card = scorecard(orders, as_of=TODAY, drift=drift).set_index("supplier_id")
    assert card.loc["0", "drift"] == "slower"
    assert STEP < card.loc["0", "drift_alarmed_on"] <= TODAY
    assert card.loc["0", "drift_orders"] > 0
    assert (card["drift"] == "slower").sum() <= 2  # a false alarm may be among the others


def test_an_alarm_before_the_window_is_no_news(orders):
    drift = recent_drift(orders, TODAY, ScorecardRules(window_days=30)).set_index("supplier_id")
    assert pd.isna(drift.loc["0", "drift"]) and pd.isna(drift.loc["0", "drift_alarmed_on"])
    assert drift["drift_threshold"].notna().all()


def test_before_the_step_nobody_knows_of_it(orders):
    drift = recent_drift(orders, STEP - 1, ScorecardRules()).set_index("supplier_id")
    assert drift.loc["0", "drift"] != "slower"
