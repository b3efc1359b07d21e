from dataclasses import replace

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.supply.evaluation import default_trainers, due_day_reliability, rolling_evaluation
from allocast.supply.judged_orders import JudgedOrders
from allocast.supply.orders.receipts import Receipts

CUTOFFS = [np.datetime64("2024-05-31"), np.datetime64("2024-08-31")]
LAST_DAY = np.datetime64("2025-06-30")


@pytest.fixture(scope="module")
def table(order_book, small_settings):
    trainers = default_trainers(small_settings, seed=0)
    return rolling_evaluation(order_book, cutoffs=CUTOFFS, known_until=LAST_DAY, trainers=trainers)


def test_every_model_is_judged_on_future_and_open_orders(table) -> None:
    assert len(table) == 2 * 3 * 11  # cutoffs, models, figures
    due_day = {f"{score}_on_due_day" for score in ("brier", "bias", "unreliability")}
    kinds = table.groupby("orders_judged")["metric"].agg(set)
    assert kinds["future"] == {"crps_days", "uneven_tenths", *due_day}
    assert kinds["open"] == {"brier_within_30_days", "bias_within_30_days", "uneven_tenths", *due_day}
    assert (table["n_orders"] > 20).all()


def test_knowing_suppliers_beats_pooling_them(table) -> None:
    score = table[table["metric"] == "crps_days"].groupby("model")["value"].mean()
    assert score["supplier_model"] < 0.8 * score["kaplan_meier"]
    assert score["kaplan_meier_by_supplier"] < 0.8 * score["kaplan_meier"]


def test_outcomes_after_the_last_known_day_are_not_used(order_book, small_settings) -> None:
    last = np.datetime64("2024-10-15")
    later = np.where(order_book.received_on > last, np.timedelta64(99, "D"), np.timedelta64(0, "D"))
    other = replace(order_book, received_on=order_book.received_on + later)
    trainers = {"pooled": default_trainers(small_settings, seed=0)["kaplan_meier"]}
    one, two = (
        rolling_evaluation(book, cutoffs=CUTOFFS, known_until=last, trainers=trainers)
        for book in (order_book, other)
    )
    assert one.equals(two)


def test_a_cutoff_without_an_outcome_is_refused(order_book) -> None:
    with pytest.raises(DataError, match="2024-08-31 does not"):
        rolling_evaluation(order_book, cutoffs=CUTOFFS, known_until=np.datetime64("2024-09-05"), trainers={})


def test_orders_without_a_promise_have_no_due_day_to_judge(order_book, small_settings) -> None:
    never = replace(
        order_book,
        promised_on=np.full(len(order_book), np.datetime64("NaT"), dtype="datetime64[D]"),
        latest_promised_on=np.full(len(order_book), np.datetime64("NaT"), dtype="datetime64[D]"),
    )
    trainers = {"pooled": default_trainers(small_settings, seed=0)["kaplan_meier"]}
    table = rolling_evaluation(never, cutoffs=CUTOFFS, known_until=LAST_DAY, trainers=trainers)
    assert not table["metric"].str.contains("due_day").any()
    assert due_day_reliability(never, cutoffs=CUTOFFS, known_until=LAST_DAY, trainers=trainers).empty


def test_reliability_at_the_due_day_pools_the_cutoffs(order_book, small_settings, table) -> None:
    trainers = {"supplier_model": default_trainers(small_settings, seed=0)["supplier_model"]}
    found = due_day_reliability(
        order_book, cutoffs=CUTOFFS, known_until=LAST_DAY, trainers=trainers, n_bins=5
    )
    own = table[(table["model"] == "supplier_model") & (table["metric"] == "bias_on_due_day")]
    for kind, part in found.groupby("orders_judged"):
        scores = own[own["orders_judged"] == kind]
        assert part["n_orders"].sum() == scores["n_orders"].sum()
        bias = np.average(part["predicted"] - part["realised"], weights=part["n_orders"])
        assert bias == pytest.approx(np.average(scores["value"], weights=scores["n_orders"]))
    assert (found["predicted"].between(found["lowest"], found["lowest"] + 0.2)).all()
    inside = found["realised"].clip(0.01, 0.99)
    assert inside.between(found["realised_low"], found["realised_high"]).all()
    width = (found["realised_high"] - found["realised_low"]) * np.sqrt(found["n_orders"])
    assert (width < 2 * 1.645 * 0.5 * 1.1).all()


def in_shipments(order_book, shipment_id):
    return replace(order_book, shipment_id=np.array([str(name) for name in shipment_id], dtype=object))


def judged(book, small_settings):
    trainers = {"pooled": default_trainers(small_settings, seed=0)["kaplan_meier"]}
    return rolling_evaluation(book, cutoffs=CUTOFFS, known_until=LAST_DAY, trainers=trainers)


def test_lines_of_one_shipment_count_as_one(order_book, small_settings) -> None:
    """Each line five times over, on one shipment: nothing changes but the number of lines."""
    once = np.arange(len(order_book))
    many = in_shipments(order_book.take(np.repeat(once, 5)), np.repeat(once, 5))
    one, five = judged(order_book, small_settings), judged(many, small_settings)
    assert (five["n_orders"] == 5 * one["n_orders"]).all()
    np.testing.assert_allclose(five["value"], one["value"], rtol=1e-9)


def test_lines_whose_shipment_was_begun_before_a_cutoff_are_not_judged_as_future(
    order_book, small_settings
) -> None:
    begun = (order_book.ordered_on > CUTOFFS[0]) & (order_book.ordered_on <= CUTOFFS[0] + 30)
    first = int(np.argmax(order_book.ordered_on == CUTOFFS[0] - 1))
    shipment = np.arange(len(order_book))
    shipment[begun] = shipment[first]
    whole, parted = (
        judged(book, small_settings) for book in (order_book, in_shipments(order_book, shipment))
    )
    lines = [
        table.query("cutoff == @CUTOFFS[0] and metric == 'crps_days'")["n_orders"].item()
        for table in (whole, parted)
    ]
    assert lines[0] - lines[1] == begun.sum()


def test_an_order_received_in_part_was_received_by_that_share(make_orders, supplier_model) -> None:
    day = CUTOFFS[0]
    receipts = Receipts(
        line=np.array([0, 1, 1]), received_on=day + np.array([5, -2, 9]), units=np.array([4.0, 2.0, 4.0])
    )
    orders = make_orders([day - 10] * 3, receipts=receipts, units_received=np.array([4.0, 6.0, 0.0]))
    judged = JudgedOrders(
        orders=orders, model=supplier_model, history=orders.known_at(day), as_of=day, known_until=LAST_DAY
    )
    said, came = judged.within(30)
    np.testing.assert_array_equal(came, [0.4, 0.5, 0])
    assert ((said > 0) & (said < 1)).all()
