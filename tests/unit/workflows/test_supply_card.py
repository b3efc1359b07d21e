"""What the card of a supplier model says, and whom it names as misjudged."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from allocast.supply.kaplan_meier_lead_times import KaplanMeierLeadTimes
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.orders.receipts import Receipts
from allocast.supply.yields import YieldModel
from allocast.workflows.supply_card import SupplyCard, write_supply_card
from allocast.workflows.supply_judgement import held_out, suppliers_off

FIRST, CUTOFF, TODAY = (np.datetime64(day) for day in ("2023-01-01", "2023-09-30", "2024-03-31"))


def text(values):
    return np.array([str(value) for value in values], dtype=object)


@pytest.fixture(scope="module")
def orders():
    """Two suppliers promise 20 days; good takes 10 to 19; bad does so until the cutoff, and 30 to 39 from then on."""
    rng = np.random.default_rng(1)
    n = 600
    ordered_on = FIRST + np.sort(rng.integers(0, 440, n))
    bad = np.arange(n) % 2 == 1
    took = rng.integers(10, 20, n) + np.where(bad & (ordered_on > CUTOFF), 20, 0)
    return PurchaseOrders(
        order_line_id=text(range(n)), supplier_id=text(np.where(bad, "bad", "good")), item_id=text(["i"] * n),
        location_id=text(["l"] * n), ordered_on=ordered_on, promised_on=ordered_on + 20, received_on=ordered_on + took,
        units_ordered=np.ones(n), units_received=np.ones(n), shipment_id=text(range(n)),
        attributes=pd.DataFrame(index=range(n)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(orders):
    model = KaplanMeierLeadTimes.train(orders, as_of=CUTOFF, minimum_orders=30)
    return held_out(model, orders, cutoff=CUTOFF, known_until=TODAY)


def test_who_was_on_time_less_often_than_said_is_named_and_who_was_as_said_is_not(found):
    off = suppliers_off(found)
    assert off["supplier_id"].tolist() == ["bad"]
    assert off["said"][0] > 0.95 and off["on_time"][0] == 0
    assert off["due_orders"][0] > 50


def test_curves_are_those_said_before_and_seen_after_the_day(found):
    assert found.said[0] == found.seen[0] == 1
    assert found.seen[25] == pytest.approx(0.5, abs=0.1) and found.said[25] < 0.05
    assert found.curve_error > 0.1


def test_what_was_cancelled_is_still_to_come(orders):
    """Half of the lines come on day 10, the others are cancelled on day 5."""
    off = np.arange(len(orders)) % 2 == 1
    never = np.datetime64("NaT", "D")
    book = replace(
        orders,
        received_on=np.where(off, never, orders.ordered_on + 10),
        cancelled_on=np.where(off, orders.ordered_on + 5, never),
        units_received=np.where(off, 0.0, 1.0),
        receipts=Receipts(
            line=np.flatnonzero(~off), received_on=orders.ordered_on[~off] + 10, units=np.ones((~off).sum())
        ),
    )
    model = KaplanMeierLeadTimes.train(book, as_of=CUTOFF, minimum_orders=30)
    later = held_out(model, book, cutoff=CUTOFF, known_until=TODAY)
    assert later.seen[10] == pytest.approx(0.5, abs=0.01)


def test_a_day_after_which_nothing_came_is_not_judged(orders):
    model = KaplanMeierLeadTimes.train(orders, as_of=TODAY, minimum_orders=30)
    assert held_out(model, orders, cutoff=TODAY, known_until=TODAY) is None


def card_of(orders, found, *, cancellations_learned=False):
    job = SimpleNamespace(
        orders=orders, today=TODAY, digest="abc", settings=SimpleNamespace(seed=4),
        model_name=lambda kind: f"shop-{kind}",
    )  # fmt: skip
    scores = pd.DataFrame({"model": ["supplier_model"], "metric": ["crps_days"], "value": [4.321]})
    importance = pd.Series({"days waited": 0.7, "quoted_days": 0.3})
    card = SupplyCard(
        scores=scores,
        due_day=pd.DataFrame(
            {"orders_judged": ["open"], "predicted": [0.456], "realised": [0.5], "n_orders": [77]}
        ),
        held_out=found,
        importance=importance,
        cancellations_learned=cancellations_learned,
        yields=YieldModel.train(orders, as_of=TODAY),
        run_id="run7",
    )
    return write_supply_card(job, card)


def test_the_card_says_what_it_is_how_it_was_judged_and_whom_it_misjudged(orders, found):
    page = card_of(orders, found)
    for words in (
        "# shop-supply",
        "600 order lines of 2 suppliers",
        "run run7",
        "4.321",
        "0.456",
        "due_day.csv",
        "bad",
        "days waited",
    ):
        assert words in page
    assert f"{found.n_orders} orders placed after 2023-09-30" in page


def test_a_card_without_a_past_day_says_so(orders):
    assert "no promise has passed since" in card_of(orders, None)


def test_a_card_says_what_is_known_of_cancellations_and_shortfalls(orders, found):
    page = card_of(orders, found)
    assert "0 lines were cancelled, too few to learn from" in page
    assert "100.0% full and 0.0% over" in page
    assert "their hazard was learned" in card_of(orders, found, cancellations_learned=True)
