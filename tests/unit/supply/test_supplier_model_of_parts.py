"""The supplier model on a book with partial receipts and cancellations."""

from dataclasses import fields, replace

import numpy as np
import pytest

from allocast.supply.orders.order_features import OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.orders.receipts import Receipts
from allocast.supply.supplier_model import SupplierModel, SupplierModelSettings

SETTINGS = SupplierModelSettings(rounds=120)
CANCELLED_SHARE = 0.2


@pytest.fixture(scope="module")
def cancelled_book(order_book):
    """The order book, a fifth of its lines cancelled 5 to 15 days after they were ordered unless received by then."""
    rng = np.random.default_rng(8)
    chosen = rng.random(len(order_book)) < CANCELLED_SHARE
    cancelled_on = order_book.ordered_on + rng.integers(5, 16, len(order_book))
    chosen &= order_book.received_on > cancelled_on
    columns = {field.name: getattr(order_book, field.name) for field in fields(order_book)}
    del columns["receipts"]
    return PurchaseOrders(
        **columns
        | {
            "received_on": np.where(chosen, np.datetime64("NaT"), order_book.received_on),
            "cancelled_on": np.where(chosen, cancelled_on, np.datetime64("NaT")),
            "units_received": np.where(chosen, 0.0, order_book.units_received),
        }
    )


@pytest.fixture(scope="module")
def model(cancelled_book, as_of):
    return SupplierModel.train(cancelled_book, as_of=as_of, settings=SETTINGS, seed=3)


def curves(model, book, as_of, *, given=0.0):
    known = book.known_at(as_of)
    lines = OrderLines.of_orders(known)
    days = np.broadcast_to(np.array([0.0, 9.0, 12.0, 30.0, 5000.0]), (len(known), 5))
    given = np.full(len(known), given)
    return model.survival(lines, days=days, given=given, history=known, as_of=as_of)


def test_what_is_cancelled_never_comes(model, cancelled_book, as_of):
    assert model.cancellation is not None
    survival = curves(model, cancelled_book, as_of)
    assert (survival[:, 0] == 1).all()
    assert (np.diff(survival, axis=1) <= 0).all()
    never = cancelled_book.known_at(as_of).is_cancelled.mean()
    assert survival[:, -1].mean() == pytest.approx(never, abs=0.03)


def test_what_outlived_the_day_of_cancellations_comes(model, cancelled_book, as_of):
    late = curves(model, cancelled_book, as_of, given=16.0)
    assert (late[:, :3] == 1).all()
    assert late[:, -1].mean() < cancelled_book.known_at(as_of).is_cancelled.mean() / 3


def test_what_may_be_cancelled_does_not_lengthen_lead_times(
    model, cancelled_book, supplier_model, order_book, as_of, make_sourcing
):
    lines = make_sourcing(["s02", "s06", "s10"], [30.0] * 3, item_id=["i2", "i3", "i4"])
    window = {"as_of": as_of, "period_days": 7, "n_periods": 26}
    known = model.lead_times(lines, history=cancelled_book, **window)
    without = supplier_model.lead_times(lines, history=order_book, **window)
    assert known.periods.probability[:, -1].max() < 0.01
    np.testing.assert_allclose(known.mean, without.mean, rtol=0.15)


def test_open_orders_never_come_as_often_as_they_are_cancelled(model, cancelled_book, as_of):
    known = cancelled_book.known_at(as_of)
    waiting = known.take(known.is_open)
    never = model.probability_never(waiting, history=known, as_of=as_of)
    young = as_of - waiting.ordered_on <= np.timedelta64(4, "D")
    assert 0.1 < never[young].mean() < 0.35
    assert never[as_of - waiting.ordered_on >= np.timedelta64(16, "D")].mean() < 0.05
    by_then = model.probability_received_by(waiting, history=known, as_of=as_of, day=as_of + 1500)
    np.testing.assert_allclose(by_then, 1 - never, atol=1e-6)


def test_without_cancellations_everything_comes(supplier_model, order_book, as_of):
    known = order_book.known_at(as_of)
    waiting = known.take(known.is_open)
    assert not supplier_model.probability_never(waiting, history=known, as_of=as_of).any()


def test_without_cancellations_there_is_no_model_of_them(supplier_model):
    assert supplier_model.cancellation is None


def test_a_model_of_cancellations_survives_its_state(model, cancelled_book, as_of):
    again = SupplierModel.from_state(model.state())
    expected = curves(model, cancelled_book, as_of)
    np.testing.assert_array_equal(curves(again, cancelled_book, as_of), expected)
    table = model.predict_table(model.example_features)
    assert table.equals(again.predict_table(model.example_features))
    assert table["survival_364_days"].min() > 0.01


def test_the_curve_of_lines_received_in_parts_is_the_share_outstanding(order_book, as_of):
    """Half of each line comes in half the time: the model learns the share that is still to come."""
    half = (order_book.received_on - order_book.ordered_on) // 2
    n, rows = len(order_book), np.arange(len(order_book))
    receipts = Receipts(
        line=np.concatenate([rows, rows]),
        received_on=np.concatenate([order_book.ordered_on + half, order_book.received_on]),
        units=np.repeat(0.5, 2 * n),
    )
    book = replace(order_book, receipts=receipts, units_ordered=np.ones(n))
    trained = SupplierModel.train(book, as_of=as_of, settings=SETTINGS, seed=3)
    survival = curves(trained, book, as_of)
    days = (book.received_on - book.ordered_on).astype(float)
    truth = [(1 + (days > day) - (half.astype(float) <= day)).mean() / 2 for day in (9.0, 12.0, 30.0)]
    np.testing.assert_allclose(survival[:, 1:4].mean(axis=0), truth, atol=0.03)
